import Networks
import Numerics
import Training

/// The loss of images drawn in the order of the training's shuffle.
struct GlitchObjective: ShardedObjective {
    var layout: ParameterLayout { learner.layout }
    static let metrics = ["loss", "l1", "similarity"]
    let metricNames = metrics
    let learner: GlitchLearner
    let shards: ImageShards

    mutating func evaluate(
        step: Int, shard: Int, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, metrics: UnsafeMutablePointer<Double>,
        ready: (Range<Int>) -> Void
    ) throws {
        guard let images = learner.images.baseAddress, let target = learner.target.baseAddress else { return }
        try shards.load(step: step, shard: shard, into: images, target: target)
        (metrics[0], metrics[1], metrics[2]) = learner.descend(parameters: parameters, gradient: gradient, ready: ready)
    }
}
