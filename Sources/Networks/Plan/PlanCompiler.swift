import NetworkKernels

/// From a graph to instructions, tables and an arena layout.
struct PlanCompiler {
    let schedule: Schedule
    let storage: Storage
    private(set) var instructions: [PlanInstruction] = []
    /// Instructions that outputs need; the others serve parameter gradients alone.
    private(set) var forwardCount = 0
    private(set) var chains: [ChainCompiler] = []
    private(set) var convolutions: [Convolution] = []
    private(set) var denses: [Dense] = []
    private(set) var upsamplings: [Upsampling] = []
    private(set) var poolings: [Pooling] = []
    private(set) var linearUpsamplings: [LinearUpsampling] = []
    private(set) var attentions: [Attention] = []
    private(set) var siteTables: [SiteTable] = []
    private(set) var readyRanges: [Range<Int>] = []
    /// Lanes of scratch memory that the most demanding instruction needs.
    private(set) var scratchLanes = 0

    private var graph: Graph { schedule.graph }

    init(_ graph: Graph) throws {
        schedule = Schedule(graph)
        storage = Storage(schedule)
        for (index, block) in schedule.blocks.enumerated() {
            if let space = block.space {
                addChain(block, space)
            } else {
                try addCall(block.nodes[0])
            }
            let tensors = storage.gradientsOfBlock[index] ?? []
            markReady(tensors)
            if schedule.values.isForward[block.nodes[0]] { forwardCount = instructions.count }
        }
        addGradientCopies()
    }

    private mutating func markReady(_ tensors: [Int]) {
        guard !tensors.isEmpty, !instructions.isEmpty else { return }
        let first = readyRanges.count
        // Late layers first, as reverse mode finishes them.
        readyRanges += tensors.sorted(by: >).map { graph.layout.tensors[$0].range }
        instructions[instructions.count - 1].ready = first..<readyRanges.count
    }

    private mutating func addChain(_ block: Block, _ space: Block.Space) {
        let chain = ChainCompiler(block, space: space, schedule: schedule, storage: storage)
        chains.append(chain)
        scratchLanes = max(scratchLanes, chain.tiles * ElementwiseProgram.tileLanes)
        instructions.append(PlanInstruction(opcode: .chain, table: chains.count - 1, node: block.nodes[block.nodes.count - 1]))
    }

    /// Where an input's first element lies.
    private func location(of node: Int) -> MemoryLocation {
        let view = schedule.values.view(node)
        let base = storage.locations[view.root] ?? MemoryLocation(.arena, 0)
        return MemoryLocation(base.memory, base.offset + view.offset * (graph.nodes[view.root].type.batched ? 16 : 1))
    }

    private mutating func addCall(_ node: Int) throws {
        let record = graph.nodes[node]
        let types = record.inputs.map { graph.nodes[$0].type }
        var instruction = PlanInstruction(opcode: .copy, node: node)
        instruction.result = location(of: node)
        instruction.isBatched = record.type.batched
        if let first = record.inputs.first { instruction.a = location(of: first) }
        if record.inputs.count > 1 { instruction.b = location(of: record.inputs[1]) }

        switch record.operation {
        case .convolution(let geometry):
            instruction.opcode = .convolution
            instruction.table = try convolution(geometry, types[0].channels, record.type.channels, types[0].spatial, record.name)
        case .convolutionDataGradient(let geometry, let extents):
            instruction.opcode = .convolutionDataGradient
            instruction.table = try convolution(geometry, record.type.channels, types[0].channels, extents, record.name)
        case .convolutionWeightGradient(let geometry):
            instruction.opcode = .convolutionWeightGradient
            instruction.table = try convolution(geometry, types[0].channels, types[1].channels, types[0].spatial, record.name)
        case .dense:
            instruction.opcode = .dense
            instruction.table = dense(inputs: types[0].channels, outputs: record.type.channels)
        case .denseDataGradient:
            instruction.opcode = .denseDataGradient
            instruction.table = dense(inputs: record.type.channels, outputs: types[0].channels)
        case .denseWeightGradient:
            instruction.opcode = .denseWeightGradient
            instruction.table = dense(inputs: types[0].channels, outputs: types[1].channels)
        case .gatherSites(let map):
            instruction.opcode = .gather
            instruction.table = siteTable(types[0], sites: types[0].sites, map.table(source: types[0].spatial))
        case .scatterSites(let map, let extents):
            let table = map.table(source: extents)
            if let inverse = Self.inverse(table, sites: record.type.sites) {
                instruction.opcode = .gather
                instruction.table = siteTable(types[0], sites: types[0].sites, inverse)
            } else {
                instruction.opcode = .scatter
                instruction.table = siteTable(types[0], sites: record.type.sites, table)
            }
        case .upsample(let factors):
            instruction.opcode = .upsample
            instruction.table = try upsampling(types[0].channels, types[0].spatial, factors, node)
        case .sumPool(let factors):
            instruction.opcode = .sumPool
            instruction.table = try upsampling(types[0].channels, record.type.spatial, factors, node)
        case .maximumPool(let factors):
            instruction.opcode = .maximumPool
            let shape = try kernelShape(record.name) {
                try WindowShape(channels: types[0].channels, inputExtents: types[0].spatial, windowExtents: factors)
            }
            poolings.append(Pooling(shape))
            instruction.table = poolings.count - 1
        case .linearUpsample, .linearUpsampleGradient:
            let isForward = record.operation == .linearUpsample
            let coarse = isForward ? types[0] : record.type
            instruction.opcode = isForward ? .linearUpsample : .linearUpsampleGradient
            linearUpsamplings.append(LinearUpsampling(channels: coarse.channels, rows: coarse.spatial[0], columns: coarse.spatial[1]))
            scratchLanes = max(scratchLanes, linearUpsamplings[linearUpsamplings.count - 1].scratchLanes)
            instruction.table = linearUpsamplings.count - 1
        case .attention, .attentionGradient:
            let isForward = record.operation == .attention
            instruction.opcode = isForward ? .attention : .attentionGradient
            instruction.c = location(of: record.inputs[2])
            if !isForward { (instruction.d, instruction.e) = (location(of: record.inputs[3]), location(of: record.inputs[4])) }
            attentions.append(Attention(keyChannels: types[0].channels, valueChannels: types[2].channels, sites: types[0].sites))
            scratchLanes = max(scratchLanes, attentions[attentions.count - 1].scratchLanes)
            instruction.table = attentions.count - 1
        case .concatenateChannels:
            return addConcatenation(node)
        case .padChannels(let before, _):
            return addPadding(node, before: before)
        case .uniform(_, let draw):
            instruction.opcode = .uniform
            instruction.count = record.type.count
            instruction.draw = draw
        default:
            preconditionFailure("\(record.operation.label) belongs to a chain or needs no instruction")
        }
        instructions.append(instruction)
    }

    private mutating func addConcatenation(_ node: Int) {
        var result = location(of: node)
        for input in graph.nodes[node].inputs {
            let floats = graph.nodes[input].type.floats
            instructions.append(PlanInstruction(opcode: .copy, a: location(of: input), result: result, count: floats, node: node))
            result.offset += floats
        }
    }

    private mutating func addPadding(_ node: Int, before: Int) {
        let (type, source) = (graph.nodes[node].type, graph.nodes[node].inputs[0])
        var result = location(of: node)
        let perChannel = type.floats / type.channels
        let middle = graph.nodes[source].type.floats
        let parts: [(PlanInstruction.Opcode, Int)] = [
            (.zero, before * perChannel), (.copy, middle), (.zero, type.floats - before * perChannel - middle),
        ]
        for (opcode, count) in parts where count > 0 {
            instructions.append(PlanInstruction(opcode: opcode, a: location(of: source), result: result, count: count, node: node))
            result.offset += count
        }
    }

    /// Gradients that live elsewhere, and zeros for tensors that the loss does not depend on.
    private mutating func addGradientCopies() {
        for copy in storage.gradientCopies.reversed() {
            let range = graph.layout.tensors[copy.tensor].range
            instructions.append(
                PlanInstruction(
                    opcode: .copy, a: location(of: copy.node), result: MemoryLocation(.gradient, range.lowerBound), count: range.count,
                    node: copy.node))
            markReady([copy.tensor])
        }
        for (tensor, node) in graph.parameterGradients.enumerated() where node == nil {
            let range = graph.layout.tensors[tensor].range
            instructions.append(
                PlanInstruction(
                    opcode: .zero, result: MemoryLocation(.gradient, range.lowerBound), count: range.count, node: graph.nodes.count - 1))
            markReady([tensor])
        }
    }

    /// Where inputs and outputs start in the arena, by node.
    func externalOffsets() throws -> [Int: Int] {
        var result: [Int: Int] = [:]
        for node in graph.inputNodes + graph.outputs.map(\.node) {
            let place = location(of: node)
            guard place.memory == .arena else {
                throw NetworkError(
                    node: graph.nodes[node].name, found: "an output that is a parameter", wanted: "a computed value",
                    advice: "name outputs with GraphBuilder.output, which copies parameters")
            }
            result[node] = place.offset
        }
        return result
    }

    // MARK: Tables

    private func kernelShape<R>(_ node: String, _ body: () throws -> R) throws -> R {
        do { return try body() } catch {
            throw NetworkError(node: node, found: "\(error)", wanted: "a shape that the kernels serve")
        }
    }

    private mutating func convolution(_ geometry: ConvolutionGeometry, _ inputs: Int, _ outputs: Int, _ extents: [Int], _ name: String) throws -> Int {
        let shape = try kernelShape(name) {
            let boundary: NetworkKernels.Boundary
            let padding: Padding
            switch geometry.boundary {
            case .periodic:
                boundary = .periodic
                padding = .amounts(lower: geometry.before, upper: geometry.kernel.indices.map { geometry.kernel[$0] - 1 - geometry.before[$0] })
            case .zeros(let before, let after):
                boundary = .zero
                padding = .amounts(lower: before, upper: after)
            }
            return try ConvolutionShape(
                inputChannels: inputs, outputChannels: outputs, inputExtents: extents, kernelExtents: geometry.kernel,
                strides: geometry.stride, padding: padding, boundary: boundary)
        }
        if let known = convolutions.firstIndex(where: { $0.shape == shape }) { return known }
        convolutions.append(Convolution(shape, filtersMinimally: true))
        scratchLanes = max(scratchLanes, convolutions[convolutions.count - 1].scratchLanes)
        return convolutions.count - 1
    }

    private mutating func dense(inputs: Int, outputs: Int) -> Int {
        if let known = denses.firstIndex(where: { $0.inputs == inputs && $0.outputs == outputs }) { return known }
        denses.append(Dense(inputs: inputs, outputs: outputs))
        scratchLanes = max(scratchLanes, denses[denses.count - 1].scratchLanes)
        return denses.count - 1
    }

    private mutating func siteTable(_ type: TensorType, sites: Int, _ table: [Int32]) -> Int {
        siteTables.append(SiteTable(channels: type.channels, sourceSites: sites, table: table))
        return siteTables.count - 1
    }

    private mutating func upsampling(_ channels: Int, _ extents: [Int], _ factors: [Int], _ node: Int) throws -> Int {
        guard graph.nodes[graph.nodes[node].inputs[0]].type.batched else {
            throw NetworkError(node: graph.nodes[node].name, found: "an unbatched input", wanted: "a value per sample")
        }
        upsamplings.append(
            try kernelShape(graph.nodes[node].name) { try Upsampling(channels: channels, inputExtents: extents, factors: factors) })
        return upsamplings.count - 1
    }

    /// The table of the inverse map, nil if a site is named twice.
    private static func inverse(_ table: [Int32], sites: Int) -> [Int32]? {
        var result = [Int32](repeating: -1, count: sites)
        for (target, source) in table.enumerated() where source >= 0 {
            if result[Int(source)] >= 0 { return nil }
            result[Int(source)] = Int32(target)
        }
        return result
    }
}
