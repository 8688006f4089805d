import Batch
import Glibc

/// What a classifier said of frames whose truth is known.
public struct ClassifierScore: Sendable {
    /// One frame.
    public struct Judgement: Sendable {
        public let target: Int
        /// The likeliest of the classes with a pulse, and of those without.
        public let withPulse: Int
        public let withoutPulse: Int
        /// Probability of the classes with a pulse.
        public let pulseProbability: Double
        /// Of the pulse in the frame; 0 without one.
        public let signalToNoise: Double
        /// Minus the logarithm of the probability of the target.
        public let entropy: Double

        init(target: Int, withPulse: Int, withoutPulse: Int, pulseProbability: Double, signalToNoise: Double, entropy: Double) {
            self.target = target
            self.withPulse = withPulse
            self.withoutPulse = withoutPulse
            self.pulseProbability = pulseProbability
            self.signalToNoise = signalToNoise
            self.entropy = entropy
        }

        /// - Parameter probabilities: of each class.
        public init(target: Int, probabilities: [Float], signalToNoise: Double) {
            self.target = target
            self.signalToNoise = signalToNoise
            func likeliest(_ hasPulse: Bool) -> Int {
                var best = hasPulse ? 1 : 0
                for k in probabilities.indices where ClassifierModel.hasPulse(k) == hasPulse && probabilities[k] > probabilities[best] { best = k }
                return best
            }
            (withPulse, withoutPulse) = (likeliest(true), likeliest(false))
            pulseProbability = probabilities.indices.reduce(0) { ClassifierModel.hasPulse($1) ? $0 + Double(probabilities[$1]) : $0 }
            entropy = -log(max(1e-30, Double(probabilities[target])))
        }

        /// The class that the frame is given when a pulse is seen from this probability on.
        public func predicted(_ threshold: Double) -> Int { pulseProbability >= threshold ? withPulse : withoutPulse }
    }

    /// A share with the half width of its one-sigma interval (Wilson, J. Am. Stat. Assoc. 22 (1927) 209), which is not zero for 0 of n.
    public struct Share: Sendable {
        public let count: Int
        public let of: Int
        public var value: Double { of > 0 ? Double(count) / Double(of) : .nan }
        public var error: Double {
            guard of > 0 else { return .nan }
            let n = Double(of), p = value
            return (p * (1 - p) / n + 0.25 / (n * n)).squareRoot() / (1 + 1 / n)
        }

        var json: JSON {
            of > 0 ? ["value": .number(value), "error": .number(error), "frames": .integer(of)] : ["value": .null, "error": .null, "frames": 0]
        }
    }

    /// Edges of the bins of S/N.
    public static let edges: [Double] = [0, 3, 5, 7, 10, 15, 20, .infinity]

    /// `[target][predicted]`.
    public let confusion: [[Int]]
    public let loss: Double
    /// Frames with a pulse that are said to have one, by S/N.
    public let recall: [Share]
    /// The same above 7 and above 10.
    public let recallAbove7: Share
    public let recallAbove10: Share
    /// Frames classified right, by S/N of their pulse; and of those without a pulse.
    public let accuracyByRatio: [Share]
    public let accuracyWithoutPulse: Share
    /// Frames that show nothing and are said to have a pulse, and frames without a pulse of any kind.
    public let falsePulsesInNoise: Share
    public let falsePulses: Share
    public let frames: Int

    /// - Parameter threshold: probability from which on a frame is said to have a pulse.
    public init(_ judgements: [Judgement], classes: Int, threshold: Double) {
        var confusion = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
        for judgement in judgements { confusion[judgement.target][judgement.predicted(threshold)] += 1 }
        self.confusion = confusion
        frames = judgements.count
        loss = judgements.reduce(0) { $0 + $1.entropy } / Double(max(1, judgements.count))
        func share(_ frames: [Judgement], _ holds: (Judgement) -> Bool) -> Share { Share(count: frames.filter(holds).count, of: frames.count) }
        func said(_ judgement: Judgement) -> Bool { judgement.pulseProbability >= threshold }
        func right(_ judgement: Judgement) -> Bool { judgement.target == judgement.predicted(threshold) }
        let pulses = judgements.filter { ClassifierModel.hasPulse($0.target) }
        let others = judgements.filter { !ClassifierModel.hasPulse($0.target) }
        let bins = zip(Self.edges, Self.edges.dropFirst()).map { low, high in pulses.filter { $0.signalToNoise >= low && $0.signalToNoise < high } }
        recall = bins.map { share($0, said) }
        accuracyByRatio = bins.map { share($0, right) }
        recallAbove7 = share(pulses.filter { $0.signalToNoise >= 7 }, said)
        recallAbove10 = share(pulses.filter { $0.signalToNoise >= 10 }, said)
        accuracyWithoutPulse = share(others, right)
        falsePulses = share(others.filter { $0.target != 8 }, said)
        falsePulsesInNoise = share(others.filter { $0.target == 0 }, said)
    }

    public var accuracy: Share { Share(count: confusion.indices.reduce(0) { $0 + confusion[$1][$1] }, of: frames) }

    /// Share of a class that is classified right; and of what is put into it that belongs there.
    public func recall(ofClass k: Int) -> Share { Share(count: confusion[k][k], of: confusion[k].reduce(0, +)) }
    public func precision(ofClass k: Int) -> Share { Share(count: confusion[k][k], of: confusion.reduce(0) { $0 + $1[k] }) }

    /// For `summary.json`.
    public func fill(_ results: inout JSONObject) {
        results["frames"] = .integer(frames)
        results["loss"] = .number(loss)
        results["accuracy"] = accuracy.json
        results["accuracy_without_pulse"] = accuracyWithoutPulse.json
        results["pulse_recall_snr_7"] = recallAbove7.json
        results["pulse_recall_snr_10"] = recallAbove10.json
        results["false_pulses_in_noise"] = falsePulsesInNoise.json
        results["false_pulses"] = falsePulses.json
        var classes = JSONObject()
        for k in confusion.indices {
            let (recall, precision) = (recall(ofClass: k), precision(ofClass: k))
            let harmonic = recall.count > 0 ? 2 * recall.value * precision.value / (recall.value + precision.value) : 0
            classes[ClassifierModel.classNames[k]] = ["recall": recall.json, "precision": precision.json, "f1": .number(harmonic)]
        }
        results["classes"] = .object(classes)
        results["by_snr"] = .array(
            recall.indices.map { i -> JSON in
                [
                    "from": .number(Self.edges[i]), "to": Self.edges[i + 1].isFinite ? .number(Self.edges[i + 1]) : .null, "recall": recall[i].json,
                    "accuracy": accuracyByRatio[i].json,
                ]
            })
        results["confusion"] = .array(confusion.map { .array($0.map { .integer($0) }) })
    }
}
