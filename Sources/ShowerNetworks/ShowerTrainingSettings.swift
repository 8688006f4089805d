import Batch
import Networks
import Numerics
import Training

/// The sections `data`, `model` and `training`. What a recipe is, its profile decides unless the file says otherwise.
public struct ShowerTrainingSettings: Sendable {
    /// Empty: what `preprocess` left in the run directory.
    public let files: [String]
    public let testShare: Double
    public let threshold: Double
    /// Bytes of showers that a rank keeps in memory, packed.
    public let memory: Int
    public let architecture: ShowerArchitecture
    public let batch: Int
    public let epochs: Int
    /// Ends an epoch early; nil for whole ones.
    public let batchesPerEpoch: Int?
    public let generatorSteps: Int
    public let optimizer: String
    public let schedule: String
    public let learningRate: Double
    public let discriminatorLearningRate: Double
    /// Decay of the moving average of the generator's weights; nil for none.
    public let weightAverage: Double?
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
        files = try data.strings("files", default: [])
        testShare = try data.double("test_share", default: 0.1, in: 0...0.9)
        threshold = try data.double("threshold", default: 0, in: 0...1e6)
        memory = try data.int("memory", default: 2048, in: 0...1 << 20) << 20
        architecture = try ShowerArchitecture(configuration.section("model"))
        let training = try configuration.section("training")
        batch = try training.int("batch", default: 64, in: 16...1 << 20)
        guard batch % laneWidth == 0 else {
            throw ConfigurationError("'training.batch' is \(batch), wanted a multiple of 16: a shard is sixteen showers")
        }
        epochs = try training.int("epochs", default: 60, in: 1...1_000_000)
        batchesPerEpoch = training.has("batches_per_epoch") ? try training.int("batches_per_epoch", in: 1...1_000_000_000) : nil
        let ours = architecture.isRelative
        generatorSteps = try training.int("generator_steps", default: ours ? 1 : 2, in: 1...100)
        optimizer = try training.string("optimizer", default: ours ? "adam" : "rmsprop", oneOf: ["adam", "rmsprop"])
        schedule = try training.string("schedule", default: ours ? "cosine" : "constant", oneOf: ["constant", "cosine"])
        learningRate = try training.double("learning_rate", default: 1e-3, in: 0...10)
        discriminatorLearningRate = try training.double("discriminator_learning_rate", default: learningRate, in: 0...10)
        let decay = try training.double("weight_average", default: ours ? 0.99 : 0, in: 0...0.999999)
        weightAverage = decay > 0 ? decay : nil
        flips = try training.double("label_flips", default: 0.05, in: 0...0.5)
        lossWeights = try ShowerLossWeights(training.section("loss_weights"), profile: ours ? .ours : ShowerLossWeights())
        checkpointEvery = try training.int("checkpoint_every", default: 20, in: 1...1_000_000_000)
        keepCheckpoints = try training.int("keep_checkpoints", default: 2, in: 1...1000)
        keepEpochs = try training.int("keep_epochs", default: 10, in: 1...1_000_000)
        scoreShowers = try training.int("score_showers", default: 128, in: 16...1_000_000)
        warmStart = training.has("warm_start") ? try training.string("warm_start") : nil
        try configuration.finish()
    }

    /// For a training of so many batches.
    public func options(batches: Int) -> AdversarialOptions {
        func options(_ rate: Double, steps: Int) -> TrainerOptions {
            let rule: any Optimizer =
                optimizer == "adam" ? Adam(firstDecay: 0.5, secondDecay: 0.99) : RMSprop(decay: 0.9, epsilon: 1e-7)
            let rates = LearningRateSchedule.risingAndFalling(rate, steps: steps, first: 0.01, last: 0.02, isConstant: schedule == "constant")
            return TrainerOptions(shardsPerBatch: batch / laneWidth, optimizer: rule, schedule: rates)
        }
        var generator = options(learningRate, steps: generatorSteps * batches)
        generator.weightAverageDecay = weightAverage
        return AdversarialOptions(
            generator: generator, discriminator: options(discriminatorLearningRate, steps: 2 * batches), generatorSteps: generatorSteps, flips: flips,
            weights: lossWeights)
    }
}

extension ShowerLossWeights {
    /// Of the profile `didymos`: no error of a single shower's angle or sum, because those punish the fluctuations that showers have.
    public static var ours: ShowerLossWeights {
        var weights = ShowerLossWeights()
        weights.generation = 1
        weights.energy = 0.02
        weights.angle = 0
        weights.deposit = 0
        weights.moments = 10
        return weights
    }
}
