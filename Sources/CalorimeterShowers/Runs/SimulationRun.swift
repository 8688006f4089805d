import Batch
import MessagePassing
import ParallelHDF5

/// The files that `simulate` writes into a run directory.
public enum SimulationOutput {
    static let prefix = "showers-"

    static func name(_ index: Int) -> String {
        let digits = "\(index)"
        return prefix + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + ".h5"
    }

    /// The files in order. *Not collective.*
    static func files(in directory: RunDirectory) throws -> [String] {
        try Files.list(directory.path).filter { $0.hasPrefix(prefix) && $0.hasSuffix(".h5") }.map { directory.path($0) }
    }
}

/// The command `simulate`: parametrised showers on all ranks, in files of the CLIC layout.
///
/// A finished file is the checkpoint: it gets its name when it is complete, and a run that goes on keeps the files that came of the same settings.
public final class SimulationRun {
    private let context: JobContext
    private let settings: SimulationSettings
    private let simulator: ShowerSimulator
    private let settingsHash: String

    /// *Not collective.*
    /// - Throws: `ShowerError` for energies beyond the formulas.
    public init(_ context: JobContext, detector: Calorimeter, settings: SimulationSettings) throws {
        self.context = context
        self.settings = settings
        simulator = ShowerSimulator(calorimeter: detector, tuning: settings.tuning, seed: context.seed)
        let limits = simulator.energyRange
        guard limits.contains(settings.energies.lowerBound), limits.contains(settings.energies.upperBound) else {
            throw ShowerError(
                "simulation.energy: found \(settings.energies.lowerBound) to \(settings.energies.upperBound) GeV, the parametrisation is meant for \(Format.general(limits.lowerBound, digits: 3)) to \(Format.general(limits.upperBound, digits: 3)) GeV in \(detector.name)")
        }
        settingsHash = context.configuration.hash(of: ["seed", "detector", "simulation"])
    }

    /// *Collective.*
    /// - Returns: why it stopped early, or nil when finished.
    public func run() throws -> StopReason? {
        let files = (settings.events + settings.eventsPerFile - 1) / settings.eventsPerFile
        let progress = context.progress(total: settings.events, unit: "shower", label: "simulate")
        defer { progress.finish() }
        var simulated = 0
        let start = Phases.now()
        for index in 0..<files {
            let events = index * settings.eventsPerFile..<min(settings.events, (index + 1) * settings.eventsPerFile)
            let name = SimulationOutput.name(index)
            if try isDone(name, events) {
                progress.advance(to: events.upperBound)
                continue
            }
            let began = Phases.now()
            try write(name, events, progress)
            context.stop.observe(stepSeconds: Phases.now() - began)
            simulated += events.count
            if index + 1 < files, let reason = try context.stop.shouldStop(after: index + 1) { return reason }
        }
        context.summary.set("events", settings.events)
        context.summary.set("files", files)
        context.summary.set("events_simulated_now", simulated)
        if simulated > 0 {
            let rate = Double(simulated) / (Phases.now() - start)
            context.summary.set("events_per_second", rate)
            context.log.info("\(simulated) showers, \(Format.general(rate, digits: 3)) a second with files")
        }
        return nil
    }

    private func write(_ name: String, _ events: Range<Int>, _ progress: Progress) throws {
        let communicator = context.communicator
        try context.writeData(name) { file in
            try file.root.setAttribute("settings_hash", settingsHash)
            try file.root.setAttribute("first_event", Int64(events.lowerBound))
            try file.root.setAttribute("detector", simulator.calorimeter.name)
            try file.root.setAttribute("source", "parametrised showers (Grindhammer and Peters)")
            let writer = try ShowerWriter(file.root, grid: simulator.calorimeter.grid, count: events.count, deflate: settings.deflate)
            let plan = BlockPlan(count: events.count, ranks: communicator.size)
            for round in 0..<plan.rounds {
                let mine = plan.range(round: round, rank: communicator.rank)
                let block = context.phases.measure(.compute) {
                    simulator.simulate(
                        events.lowerBound + mine.lowerBound..<events.lowerBound + mine.upperBound, particle: settings.particle,
                        energies: settings.energies, angles: settings.angles, place: mine.lowerBound)
                }
                try context.phases.measure(.io) { try writer.write(block) }
                progress.advance(to: events.lowerBound + plan.done(after: round))
            }
        }
    }

    /// Whether a file of these settings and events is there already. *Collective.*
    /// - Throws: `ShowerError` if a file of that name came of other settings.
    private func isDone(_ name: String, _ events: Range<Int>) throws -> Bool {
        let path = context.directory.path(name)
        let exists = try context.communicator.broadcast(context.communicator.isRoot && Files.exists(path) ? 1 : 0, root: 0) != 0
        guard exists else { return false }
        return try HDF5File.with(HDF5File.open(path, communicator: context.communicator)) { file in
            let hash = try file.root.hasAttribute("settings_hash") ? file.root.stringAttribute("settings_hash") : ""
            let dataset = try file.root.dataset(ShowerLayout.energy)
            guard hash == settingsHash, dataset.shape == [events.count] else {
                throw ShowerError("\(path): made with other settings of seed, detector or simulation; remove it or choose another run directory")
            }
            return true
        }
    }
}
