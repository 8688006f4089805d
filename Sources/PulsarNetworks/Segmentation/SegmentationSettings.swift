import Batch

/// The section `segmentation`.
public struct SegmentationSettings: Sendable {
    /// A model file, or the run directory of `train`, whose `model.h5` is taken.
    public let model: String
    /// Score from which on a frame is said to have a pulse; nil for the model's own.
    public let threshold: Double?
    /// Share of a frame that the next one shows again.
    public let overlap: Double
    /// Frames that all ranks take together between two looks at the clock.
    public let block: Int
    /// Most masks that `masks.h5` holds.
    public let masks: Int
    /// Seconds to wait for a recording that grows.
    public let patience: Double
    /// Blocks between checkpoints.
    public let checkpointEvery: Int

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ section: Configuration) throws {
        model = try section.string("model")
        threshold = section.has("threshold") ? try section.double("threshold", in: 0...1) : nil
        overlap = try section.double("overlap", default: 0.5, in: 0...0.95)
        block = try section.int("block", default: 64, in: 1...1 << 16)
        masks = try section.int("masks", default: 1024, in: 0...1 << 20)
        patience = try section.double("patience", default: 0, in: 0...1e6)
        checkpointEvery = try section.int("checkpoint_every", default: 64, in: 1...1_000_000)
    }

    /// The model's file.
    var modelFile: String { model.hasSuffix(".h5") ? model : "\(model)/model.h5" }
}
