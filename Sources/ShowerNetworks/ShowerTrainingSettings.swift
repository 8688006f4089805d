import Batch
import Numerics
import Training

/// The sections `data`, `model` and `training`.
public struct ShowerTrainingSettings: Sendable {
    public let files: [String]
    public let testShare: Double
    public let threshold: Double
    public let architecture: ShowerArchitecture
    public let batch: Int
    public let epochs: Int
    /// Ends an epoch early; nil for whole ones.
    public let batchesPerEpoch: Int?
    public let learningRate: Double
    public let flips: Double
    public let lossWeights: ShowerLossWeights
    public let checkpointEvery: Int
    public let keepCheckpoints: Int
    public let keepEpochs: Int
    /// Test showers that choose the best epoch.
    public let scoreShowers: Int
    /// A model file that training starts from.
    public let warmStart: String?

    /// *Not collective.* Throws `ConfigurationError`.
    public init(_ configuration: Configuration) throws {
        let data = try configuration.section("data")
        files = try data.strings("files", count: 1...100_000)
        testShare = try data.double("test_share", default: 0.1, in: 0...0.9)
        threshold = try data.double("threshold", default: 0, in: 0...1e6)
        architecture = try ShowerArchitecture(configuration.section("model"))
        let training = try configuration.section("training")
        batch = try training.int("batch", default: 64, in: 16...1 << 20)
        guard batch % laneWidth == 0 else {
            throw ConfigurationError("'training.batch' is \(batch), wanted a multiple of 16: a shard is sixteen showers")
        }
        epochs = try training.int("epochs", default: 60, in: 1...1_000_000)
        batchesPerEpoch = training.has("batches_per_epoch") ? try training.int("batches_per_epoch", in: 1...1_000_000_000) : nil
        learningRate = try training.double("learning_rate", default: 1e-3, in: 0...10)
        flips = try training.double("label_flips", default: 0.05, in: 0...0.5)
        lossWeights = try ShowerLossWeights(training.section("loss_weights"))
        checkpointEvery = try training.int("checkpoint_every", default: 20, in: 1...1_000_000_000)
        keepCheckpoints = try training.int("keep_checkpoints", default: 2, in: 1...1000)
        keepEpochs = try training.int("keep_epochs", default: 10, in: 1...1_000_000)
        scoreShowers = try training.int("score_showers", default: 128, in: 16...1_000_000)
        warmStart = training.has("warm_start") ? try training.string("warm_start") : nil
        try configuration.finish()
    }

    /// RMSprop with Keras' defaults, constant rate.
    public var trainerOptions: TrainerOptions {
        TrainerOptions(shardsPerBatch: batch / laneWidth, optimizer: RMSprop(decay: 0.9, epsilon: 1e-7), schedule: .constant(learningRate))
    }
}
