import CAllocationCounter
import Networks
import Numerics
import Testing

/// Two convolutions with tanh and a loss: enough that memory is shared and gradients flow through everything.
private func smallModel(extent: Int = 6) throws -> Graph {
    let builder = GraphBuilder()
    let x = try builder.input("x", shape: [1, extent, extent])
    var hidden = x
    for layer in 0..<3 {
        hidden = try tanh(builder.convolution("layer\(layer)", hidden, outputs: 4, kernel: [3, 3], boundary: .periodic))
    }
    let features = try hidden.averagePooled([2, 2]).flattened()
    let result = try builder.dense("result", builder.dropout(features, rate: 0.2, draw: 1), outputs: 1)
    try builder.output("result", result)
    let loss = try result.square().sumPerSample().laneMean()
    try builder.output("loss", loss)
    try builder.differentiate(loss)
    return builder.graph
}

@Suite struct PlanTests {
    @Test func aStepAllocatesNothing() throws {
        let graph = try smallModel()
        let plan = try Plan(graph)
        let parameters = graph.initialParameters(seed: 1)
        var gradient = [Float](repeating: 0, count: parameters.count)
        var announced = 0
        var allocations: UInt = 1
        parameters.withUnsafeBufferPointer { parameters in
            gradient.withUnsafeMutableBufferPointer { gradient in
                guard let parameters = parameters.baseAddress, let gradient = gradient.baseAddress else { return }
                let before = allocationsOfThisThread()
                for step in 0..<100 {
                    plan.run(parameters: parameters, gradient: gradient, noise: NoiseKey(seed: 1, epoch: UInt64(step))) { announced += $0.count }
                }
                allocations = allocationsOfThisThread() - before
            }
        }
        #expect(allocations == 0)
        #expect(announced == 100 * parameters.count)
        print("arena \(plan.report.arenaBytes) B, without sharing \(plan.report.unsharedBytes) B")
    }

    /// The counter itself sees an allocation.
    @Test func theAllocationCounterCounts() {
        let before = allocationsOfThisThread()
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 100, alignment: 8)
        memory.deallocate()
        #expect(allocationsOfThisThread() > before)
    }

    @Test func runsRepeatBitForBit() throws {
        let graph = try smallModel()
        let data = CaseData(graph, domain: -1...1)
        let first = try runPlan(graph, data)
        let second = try runPlan(graph, data)
        #expect(first.gradient == second.gradient)
        #expect(first.outputs == second.outputs)
        var again = [Float](repeating: 0, count: graph.layout.count)
        for _ in 0..<3 { first.plan.run(parameters: data.parameters.map(Float.init), gradient: &again) }
        #expect(again.map(Double.init) == first.gradient)
    }

    /// Without a gradient only what the outputs need is computed, with the same result.
    @Test func forwardAloneGivesTheSameOutputs() throws {
        let graph = try smallModel()
        let data = CaseData(graph, domain: -1...1)
        let whole = try runPlan(graph, data)
        let loss = try whole.plan.unbatchedOutput("loss")[0]
        whole.plan.run(parameters: data.parameters.map(Float.init))
        #expect(try whole.plan.unbatchedOutput("loss")[0] == loss)
    }

    @Test func gradientsAreAnnouncedOnceLateLayersFirst() throws {
        let graph = try smallModel()
        let plan = try Plan(graph)
        var gradient = [Float](repeating: 0, count: graph.layout.count)
        var order: [Int] = []
        plan.run(parameters: graph.initialParameters(seed: 1), gradient: &gradient) { range in
            order.append(graph.layout.tensors.firstIndex { $0.range == range } ?? -1)
        }
        #expect(order.sorted() == Array(graph.layout.tensors.indices))
        let layers = order.map { graph.layout.tensors[$0].name.split(separator: "/")[0] }
        #expect(layers.map(String.init) == ["result", "result", "layer2", "layer2", "layer1", "layer1", "layer0", "layer0"])
    }

    /// A range that was announced does not change any more.
    @Test func announcedGradientsAreFinal() throws {
        let graph = try smallModel()
        let plan = try Plan(graph)
        var gradient = [Float](repeating: .nan, count: graph.layout.count)
        var seen: [(Range<Int>, [Float])] = []
        gradient.withUnsafeMutableBufferPointer { gradient in
            let view = UnsafeBufferPointer(gradient)
            plan.run(parameters: graph.initialParameters(seed: 1), gradient: gradient.baseAddress) { seen.append(($0, Array(view[$0]))) }
        }
        for (range, values) in seen { #expect(Array(gradient[range]) == values) }
    }

    @Test func unusedParametersGetZeroGradients() throws {
        let builder = GraphBuilder()
        let x = try builder.input("x", shape: [2])
        _ = try builder.parameter("unused", shape: [3], initializer: .ones)
        let w = try builder.parameter("used", shape: [2], initializer: .ones)
        try builder.differentiate((x * w).sumPerSample().laneMean())
        let run = try runPlan(builder.graph, CaseData(builder.graph, domain: 1...2))
        #expect(run.gradient[..<3] == [0, 0, 0])
        #expect(run.gradient[3] > 0)
    }

    /// The same parameter through two paths, one of them a gradient that is itself the parameter's value.
    @Test func aGradientThatIsAParameterIsCopied() throws {
        let builder = GraphBuilder()
        let a = try builder.parameter("a", shape: [3], initializer: .ones)
        let b = try builder.parameter("b", shape: [3], initializer: .ones)
        try builder.output("a", a)
        try builder.differentiate((a * b).sum(over: [.channels]).reshaped([1]))
        let run = try runPlan(builder.graph, CaseData(builder.graph, domain: 1...2))
        let data = CaseData(builder.graph, domain: 1...2)
        #expect(run.gradient == Array(data.parameters[3...] + data.parameters[..<3]))
        #expect(run.outputs["a"] == Array(data.parameters[..<3]))
    }

    @Test func memoryIsShared() throws {
        let report = try Plan(smallModel(extent: 16)).report
        #expect(report.arenaBytes < report.unsharedBytes)
        #expect(report.description.contains("arena \(report.arenaBytes) B"))
    }

    /// No two values that are alive together overlap, whatever the sizes and lives.
    @Test func arenaKeepsLivesApart() {
        for seed in UInt32(0)..<100 {
            let numbers = randomNumbers(60, 0...1, seed: seed)
            let requests = (0..<20).map { k in
                let first = Int(numbers[3 * k] * 10)
                return Arena.Request(size: 16 * Int(1 + numbers[3 * k + 1] * 8), lifetime: first...first + Int(numbers[3 * k + 2] * 6))
            }
            let arena = Arena(requests)
            let places = requests.indices.map { arena.offsets[$0]..<arena.offsets[$0] + requests[$0].size }
            #expect(places.allSatisfy { $0.lowerBound % Arena.alignment == 0 && $0.upperBound <= arena.size })
            let clashes = requests.indices.flatMap { i in
                (0..<i).filter { requests[i].lifetime.overlaps(requests[$0].lifetime) && places[i].overlaps(places[$0]) }
            }
            #expect(clashes.isEmpty)
            // No arena is smaller than what is alive at once.
            let needed = (0..<20).map { time in requests.filter { $0.lifetime.contains(time) }.map(\.size).reduce(0, +) }.max() ?? 0
            #expect(arena.size >= needed && arena.size <= 2 * needed)
        }
    }

    /// Dropout keeps a share 1 - rate, and its numbers are a function of seed, step and sample.
    @Test func noiseIsKeyed() throws {
        let builder = GraphBuilder()
        try builder.output("u", builder.uniform(shape: [10, 10], draw: 5))
        let plan = try Plan(builder.graph)
        func draw(_ key: NoiseKey) throws -> [Lane] {
            plan.run(parameters: [0], noise: key)
            return Array(try plan.output("u"))
        }
        let key = NoiseKey(seed: 3, epoch: 4, firstSample: 32)
        let values = try draw(key)
        #expect(try draw(key) == values)
        #expect(try draw(NoiseKey(seed: 4, epoch: 4, firstSample: 32)) != values)
        #expect(try draw(NoiseKey(seed: 3, epoch: 5, firstSample: 32)) != values)
        // Sample 33 is lane 1 of this shard and lane 0 of one that starts there.
        let next = try draw(NoiseKey(seed: 3, epoch: 4, firstSample: 33))
        #expect(values.map { $0[1] } == next.map { $0[0] })
        let all = values.flatMap { lane in (0..<laneWidth).map { Double(lane[$0]) } }
        // 1600 uniform numbers: the mean lies within 4.4 standard deviations (false alarm below 1e-5, and the seed is fixed).
        let mean: Double = all.reduce(0, +) / 1600
        let deviation: Double = (1.0 / 12 / 1600).squareRoot()
        #expect(abs(mean - 0.5) < 4.4 * deviation)
        #expect(all.allSatisfy { $0 > 0 && $0 < 1 })
        #expect(Set(all).count > 1590)
    }

    @Test func initialisersHaveTheirVariance() throws {
        let builder = GraphBuilder()
        let shape = [64, 32, 3, 3]
        let wanted: [(Initializer, Double)] = [
            (.kaimingNormal(slope: 0), 2.0 / 288), (.kaimingUniform(slope: 2.236_068), 1.0 / 864), (.xavierNormal(gain: 1), 2.0 / 864),
            (.xavierUniform(gain: 2), 8.0 / 864), (.normal(deviation: 0.5), 0.25), (.uniform(0.3), 0.03),
        ]
        for (index, entry) in wanted.enumerated() { _ = try builder.parameter("w\(index)", shape: shape, initializer: entry.0) }
        let values = builder.graph.initialParameters(seed: 11)
        #expect(values == builder.graph.initialParameters(seed: 11))
        #expect(values != builder.graph.initialParameters(seed: 12))
        for (tensor, entry) in zip(builder.graph.layout.tensors, wanted) {
            let part = values[tensor.range].map(Double.init)
            let squares: Double = part.reduce(0) { $0 + $1 * $1 }
            let ratio = squares / Double(part.count) / entry.1
            // 18432 numbers: 5 standard deviations of a normal sample's variance.
            let tolerance = 5 * (2.0 / Double(part.count)).squareRoot()
            #expect(abs(ratio - 1) < tolerance, "\(entry.0)")
        }
    }
}
