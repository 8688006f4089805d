import Glibc
import MessagePassing
import Numerics

/// A classifier's answer to whether two samples can be told apart, by cross-validation: every shower is judged once, by a network that has not
/// seen it.
///
/// Fold k is the test part, fold k + 1 chooses the epoch and calibrates, the rest trains: 60, 20 and 20 % of five folds, as the CaloChallenge splits
/// (arXiv:2410.21611, section 4).
public struct ClassifierTest: Sendable {
    public struct Fold: Sendable {
        public let curve: ReceiverCurve
        /// 1 - cross-entropy / ln 2 of the calibrated probabilities: a lower bound of the Jensen-Shannon divergence over ln 2.
        public let divergence: Estimate
        public let epoch: Int
        /// Cross-entropy of the validation part by epoch.
        public let history: [Double]
    }

    public let folds: [Fold]
    /// Showers of each of both samples.
    public let showers: Int

    /// 0.5 where the samples cannot be told apart, 1 where they always can.
    public var area: Estimate { Self.mean(folds.map(\.curve.area)) }
    /// Lower bound of the Jensen-Shannon divergence over ln 2; around zero, on either side, where there is nothing to learn.
    public var divergence: Estimate { Self.mean(folds.map(\.divergence)) }
    /// Share of the reference accepted where 0, 1, ..., 100 % of the sample pass, mean over the folds.
    public var accepted: [Double] { (0...100).map { p in Statistics.mean(folds.map { $0.curve.accepted[p] }) } }

    public static let foldCount = 5

    /// Trains `foldCount` classifiers. *Collective;* the same bits on any number of ranks.
    /// - Parameter afterFold: called on every rank after each fold; false ends the test early.
    /// - Returns: nil if it was ended early.
    package init?(
        sample: [[Float]], reference: [[Float]], settings: ClassifierSettings, seed: UInt64, communicator: Communicator,
        afterFold: () throws -> Bool
    ) throws {
        let table = ClassifierTable(sample: sample, reference: reference)
        let parts = table.folds(Self.foldCount, seed: seed)
        var folds: [Fold] = []
        for k in parts.indices {
            let chooser = (k + 1) % parts.count
            let training = parts.indices.filter { $0 != k && $0 != chooser }.flatMap { parts[$0] }
            let outcome = try ClassifierTraining(
                table, training: training, validation: parts[chooser], test: parts[k], settings: settings, seed: seed &+ UInt64(k),
                communicator: communicator)
            folds.append(Self.judge(outcome, table, validation: parts[chooser], test: parts[k]))
            guard try afterFold() else { return nil }
        }
        self.folds = folds
        showers = sample.count
    }

    private static func judge(_ outcome: ClassifierTraining, _ table: ClassifierTable, validation: [Int], test: [Int]) -> Fold {
        let calibration = ClassifierCalibration(logits: outcome.validation, labels: validation.map { table.isReference[$0] })
        func scores(_ kind: Bool) -> [Double] { zip(test, outcome.test).filter { table.isReference[$0.0] == kind }.map(\.1) }
        let losses = zip(test, outcome.test).map {
            ClassifierCalibration.entropy(logit: calibration.logit($1), label: table.isReference[$0] ? 1 : 0) / log(2)
        }
        return Fold(
            curve: ReceiverCurve(positives: scores(true), negatives: scores(false)),
            divergence: Estimate(value: 1 - Statistics.mean(losses), error: Statistics.standardError(losses)), epoch: outcome.epoch,
            history: outcome.history)
    }

    /// Mean over the folds. Its error is the larger of what the showers of all test parts leave open and of what the folds' spread says.
    private static func mean(_ estimates: [Estimate]) -> Estimate {
        let n = Double(estimates.count), values = estimates.map(\.value)
        let counted = estimates.reduce(0) { $0 + $1.error * $1.error }.squareRoot() / n
        return Estimate(value: Statistics.mean(values), error: max(counted, Statistics.standardError(values)))
    }
}
