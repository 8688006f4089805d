import Batch
import PulsarFrames

/// How well masks are found in frames whose truth is known.
public struct SegmentationScore: Sendable {
    /// One frame.
    package struct Judgement: Sendable {
        let contents: FrameContents
        let signalToNoise, dispersionMeasure: Double
        let score: Double
        /// Places that are found and true, found and not true, true and not found.
        let both, onlyFound, onlyTrue: Double
        /// Found dispersion measure and its error; nan without a path.
        let measure, measureError: Double
        /// Mean over places of minus the logarithm of the probability of what is true there, weighted as in the loss.
        let loss: Double
        static let count = 10

        var numbers: [Double] {
            [Double(contents.rawValue), signalToNoise, dispersionMeasure, score, both, onlyFound, onlyTrue, measure, measureError, loss]
        }

        init(
            contents: FrameContents, signalToNoise: Double, dispersionMeasure: Double, score: Double, both: Double, onlyFound: Double, onlyTrue: Double,
            measure: Double, measureError: Double, loss: Double
        ) {
            (self.contents, self.signalToNoise, self.dispersionMeasure, self.score) = (contents, signalToNoise, dispersionMeasure, score)
            (self.both, self.onlyFound, self.onlyTrue) = (both, onlyFound, onlyTrue)
            (self.measure, self.measureError, self.loss) = (measure, measureError, loss)
        }

        init(_ numbers: ArraySlice<Double>) {
            let n = Array(numbers)
            self.init(
                contents: FrameContents(rawValue: UInt8(n[0])), signalToNoise: n[1], dispersionMeasure: n[2], score: n[3], both: n[4], onlyFound: n[5],
                onlyTrue: n[6], measure: n[7], measureError: n[8], loss: n[9])
        }

        var hasPulse: Bool { contents.contains(.pulse) }
        /// As one of a classifier of two classes: for the thresholds and the shares that classifiers have.
        var asClassifier: ClassifierScore.Judgement {
            ClassifierScore.Judgement(
                target: hasPulse ? 1 : contents.isEmpty ? 0 : 2, withPulse: 1, withoutPulse: 0, pulseProbability: score, signalToNoise: signalToNoise,
                entropy: loss)
        }
    }

    public typealias Share = ClassifierScore.Share

    /// Mean of the loss over frames.
    public let loss: Double
    /// What masks found and true have in common over what either has, over all places of all frames with a pulse: of bins of S/N, and of all.
    public let overlapByRatio: [Double]
    public let overlap: Double
    /// Shares of places: of the true ones that are found, and of the found ones that are true, the latter over all frames.
    public let found, right: Double
    /// Median of |found - true| dispersion measure, pc cm^-3, of frames with a pulse of S/N 7 and more that are said to have one and whose mask has a path;
    /// how many they are; and the share of them within three errors.
    public let measureDeviation: Double
    public let measures: Int
    public let withinThreeErrors: Share
    /// Frames said to have a pulse, by the threshold.
    public let frames: ClassifierScore

    package init(_ judgements: [Judgement], threshold: Double) {
        func overlap(_ list: [Judgement]) -> Double {
            let both = list.reduce(0) { $0 + $1.both }, either = list.reduce(0) { $0 + $1.both + $1.onlyFound + $1.onlyTrue }
            return either > 0 ? both / either : .nan
        }
        let pulses = judgements.filter(\.hasPulse)
        let edges = ClassifierScore.edges
        overlapByRatio = zip(edges, edges.dropFirst()).map { low, high in overlap(pulses.filter { $0.signalToNoise >= low && $0.signalToNoise < high }) }
        self.overlap = overlap(pulses)
        let both = pulses.reduce(0) { $0 + $1.both }
        found = both / max(1, pulses.reduce(0) { $0 + $1.both + $1.onlyTrue })
        right = both / max(1, judgements.reduce(0) { $0 + $1.both + $1.onlyFound })
        loss = judgements.reduce(0) { $0 + $1.loss } / Double(max(1, judgements.count))
        let measured = pulses.filter { $0.signalToNoise >= 7 && $0.score >= threshold && $0.measure.isFinite }
        let deviations = measured.map { abs($0.measure - $0.dispersionMeasure) }.sorted()
        measureDeviation = deviations.isEmpty ? .nan : deviations[deviations.count / 2]
        measures = measured.count
        withinThreeErrors = Share(count: measured.filter { abs($0.measure - $0.dispersionMeasure) <= 3 * $0.measureError }.count, of: measured.count)
        frames = ClassifierScore(judgements.map(\.asClassifier), classes: 3, threshold: threshold)
    }

    /// For `summary.json`.
    func fill(_ results: inout JSONObject) {
        func number(_ value: Double) -> JSON { value.isFinite ? .number(value) : .null }
        results["frames"] = .integer(frames.frames)
        results["loss"] = number(loss)
        results["overlap"] = number(overlap)
        results["places_found"] = number(found)
        results["places_right"] = number(right)
        results["pulse_recall_snr_7"] = frames.recallAbove7.json
        results["pulse_recall_snr_10"] = frames.recallAbove10.json
        results["false_pulses_in_noise"] = frames.falsePulsesInNoise.json
        results["false_pulses"] = frames.falsePulses.json
        results["dm_deviation_median"] = number(measureDeviation)
        results["dm_within_three_errors"] = withinThreeErrors.json
        results["by_snr"] = .array(
            overlapByRatio.indices.map { i -> JSON in
                [
                    "from": .number(ClassifierScore.edges[i]), "to": number(ClassifierScore.edges[i + 1]), "overlap": number(overlapByRatio[i]),
                    "recall": frames.recall[i].json,
                ]
            })
    }
}
