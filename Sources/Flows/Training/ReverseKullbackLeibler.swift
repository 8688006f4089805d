import FlowKernels
import Networks
import Numerics
import Training

/// Training by the reverse Kullback-Leibler divergence: the mean of log q(φ) + S(φ) over the flow's own samples, at least -log Z.
///
/// Source: Albergo, Kanwar, Shanahan, arXiv:1904.12072, equation 13. Sample i of step t has noise of (seed, t, i), whoever draws it.
public struct ReverseKullbackLeibler<Flow: LaneFlow>: ShardedObjective {
    public let flow: Flow
    public let action: LaneActionParameters
    public let pathGradient: Bool
    private let stream: RandomStream
    private let field: LaneBuffer

    public init(flow: Flow, action: LaneActionParameters, seed: UInt64, pathGradient: Bool) {
        self.flow = flow
        self.action = action
        self.pathGradient = pathGradient
        stream = RandomStream(seed: seed, purpose: .prior)
        field = LaneBuffer(flow.extents.reduce(1, *))
    }

    public var layout: ParameterLayout { flow.layout }

    /// The loss; the mean of its square, so that the variance of the log weights is at hand; the mean action.
    public var metricNames: [String] { ["loss", "loss_square", "action"] }

    public mutating func evaluate(
        step: Int, shard: Int, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>,
        metrics: UnsafeMutablePointer<Double>, ready: (Range<Int>) -> Void
    ) throws {
        LaneNoise.fill(
            field.lanes, siteCount: field.count, stream: stream, epoch: UInt64(step), firstSample: UInt64(shard * laneWidth))
        let (logDensity, energy) = flow.reverseKullbackLeibler(
            field.lanes, parameters: parameters, action: action, pathGradient: pathGradient, gradient: gradient)
        let loss = logDensity + energy
        metrics[0] = loss.sum() / Double(laneWidth)
        metrics[1] = (loss * loss).sum() / Double(laneWidth)
        metrics[2] = energy.sum() / Double(laneWidth)
        ready(0..<layout.count)
    }
}

/// Lanes of a fixed number of sites, freed with their owner.
public final class LaneBuffer {
    public let lanes: UnsafeMutablePointer<Lane>
    public let count: Int

    public init(_ count: Int) {
        self.count = count
        lanes = .allocate(capacity: max(1, count))
        lanes.initialize(repeating: .zero, count: count)
    }

    deinit { lanes.deallocate() }
}
