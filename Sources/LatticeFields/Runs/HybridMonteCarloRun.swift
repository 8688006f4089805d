import Batch
import MessagePassing
import Numerics
import ParallelHDF5

/// The command `hmc`: thermalise, run, measure, checkpoint, and write the chain and its observables.
public final class HybridMonteCarloRun: SteppedRun {
    package let context: JobContext
    private let lattice: LatticeSettings
    private let settings: SimulationSettings
    private let geometry: LatticeGeometry
    private let simulation: HybridMonteCarlo
    private var series: MeasurementSeries
    private var energyChanges: [Double] = []
    private var acceptances = 0
    private var next = 0
    /// Wall time of the trajectories after thermalisation, over all restarts.
    private var seconds = 0.0
    /// Acceptances of the present tuning block of the thermalisation.
    private var blockAcceptances = 0
    private static let tuningBlock = 50

    /// *Collective.*
    public init(_ context: JobContext, lattice: LatticeSettings, settings: SimulationSettings) throws {
        self.context = context
        self.lattice = lattice
        self.settings = settings
        geometry = try lattice.geometry(context.execution, communicator: context.communicator)
        simulation = try HybridMonteCarlo(
            geometry: geometry,
            settings: HybridMonteCarloSettings(
                action: lattice.action, trajectoryLength: settings.trajectoryLength, steps: settings.steps,
                integrator: settings.integrator, seed: context.seed))
        series = MeasurementSeries(sliceCount: lattice.extents[0])
    }

    package var label: String { "hmc" }
    package var unit: String { "trajectory" }
    package var position: Int { next }
    package var total: Int { settings.thermalization + settings.trajectories }
    package var checkpoints: CheckpointPolicy {
        CheckpointPolicy(
            configurationHash: context.configuration.hash(of: ["seed", "lattice", "action", "hmc"]), every: settings.checkpointEvery, keep: 2)
    }

    package func start() { simulation.startHot(width: settings.startWidth) }

    package func step() throws -> [String: Double] {
        try trajectory()
        return ["accepted": acceptanceRate]
    }

    private var measured: Int { max(0, next - settings.thermalization) }
    private var acceptanceRate: Double { measured == 0 ? 0 : Double(acceptances) / Double(measured) }

    private func trajectory() throws {
        let thermalising = next < settings.thermalization
        let start = Phases.now()
        let waited = simulation.waitingSeconds
        let report = try context.phases.measure(.compute) { try simulation.run(trajectory: next) }
        context.phases.move(simulation.waitingSeconds - waited, from: .compute, to: .halo)
        if !thermalising { seconds += Phases.now() - start }
        next += 1
        if thermalising {
            blockAcceptances += report.accepted ? 1 : 0
            if next % Self.tuningBlock == 0 { try tune() }
            return
        }
        acceptances += report.accepted ? 1 : 0
        energyChanges.append(report.energyChange)
        let done = next - settings.thermalization
        if settings.configurationsEvery > 0, done % settings.configurationsEvery == 0 { try writeConfiguration(done) }
        guard (next - settings.thermalization) % settings.measureEvery == 0 else { return }
        let measurement = try context.phases.measure(.compute) { try simulation.field.measure() }
        series.append(measurement)
        let size = Double(series.count)
        if series.count.isMultiple(of: 100) {
            try context.metrics.record(
                step: next,
                [
                    "acceptance": acceptanceRate, "energy_change": report.energyChange, "action": report.action / Double(geometry.volume),
                    "square": series.square.reduce(0, +) / size,
                ])
        }
    }

    /// One step more or fewer a trajectory after each block of the thermalisation: a rule of exact integers, so the same on any ranks.
    private func tune() throws {
        defer { blockAcceptances = 0 }
        guard let target = settings.targetAcceptance else { return }
        let rate = Double(blockAcceptances) / Double(Self.tuningBlock)
        if rate < target - 0.05 {
            try simulation.setSteps(simulation.settings.steps + 1)
        } else if rate > target + 0.05 && simulation.settings.steps > 1 {
            try simulation.setSteps(simulation.settings.steps - 1)
        }
    }

    package func restore(from group: HDF5Group) throws {
        next = Int(try group.attribute("next_trajectory", as: Int64.self))
        acceptances = Int(try group.attribute("acceptances", as: Int64.self))
        blockAcceptances = Int(try group.attribute("block_acceptances", as: Int64.self))
        try simulation.setSteps(Int(try group.attribute("steps", as: Int64.self)))
        seconds = try group.attribute("seconds", as: Double.self)
        energyChanges = try group.read("energy_change", as: Double.self)
        series = try MeasurementSeries(from: group.group("series"))
        simulation.field.setBlock(
            try group.dataset("field").read(as: Double.self, offset: geometry.localOffsets, count: geometry.localExtents))
    }

    package func write(to group: HDF5Group) throws {
        try group.setAttribute("next_trajectory", Int64(next))
        try group.setAttribute("acceptances", Int64(acceptances))
        try group.setAttribute("block_acceptances", Int64(blockAcceptances))
        try group.setAttribute("steps", Int64(simulation.settings.steps))
        try group.setAttribute("seconds", seconds)
        try group.write("energy_change", energyChanges)
        try series.write(to: group.createGroup("series"))
        try writeField(to: group)
    }

    /// One file a configuration, complete or not there: a chain that is continued writes the same files again.
    private func writeConfiguration(_ trajectory: Int) throws {
        try context.phases.measure(.io) {
            try context.writeConfigurations("hmc", trajectory, lattice: lattice) { try $0.append(simulation.field, trajectory: trajectory) }
        }
    }

    private func writeField(to group: HDF5Group) throws {
        let dataset = try group.createDataset("field", shape: geometry.extents, type: .float64)
        try dataset.write(simulation.field.block(), offset: geometry.localOffsets, count: geometry.localExtents)
        try dataset.setUnits("lattice units")
    }

    /// Writes `hmc.h5` and the summary. *Collective.*
    package func conclude() throws {
        let path = context.directory.path("hmc.h5")
        try context.phases.measure(.io) {
            try context.writeData("hmc.h5") { file in
                let root = file.root
                try root.setAttribute("extents", geometry.extents.map(Int64.init))
                try root.setAttribute("action_b_c_d", [lattice.action.b, lattice.action.c, lattice.action.d])
                try root.setAttribute("measure_every", Int64(settings.measureEvery))
                try root.setAttribute("core_seconds", seconds * Double(context.communicator.size))
                try root.write("energy_change", energyChanges)
                try series.write(to: root.createGroup("series"))
                try writeField(to: root)
            }
        }
        context.log.info("wrote \(path)")
        context.summary.set("trajectories", settings.trajectories)
        context.summary.set("steps_per_trajectory", simulation.settings.steps)
        context.summary.set("acceptance", acceptanceRate)
        guard series.count >= 8 else { return context.log.notice("\(series.count) measurements, too few for errors: wanted 8") }
        let table = try ObservableTable(series, action: lattice.action, extents: geometry.extents)
        let exponentials = energyChanges.map { $0.isFinite ? exponential(-$0) : 0 }
        let mean = try GammaAnalysis(series: exponentials)
        context.summary.set("exp_minus_dH", mean.mean, error: mean.error)
        context.summary.set(table)
        for row in table.rows { context.log.info("  \(row.description)") }
    }
}
