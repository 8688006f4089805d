import Batch
import GaugeFiles
import LatticeFields
import MessagePassing
import Numerics
import ParallelHDF5

/// The commands `hmc` and `heatbath` of U(1): thermalise, update, measure, checkpoint, and write the chain and its observables.
public final class AbelianChainRun: SteppedRun {
    /// How the chain moves on.
    public enum Method: Sendable {
        case hybridMonteCarlo(SimulationSettings)
        case heatBath(HeatBathSettings)
    }

    package let context: JobContext
    private let settings: AbelianSettings
    private let field: AbelianField
    private let dynamics: AbelianHybridMonteCarlo?
    private let heatBath: AbelianHeatBath?
    private let name: String
    private let section: String
    private let thermalization: Int
    private let updates: Int
    private let measureEvery: Int
    private let checkpointEvery: Int
    private let configurationsEvery: Int
    private let startWidth: Double
    private let targetAcceptance: Double?
    private var series: AbelianSeries
    private var energyChanges: [Double] = []
    private var acceptances = 0
    private var next = 0
    /// Wall time of the measured updates, over all restarts, without measuring.
    private var seconds = 0.0
    private var blockAcceptances = 0
    private static let tuningBlock = 50

    /// *Collective.*
    /// - Throws: `AbelianError` or `LatticeError` for settings that do not fit.
    public init(_ context: JobContext, settings: AbelianSettings, method: Method) throws {
        self.context = context
        self.settings = settings
        field = try AbelianField(settings.geometry(context.execution, communicator: context.communicator))
        switch method {
        case .hybridMonteCarlo(let plan):
            name = "hmc"
            section = "hmc"
            dynamics = try AbelianHybridMonteCarlo(
                field: field, beta: settings.beta, trajectoryLength: plan.trajectoryLength, steps: plan.steps, integrator: plan.integrator,
                seed: context.seed)
            heatBath = nil
            (thermalization, updates, measureEvery, checkpointEvery) = (plan.thermalization, plan.trajectories, plan.measureEvery, plan.checkpointEvery)
            configurationsEvery = plan.configurationsEvery
            startWidth = min(1, plan.startWidth)
            targetAcceptance = plan.targetAcceptance
        case .heatBath(let plan):
            name = "heatbath"
            section = "heatbath"
            dynamics = nil
            heatBath = try AbelianHeatBath(field: field, beta: settings.beta, overRelaxation: plan.overRelaxation, seed: context.seed)
            (thermalization, updates, measureEvery, checkpointEvery) = (plan.thermalization, plan.sweeps, plan.measureEvery, plan.checkpointEvery)
            configurationsEvery = plan.configurationsEvery
            startWidth = plan.startWidth
            targetAcceptance = nil
        }
        series = AbelianSeries(loopCount: settings.loops, hasPolyakov: true)
    }

    package var label: String { name }
    package var unit: String { dynamics == nil ? "sweep" : "trajectory" }
    package var position: Int { next }
    package var total: Int { thermalization + updates }
    package var checkpoints: CheckpointPolicy {
        CheckpointPolicy(
            configurationHash: context.configuration.hash(of: ["seed", "lattice", "action", "observables", section]), every: checkpointEvery, keep: 2)
    }

    package func start() { field.start(width: startWidth, seed: context.seed) }

    /// A small lattice's updates take microseconds: tens of thousands of link updates between two looks at the clock.
    package func step() throws -> [String: Double] {
        for _ in 0..<min(total - next, max(1, 16384 / settings.volume)) { try update() }
        return ["accepted": acceptanceRate]
    }

    private var measured: Int { max(0, next - thermalization) }
    private var acceptanceRate: Double { measured == 0 ? 0 : Double(acceptances) / Double(measured) }

    private func update() throws {
        let thermalising = next < thermalization
        let start = Phases.now()
        let report = try context.phases.measure(.compute) { () -> AbelianUpdateReport in
            if let dynamics { return try dynamics.update(next) }
            return try heatBath?.update(next) ?? AbelianUpdateReport(accepted: false, energyChange: 0)
        }
        if !thermalising { seconds += Phases.now() - start }
        next += 1
        if thermalising {
            blockAcceptances += report.accepted ? 1 : 0
            if next % Self.tuningBlock == 0 { tune() }
            return
        }
        acceptances += report.accepted ? 1 : 0
        if dynamics != nil { energyChanges.append(report.energyChange) }
        if configurationsEvery > 0, measured % configurationsEvery == 0 { try writeConfiguration() }
        guard measured % measureEvery == 0 else { return }
        series.append(try context.phases.measure(.compute) { try field.measure(loops: settings.loops) })
        if series.count.isMultiple(of: 1000) {
            try context.metrics.record(
                step: next,
                [
                    "acceptance": acceptanceRate, "plaquette": series.plaquette.last ?? 0, "charge": series.charge.last ?? 0,
                ])
        }
    }

    /// One step more or fewer a trajectory after each block of the thermalisation: a rule of exact integers, so the same on any ranks.
    private func tune() {
        defer { blockAcceptances = 0 }
        guard let target = targetAcceptance, let dynamics else { return }
        let rate = Double(blockAcceptances) / Double(Self.tuningBlock)
        if rate < target - 0.05 {
            dynamics.setSteps(dynamics.steps + 1)
        } else if rate > target + 0.05, dynamics.steps > 1 {
            dynamics.setSteps(dynamics.steps - 1)
        }
    }

    package func write(to group: HDF5Group) throws {
        try group.setAttribute("next_update", Int64(next))
        try group.setAttribute("acceptances", Int64(acceptances))
        try group.setAttribute("block_acceptances", Int64(blockAcceptances))
        try group.setAttribute("steps", Int64(dynamics?.steps ?? 0))
        try group.setAttribute("seconds", seconds)
        try group.write("energy_change", energyChanges)
        try series.write(to: group.createGroup("series"))
        try writeField(to: group)
    }

    package func restore(from group: HDF5Group) throws {
        next = Int(try group.attribute("next_update", as: Int64.self))
        acceptances = Int(try group.attribute("acceptances", as: Int64.self))
        blockAcceptances = Int(try group.attribute("block_acceptances", as: Int64.self))
        dynamics?.setSteps(Int(try group.attribute("steps", as: Int64.self)))
        seconds = try group.attribute("seconds", as: Double.self)
        energyChanges = try group.read("energy_change", as: Double.self)
        series = try AbelianSeries(from: group.group("series"))
        let geometry = field.geometry
        for (direction, links) in field.links.enumerated() {
            links.setBlock(
                try group.dataset("links_\(direction)").read(as: Double.self, offset: geometry.localOffsets, count: geometry.localExtents))
        }
    }

    /// One file a configuration, verified before it has its name: a chain that is continued writes the same files again.
    private func writeConfiguration() throws {
        let number = String(measured)
        let file = "configurations/\(name)-" + String(repeating: "0", count: max(0, 8 - number.count)) + number + ".lime"
        try context.phases.measure(.io) {
            try context.communicator.agree {
                if context.communicator.isRoot { try Files.makeDirectories(context.directory.path("configurations")) }
            }
            try FieldFile.write(zip(field.links[0].block(), field.links[1].block()).flatMap { [$0, $1] }, field.geometry, kind: .u1gauge, to: context.directory.path(file))
        }
    }

    private func writeField(to group: HDF5Group) throws {
        let geometry = field.geometry
        for (direction, links) in field.links.enumerated() {
            let dataset = try group.createDataset("links_\(direction)", shape: geometry.extents, type: .float64)
            try dataset.write(links.block(), offset: geometry.localOffsets, count: geometry.localExtents)
            try dataset.setUnits("rad")
        }
    }

    /// Writes `hmc.h5` or `heatbath.h5` and the summary. *Collective.*
    package func conclude() throws {
        let coreSeconds = seconds * Double(context.communicator.size)
        try context.phases.measure(.io) {
            try context.writeData("\(name).h5") { file in
                try AbelianChainFile.writeHeader(
                    to: file.root, extents: settings.extents, beta: settings.beta, measureEvery: measureEvery, replicas: 1, coreSeconds: coreSeconds,
                    updates: updates)
                try file.root.write("energy_change", energyChanges)
                try series.write(to: file.root.createGroup("series"))
                try writeField(to: file.root)
            }
        }
        context.log.info("wrote \(context.directory.path("\(name).h5"))")
        context.summary.set("updates", updates)
        guard series.count >= 8 else { return context.log.notice("\(series.count) measurements, too few for errors: wanted 8") }
        let table = try AbelianTable(replicas: [series], beta: settings.beta, extents: settings.extents)
        if let dynamics {
            context.summary.set("steps_per_trajectory", dynamics.steps)
            context.summary.set("acceptance", acceptanceRate)
            let mean = try GammaAnalysis(series: energyChanges.map { $0.isFinite ? Logarithm.inverse(-$0) : 0 })
            context.summary.set("exp_minus_dH", mean.mean, error: mean.error)
        }
        context.summary.set("core_seconds", coreSeconds)
        context.summary.set(table)
        for row in table.rows { context.log.info("  \(row.description)") }
    }
}
