import Batch
import Numerics
import PulsarFrames
import Training

/// The section `training`.
public struct ClassifierTrainingSettings: Sendable {
    public let batch: Int
    public let steps: Int
    public let learningRate: Double
    public let schedule: String
    /// Largest norm of the gradient.
    public let gradientNorm: Double
    public let validateEvery: Int
    public let validationFrames: Int
    /// Probability from which on a frame is said to have a pulse.
    public let threshold: Double
    /// Frames without a pulse that the thresholds are set on at the end, and the shares of them that may be said to have one, and be kept.
    public let calibrationFrames: Int
    public let falsePulses: Double
    public let falseKept: Double
    public let checkpointEvery: Int
    public let keepCheckpoints: Int

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ section: Configuration, kind: ClassifierKind) throws { try self.init(section, learningRate: kind == .didymos ? 2e-3 : 3e-4) }

    /// Of a U-Net, whose steps and frames take much longer.
    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(segmentation section: Configuration) throws { try self.init(section, learningRate: 1e-3, steps: 1000, calibrationFrames: 8192, falsePulses: 1e-3) }

    private init(_ section: Configuration, learningRate rate: Double, steps count: Int = 4000, calibrationFrames quiet: Int = 49152, falsePulses share: Double = 5e-4) throws {
        batch = try section.int("batch", default: 64, in: 16...1 << 20)
        guard batch % laneWidth == 0 else {
            throw ConfigurationError("'training.batch' is \(batch), wanted a multiple of 16: a shard is sixteen frames")
        }
        steps = try section.int("steps", default: count, in: 1...1_000_000_000)
        learningRate = try section.double("learning_rate", default: rate, in: 1e-9...10)
        schedule = try section.string("schedule", default: "cosine", oneOf: ["constant", "cosine"])
        gradientNorm = try section.double("gradient_norm", default: 5, in: 1e-6...1e9)
        validateEvery = try section.int("validate_every", default: 500, in: 1...1_000_000_000)
        validationFrames = try section.int("validation_frames", default: 2048, in: 1...10_000_000)
        threshold = try section.double("threshold", default: 0.5, in: 0...1)
        calibrationFrames = try section.int("calibration_frames", default: quiet, in: 0...100_000_000)
        falsePulses = try section.double("false_pulses", default: share, in: 1e-9...0.5)
        falseKept = try section.double("false_kept", default: 5e-3, in: 1e-9...0.5)
        checkpointEvery = try section.int("checkpoint_every", default: 200, in: 1...1_000_000_000)
        keepCheckpoints = try section.int("keep_checkpoints", default: 2, in: 1...1000)
    }

    var options: TrainerOptions {
        let rates = LearningRateSchedule.risingAndFalling(learningRate, steps: steps, isConstant: schedule == "constant")
        return TrainerOptions(shardsPerBatch: batch / laneWidth, optimizer: Adam(), schedule: rates, gradientNormLimit: gradientNorm)
    }
}
