import Batch
import MessagePassing

/// The lattice and the action as a configuration file gives them: sections `lattice` and `action`.
public struct LatticeSettings: Sendable {
    public let extents: [Int]
    public let action: ScalarAction
    public let convention: Convention

    /// The ways in which the literature writes the action; see `ScalarAction`.
    public enum Convention: String, CaseIterable, Sendable {
        case albergo, normflow, bosetti, nicoli, standard, free, general
    }

    /// - Throws: `ConfigurationError` or `LatticeError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let lattice = try configuration.section("lattice")
        extents = try lattice.ints("extents", in: 2...65536, count: 1...4)
        let section = try configuration.section("action")
        convention = try section.choice("convention", default: .albergo)
        let d = extents.count
        switch convention {
        case .albergo:
            action = try .albergo(massSquared: section.double("mass_squared", default: -4), lambda: section.double("lambda"), dimension: d)
        case .normflow:
            let kappa = try section.double("kappa")
            action = try .normflow(
                kappa: kappa, massSquared: section.double("mass_squared", default: -2 * kappa * Double(d)),
                lambda: section.double("lambda", default: 0.5), dimension: d)
        case .bosetti:
            action = try .bosetti(beta: section.double("beta"), lambda: section.double("lambda", default: 0.5), dimension: d)
        case .nicoli:
            action = try .nicoli(kappa: section.double("kappa"), lambda: section.double("lambda"), dimension: d)
        case .standard:
            action = try .standard(massSquared: section.double("mass_squared"), coupling: section.double("coupling"), dimension: d)
        case .free:
            action = try .free(massSquared: section.double("mass_squared"), dimension: d)
        case .general:
            action = try ScalarAction(b: section.double("b"), c: section.double("c"), d: section.double("d"), dimension: d)
        }
    }

    /// The lattice cut for the ranks of a communicator; `run.process_grid` or the best grid. *Collective* in effect.
    public func geometry(_ execution: Configuration, communicator: Communicator) throws -> LatticeGeometry {
        let grid = execution.has("process_grid") ? try execution.ints("process_grid", in: 1...65536, count: 1...4) : nil
        return try LatticeGeometry(extents: extents, processGrid: grid, communicator: communicator)
    }
}

/// The section `hmc`.
public struct SimulationSettings: Sendable {
    public let trajectories: Int
    public let thermalization: Int
    /// Trajectories between measurements.
    public let measureEvery: Int
    public let trajectoryLength: Double
    public let steps: Int
    public let integrator: Integrator
    /// Acceptance that the number of steps is tuned to during thermalisation; nil keeps `steps`.
    public let targetAcceptance: Double?
    public let checkpointEvery: Int
    /// Measured trajectories between configurations that are kept as files; 0 keeps none.
    public let configurationsEvery: Int
    /// Width of the starting field; 0 starts from zero.
    public let startWidth: Double

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("hmc")
        trajectories = try section.int("trajectories", default: 2000, in: 1...1_000_000_000)
        thermalization = try section.int("thermalization", default: 200, in: 0...1_000_000_000)
        measureEvery = try section.int("measure_every", default: 1, in: 1...1_000_000)
        trajectoryLength = try section.double("trajectory_length", default: 1, in: 1e-6...1e6)
        steps = try section.int("steps", default: 6, in: 1...1_000_000)
        integrator = try section.choice("integrator", default: .omelyan2)
        targetAcceptance = section.has("target_acceptance") ? try section.double("target_acceptance", in: 0.01...0.999) : nil
        checkpointEvery = try section.int("checkpoint_every", default: 1000, in: 1...1_000_000_000)
        configurationsEvery = try section.int("configurations_every", default: 0, in: 0...1_000_000_000)
        startWidth = try section.double("start_width", default: 0.5, in: 0...1e3)
    }
}
