import Batch
import Flows
import MessagePassing
import Numerics

/// Normalising flows on these ranks.
func flowsChecks() -> [SelfCheck] { [SelfCheck(name: "coupling-flow", run: checkCouplingFlow)] }

/// There and back: the noise and its log density; the same bits on every rank.
private func checkCouplingFlow(_ world: Communicator) throws -> String {
    let engine = CouplingFlowEngine(try CouplingFlow(CouplingFlowSettings(extents: [8, 8])))
    var parameters = engine.initialParameters(seed: 5)
    let stream = RandomStream(seed: 8, purpose: .test)
    for i in parameters.indices { parameters[i] += 0.01 * Float(stream.normal(epoch: 0, index: UInt64(i), draw: 0)) }
    let noise = (0..<64).map { stream.normalLane(epoch: 1, firstIndex: 0, draw: UInt32($0)) }
    var field = noise
    let forward = engine.sample(&field, parameters: parameters)
    let sampled = field
    let backward = engine.logDensity(&field, parameters: parameters)
    var worst: Float = 0
    for (one, other) in zip(field, noise) { worst = max(worst, abs(one - other).max()) }
    let density = abs(forward - backward).max()
    try expect(worst < 2e-3 && density < 2e-3, "the inverse misses the noise by \(worst), its log density by \(density)")
    let hash = SHA256.hexadecimal(of: sampled.flatMap { lane in (0..<laneWidth).map { lane[$0] } })
    let all = try world.allGather(Array(hash.utf8))
    try expect(all.allSatisfy { $0 == all[0] }, "ranks sample different fields")
    return "inverse to \(worst), fields \(hash.prefix(12)) on every rank"
}

private func abs<V: SIMD>(_ x: V) -> V where V.Scalar: FloatingPoint { x.replacing(with: -x, where: x .< V.zero) }
