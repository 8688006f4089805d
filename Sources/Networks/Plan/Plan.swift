import Glibc
import NetworkKernels
import Numerics

/// A graph compiled to kernel calls over a memory arena laid out beforehand: a run allocates nothing.
///
/// Write the inputs, `run`, read the outputs; one plan serves one thread.
public final class Plan {
    /// What the plan costs, before a single step runs.
    public let report: PlanReport
    public let graph: Graph

    private let arena: UnsafeMutablePointer<Float>
    private let scratch: UnsafeMutablePointer<Lane>
    private let instructions: UnsafeMutableBufferPointer<PlanInstruction>
    private let readyRanges: UnsafeMutableBufferPointer<Range<Int>>
    private let chains: UnsafeMutableBufferPointer<ElementwiseProgram>
    private let convolutions: UnsafeMutableBufferPointer<Convolution>
    private let denses: UnsafeMutableBufferPointer<Dense>
    private let upsamplings: UnsafeMutableBufferPointer<Upsampling>
    private let poolings: UnsafeMutableBufferPointer<Pooling>
    private let linearUpsamplings: UnsafeMutableBufferPointer<LinearUpsampling>
    private let attentions: UnsafeMutableBufferPointer<Attention>
    private let siteTables: UnsafeMutableBufferPointer<SiteTable>
    private let forwardCount: Int
    /// Where inputs and outputs start in the arena, by node.
    private let offsets: [Int: Int]

    /// Throws `NetworkError` if a node has a shape that no kernel serves.
    public init(_ graph: Graph) throws {
        let compiled = try PlanCompiler(graph)
        self.graph = graph
        offsets = try compiled.externalOffsets()
        report = PlanReport(compiled)
        let floats = max(compiled.storage.arenaFloats, Arena.alignment)
        arena = UnsafeMutableRawPointer(LaneMemory.allocate(lanes: (floats + 15) / 16)).bindMemory(to: Float.self, capacity: floats)
        arena.initialize(repeating: 0, count: floats)
        let scratchLanes = max(compiled.scratchLanes, 1)
        scratch = LaneMemory.allocate(lanes: scratchLanes)
        scratch.initialize(repeating: Lane(repeating: 0), count: scratchLanes)
        instructions = Self.table(compiled.instructions)
        readyRanges = Self.table(compiled.readyRanges)
        chains = Self.table(
            compiled.chains.map {
                ElementwiseProgram(
                    channels: $0.channels, sites: $0.sites, batched: $0.batched, slots: Self.table($0.slots),
                    instructions: Self.table($0.instructions), sinks: Self.table($0.sinks))
            })
        convolutions = Self.table(compiled.convolutions)
        denses = Self.table(compiled.denses)
        upsamplings = Self.table(compiled.upsamplings)
        poolings = Self.table(compiled.poolings)
        linearUpsamplings = Self.table(compiled.linearUpsamplings)
        attentions = Self.table(compiled.attentions)
        siteTables = Self.table(compiled.siteTables)
        forwardCount = compiled.forwardCount
        for (node, record) in graph.nodes.enumerated() {
            if case .constant(let position) = record.operation, let location = compiled.storage.locations[node] {
                (arena + location.offset).update(from: graph.constants[position], count: record.type.count)
            }
        }
    }

    deinit {
        for chain in chains {
            chain.slots.deallocate()
            chain.instructions.deallocate()
            chain.sinks.deallocate()
        }
        chains.deallocate()
        instructions.deallocate()
        readyRanges.deallocate()
        convolutions.deinitialize().deallocate()
        denses.deinitialize().deallocate()
        upsamplings.deinitialize().deallocate()
        poolings.deinitialize().deallocate()
        linearUpsamplings.deinitialize().deallocate()
        attentions.deinitialize().deallocate()
        siteTables.deinitialize().deallocate()
        arena.deallocate()
        scratch.deallocate()
    }

    private static func table<T>(_ values: [T]) -> UnsafeMutableBufferPointer<T> {
        let table = UnsafeMutableBufferPointer<T>.allocate(capacity: values.count)
        _ = table.initialize(from: values)
        return table
    }

    /// Where to write an input, `[channel][space…]` of lanes; it keeps its contents between runs.
    /// Throws `NetworkError` for an unknown name.
    public func input(_ name: String) throws -> UnsafeMutableBufferPointer<Lane> {
        let node = try inputNode(name, batched: true)
        return UnsafeMutableBufferPointer(start: lanes(node), count: graph.nodes[node].type.count)
    }

    /// Where to write an input that is the same for all samples.
    public func unbatchedInput(_ name: String) throws -> UnsafeMutableBufferPointer<Float> {
        let node = try inputNode(name, batched: false)
        return UnsafeMutableBufferPointer(start: floats(node), count: graph.nodes[node].type.count)
    }

    /// Where an output is found after each run. Throws `NetworkError` for an unknown name.
    public func output(_ name: String) throws -> UnsafeBufferPointer<Lane> {
        let node = try outputNode(name, batched: true)
        return UnsafeBufferPointer(start: lanes(node), count: graph.nodes[node].type.count)
    }

    /// Where an output that is the same for all samples is found after each run, such as a loss.
    public func unbatchedOutput(_ name: String) throws -> UnsafeBufferPointer<Float> {
        let node = try outputNode(name, batched: false)
        return UnsafeBufferPointer(start: floats(node), count: graph.nodes[node].type.count)
    }

    private func inputNode(_ name: String, batched: Bool) throws -> Int {
        let names = graph.inputNodes.map { graph.nodes[$0].name }
        guard let node = graph.inputNodes.first(where: { graph.nodes[$0].name == name && graph.nodes[$0].type.batched == batched }) else {
            throw NetworkError(
                node: name, found: "no \(batched ? "" : "un")batched input of this name", wanted: "one of \(names.joined(separator: ", "))")
        }
        return node
    }

    private func outputNode(_ name: String, batched: Bool) throws -> Int {
        guard let output = graph.outputs.first(where: { $0.name == name && graph.nodes[$0.node].type.batched == batched }) else {
            throw NetworkError(
                node: name, found: "no \(batched ? "" : "un")batched output of this name",
                wanted: "one of \(graph.outputs.map(\.name).joined(separator: ", "))")
        }
        return output.node
    }

    private func floats(_ node: Int) -> UnsafeMutablePointer<Float> { arena + (offsets[node] ?? 0) }

    private func lanes(_ node: Int) -> UnsafeMutablePointer<Lane> {
        UnsafeMutableRawPointer(floats(node)).assumingMemoryBound(to: Lane.self)
    }

    /// Computes the outputs and, if `gradient` is given, the gradient of the differentiated loss. *Not collective.*
    ///
    /// `parameters` and `gradient` are flat vectors of the graph's layout; `gradient` is overwritten. `ready` is called with the range of
    /// each parameter tensor as soon as its gradient is final, late layers first.
    public func run(
        parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>? = nil, noise: NoiseKey = NoiseKey(),
        ready: (Range<Int>) -> Void = { _ in }
    ) {
        precondition(gradient == nil || !graph.parameterGradients.isEmpty, "the graph of this plan was not differentiated")
        let memory = PlanMemory(arena: arena, parameters: UnsafeMutablePointer(mutating: parameters), gradient: gradient ?? arena)
        let last = gradient == nil ? forwardCount : instructions.count
        for index in 0..<last {
            let instruction = instructions[index]
            execute(instruction, memory, noise)
            if gradient != nil { for range in instruction.ready { ready(readyRanges[range]) } }
        }
    }

    /// Best time of each step of the report over some runs, in seconds of the thread's processor time: where a model spends its time.
    public func measure(parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, runs: Int) -> [Double] {
        let memory = PlanMemory(arena: arena, parameters: UnsafeMutablePointer(mutating: parameters), gradient: gradient)
        var best = [Double](repeating: .infinity, count: instructions.count)
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
        }
        for _ in 0..<runs {
            for index in 0..<instructions.count {
                let start = now()
                execute(instructions[index], memory, NoiseKey())
                best[index] = min(best[index], now() - start)
            }
        }
        return best
    }

    @inline(__always)
    private func execute(_ instruction: PlanInstruction, _ memory: PlanMemory, _ noise: NoiseKey) {
        let (table, a, b, result) = (instruction.table, instruction.a, instruction.b, instruction.result)
        switch instruction.opcode {
        case .chain:
            chains[table].run(memory, scratch: scratch)
        case .convolution:
            convolutions[table].forward(
                input: memory.lanes(a), weights: memory.floats(b), bias: nil, output: memory.lanes(result), scratch: scratch)
        case .convolutionDataGradient:
            convolutions[table].dataGradient(
                outputGradient: memory.lanes(a), weights: memory.floats(b), inputGradient: memory.lanes(result), scratch: scratch)
        case .convolutionWeightGradient:
            convolutions[table].weightGradient(
                input: memory.lanes(a), outputGradient: memory.lanes(b), weightGradient: memory.floats(result), biasGradient: nil,
                scratch: scratch)
        case .dense:
            denses[table].forward(input: memory.lanes(a), weights: memory.floats(b), bias: nil, output: memory.lanes(result))
        case .denseDataGradient:
            denses[table].dataGradient(outputGradient: memory.lanes(a), weights: memory.floats(b), inputGradient: memory.lanes(result))
        case .denseWeightGradient:
            denses[table].weightGradient(
                input: memory.lanes(a), outputGradient: memory.lanes(b), weightGradient: memory.floats(result), biasGradient: nil,
                scratch: scratch)
        case .upsample:
            upsamplings[table].forward(input: memory.lanes(a), output: memory.lanes(result))
        case .sumPool:
            upsamplings[table].gradient(outputGradient: memory.lanes(a), inputGradient: memory.lanes(result))
        case .maximumPool:
            poolings[table].maximum(input: memory.lanes(a), output: memory.lanes(result))
        case .linearUpsample:
            linearUpsamplings[table].forward(input: memory.lanes(a), output: memory.lanes(result), scratch: scratch)
        case .linearUpsampleGradient:
            linearUpsamplings[table].gradient(outputGradient: memory.lanes(a), inputGradient: memory.lanes(result), scratch: scratch)
        case .attention:
            attentions[table].forward(
                queries: memory.lanes(a), keys: memory.lanes(b), values: memory.lanes(instruction.c), result: memory.lanes(result), scratch: scratch)
        case .attentionGradient:
            attentions[table].gradient(
                queries: memory.lanes(a), keys: memory.lanes(b), values: memory.lanes(instruction.c), result: memory.lanes(instruction.d),
                resultGradient: memory.lanes(instruction.e), gradients: memory.lanes(result), scratch: scratch)
        case .gather:
            if instruction.isBatched {
                siteTables[table].gather(input: memory.lanes(a), output: memory.lanes(result))
            } else {
                siteTables[table].gather(input: memory.floats(a), output: memory.floats(result))
            }
        case .scatter:
            if instruction.isBatched {
                siteTables[table].scatter(input: memory.lanes(a), output: memory.lanes(result))
            } else {
                siteTables[table].scatter(input: memory.floats(a), output: memory.floats(result))
            }
        case .copy:
            memory.floats(result).update(from: memory.floats(a), count: instruction.count)
        case .zero:
            memory.floats(result).update(repeating: 0, count: instruction.count)
        case .uniform:
            noise.fill(memory.floats(result), count: instruction.count, draw: instruction.draw)
        }
    }
}
