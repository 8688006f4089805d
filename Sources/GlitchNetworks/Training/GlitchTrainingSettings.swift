import Batch
import Numerics
import Training

/// The section `training`.
public struct GlitchTrainingSettings: Sendable {
    /// The file of images.
    public let images: String
    /// A model whose weights a training starts from; nil starts anew.
    public let initialModel: String?
    public let values: ImageValues
    public let batch: Int
    public let steps: Int
    public let learningRate: Double
    public let schedule: String
    public let weightDecay: Double
    /// Largest norm of the gradient.
    public let gradientNorm: Double
    public let loss: GlitchLoss
    /// Random shifts within the images' margins, and mirrored time.
    public let shifts, mirrors: Bool
    public let validateEvery: Int
    /// Shards of training images whose statistics become those of the batch normalisations.
    public let calibrationShards: Int
    public let checkpointEvery: Int
    public let keepCheckpoints: Int

    /// - Parameter runDirectory: where the images lie unless told otherwise.
    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ section: Configuration, runDirectory: String) throws {
        images = try section.string("images", default: "\(runDirectory)/images.h5")
        let initial = try section.string("initial_model", default: "")
        initialModel = initial.isEmpty ? nil : initial
        values = try section.choice("values", default: .amplitude)
        batch = try section.int("batch", default: 16, in: 16...1 << 20)
        guard batch % laneWidth == 0 else { throw ConfigurationError("'training.batch' is \(batch), wanted a multiple of 16: a shard is sixteen images") }
        steps = try section.int("steps", default: 2000, in: 1...1_000_000_000)
        learningRate = try section.double("learning_rate", default: 1e-4, in: 1e-9...10)
        schedule = try section.string("schedule", default: "cosine", oneOf: ["constant", "cosine"])
        weightDecay = try section.double("weight_decay", default: 1e-4, in: 0...1)
        gradientNorm = try section.double("gradient_norm", default: 5, in: 1e-6...1e9)
        loss = GlitchLoss(
            absoluteShare: try section.double("absolute_share", default: 0.8, in: 0...1), range: try section.double("similarity_range", default: 21, in: 1e-3...1e6))
        shifts = try section.bool("shifts", default: true)
        mirrors = try section.bool("mirrors", default: false)
        validateEvery = try section.int("validate_every", default: 100, in: 1...1_000_000_000)
        calibrationShards = try section.int("calibration_shards", default: 8, in: 1...10_000)
        checkpointEvery = try section.int("checkpoint_every", default: 100, in: 1...1_000_000_000)
        keepCheckpoints = try section.int("keep_checkpoints", default: 2, in: 1...1000)
    }

    var options: TrainerOptions {
        let rates = LearningRateSchedule.risingAndFalling(learningRate, steps: steps, isConstant: schedule == "constant")
        return TrainerOptions(
            shardsPerBatch: batch / laneWidth, optimizer: Adam.withDecoupledDecay(weightDecay: weightDecay), schedule: rates, gradientNormLimit: gradientNorm)
    }
}
