import Foundation
import ParallelHDF5
import TestSupport
import Testing

/// Gauge fields on several ranks, each against its serial twin (Sources/HealthChecks/GaugeFieldsChecks.swift), and the command.
@Suite("Gauge fields on ranks")
struct GaugeRankTests {
    @Test("every process grid gives the bits of one rank", arguments: [1, 2, 3, 4])
    func sameBits(ranks: Int) throws {
        let checks = ["hybrid-monte-carlo", "heat-bath", "observables", "open-boundaries", "gauge-invariance"].map { "GaugeFields.\($0)" }
        let result = try MPIRun.run(executable: "selfcheck", arguments: checks, ranks: ranks)
        #expect(result.failures == [], "\(result.stderr)")
        #expect(result.passed.count == checks.count)
    }

    static let settings = """
        seed: 5
        lattice: {extents: [4, 4, 4, 4]}
        gauge: {group: su3, beta: 5.7, algorithm: ALGORITHM, updates: 16, thermalization: 4, checkpoint_every: 3, steps: 4, wilson_loops: 2,
          configurations_every: 8}
        gradient_flow: {every: 2, step: 0.05, steps_per_point: 2, points: 4}
        """

    /// All numbers of a finished run but its times.
    private func bytes(_ run: String) throws -> [Double] {
        try HDF5File.with(HDF5File.open("\(run)/gauge.h5", communicator: nil)) { file in
            let series = try file.root.group("series")
            return try file.root.read("links", as: Double.self) + file.root.read("energy_change", as: Double.self)
                + series.memberNames.sorted().flatMap { try series.read($0, as: Double.self) }
        }
    }

    @Test("the command gives the same bits on 1 to 4 ranks, stopped and gone on with or not", arguments: ["heatbath", "hmc"])
    func command(algorithm: String) throws {
        let scratch = try TemporaryDirectory()
        try Self.settings.replacing("ALGORITHM", with: algorithm).write(toFile: scratch.path("run.yaml"), atomically: true, encoding: .utf8)
        var reference: (numbers: [Double], file: Data)?
        for (ranks, grid, stop) in [(1, nil, false), (2, nil, true), (3, nil, false), (4, "[1, 2, 1, 2]", true)] as [(Int, String?, Bool)] {
            let run = scratch.path("run\(ranks)")
            func start(_ ranks: Int, _ more: [String]) throws -> ProcessResult {
                try MPIRun.run(
                    executable: "flowtrain", arguments: ["gauge", scratch.path("run.yaml"), "--run", run] + more, ranks: ranks)
            }
            let more = grid.map { ["--set", "run.process_grid=\($0)"] } ?? []
            if stop {
                let stopped = try start(ranks, more + ["--time-limit", "1"])
                #expect(stopped.status == 75, "\(stopped.stderr)")
                // On one rank from here on.
                let result = try start(1, [])
                #expect(result.status == 0, "\(result.stderr)")
            } else {
                let result = try start(ranks, more)
                #expect(result.status == 0, "\(result.stderr)")
            }
            let numbers = try bytes(run)
            let file = try Data(contentsOf: URL(fileURLWithPath: "\(run)/configurations/gauge-00000016.ildg"))
            if let reference {
                #expect(numbers.map(\.bitPattern) == reference.numbers.map(\.bitPattern), "\(ranks) ranks")
                #expect(file == reference.file, "\(ranks) ranks")
            }
            reference = (numbers, file)
            let summary = try String(contentsOfFile: "\(run)/summary.json", encoding: .utf8)
            #expect(summary.contains("\"plaquette\"") && summary.contains("charge_squared_density"))
        }
        let measured = try MPIRun.run(
            executable: "flowtrain",
            arguments: ["measure", scratch.path("run1/gauge.h5"), scratch.path("run1/configurations/gauge-00000016.ildg"), "--flow-time", "0.2"], ranks: nil)
        #expect(measured.status == 0 && measured.stdout.contains("wilson_2x2 = ") && measured.stdout.contains("clover_charge = "), "\(measured.stdout)")
    }

    @Test("a misspelt key and an impossible setting are named")
    func badSettings() throws {
        let scratch = try TemporaryDirectory()
        for (text, word) in [
            ("lattice: {extents: [4, 4]}\ngauge: {beta: 1, overelaxation: 2}", "overrelaxation"),
            ("lattice: {extents: [4, 3]}\ngauge: {beta: 1}", "heat bath: extents [4, 3]"),
            ("lattice: {extents: [4, 4]}\ngauge: {beta: 1, rectangle_coefficient: -0.1}", "use hmc"),
            ("lattice: {extents: [4, 4]}\ngauge: {beta: 1, openqcd_logs: run1}", "su3 in 2 dimensions"),
            ("lattice: {extents: [4, 4, 4, 4]}\ngauge: {beta: 1, algorithm: hmc, openqcd_logs: ../run1}", "wanted a name of letters"),
        ] {
            try text.write(toFile: scratch.path("run.yaml"), atomically: true, encoding: .utf8)
            let result = try MPIRun.run(executable: "flowtrain", arguments: ["gauge", scratch.path("run.yaml"), "--run", scratch.path("run")], ranks: nil)
            #expect(result.status == 65 && result.stderr.contains(word), "\(result.stderr)")
        }
    }
}
