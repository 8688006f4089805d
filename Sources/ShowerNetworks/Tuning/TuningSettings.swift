import Batch
import Numerics

extension RandomPurpose {
    static let showerTuning = RandomPurpose(rawValue: 68)
}

/// The section `tuning`, and the settings of every trial.
public struct TuningSettings: Sendable {
    /// What one trial trains with.
    public struct Trial: Sendable {
        public let number: Int
        /// Values of the dimensions, as the configuration has them; empty for the configuration as it stands.
        public let values: [String]
        public let settings: ShowerTrainingSettings
        /// Of what its result depends on.
        let hash: String
        /// Its whole configuration, for `gan3d train`.
        let configuration: String
    }

    public let dimensions: [SearchDimension]
    public let isGrid: Bool
    public let halving: SuccessiveHalving
    /// Ranks that train a trial together, at least.
    public let ranksPerTrial: Int
    public let trials: [Trial]

    /// Reads the search and checks the settings of all its trials, before any of them trains. *Not collective.*
    /// - Throws: `ConfigurationError` that names the setting, and the trial.
    public init(_ configuration: Configuration, seed: UInt64) throws {
        let section = try configuration.section("tuning")
        let dimensions = try section.sections("space").map(SearchDimension.init)
        self.dimensions = dimensions
        guard !dimensions.isEmpty else {
            throw ConfigurationError("'tuning.space' is empty, wanted a list such as [{setting: training.learning_rate, log_uniform: [1e-4, 1e-2]}]")
        }
        if let twice = dimensions.indices.first(where: { k in dimensions[..<k].contains { $0.setting == dimensions[k].setting } }) {
            throw ConfigurationError("tuning.space: '\(dimensions[twice].setting)' is there twice, wanted every setting once")
        }
        isGrid = try section.string("search", default: "random", oneOf: ["random", "grid"]) == "grid"
        halving = SuccessiveHalving(
            rungs: try section.int("rungs", default: 3, in: 1...20), eta: try section.int("eta", default: 3, in: 2...100),
            firstEpochs: try section.int("first_epochs", default: 1, in: 1...100_000))
        ranksPerTrial = try section.int("ranks_per_trial", default: 1, in: 1...1_000_000)
        let baseline = try section.bool("baseline", default: true)
        var points: [[String]] = baseline ? [[]] : []
        if isGrid {
            guard !section.has("trials") else {
                throw ConfigurationError("'tuning.trials' is for search: random; the points of a grid are as many as they are")
            }
            let count = dimensions.reduce(1.0) { $0 * Double($1.grid.count) }
            guard count <= 100_000 else {
                throw ConfigurationError("tuning.space: a grid of \(Format.general(count)) points, wanted at most 100000; use search: random, or fewer values")
            }
            points += dimensions.reduce([[]]) { rows, dimension in rows.flatMap { row in dimension.grid.map { row + [$0] } } }
        } else {
            let stream = RandomStream(seed: seed, purpose: .showerTuning)
            let count = try section.int("trials", default: 27, in: 1...100_000)
            // A trial is a function of the seed and its number: more trials leave the first ones as they were.
            points += (points.count..<max(count, points.count)).map { trial in
                dimensions.enumerated().map { k, dimension in
                    dimension.value(at: stream.uniform(epoch: 0, index: UInt64(trial), draw: UInt32(k)))
                }
            }
        }
        configuration.leave("data", "model", "training")
        try configuration.finish()
        trials = try points.enumerated().map { number, values in
            try Self.trial(number, values, dimensions, configuration)
        }
    }

    private static func trial(
        _ number: Int, _ values: [String], _ dimensions: [SearchDimension], _ configuration: Configuration
    ) throws -> Trial {
        do {
            let own = try Configuration(
                text: configuration.canonicalText, name: configuration.name,
                overrides: zip(dimensions, values).map { "\($0.setting)=\($1)" })
            own.leave("seed", "run", "detector", "simulation", "preprocessing", "validation", "generation", "tuning")
            return Trial(
                number: number, values: values, settings: try ShowerTrainingSettings(own), hash: own.hash(of: ["seed", "data", "model", "training"]),
                configuration: own.canonicalText)
        } catch let error as ConfigurationError {
            throw ConfigurationError("trial \(number) of the search: \(error)")
        }
    }

    /// What a trial's value of a dimension is, for people; a dash where it is the configuration's own.
    func value(_ trial: Int, _ dimension: Int) -> String { trials[trial].values.isEmpty ? "–" : trials[trial].values[dimension] }
}
