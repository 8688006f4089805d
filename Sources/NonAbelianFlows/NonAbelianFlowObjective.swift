import Networks
import Numerics
import Training

/// Training of the density of one plaquette by the reverse Kullback-Leibler divergence, over V plaquettes of each sample: metrics are of all V, the mean of log q + S being
/// at least -V log z with z = ∫ dU exp(β/N Re tr U); the gradient is of one.
struct NonAbelianFlowObjective: ShardedObjective {
    let flow: NonAbelianFlow
    private let stream: RandomStream

    init(flow: NonAbelianFlow, seed: UInt64) {
        self.flow = flow
        stream = RandomStream(seed: seed, purpose: .classTraining)
    }

    var layout: ParameterLayout { flow.layout }
    var metricNames: [String] { ["loss", "loss_square"] }

    mutating func evaluate(
        step: Int, shard: Int, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, metrics: UnsafeMutablePointer<Double>,
        ready: (Range<Int>) -> Void
    ) throws {
        let (density, action) = flow.reverseKullbackLeibler(
            stream: stream, epoch: UInt64(step), firstSample: UInt64(shard * laneWidth), parameters: parameters, gradient: gradient)
        let loss = density + action
        metrics[0] = loss.sum() / Double(laneWidth)
        metrics[1] = (loss * loss).sum() / Double(laneWidth)
        ready(0..<layout.count)
    }
}
