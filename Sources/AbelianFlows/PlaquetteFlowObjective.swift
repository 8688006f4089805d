import AbelianFields
import Networks
import Numerics
import Training

/// Training of a plaquette flow by the reverse Kullback-Leibler divergence: the mean of log q + S over its own samples, at least -log Z.
struct PlaquetteFlowObjective: ShardedObjective {
    let flow: PlaquetteFlow
    let beta: Double
    private let stream: RandomStream
    private let field: PlaquetteBuffer

    init(flow: PlaquetteFlow, beta: Double, seed: UInt64) {
        self.flow = flow
        self.beta = beta
        stream = RandomStream(seed: seed, purpose: .plaquetteTraining)
        field = PlaquetteBuffer(flow.sites)
    }

    var layout: ParameterLayout { flow.layout }
    var metricNames: [String] { ["loss", "loss_square", "action"] }

    mutating func evaluate(
        step: Int, shard: Int, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, metrics: UnsafeMutablePointer<Double>,
        ready: (Range<Int>) -> Void
    ) throws {
        PlaquetteFlow.fill(
            field.lanes, count: flow.sites, stream: stream, epoch: UInt64(step), firstSample: UInt64(shard * laneWidth))
        let (density, action) = flow.reverseKullbackLeibler(field.lanes, parameters: parameters, beta: beta, gradient: gradient)
        let loss = density + action
        metrics[0] = loss.sum() / Double(laneWidth)
        metrics[1] = (loss * loss).sum() / Double(laneWidth)
        metrics[2] = action.sum() / Double(laneWidth)
        ready(0..<layout.count)
    }
}

/// Lanes of a fixed number of plaquettes, freed with their owner.
final class PlaquetteBuffer {
    let lanes: UnsafeMutablePointer<DoubleLane>
    let count: Int

    init(_ count: Int) {
        self.count = count
        lanes = .allocate(capacity: max(1, count))
        lanes.initialize(repeating: .zero, count: max(1, count))
    }

    deinit { lanes.deallocate() }
}
