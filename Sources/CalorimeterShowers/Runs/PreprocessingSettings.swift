import Batch

/// The section `preprocessing`: from shower files to the training file.
public struct PreprocessingSettings: Sendable {
    /// What happens to a shower with values that no calorimeter reads.
    public enum Faulty: String, CaseIterable, Sendable {
        /// The command ends with a message.
        case refuse
        /// The shower is left out, counted and reported.
        case drop
    }

    /// Shower files, in order; empty takes what `simulate` left.
    public let inputs: [String]
    public let output: String
    /// Stored units per GeV of files that do not say.
    public let inputScale: Double
    public let faulty: Faulty
    /// Cells below this many GeV become zero.
    public let cellThreshold: Double
    /// Showers that deposit less than this many GeV are left out.
    public let minimumDeposit: Double
    /// Primaries outside this range of GeV are left out.
    public let energyRange: ClosedRange<Double>
    /// Encoded cell = (energy in GeV x scale)^exponent; the published 3DGAN uses 50 and 0.85.
    public let encoding: ShowerEncoding
    /// zlib level; nil stores the cells contiguously, for the quickest random reads in training.
    public let deflate: Int?

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("preprocessing")
        inputs = try section.strings("inputs", default: [])
        output = try section.string("output", default: "training.h5")
        inputScale = try section.double("input_scale", default: ShowerLayout.scale, in: 1e-9...1e9)
        let cleaning = try section.section("cleaning")
        faulty = try cleaning.choice("faulty", default: .refuse)
        cellThreshold = try cleaning.double("cell_threshold", default: 0, in: 0...1e3)
        minimumDeposit = try cleaning.double("minimum_deposit", default: 0, in: 0...1e6)
        let range = try cleaning.doubles("energy_range", default: [0, 1e6], in: 0...1e9, count: 2...2)
        guard range[0] < range[1] else {
            throw ConfigurationError("'preprocessing.cleaning.energy_range' is \(range), wanted two numbers in ascending order")
        }
        energyRange = range[0]...range[1]
        let encoding = try section.section("encoding")
        self.encoding = ShowerEncoding(
            scale: try encoding.double("scale", default: 50, in: 1e-6...1e9), exponent: try encoding.double("exponent", default: 0.85, in: 0.01...4),
            energyScale: try encoding.double("energy_scale", default: 100, in: 1e-6...1e9),
            geometry: Int32(try encoding.int("geometry", default: 0, in: 0...1_000_000)))
        let level = try section.int("deflate", default: 0, in: 0...9)
        deflate = level == 0 ? nil : level
    }
}

/// How showers and their conditions are written as numbers a network learns from.
public struct ShowerEncoding: Sendable, Equatable {
    /// Units per GeV before the power.
    public let scale: Double
    /// Power of a scaled cell energy.
    public let exponent: Double
    /// GeV that make one unit of the condition `energy`.
    public let energyScale: Double
    /// Number of the detector, for models of several.
    public let geometry: Int32

    public init(scale: Double, exponent: Double, energyScale: Double, geometry: Int32) {
        (self.scale, self.exponent, self.energyScale, self.geometry) = (scale, exponent, energyScale, geometry)
    }

    /// Names of the columns of `conditions`.
    public static let conditionNames = ["energy", "theta", "particle", "geometry", "position_x", "position_y"]

    /// Photon 1, positron -1, everything else (electrons) 0.
    static func code(_ particle: Int32) -> Float { particle == 22 ? 1 : particle == -11 ? -1 : 0 }
}
