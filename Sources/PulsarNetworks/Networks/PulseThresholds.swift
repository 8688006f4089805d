import MessagePassing
import ParallelHDF5

/// Probabilities from which on a frame is said to have a pulse, and from which on it is kept; they stand in the model's file.
///
/// A label is a claim and must rarely be wrong; what is kept is looked at again, so that more of the faint pulses are worth some noise.
public struct PulseThresholds: Hashable, Sendable {
    public var label: Double
    public var keep: Double

    public init(label: Double = 0.5, keep: Double = 0.5) {
        self.label = label
        self.keep = keep
    }

    /// From what a classifier says of frames without a pulse: `label` is reached by at most the share `falsePulses` of frames that show nothing, `keep` by at most the
    /// share `falseKept` both of frames that show nothing and of those that show interference.
    /// - Returns: nil where there are too few frames for a share to be one frame.
    package static func calibrated(_ judgements: [ClassifierScore.Judgement], falsePulses: Double, falseKept: Double) -> PulseThresholds? {
        let quiet = judgements.filter { $0.target == 0 }.map(\.pulseProbability).sorted(by: >)
        let disturbed = judgements.filter { $0.target != 0 && !ClassifierModel.hasPulse($0.target) }.map(\.pulseProbability).sorted(by: >)
        guard let label = above(quiet, share: falsePulses), let noise = above(quiet, share: falseKept), let interference = above(disturbed, share: falseKept) else { return nil }
        return PulseThresholds(label: label, keep: min(label, max(noise, interference)))
    }

    /// What at most this share of falling numbers reach: the middle between the last that does and the next.
    private static func above(_ falling: [Double], share: Double) -> Double? {
        let count = Int(share * Double(falling.count))
        guard count >= 1, count < falling.count else { return nil }
        return 0.5 * (falling[count - 1] + falling[count])
    }

    func write(to root: HDF5Group) throws {
        try root.setAttribute("pulse_threshold", label)
        try root.setAttribute("keep_threshold", keep)
    }

    /// Of a model's file; 0.5 where it has none. *Collective.*
    /// - Throws: `ClassifierError` for what is no probability.
    public static func read(_ path: String, communicator: Communicator?) throws -> PulseThresholds {
        try HDF5File.with(HDF5File.open(path, communicator: communicator)) { file in
            func value(_ name: String) throws -> Double {
                guard try file.root.hasAttribute(name) else { return 0.5 }
                let value = try file.root.attribute(name, as: Double.self)
                guard (0...1).contains(value) else { throw ClassifierError("\(path): attribute \(name): found \(value), wanted a probability") }
                return value
            }
            return PulseThresholds(label: try value("pulse_threshold"), keep: try value("keep_threshold"))
        }
    }
}
