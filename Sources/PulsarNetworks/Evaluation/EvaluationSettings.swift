import Batch

/// The section `evaluation`.
public struct EvaluationSettings: Sendable {
    /// A model file, or the run directory of `train`, whose `model.h5` is taken.
    public let model: String
    /// Frames of the set whose classes come equally often.
    public let frames: Int
    /// Frames of the mixture; 0 for none.
    public let mixtureFrames: Int
    /// Share of the mixture's frames that show a pulse.
    public let pulseShare: Double
    /// How often the mixture shows no interference, narrow-band, broad-band and both, in frames with a pulse as in those without.
    public let interference: [Double]
    /// Probabilities of a pulse; nil for the model's own.
    public let threshold: Double?
    public let keepThreshold: Double?
    /// Frames that all ranks take together between two looks at the clock.
    public let block: Int
    /// Blocks between checkpoints.
    public let checkpointEvery: Int

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ section: Configuration) throws {
        model = try section.string("model")
        frames = try section.int("frames", default: 16384, in: 16...10_000_000)
        mixtureFrames = try section.int("mixture_frames", default: 50_000, in: 0...10_000_000)
        pulseShare = try section.double("pulse_share", default: 0.002, in: 0...1)
        interference = try section.doubles("interference", default: [1, 1, 1, 1], in: 0...1e9, count: 4...4)
        guard interference.contains(where: { $0 > 0 }) else { throw ConfigurationError("'evaluation.interference' are all 0, wanted one above 0") }
        threshold = section.has("threshold") ? try section.double("threshold", in: 0...1) : nil
        keepThreshold = section.has("keep_threshold") ? try section.double("keep_threshold", in: 0...1) : nil
        block = try section.int("block", default: 512, in: 1...1 << 16)
        checkpointEvery = try section.int("checkpoint_every", default: 32, in: 1...1_000_000)
    }

    /// The model's file.
    var modelFile: String { model.hasSuffix(".h5") ? model : "\(model)/model.h5" }

    /// Shares of the classes 0 to 7 in the mixture.
    public var mixtureShares: [Double] { (0..<8).map { k in (k & 1 == 1 ? pulseShare : 1 - pulseShare) * interference[k >> 1] } }
}
