import Batch
import LatticeFields

/// The section `flow`: which flow, and how large.
public struct FlowSettings: Sendable {
    public enum Architecture: String, CaseIterable, Sendable {
        /// Equivariant continuous flow (Gerdes et al.).
        case continuous
        /// The normflow family: spectral density, splines, affine couplings.
        case affine
        /// Couplings alone (Albergo et al.).
        case realNVP = "real_nvp"
    }

    public let architecture: Architecture
    public let coupling: CouplingFlowSettings
    public let continuous: ContinuousSettings

    /// Sizes of a continuous flow.
    public struct ContinuousSettings: Sendable, Equatable {
        public let harmonics: Int
        public let timeTerms: Int
        public let range: Int?
        public let steps: Int
        public let startingFrequency: Double
    }

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration, extents: [Int]) throws {
        let section = try configuration.section("flow")
        architecture = try section.choice("architecture", default: .continuous)
        let defaults = architecture == .realNVP ? CouplingFlowSettings.realNVP(extents: extents) : CouplingFlowSettings(extents: extents)
        let isCoupling = architecture != .continuous
        if isCoupling {
            var coupling = defaults
            if architecture == .affine {
                coupling.spectralKnots = try section.int("spectral_knots", default: defaults.spectralKnots, in: 0...1000)
                coupling.firstSplineKnots = try section.int("first_spline_knots", default: defaults.firstSplineKnots, in: 0...1000)
                coupling.lastSplineKnots = try section.int("last_spline_knots", default: defaults.lastSplineKnots, in: 0...1000)
                coupling.symmetric = try section.bool("symmetric", default: defaults.symmetric)
            }
            coupling.couplings = try section.int("couplings", default: defaults.couplings, in: 0...1000)
            coupling.hidden = try section.ints("hidden", default: defaults.hidden, in: 1...1024, count: 0...16)
            coupling.kernelExtent = try section.int("kernel_extent", default: defaults.kernelExtent, in: 1...63)
            self.coupling = coupling
        } else {
            coupling = defaults
        }
        continuous = ContinuousSettings(
            harmonics: isCoupling ? 5 : try section.int("harmonics", default: 5, in: 1...32),
            timeTerms: isCoupling ? 6 : try section.int("time_terms", default: 6, in: 1...32),
            range: !isCoupling && section.has("range") ? try section.int("range", in: 0...4096) : nil,
            steps: isCoupling ? 16 : try section.int("integration_steps", default: 16, in: 1...4096),
            startingFrequency: isCoupling ? 0.6 : try section.double("starting_frequency", default: 0.6, in: 1e-3...1e3))
    }
}

/// The section `training`.
public struct TrainingSettings: Sendable {
    public let steps: Int
    /// Samples a step, a multiple of 16.
    public let batch: Int
    public let optimizer: String
    public let learningRate: Double
    public let finalLearningRate: Double
    public let warmUp: Int
    public let schedule: String
    public let firstDecay: Double
    public let secondDecay: Double
    public let weightDecay: Double
    public let gradientNormLimit: Double
    public let weightAverageDecay: Double?
    public let pathGradient: Bool
    public let checkpointEvery: Int
    public let logEvery: Int
    public let keep: Int
    public let milestoneEvery: Int?
    /// A known log Z that the loss may not fall below; nil if none is known.
    public let logPartition: Double?
    /// Run directory whose trained flow, on another lattice, this one starts from.
    public let transferFrom: String?

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("training")
        steps = try section.int("steps", default: 1000, in: 1...1_000_000_000)
        batch = try section.int("batch", default: 256, in: 16...16_777_216)
        guard batch % 16 == 0 else {
            throw ConfigurationError("'training.batch' is \(batch), wanted a multiple of 16: a shard is sixteen samples")
        }
        optimizer = try section.string("optimizer", default: "adam", oneOf: ["adam", "adamw", "rmsprop", "sgd"])
        learningRate = try section.double("learning_rate", default: 2e-3, in: 0...10)
        schedule = try section.string("schedule", default: "cosine", oneOf: ["constant", "cosine", "exponential", "one_cycle"])
        finalLearningRate = try section.double("final_learning_rate", default: 1e-4, in: 0...10)
        warmUp = try section.int("warm_up", default: 50, in: 0...1_000_000)
        firstDecay = try section.double("first_decay", default: 0.8, in: 0...0.99999)
        secondDecay = try section.double("second_decay", default: 0.9, in: 0...0.9999999)
        weightDecay = try section.double("weight_decay", default: 0, in: 0...1)
        gradientNormLimit = try section.double("gradient_norm_limit", default: 10, in: 1e-12...Double.infinity)
        weightAverageDecay = section.has("weight_average_decay") ? try section.double("weight_average_decay", in: 0...0.999999) : nil
        pathGradient = try section.bool("path_gradient", default: true)
        checkpointEvery = try section.int("checkpoint_every", default: 200, in: 1...1_000_000_000)
        logEvery = try section.int("log_every", default: 10, in: 1...1_000_000_000)
        keep = try section.int("keep_checkpoints", default: 2, in: 1...1000)
        milestoneEvery = section.has("milestone_every") ? try section.int("milestone_every", in: 1...1_000_000_000) : nil
        logPartition = section.has("log_partition") ? try section.double("log_partition", in: -1e12...1e12) : nil
        transferFrom = section.has("transfer_from") ? try section.string("transfer_from") : nil
    }
}

/// The section `sampling`.
public struct SamplingSettings: Sendable {
    public let samples: Int
    /// How often the training's step size is halved for sampling, where the flow is integrated numerically.
    public let refinements: Int
    /// Samples between checkpoints.
    public let checkpointEvery: Int
    /// Keep the Markov chain's field after every so many steps; 0: none.
    public let configurationsEvery: Int

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("sampling")
        samples = try section.int("samples", default: 8192, in: 64...1_000_000_000)
        guard samples % 16 == 0 else {
            throw ConfigurationError("'sampling.samples' is \(samples), wanted a multiple of 16: a shard is sixteen samples")
        }
        refinements = try section.int("refinements", default: 1, in: 0...6)
        checkpointEvery = try section.int("checkpoint_every", default: 65536, in: 16...1_000_000_000)
        configurationsEvery = try section.int("configurations_every", default: 0, in: 0...1_000_000_000)
    }
}
