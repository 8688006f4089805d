import Batch
import LatticeFields

/// The section `combine`: chains of hybrid Monte Carlo with proposals of the flow between trajectories, or of one of them alone.
public struct CombinedSettings: Sendable {
    /// Independent chains, shared among the ranks by sixteens; part of the result.
    public let chains: Int
    /// Measured iterations of each chain.
    public let iterations: Int
    public let thermalization: Int
    /// Trajectories and proposals of an iteration; a measurement follows.
    public let trajectories: Int
    public let proposals: Int
    public let trajectoryLength: Double
    public let steps: Int
    public let integrator: Integrator
    public let checkpointEvery: Int
    /// Name of the output, `NAME.h5`.
    public let output: String

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("combine")
        chains = try section.int("chains", default: 16, in: 1...65536)
        iterations = try section.int("iterations", default: 2000, in: 8...1_000_000_000)
        thermalization = try section.int("thermalization", default: 200, in: 0...1_000_000_000)
        trajectories = try section.int("trajectories", default: 1, in: 0...10000)
        proposals = try section.int("proposals", default: 1, in: 0...10000)
        guard trajectories + proposals > 0 else {
            throw ConfigurationError("'combine.trajectories' and 'combine.proposals' are both 0, wanted one of them above")
        }
        trajectoryLength = try section.double("trajectory_length", default: 1, in: 1e-6...1e6)
        steps = try section.int("steps", default: 8, in: 1...1_000_000)
        integrator = try section.choice("integrator", default: .omelyan2)
        checkpointEvery = try section.int("checkpoint_every", default: 10000, in: 1...1_000_000_000)
        output = try section.string("output", default: "combined")
        guard !output.isEmpty, output.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }) else {
            throw ConfigurationError("'combine.output' is '\(output)', wanted letters, digits, - and _: it names the file")
        }
    }
}
