import Batch
import MessagePassing
import Numerics
import ParallelHDF5

/// The command `cluster`: independent chains of cluster updates shared among the ranks, measured, checkpointed, written as `cluster.h5`.
///
/// A chain's bits depend on (seed, chain) alone, and files hold the chains in their order: the same on any number of ranks.
public struct ClusterRun {
    private let context: JobContext
    private let lattice: LatticeSettings
    private let settings: ClusterSettings
    private let sites: PeriodicLattice
    private let mine: Range<Int>
    private let chains: [ClusterChain]
    /// Of this rank's chains.
    private var series: [MeasurementSeries]
    private var improved: [[Double]]
    private var next = 0
    /// Wall time of the measured updates, over all restarts.
    private var seconds = 0.0
    /// Updates between looks at signals and clocks: an update of a small lattice takes microseconds.
    private static let block = 10

    /// *Collective.*
    public init(_ context: JobContext, lattice: LatticeSettings, settings: ClusterSettings) throws {
        self.context = context
        self.lattice = lattice
        self.settings = settings
        let sites = try PeriodicLattice(extents: lattice.extents)
        self.sites = sites
        let communicator = context.communicator
        mine = CartesianGrid.share(of: settings.chains, parts: communicator.size, part: communicator.rank)
        chains = try communicator.agree { [mine] in
            try mine.map {
                try ClusterChain(
                    lattice: sites, action: lattice.action, seed: context.seed, chain: $0, sweeps: settings.sweeps, startWidth: settings.startWidth)
            }
        }
        series = mine.map { _ in MeasurementSeries(sliceCount: lattice.extents[0]) }
        improved = mine.map { _ in [] }
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
        var saved = next
        while next < total {
            step(until: min(total, next + Self.block))
            progress.advance(to: next, [:])
            if let reason = try context.stop.shouldStop(after: next) {
                stopped = reason
                break
            }
            if next / settings.checkpointEvery > saved / settings.checkpointEvery && next < total {
                try checkpoint(store)
                saved = next
            }
        }
        progress.finish()
        if saved != next { try checkpoint(store) }
        guard stopped == nil else { return stopped }
        try conclude()
        return nil
    }

    private mutating func step(until end: Int) {
        let start = Phases.now()
        let first = next
        context.phases.measure(.compute) {
            for (position, chain) in chains.enumerated() {
                for update in first..<end {
                    chain.update(update)
                    if update < settings.thermalization {
                        if update % 10 == 9 { chain.adaptWidth() }
                    } else if (update + 1 - settings.thermalization) % settings.measureEvery == 0 {
                        series[position].append(chain.measure())
                        improved[position].append(chain.improvedSusceptibility)
                    }
                }
            }
        }
        next = end
        if first >= settings.thermalization { seconds += Phases.now() - start }
    }

    // MARK: - Files

    private func checkpoint(_ store: CheckpointStore) throws {
        try context.writeCheckpoint(store, step: next) { file in
            let root = file.root
            try root.setAttribute("next_update", Int64(next))
            try root.setAttribute("seconds", seconds)
            try root.write("proposal_width", gathered(chains.map(\.proposalWidth)))
            try writeFields(to: root)
            try writeSeries(to: root)
        }
    }

    private mutating func restore(_ store: CheckpointStore) throws {
        guard let found = try store.newestValid() else { return }
        for rejected in found.rejected { context.log.warning("\(rejected)") }
        try store.read(found.path) { file in
            let root = file.root
            next = Int(try root.attribute("next_update", as: Int64.self))
            seconds = try root.attribute("seconds", as: Double.self)
            let widths = try root.read("proposal_width", as: Double.self)
            let volume = sites.sites
            let fields = try root.dataset("fields").read(as: Double.self, offset: [mine.lowerBound, 0], count: [mine.count, volume])
            let all = try MeasurementSeries(from: root.group("series"))
            let susceptibility = try root.read("improved_susceptibility", as: Double.self)
            let length = all.count / settings.chains
            for (position, index) in mine.enumerated() {
                chains[position].restore(field: fields[position * volume..<(position + 1) * volume], proposalWidth: widths[index])
                series[position] = all.part(index * length..<(index + 1) * length)
                improved[position] = Array(susceptibility[index * length..<(index + 1) * length])
            }
        }
        context.log.notice("continues after update \(next) from \(found.path)")
    }

    private func gathered(_ values: [Double]) throws -> [Double] { try context.communicator.allGather(values).flatMap(\.self) }

    private func writeFields(to group: HDF5Group) throws {
        let dataset = try group.createDataset("fields", shape: [settings.chains, sites.sites], type: .float64)
        try dataset.write(chains.flatMap(\.values), offset: [mine.lowerBound, 0], count: [mine.count, sites.sites])
        try dataset.setUnits("lattice units")
    }

    /// Chain after chain; returns them.
    @discardableResult
    private func writeSeries(to group: HDF5Group) throws -> [MeasurementSeries] {
        let all = try MeasurementSeries.gather(series, sliceCount: lattice.extents[0], communicator: context.communicator)
        var joined = MeasurementSeries(sliceCount: lattice.extents[0])
        for one in all {
            for index in 0..<one.count { joined.append(one[index]) }
        }
        try joined.write(to: group.createGroup("series"))
        try group.write("improved_susceptibility", gathered(improved.flatMap(\.self)), units: "lattice units")
            .setAttribute("meaning", "mean over the signs of all clusters of (sum of phi)^2 / volume, chain after chain")
        return all
    }

    /// Writes `cluster.h5` and the summary. *Collective.*
    private func conclude() throws {
        var all: [MeasurementSeries] = []
        try context.phases.measure(.io) {
            try context.writeData("cluster.h5") { file in
                let root = file.root
                try root.setAttribute("extents", lattice.extents.map(Int64.init))
                try root.setAttribute("action_b_c_d", [lattice.action.b, lattice.action.c, lattice.action.d])
                try root.setAttribute("measure_every", Int64(settings.measureEvery))
                try root.setAttribute("replicas", Int64(settings.chains))
                // What the chains themselves took: ranks without a chain cost, but did no work.
                try root.setAttribute("core_seconds", seconds * Double(min(settings.chains, context.communicator.size)))
                all = try writeSeries(to: root)
                try writeFields(to: root)
            }
        }
        let table = try ObservableTable(replicas: all, action: lattice.action, extents: lattice.extents)
        context.summary.set("updates", settings.updates)
        context.summary.set("chains", settings.chains)
        context.summary.set(table)
        let length = (all.first?.count ?? 0)
        let flat = try gathered(improved.flatMap(\.self))
        let susceptibility = try GammaAnalysis(replicas: (0..<settings.chains).map { Array(flat[$0 * length..<($0 + 1) * length]) })
        context.summary.set("improved_susceptibility", susceptibility.mean, error: susceptibility.error)
        context.log.info("wrote \(context.directory.path("cluster.h5"))")
        for row in table.rows { context.log.info("  \(row.description)") }
    }
}
