import Glibc
import MessagePassing
import Networks
import Numerics

/// One real model, on every rank: the training step of an affine-coupling flow.
func networksChecks() -> [SelfCheck] {
    [
        SelfCheck(name: "sameBits", run: checkSameBits),
        SelfCheck(name: "couplingStep", run: checkCouplingStep),
    ]
}

/// Reverse Kullback-Leibler loss of `couplings` affine couplings on a periodic L x L lattice with a phi^4 action.
private func couplingFlow(extent: Int, couplings: Int) throws -> Graph {
    let builder = GraphBuilder()
    var phi = try builder.input("prior", shape: [1, extent, extent])
    var logDeterminant: Tensor?
    let even = (0..<extent * extent).map { Float(($0 / extent + $0 % extent) % 2) }
    for coupling in 0..<couplings {
        let mask = try builder.constant(coupling % 2 == 0 ? even : even.map { 1 - $0 }, shape: [1, extent, extent])
        let frozen = try phi * (1 - mask)
        let parts = try builder.scope("coupling\(coupling)") {
            var hidden = frozen
            for (layer, width) in [8, 8].enumerated() {
                hidden = try tanh(builder.convolution("hidden\(layer)", hidden, outputs: width, kernel: [3, 3], boundary: .periodic))
            }
            return try builder.convolution("result", hidden, outputs: 2, kernel: [3, 3], boundary: .periodic).split(2)
        }
        let logScale = try parts[0] * mask
        phi = try frozen + mask * (phi * exp(logScale) + parts[1])
        let term = try logScale.sumPerSample()
        logDeterminant = try logDeterminant.map { try $0 + term } ?? term
    }
    let neighbours = try phi.rolled([1, 0]) + phi.rolled([0, 1])
    let action = try (phi.square().square() * 0.5 - 0.634 * (phi * neighbours)).sumPerSample()
    let loss = try (action - (logDeterminant ?? action)).laneMean()
    try builder.output("loss", loss)
    try builder.differentiate(loss)
    return builder.graph
}

/// A plan of the flow with a normal prior drawn for one shard.
private func preparedFlow(extent: Int, shard: UInt64) throws -> (plan: Plan, parameters: [Float]) {
    let graph = try couplingFlow(extent: extent, couplings: 4)
    let plan = try Plan(graph)
    let stream = RandomStream(seed: 1, purpose: .prior)
    let prior = try plan.input("prior")
    for site in prior.indices { prior[site] = stream.normalLane(epoch: UInt64(site), firstIndex: shard * 16, draw: 0) }
    return (plan, graph.initialParameters(seed: 7))
}

private func checkSameBits(_ world: Communicator) throws -> String {
    let (plan, parameters) = try preparedFlow(extent: 8, shard: 3)
    var first = [Float](repeating: 0, count: parameters.count)
    plan.run(parameters: parameters, gradient: &first)
    var other = first
    for _ in 0..<5 {
        plan.run(parameters: parameters, gradient: &other)
        try expectEqual(first.map(\.bitPattern), other.map(\.bitPattern), "gradient of a repeated step")
    }
    let fresh = try preparedFlow(extent: 8, shard: 3)
    fresh.plan.run(parameters: parameters, gradient: &other)
    try expectEqual(first.map(\.bitPattern), other.map(\.bitPattern), "gradient of a second plan")
    var fromRoot = first.map { Float(bitPattern: $0.bitPattern) }
    fromRoot = try world.broadcast(fromRoot, root: 0)
    try expectEqual(fromRoot.map(\.bitPattern), first.map(\.bitPattern), "gradient on rank 0")
    return "\(parameters.count) gradients"
}

private func checkCouplingStep(_ world: Communicator) throws -> String {
    let (plan, parameters) = try preparedFlow(extent: 16, shard: 0)
    var gradient = [Float](repeating: 0, count: parameters.count)
    func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
    }
    var best = Double.infinity
    for _ in 0..<20 {
        let start = seconds()
        for _ in 0..<8 { plan.run(parameters: parameters, gradient: &gradient) }
        best = min(best, seconds() - start)
    }
    try expect(gradient.allSatisfy(\.isFinite), "a gradient that is not finite")
    if getenv("DIDYMOS_PROFILE") != nil {
        let times = plan.measure(parameters: parameters, gradient: &gradient, runs: 50)
        for (step, time) in zip(plan.report.steps, times) { print(Int(time * 1e9), "ns", step.kind, step.shape, step.nodes, step.operations, step.name) }
    }
    let operations = 8 * Double(plan.report.operations)
    return "\(Double(Int(best * 1e5)) / 100) ms for 128 samples of 16 x 16, \(Int(operations / best / 1e8) / 10) GF/s"
}
