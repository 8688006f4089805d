import Networks
import Numerics
import PulsarFrames
import Training

/// Frames with their masks in the memory that one frame needs. For one thread.
package final class MaskDraw {
    let source: any MaskedFrameSource
    private let values, mask: UnsafeMutableBufferPointer<Float>

    package init(_ source: any MaskedFrameSource) {
        self.source = source
        values = .allocate(capacity: source.axes.channels * source.axes.samples)
        values.initialize(repeating: 0)
        mask = .allocate(capacity: values.count)
        mask.initialize(repeating: 0)
    }

    deinit {
        values.deallocate()
        mask.deallocate()
    }

    /// Makes frame `index` and puts it into place `lane`, with its mask. Throws `ClassifierError` if it holds what is no number.
    func load(_ index: UInt64, into shard: SegmentationShard, lane: Int) throws -> FrameTruth {
        let truth = source.write(frame: index, into: values, mask: mask)
        guard values.allSatisfy(\.isFinite), let frame = values.baseAddress, let mask = mask.baseAddress else {
            throw ClassifierError("frame \(index) of the source cannot be used: it holds what is no number")
        }
        shard.load(frame, stride: source.axes.samples, lane: lane)
        shard.load(mask: mask, lane: lane)
        return truth
    }
}

/// How well masks of frames made on the fly are found: sample j of shard s of step n is frame 16 (n shards + s) + j of the source.
package struct SegmentationObjective: ShardedObjective {
    static let metrics = ["loss", "overlap"]
    package var layout: ParameterLayout { learner.layout }
    package let metricNames = metrics
    let learner: SegmentationLearner
    let draw: MaskDraw
    let shardsPerBatch: Int

    package init(learner: SegmentationLearner, draw: MaskDraw, shardsPerBatch: Int) {
        (self.learner, self.draw, self.shardsPerBatch) = (learner, draw, shardsPerBatch)
    }

    package mutating func evaluate(
        step: Int, shard: Int, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, metrics: UnsafeMutablePointer<Double>,
        ready: (Range<Int>) -> Void
    ) throws {
        try load(step * shardsPerBatch + shard)
        (metrics[0], metrics[1]) = learner.descend(parameters: parameters, gradient: gradient, ready: ready)
    }

    /// Brings sixteen frames of the source into the network.
    package func load(_ shard: Int) throws {
        let first = UInt64(shard) * UInt64(laneWidth)
        for lane in 0..<laneWidth { _ = try draw.load(first + UInt64(lane), into: learner.shard, lane: lane) }
        learner.take()
    }
}
