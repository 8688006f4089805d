import Batch
import Numerics
import ParallelHDF5

/// The command `cluster`: independent chains of cluster updates shared among the ranks, measured, checkpointed, written as `cluster.h5`.
public final class ClusterRun: SteppedRun {
    package let context: JobContext
    private let lattice: LatticeSettings
    private let settings: ClusterSettings
    private let ensemble: ClusterEnsemble
    /// Time that all ranks spent in measured updates: before this start, and of this rank since.
    private var earlierCoreSeconds = 0.0
    private var seconds = 0.0
    /// Updates between looks at signals and clocks: an update of a small lattice takes microseconds.
    private static let block = 10

    /// *Collective.*
    public init(_ context: JobContext, lattice: LatticeSettings, settings: ClusterSettings) throws {
        self.context = context
        self.lattice = lattice
        self.settings = settings
        ensemble = try ClusterEnsemble(
            extents: lattice.extents, action: lattice.action, seed: context.seed, chains: settings.chains, sweeps: settings.sweeps,
            startWidth: settings.startWidth, communicator: context.communicator)
        if context.communicator.size > settings.chains {
            context.log.warning("cluster.chains is \(settings.chains): \(context.communicator.size - settings.chains) ranks have nothing to do")
        }
    }

    package var label: String { "cluster" }
    package var unit: String { "update" }
    package var position: Int { ensemble.next }
    package var total: Int { settings.thermalization + settings.updates }
    package var checkpoints: CheckpointPolicy {
        CheckpointPolicy(
            configurationHash: context.configuration.hash(of: ["seed", "lattice", "action", "cluster"]), every: settings.checkpointEvery, keep: 2)
    }

    package func step() throws -> [String: Double] {
        context.phases.measure(.compute) {
            if ensemble.next < settings.thermalization {
                ensemble.thermalize(updates: min(Self.block, settings.thermalization - ensemble.next))
            } else {
                let start = Phases.now()
                ensemble.run(updates: min(Self.block, total - ensemble.next, untilConfiguration), measureEvery: settings.measureEvery)
                seconds += Phases.now() - start
            }
        }
        let measured = ensemble.next - settings.thermalization
        if settings.configurationsEvery > 0, measured > 0, measured % settings.configurationsEvery == 0 { try writeConfigurations(measured) }
        return [:]
    }

    /// Updates to the next configurations that are kept.
    private var untilConfiguration: Int {
        guard settings.configurationsEvery > 0 else { return .max }
        return settings.configurationsEvery - (ensemble.next - settings.thermalization) % settings.configurationsEvery
    }

    /// One file for the fields of all chains, complete or not there: a run that is continued writes the same files again.
    private func writeConfigurations(_ update: Int) throws {
        try context.phases.measure(.io) {
            try context.writeConfigurations("cluster", update, lattice: lattice) { store in
                try store.append(ensemble.configurations(update: update), offset: ensemble.firstChain, total: ensemble.chainCount, on: ensemble.lattice)
            }
        }
    }

    private func coreSeconds() throws -> Double { try earlierCoreSeconds + context.communicator.allReduce(seconds, .sum) }

    package func write(to group: HDF5Group) throws {
        try group.setAttribute("core_seconds", coreSeconds())
        try ensemble.write(to: group)
    }

    package func restore(from group: HDF5Group) throws {
        try ensemble.restore(from: group)
        earlierCoreSeconds = try group.attribute("core_seconds", as: Double.self)
    }

    /// Writes `cluster.h5` and the summary. *Collective.*
    package func conclude() throws {
        let coreSeconds = try coreSeconds()
        try context.phases.measure(.io) {
            try context.writeData("cluster.h5") { file in
                let root = file.root
                try root.setAttribute("extents", lattice.extents.map(Int64.init))
                try root.setAttribute("action_b_c_d", [lattice.action.b, lattice.action.c, lattice.action.d])
                try root.setAttribute("measure_every", Int64(settings.measureEvery))
                try root.setAttribute("replicas", Int64(settings.chains))
                try root.setAttribute("core_seconds", coreSeconds)
                try ensemble.write(to: root)
            }
        }
        let found = try ensemble.measurements()
        let table = try ObservableTable(replicas: found.series, action: lattice.action, extents: lattice.extents)
        let susceptibility = try GammaAnalysis(replicas: found.improvedSusceptibility)
        context.summary.set("updates", settings.updates)
        context.summary.set("chains", settings.chains)
        context.summary.set(table)
        context.summary.set("improved_susceptibility", susceptibility.mean, error: susceptibility.error)
        context.log.info("wrote \(context.directory.path("cluster.h5"))")
        for row in table.rows { context.log.info("  \(row.description)") }
    }
}
