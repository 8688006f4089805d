import Glibc
import MessagePassing
import Numerics
import PulsarFrames

/// The judgement of frames of a source, shared out among the ranks.
package final class SegmentationValidation {
    private let segmenter: FrameSegmenter
    private let draw: MaskDraw
    let frames: Int
    private var probabilities: [Float]
    private var truth: UnsafeMutableBufferPointer<Lane>

    package init(_ model: SegmentationModel, source: any MaskedFrameSource, frames: Int) throws {
        segmenter = try FrameSegmenter(model)
        draw = MaskDraw(source)
        self.frames = frames
        probabilities = [Float](repeating: 0, count: laneWidth * model.side * model.side)
        truth = .allocate(capacity: model.side * model.side)
        truth.initialize(repeating: .zero)
    }

    deinit { truth.deallocate() }

    /// What is found in frames 0, 1, …; *collective,* the same on every rank and on any number of ranks.
    package func judgements(_ trained: TrainedSegmentation, communicator: Communicator) throws -> [SegmentationScore.Judgement] {
        try segmenter.use(trained)
        let width = SegmentationScore.Judgement.count
        var rows = [Double](repeating: 0, count: frames * width)
        try communicator.agree {
            for first in stride(from: communicator.rank * laneWidth, to: frames, by: communicator.size * laneWidth) {
                let count = min(laneWidth, frames - first)
                let truths = try (0..<count).map { try draw.load(UInt64(first + $0), into: segmenter.shard, lane: $0) }
                segmenter.clear(from: count)
                segmenter.infer(&probabilities)
                segmenter.shard.putMasks(into: truth)
                for (lane, frame) in truths.enumerated() {
                    rows.replaceSubrange((first + lane) * width..<(first + lane + 1) * width, with: judge(lane, frame).numbers)
                }
            }
        }
        // All other ranks hold zero.
        try communicator.allReduce(&rows, .sum)
        return (0..<frames).map { SegmentationScore.Judgement(rows[$0 * width..<($0 + 1) * width]) }
    }

    private func judge(_ lane: Int, _ frame: FrameTruth) -> SegmentationScore.Judgement {
        let model = segmenter.model, sites = model.side * model.side
        return probabilities.withUnsafeBufferPointer { all in
            let own = UnsafeBufferPointer(rebasing: all[lane * sites..<(lane + 1) * sites])
            var (both, onlyFound, onlyTrue, loss) = (0.0, 0.0, 0.0, 0.0)
            for site in 0..<sites {
                let isTrue = truth[site][lane] > 0.5, p = Double(own[site])
                switch (own[site] >= PulsePath.edge, isTrue) {
                case (true, true): both += 1
                case (true, false): onlyFound += 1
                case (false, true): onlyTrue += 1
                case (false, false): break
                }
                loss -= isTrue ? Double(SegmentationGraph.pulseWeight) * log(max(1e-30, p)) : log(max(1e-30, 1 - p))
            }
            let path = own.baseAddress.flatMap { PulsePath($0, model: model) }
            let score = own.baseAddress.map { MaskScore($0, side: model.side).value } ?? 0
            return SegmentationScore.Judgement(
                contents: frame.contents, signalToNoise: frame.signalToNoise, dispersionMeasure: frame.dispersionMeasure, score: score, both: both,
                onlyFound: onlyFound, onlyTrue: onlyTrue, measure: path?.dispersionMeasure ?? .nan, measureError: path?.dispersionMeasureError ?? .nan,
                loss: loss / Double(sites))
        }
    }
}
