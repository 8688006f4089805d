import MessagePassing
import Networks
import Numerics
import PulsarFrames
import Training

extension RandomPurpose {
    /// Which frames of a file are kept for validation, and their order in training.
    static let frameSplit = RandomPurpose(rawValue: 80)
}

/// A permutation of `0..<count`, a function of seed and epoch.
struct Permutation {
    private let shuffle: Shuffle

    init(count: Int, seed: UInt64, epoch: UInt64) { shuffle = Shuffle(count: count, seed: seed, epoch: Int(truncatingIfNeeded: epoch & 0xFFFF_FFFF)) }

    subscript(position: Int) -> Int { shuffle[position] }
}

/// Frames of a source in the memory that one frame needs.
package final class FrameDraw {
    let source: any LabelledFrameSource
    let values: UnsafeMutableBufferPointer<Float>
    /// Seconds spent making frames.
    private(set) var seconds = 0.0

    package init(_ source: any LabelledFrameSource) {
        self.source = source
        values = .allocate(capacity: source.axes.channels * source.axes.samples)
        values.initialize(repeating: 0)
    }

    deinit { values.deallocate() }

    /// Makes frame `index` and puts it into place `lane`. Throws `ClassifierError` if it holds what is no number.
    func load(_ index: UInt64, into classifier: FrameClassifier, lane: Int) throws -> FrameTruth {
        let clock = ContinuousClock()
        var truth = FrameTruth()
        let duration = clock.measure { truth = source.write(frame: index, into: values) }
        seconds += Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
        var sum: Float = 0
        for value in values { sum += value * 0 }
        guard sum == 0, let base = values.baseAddress else {
            let reason = (source as? FileFrameSource)?.failure ?? "it holds what is no number"
            throw ClassifierError("frame \(index) of the source cannot be used: \(reason)")
        }
        classifier.load(base, stride: source.axes.samples, lane: lane, target: classifier.model.target(truth.contents))
        return truth
    }
}

/// Cross-entropy of frames made on the fly: sample j of shard s of step n is frame 16 (n shards + s) + j of the source.
package struct ClassifierObjective: ShardedObjective {
    package var layout: ParameterLayout { classifier.layout }
    static let metrics = ["loss", "accuracy"]
    package let metricNames = metrics
    let classifier: FrameClassifier
    let draw: FrameDraw
    let shardsPerBatch: Int

    package init(classifier: FrameClassifier, draw: FrameDraw, shardsPerBatch: Int) {
        self.classifier = classifier
        self.draw = draw
        self.shardsPerBatch = shardsPerBatch
    }

    package mutating func evaluate(
        step: Int, shard: Int, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, metrics: UnsafeMutablePointer<Double>,
        ready: (Range<Int>) -> Void
    ) throws {
        let first = UInt64(step * shardsPerBatch + shard) * UInt64(laneWidth)
        for lane in 0..<laneWidth { _ = try draw.load(first + UInt64(lane), into: classifier, lane: lane) }
        (metrics[0], metrics[1]) = classifier.descend(parameters: parameters, gradient: gradient, ready: ready)
    }
}

/// The judgement of frames of a source, shared out among the ranks.
package struct ClassifierValidation {
    let draw: FrameDraw
    let frames: Int

    package init(draw: FrameDraw, frames: Int) {
        self.draw = draw
        self.frames = frames
    }

    /// *Collective;* the same numbers on every rank and on any number of ranks.
    package func judge(_ classifier: FrameClassifier, parameters: UnsafeBufferPointer<Float>, threshold: Double, communicator: Communicator) throws -> ClassifierScore {
        ClassifierScore(
            try judgements(classifier, parameters: parameters, communicator: communicator), classes: classifier.model.classes, threshold: threshold)
    }

    /// What is said of frames 0, 1, …; *collective,* the same on every rank and on any number of ranks.
    func judgements(
        _ classifier: FrameClassifier, parameters: UnsafeBufferPointer<Float>, communicator: Communicator
    ) throws -> [ClassifierScore.Judgement] {
        let classes = classifier.model.classes
        let width = 2 + classes
        var rows = [Double](repeating: 0, count: frames * width)
        try communicator.agree {
            guard let weights = parameters.baseAddress else { return }
            var probabilities = [Float](repeating: 0, count: laneWidth * classes)
            for first in stride(from: communicator.rank * laneWidth, to: frames, by: communicator.size * laneWidth) {
                let count = min(laneWidth, frames - first)
                for lane in 0..<count {
                    let truth = try draw.load(UInt64(first + lane), into: classifier, lane: lane)
                    rows[(first + lane) * width] = Double(classifier.model.target(truth.contents))
                    rows[(first + lane) * width + 1] = truth.signalToNoise
                }
                classifier.clear(from: count)
                classifier.infer(parameters: weights, probabilities: &probabilities)
                for lane in 0..<count {
                    for k in 0..<classes { rows[(first + lane) * width + 2 + k] = Double(probabilities[lane * classes + k]) }
                }
            }
        }
        // All other ranks hold zero.
        try communicator.allReduce(&rows, .sum)
        return (0..<frames).map { i in
            ClassifierScore.Judgement(
                target: Int(rows[i * width]), probabilities: (0..<classes).map { Float(rows[i * width + 2 + $0]) }, signalToNoise: rows[i * width + 1])
        }    }
}
