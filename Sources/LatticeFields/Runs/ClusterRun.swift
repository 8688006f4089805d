import Batch
import Numerics

/// The command `cluster`: independent chains of cluster updates shared among the ranks, measured, checkpointed, written as `cluster.h5`.
public struct ClusterRun {
    private let context: JobContext
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
    }

    /// Runs to the end or to a stop. *Collective.*
    /// - Returns: why it stopped early, or nil when finished.
    public mutating func run() throws -> StopReason? {
        let store = try CheckpointStore(
            directory: context.directory, communicator: context.communicator,
            configurationHash: context.configuration.hash(of: ["seed", "lattice", "action", "cluster"]), keep: 2, name: "cluster")
        if context.communicator.size > settings.chains {
            context.log.warning("cluster.chains is \(settings.chains): \(context.communicator.size - settings.chains) ranks have nothing to do")
        }
        try restore(store)
        let total = settings.thermalization + settings.updates
        let progress = context.progress(total: total, unit: "update", label: "cluster")
        var stopped: StopReason?
        var saved = ensemble.next
        while ensemble.next < total {
            step(total)
            progress.advance(to: ensemble.next, [:])
            if let reason = try context.stop.shouldStop(after: ensemble.next) {
                stopped = reason
                break
            }
            if ensemble.next / settings.checkpointEvery > saved / settings.checkpointEvery && ensemble.next < total {
                try checkpoint(store)
                saved = ensemble.next
            }
        }
        progress.finish()
        if saved != ensemble.next { try checkpoint(store) }
        guard stopped == nil else { return stopped }
        try conclude()
        return nil
    }

    private mutating func step(_ total: Int) {
        context.phases.measure(.compute) {
            if ensemble.next < settings.thermalization {
                ensemble.thermalize(updates: min(Self.block, settings.thermalization - ensemble.next))
            } else {
                let start = Phases.now()
                ensemble.run(updates: min(Self.block, total - ensemble.next), measureEvery: settings.measureEvery)
                seconds += Phases.now() - start
            }
        }
    }

    private func coreSeconds() throws -> Double { try earlierCoreSeconds + context.communicator.allReduce(seconds, .sum) }

    private func checkpoint(_ store: CheckpointStore) throws {
        let coreSeconds = try coreSeconds()
        try context.writeCheckpoint(store, step: ensemble.next) { file in
            try file.root.setAttribute("core_seconds", coreSeconds)
            try ensemble.write(to: file.root)
        }
    }

    private mutating func restore(_ store: CheckpointStore) throws {
        guard let found = try store.newestValid() else { return }
        for rejected in found.rejected { context.log.warning("\(rejected)") }
        earlierCoreSeconds = try store.read(found.path) { file in
            try ensemble.restore(from: file.root)
            return try file.root.attribute("core_seconds", as: Double.self)
        }
        context.log.notice("continues after update \(ensemble.next) from \(found.path)")
    }

    /// Writes `cluster.h5` and the summary. *Collective.*
    private func conclude() throws {
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
