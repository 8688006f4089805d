import AbelianFields
import Batch
import Flows
import GaugeFields
import LatticeFields
import MessagePassing
import NonAbelianFlows

/// `flowtrain check --ranks n`: whether a configuration is good for n ranks, and how they would share it, without MPI and without a step.
enum LayoutCheck {
    /// Reads every section, as the run would, and lays the lattice out.
    /// - Returns: what to print.
    /// - Throws: what the run would end with.
    static func report(_ path: String, ranks: Int, lattice: OpenQCDLattice?) throws -> String {
        let configuration = try Batch.Configuration.load(path: path, translate: { try OpenQCDLattice.yaml($0, $1, $0.hasSuffix(".in") ? lattice : nil) })
        _ = try configuration.int("seed", default: 1, in: 0...Int.max)
        try leaveExecution(configuration)
        let execution = try configuration.section("run")
        let requested = execution.has("process_grid") ? try execution.ints("process_grid", in: 1...65536, count: 1...4) : nil
        if configuration.has("gauge") {
            let settings = try GaugeSettings(configuration)
            try configuration.finish()
            let numbers = settings.extents.count * settings.action.group.components
            let copies = settings.algorithm == .hmc ? 2 : 1
            return try lines(
                path, ranks, settings.extents, requested,
                work: "gauge         \(settings.action.group), \(settings.algorithm.rawValue): \(settings.thermalization + settings.updates) updates",
                bytesPerSite: 8 * numbers * (copies + (settings.flow.every > 0 ? 1 : 0)), shards: nil)
        }
        if try AbelianSettings.isChosen(in: configuration) {
            let settings = try AbelianJobSettings(configuration)
            return try lines(
                path, ranks, settings.lattice.extents, requested, work: "hmc           U(1): \(settings.simulation.thermalization + settings.simulation.trajectories) trajectories",
                bytesPerSite: 8 * 8, shards: settings.training.batch / 16)
        }
        if try NonAbelianSettings.isChosen(in: configuration) {
            let settings = try NonAbelianJobSettings(configuration)
            let shards = [("train", settings.training.batch / 16, "a step"), ("sample", settings.sampling.samples / 16, "in all")].map { name, count, of in
                "  \(name)\(String(repeating: " ", count: 14 - name.count))\(count) shards of 16 samples \(of)\(idle(count, ranks))"
            }
            return (["\(path): good for \(ranks) ranks", "  lattice       \(settings.lattice.group), every rank has whole samples"] + shards).joined(separator: "\n")
        }
        let settings = try Settings(configuration)
        return try lines(
            path, ranks, settings.lattice.extents, requested, work: "hmc           \(settings.simulation.thermalization + settings.simulation.trajectories) trajectories",
            bytesPerSite: 8 * 4, shards: settings.training.batch / 16)
    }

    /// Keys of the section `run` that are read when a job starts.
    static func leaveExecution(_ configuration: Batch.Configuration) throws {
        for key in ["directory", "time_limit", "stop_margin", "log_level", "tensorboard", "prometheus", "process_grid"] {
            try configuration.section("run").leave(key)
        }
    }

    private static func idle(_ shards: Int, _ ranks: Int) -> String { shards < ranks ? ": \(ranks - shards) ranks would have none" : "" }

    private static func lines(
        _ path: String, _ ranks: Int, _ extents: [Int], _ requested: [Int]?, work: String, bytesPerSite: Int, shards: Int?
    ) throws -> String {
        let grid = try LatticeGeometry.processGrid(requested, extents: extents, ranks: ranks)
        let most = zip(extents, grid).map { ($0 + $1 - 1) / $1 }, least = zip(extents, grid).map { $0 / $1 }
        let sites = most.reduce(1, *), fewest = least.reduce(1, *)
        let halo = most.indices.reduce(0) { $0 + (grid[$1] > 1 ? 2 * sites / most[$1] : 0) }
        func text(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: "x") }
        var lines = [
            "\(path): good for \(ranks) ranks",
            "  lattice       \(text(extents)), \(extents.reduce(1, *)) sites; process grid \(text(grid)), blocks of \(text(most))\(least == most ? "" : " to \(text(least))")",
            "  busiest rank  \(sites) sites, \(halo) next to it on other ranks, \(Format.bytes(Double((sites + halo) * bytesPerSite))) of fields",
            "  \(work)",
        ]
        if fewest * 10 < sites * 9 {
            let idle = 100 * (1 - Double(extents.reduce(1, *)) / Double(sites * ranks))
            lines.append("  uneven        ranks wait \(Format.fixed(idle, decimals: 0)) % of the time for the busiest; a grid that divides \(text(extents)) would not")
        }
        if let shards {
            lines.append("  train         \(shards) shards of 16 samples a step\(idle(shards, ranks))")
        }
        return lines.joined(separator: "\n")
    }
}
