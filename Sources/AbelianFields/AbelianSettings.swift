import Batch
import LatticeFields
import MessagePassing

/// The lattice and the action of compact U(1): sections `lattice`, `action` with `group: u1`, and `observables`.
public struct AbelianSettings: Sendable {
    public let extents: [Int]
    public let beta: Double
    /// Sides of square Wilson loops that are measured, 1 to this; 0 for none.
    public let loops: Int

    /// Whether a configuration asks for U(1). *Not collective.*
    public static func isChosen(in configuration: Configuration) throws -> Bool {
        let action = try configuration.section("action")
        return action.has("group") ? try action.string("group") == "u1" : false
    }

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let lattice = try configuration.section("lattice")
        extents = try lattice.ints("extents", in: 2...65536, count: 2...2)
        let action = try configuration.section("action")
        _ = try action.string("group", oneOf: ["u1"])
        beta = try action.double("beta", in: 0...1e4)
        let observables = try configuration.section("observables")
        let side = extents.min() ?? 2
        loops = try observables.int("loops", default: min(4, side - 1), in: 0...(side - 1))
    }

    public var volume: Int { extents.reduce(1, *) }

    /// The lattice cut for the ranks of a communicator; `run.process_grid` or the best grid. *Collective* in effect.
    public func geometry(_ execution: Configuration, communicator: Communicator) throws -> LatticeGeometry {
        let grid = execution.has("process_grid") ? try execution.ints("process_grid", in: 1...65536, count: 2...2) : nil
        return try LatticeGeometry(extents: extents, processGrid: grid, communicator: communicator)
    }
}

/// The section `heatbath`.
public struct HeatBathSettings: Sendable {
    public let sweeps: Int
    public let thermalization: Int
    public let measureEvery: Int
    /// Sweeps of reflections before each of the heat bath.
    public let overRelaxation: Int
    public let checkpointEvery: Int
    /// Measured sweeps between configurations that are kept as files; 0 keeps none.
    public let configurationsEvery: Int
    /// 1 starts from uniform angles, 0 from zero.
    public let startWidth: Double

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("heatbath")
        sweeps = try section.int("sweeps", default: 2000, in: 1...1_000_000_000)
        thermalization = try section.int("thermalization", default: 200, in: 0...1_000_000_000)
        measureEvery = try section.int("measure_every", default: 1, in: 1...1_000_000)
        overRelaxation = try section.int("over_relaxation", default: 1, in: 0...1000)
        checkpointEvery = try section.int("checkpoint_every", default: 10000, in: 1...1_000_000_000)
        configurationsEvery = try section.int("configurations_every", default: 0, in: 0...1_000_000_000)
        startWidth = try section.double("start_width", default: 1, in: 0...1)
    }
}
