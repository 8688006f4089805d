import Batch
import GaugeFiles
import GaugeKernels
import Glibc
import LatticeFields
import MessagePassing
import Numerics
import ParallelHDF5

/// The command `gauge`: thermalise, update, measure, checkpoint, write configurations, the chain and its observables.
public final class GaugeRun: SteppedRun {
    package let context: JobContext
    private let settings: GaugeSettings
    private let geometry: LatticeGeometry
    private let field: GaugeField
    private let observables: GaugeObservables
    private let flow: GradientFlow?
    private var hmc: GaugeHybridMonteCarlo?
    private var heatBath: HeatBath?
    private var series = GaugeSeries()
    private var energyChanges: [Double] = []
    private var acceptances = 0
    private var lastAccepted = false
    private var next = 0
    /// Wall time of the updates after thermalisation, over all restarts.
    private var seconds = 0.0
    private var blockAcceptances = 0
    private let logs: OpenQCDChainLog?
    private static let tuningBlock = 20

    /// *Collective.*
    public init(_ context: JobContext, settings: GaugeSettings) throws {
        self.context = context
        self.settings = settings
        geometry = try settings.geometry(context.execution, communicator: context.communicator)
        let order = try SiteOrder(geometry, reach: settings.action.reach, boundary: settings.boundary)
        field = try GaugeField(order, group: settings.action.group)
        observables = try GaugeObservables(field)
        flow = settings.flow.every > 0 ? try GradientFlow(order, group: settings.action.group) : nil
        logs = settings.openQCDLogs.map {
            OpenQCDChainLog(
                name: $0, directory: context.directory, flow: settings.flow, timeSlices: settings.extents[0], communicator: context.communicator)
        }
        switch settings.algorithm {
        case .hmc: hmc = try GaugeHybridMonteCarlo(field, action: settings.action, dynamics: settings.dynamics, seed: context.seed)
        case .heatbath: heatBath = try HeatBath(field, action: settings.action, overrelaxation: settings.overrelaxation, seed: context.seed)
        }
    }

    package var label: String { "gauge" }
    package var unit: String { "update" }
    package var position: Int { next }
    package var total: Int { settings.thermalization + settings.updates }
    package var checkpoints: CheckpointPolicy {
        CheckpointPolicy(
            configurationHash: context.configuration.hash(of: ["seed", "lattice", "gauge", "gradient_flow"]), every: settings.checkpointEvery, keep: 2)
    }

    package func start() throws {
        if settings.start == .hot { field.startHot(seed: context.seed) }
        try logs?.start()
    }

    package func step() throws -> [String: Double] {
        let measuring = next >= settings.thermalization
        let start = Phases.now()
        try update()
        if measuring { seconds += Phases.now() - start }
        next += 1
        let done = next - settings.thermalization
        guard measuring else { return [:] }
        if settings.configurationsEvery > 0, done % settings.configurationsEvery == 0 { try writeConfiguration(done) }
        if done % settings.measureEvery == 0 { try context.phases.measure(.compute) { try measure() } }
        return ["plaquette": series["plaquette"]?.last ?? 0]
    }

    private func update() throws {
        if let heatBath {
            let waited = heatBath.waitingSeconds
            try context.phases.measure(.compute) { try heatBath.update(next) }
            context.phases.move(heatBath.waitingSeconds - waited, from: .compute, to: .halo)
        }
        guard let hmc else { return }
        let waited = hmc.waitingSeconds
        let report = try context.phases.measure(.compute) { try hmc.run(trajectory: next) }
        context.phases.move(hmc.waitingSeconds - waited, from: .compute, to: .halo)
        if next < settings.thermalization {
            blockAcceptances += report.accepted ? 1 : 0
            if (next + 1) % Self.tuningBlock == 0 { try tune(hmc) }
        } else {
            acceptances += report.accepted ? 1 : 0
            lastAccepted = report.accepted
            energyChanges.append(report.energyChange)
        }
    }

    /// One step more or fewer a trajectory after each block of the thermalisation: a rule of integers, the same on any ranks.
    private func tune(_ hmc: GaugeHybridMonteCarlo) throws {
        defer { blockAcceptances = 0 }
        guard let target = settings.targetAcceptance else { return }
        let rate = Double(blockAcceptances) / Double(Self.tuningBlock)
        if rate < target - 0.05 {
            try hmc.setSteps(hmc.dynamics.steps + 1)
        } else if rate > target + 0.05, hmc.dynamics.steps > 1 {
            try hmc.setSteps(hmc.dynamics.steps - 1)
        }
    }

    private func measure() throws {
        series.append(try Self.measure(observables, settings, dimension: geometry.dimension))
        if let logs, let change = energyChanges.last, let plaquette = series["plaquette"]?.last {
            try logs.append(OpenQCDRunLog.Record(trajectory: next, accepted: lastAccepted, energyChange: change, plaquette: 3 * plaquette))
        }
        if let flow, series.count % settings.flow.every == 0 {
            var slices: [FlowSlices] = []
            let points = try flow.run(from: field, step: settings.flow.step, every: settings.flow.stepsPerPoint, count: settings.flow.points) {
                if logs != nil { slices.append(try $0.slices()) }
            }
            series.append(points)
            try logs?.append(slices, trajectory: next)
        }
        if series.count.isMultiple(of: 100) {
            try context.metrics.record(step: next, ["plaquette": series["plaquette"]?.last ?? 0])
        }
    }

    private static func measure(
        _ observables: GaugeObservables, _ settings: GaugeSettings, dimension: Int
    ) throws -> [(name: String, value: Double)] {
        let plaquettes = try observables.plaquettes()
        var values: [(name: String, value: Double)] = [("plaquette", plaquettes.all)]
        if dimension > 2 { values += [("plaquette_space", plaquettes.space), ("plaquette_time", plaquettes.time)] }
        if settings.boundary == .periodic {
            let polyakov = try observables.polyakovLoop()
            values += [("polyakov_re", polyakov.re), ("polyakov_im", polyakov.im), ("polyakov_modulus", (polyakov.re * polyakov.re + polyakov.im * polyakov.im).squareRoot())]
        }
        if let rectangle = try observables.rectangle() { values.append(("rectangle", rectangle)) }
        if settings.wilsonLoops > 0 {
            for (r, row) in try observables.wilsonLoops(size: settings.wilsonLoops).enumerated() {
                for (t, value) in row.enumerated() { values.append(("wilson_\(r + 1)x\(t + 1)", value)) }
            }
        }
        return values
    }

    package func restore(from group: HDF5Group) throws {
        next = Int(try group.attribute("next_update", as: Int64.self))
        acceptances = Int(try group.attribute("acceptances", as: Int64.self))
        blockAcceptances = Int(try group.attribute("block_acceptances", as: Int64.self))
        try hmc?.setSteps(Int(try group.attribute("steps", as: Int64.self)))
        seconds = try group.attribute("seconds", as: Double.self)
        energyChanges = try group.read("energy_change", as: Double.self)
        series = try GaugeSeries(from: group.group("series"))
        field.setBlock(
            try group.dataset("links").read(as: Double.self, offset: geometry.localOffsets + [0, 0], count: geometry.localExtents + perSite))
        try logs?.resume(after: next)
    }

    package func write(to group: HDF5Group) throws {
        try group.setAttribute("next_update", Int64(next))
        try group.setAttribute("acceptances", Int64(acceptances))
        try group.setAttribute("block_acceptances", Int64(blockAcceptances))
        try group.setAttribute("steps", Int64(hmc?.dynamics.steps ?? 0))
        try group.setAttribute("seconds", seconds)
        try group.write("energy_change", energyChanges)
        try series.write(to: group.createGroup("series"))
        try writeLinks(to: group)
        try logs?.backUp()
    }

    private var perSite: [Int] { [geometry.dimension, field.group.components] }

    /// `links` [extents…][axis][component]: SU(2) as unit quaternions a0 + i a·σ, SU(3) as [row][column][re, im].
    private func writeLinks(to group: HDF5Group) throws {
        let dataset = try group.createDataset("links", shape: geometry.extents + perSite, type: .float64)
        try dataset.write(field.block(), offset: geometry.localOffsets + [0, 0], count: geometry.localExtents + perSite)
        try dataset.setUnits("1")
    }

    /// One file a configuration, verified before it has its name: a chain that is continued writes the same files again.
    private func writeConfiguration(_ update: Int) throws {
        let number = String(update)
        let name = "configurations/gauge-" + String(repeating: "0", count: max(0, 8 - number.count)) + number + (settings.keepsILDG ? ".ildg" : ".lime")
        try context.phases.measure(.io) {
            try context.communicator.agree {
                if context.communicator.isRoot { try Files.makeDirectories(context.directory.path("configurations")) }
            }
            let path = context.directory.path(name)
            if settings.keepsILDG {
                _ = try GaugeFile.write(field.fileLinks(), to: path, GaugeFile.WritingOptions(format: .ildg))
            } else {
                try FieldFile.write(
                    field.block(), geometry, kind: field.group == .su2 ? .su2gauge : .su3gauge, hasOpenTime: settings.boundary == .open, to: path)
            }
        }
    }

    /// Writes `gauge.h5` and the summary. *Collective.*
    package func conclude() throws {
        try context.phases.measure(.io) {
            try context.writeData("gauge.h5") { file in
                let root = file.root
                try root.setAttribute("extents", geometry.extents.map(Int64.init))
                try root.setAttribute("gauge_group", field.group.rawValue)
                try root.setAttribute("beta", settings.action.beta)
                try root.setAttribute("rectangle_coefficient", settings.action.rectangleCoefficient)
                try root.setAttribute("boundary", settings.boundary.rawValue)
                try root.setAttribute("measure_every", Int64(settings.measureEvery))
                try root.setAttribute("core_seconds", seconds * Double(context.communicator.size))
                try root.write("energy_change", energyChanges)
                try series.write(to: root.createGroup("series"))
                try writeLinks(to: root)
            }
        }
        let links = Double(geometry.volume) * Double(settings.updates)
        context.summary.set("updates", settings.updates)
        if seconds > 0 { context.summary.set("site_updates_per_second", links * Double(heatBath == nil ? 1 : 1 + settings.overrelaxation) / seconds) }
        if let hmc {
            context.summary.set("steps_per_trajectory", hmc.dynamics.steps)
            context.summary.set("acceptance", Double(acceptances) / Double(settings.updates))
            if energyChanges.count >= 8 {
                let mean = try GammaAnalysis(series: energyChanges.map { $0.isFinite ? exp(-$0) : 0 })
                context.summary.set("exp_minus_dH", mean.mean, error: mean.error)
            }
        }
        if geometry.dimension == 2, settings.action.isWilson {
            context.summary.set("plaquette_exact", ExactPlaquette.twoDimensional(field.group, beta: settings.action.beta))
        }
        let rows = try series.estimates(volume: geometry.volume)
        for row in rows {
            context.summary.set(row.name, row.value, error: row.error)
            context.summary.set("tau_int_\(row.name)", row.integratedTime, error: row.integratedTimeError)
        }
        context.log.info("wrote \(context.directory.path("gauge.h5"))")
        for row in rows { context.log.info("  \(row.description)") }
    }
}
