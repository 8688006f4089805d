import Batch
import LatticeFields

/// The section `anneal`: a stochastic flow from β = 0, where links are drawn exactly, to the action's β.
public struct AnnealedSettings: Sendable {
    /// A multiple of sixteen.
    public let samples: Int
    /// Values of β on the way, the last that of the action.
    public let stages: Int
    /// Trajectories of hybrid Monte Carlo at each.
    public let trajectories: Int
    public let trajectoryLength: Double
    public let steps: Int
    public let integrator: Integrator
    public let checkpointEvery: Int

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("anneal")
        samples = try section.int("samples", default: 4096, in: 512...1_000_000_000)
        guard samples % 16 == 0 else { throw ConfigurationError("'anneal.samples' is \(samples), wanted a multiple of 16") }
        stages = try section.int("stages", default: 512, in: 1...10_000_000)
        trajectories = try section.int("trajectories", default: 1, in: 1...10000)
        trajectoryLength = try section.double("trajectory_length", default: 1, in: 1e-6...1e6)
        steps = try section.int("steps", default: 8, in: 1...1_000_000)
        integrator = try section.choice("integrator", default: .omelyan2)
        checkpointEvery = try section.int("checkpoint_every", default: 1024, in: 1...1_000_000_000)
    }
}
