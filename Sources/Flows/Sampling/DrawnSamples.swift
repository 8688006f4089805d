import Batch
import MessagePassing
import ParallelHDF5

/// The log densities and actions of the samples that a run has drawn so far, and what they cost: what every sampling run of plaquettes keeps.
package struct DrawnSamples {
    /// log q and S of each sample, on every rank.
    package private(set) var densities: [Double] = []
    package private(set) var actions: [Double] = []
    /// Seconds that this rank has drawn for.
    package var seconds = 0.0

    package init() {}

    package var count: Int { densities.count }
    package var logWeights: [Double] { zip(actions, densities).map { -$0 - $1 } }

    package mutating func append(density: Double, action: Double) {
        densities.append(density)
        actions.append(action)
    }

    /// Core-seconds of all ranks. *Collective.*
    package func coreSeconds(_ communicator: Communicator) throws -> Double { try communicator.allReduce(seconds, .sum) }

    /// *Collective.*
    package func write(to group: HDF5Group, communicator: Communicator) throws {
        try group.write("log_density", densities)
        try group.write("action", actions)
        try group.setAttribute("core_seconds", coreSeconds(communicator))
    }

    /// What `write` wrote; the core-seconds are the first rank's from here on. *Collective.*
    package init(from group: HDF5Group, communicator: Communicator) throws {
        densities = try group.read("log_density", as: Double.self)
        actions = try group.read("action", as: Double.self)
        let total = try group.attribute("core_seconds", as: Double.self)
        seconds = communicator.isRoot ? total : 0
    }

    /// Checkpoints of samples, which depend on the settings and on the flow's parameters. *Not collective.*
    package static func checkpoints(_ context: JobContext, parameters: [Float], every samples: Int, shard: Int) -> CheckpointPolicy {
        let bytes = parameters.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
        let hash = context.configuration.hash(of: ["seed", "lattice", "action", "flow", "observables"])
        return CheckpointPolicy(configurationHash: SHA256.hexadecimal(of: Array(hash.utf8) + bytes), every: max(1, samples / shard), keep: 1)
    }
}
