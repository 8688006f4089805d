import Batch
import GlitchInference
import Numerics
import Training

/// The section `training` of an autoencoder.
public struct AutoencoderTrainingSettings: Sendable {
    /// What goes into the network.
    public enum Inputs: String, CaseIterable, Sendable {
        /// Every source, as DeepClean takes them.
        case sources
        /// Their squares and their products with carriers besides, which a network would have to find first.
        case products
    }

    public let inputs: Inputs
    public let batch: Int
    public let steps: Int
    public let learningRate: Double
    public let schedule: String
    public let weightDecay: Double
    /// Largest norm of the gradient.
    public let gradientNorm: Double
    /// Seconds from one window to the next.
    public let hop: Double
    /// Share of the time, its end, that training does not see.
    public let validationShare: Double
    public let validateEvery: Int
    /// Shards whose statistics become those of the normalisations.
    public let calibrationShards: Int
    public let checkpointEvery: Int
    public let keepCheckpoints: Int

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ section: Configuration) throws {
        inputs = try section.choice("inputs", default: .products)
        batch = try section.int("batch", default: 32, in: 16...1 << 20)
        guard batch % laneWidth == 0 else { throw ConfigurationError("'training.batch' is \(batch), wanted a multiple of 16: a shard is sixteen windows") }
        steps = try section.int("steps", default: 2000, in: 1...1_000_000_000)
        learningRate = try section.double("learning_rate", default: 2e-3, in: 1e-9...10)
        schedule = try section.string("schedule", default: "cosine", oneOf: ["constant", "cosine"])
        weightDecay = try section.double("weight_decay", default: 1e-5, in: 0...1)
        gradientNorm = try section.double("gradient_norm", default: 5, in: 1e-6...1e9)
        hop = try section.double("hop", default: 0.25, in: 1e-3...100)
        validationShare = try section.double("validation_share", default: 0.125, in: 0.01...0.9)
        validateEvery = try section.int("validate_every", default: 100, in: 1...1_000_000_000)
        calibrationShards = try section.int("calibration_shards", default: 8, in: 1...10_000)
        checkpointEvery = try section.int("checkpoint_every", default: 100, in: 1...1_000_000_000)
        keepCheckpoints = try section.int("keep_checkpoints", default: 2, in: 1...1000)
    }

    /// The terms of a model's sources that are the network's inputs.
    func terms(_ model: InferenceModel) -> [CouplingTerm] {
        let sources = model.sources.indices.map { CouplingTerm(.linear, $0, isGated: false) }
        guard inputs == .products else { return sources }
        let witnesses = model.sources.indices.filter { !model.sources[$0].isCarrier }, carriers = model.sources.indices.filter { model.sources[$0].isCarrier }
        return sources + witnesses.map { CouplingTerm(.square, $0, isGated: false) }
            + witnesses.flatMap { witness in carriers.map { CouplingTerm(.product, witness, $0, isGated: false) } }
    }

    var options: TrainerOptions {
        let rates = LearningRateSchedule.risingAndFalling(learningRate, steps: steps, isConstant: schedule == "constant")
        return TrainerOptions(
            shardsPerBatch: batch / laneWidth, optimizer: Adam.withDecoupledDecay(weightDecay: weightDecay), schedule: rates, gradientNormLimit: gradientNorm)
    }
}
