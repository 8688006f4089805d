import Batch

/// The section `cluster`.
public struct ClusterSettings: Sendable {
    /// Independent chains, shared among the ranks; part of the result, so not a number of ranks.
    public let chains: Int
    /// Measured updates of each chain.
    public let updates: Int
    public let thermalization: Int
    /// Metropolis sweeps of the moduli in an update.
    public let sweeps: Int
    public let measureEvery: Int
    public let checkpointEvery: Int
    /// Keep the fields of all chains after every so many measured updates; 0: none.
    public let configurationsEvery: Int
    public let startWidth: Double

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("cluster")
        chains = try section.int("chains", default: 4, in: 1...65536)
        updates = try section.int("updates", default: 5000, in: 1...1_000_000_000)
        thermalization = try section.int("thermalization", default: 500, in: 0...1_000_000_000)
        sweeps = try section.int("sweeps", default: 2, in: 1...64)
        measureEvery = try section.int("measure_every", default: 1, in: 1...1_000_000)
        checkpointEvery = try section.int("checkpoint_every", default: 10000, in: 1...1_000_000_000)
        configurationsEvery = try section.int("configurations_every", default: 0, in: 0...1_000_000_000)
        startWidth = try section.double("start_width", default: 0.5, in: 0...1e3)
    }
}
