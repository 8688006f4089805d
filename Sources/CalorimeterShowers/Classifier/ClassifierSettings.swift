import Batch
import Numerics

/// What of a shower a classifier sees.
public enum ClassifierInput: String, CaseIterable, Sendable {
    /// The numbers that the other metrics compare: energies, shape, layer energies.
    case highLevel = "high_level"
    /// Energies of coarse cells, each several pads and layers, over the primary's.
    case voxels

    /// What it is, for people.
    public var title: String {
        switch self {
        case .highLevel: "classifier on observables and layer energies"
        case .voxels: "classifier on coarse cells"
        }
    }
}

/// The section `validation.classifier`.
public struct ClassifierSettings: Sendable {
    /// Classifiers that are trained, none if empty.
    public let inputs: [ClassifierInput]
    /// Units of a hidden layer, and hidden layers.
    public let width: Int
    public let layers: Int
    /// Showers of a batch.
    public let batch: Int
    public let learningRate: Double
    /// Most epochs, and epochs without improvement that end a training.
    public let epochs: Int
    public let patience: Int
    /// Most showers of each file that classifiers see.
    public let maximumShowers: Int
    /// Most coarse cells along x, y and depth.
    public let voxels: [Int]

    /// Showers of each sample below which a classifier is not trained.
    public static let minimumShowers = 80

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ section: Configuration) throws {
        inputs = try section.strings("inputs", default: ClassifierInput.allCases.map(\.rawValue)).map { name in
            guard let input = ClassifierInput(rawValue: name) else {
                throw ConfigurationError("'validation.classifier.inputs' holds '\(name)', wanted high_level, voxels, both, or an empty list for none")
            }
            return input
        }
        width = try section.int("width", default: 64, in: 1...4096)
        layers = try section.int("layers", default: 2, in: 1...8)
        batch = try section.int("batch", default: 128, in: 16...1 << 20)
        guard batch % laneWidth == 0 else {
            throw ConfigurationError("'validation.classifier.batch' is \(batch), wanted a multiple of 16: a shard is sixteen showers")
        }
        learningRate = try section.double("learning_rate", default: 1e-3, in: 1e-9...1)
        epochs = try section.int("epochs", default: 60, in: 1...10_000)
        patience = try section.int("patience", default: 4, in: 1...10_000)
        maximumShowers = try section.int("maximum_showers", default: 10_000, in: 1...10_000_000)
        voxels = try section.ints("voxels", default: [9, 9, 9], in: 1...100, count: 3...3)
    }
}
