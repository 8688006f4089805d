import Foundation
import GaugeFields
import GaugeFiles
import TestSupport
import Testing

/// What users of openQCD are used to: their input file, their data files, their way to stop and to go on.
@Suite("openQCD's manner of work")
struct OpenQCDMannerTests {
    private let scratch: TemporaryDirectory

    init() throws { scratch = try TemporaryDirectory() }

    private static let input = """
        [Run name]
        name     ym1r1
        [Lattice parameters]
        beta     5.7
        c0       1.0
        [Boundary conditions]
        type     3
        [Random number generator]
        level    0
        seed     73
        [Trajectory length]
        tau      0.5
        [MD integrator]
        integrator OMF2
        nstep    3
        [MD trajectories]
        nth      4
        ntr      28
        dtr_log  1
        dtr_cnfg 4
        dtr_ms   2
        [Wilson flow]
        integrator RK3
        eps      0.02
        ntot     60
        dnms     5

        """

    private func gauge(_ more: [String] = [], run: String = "run", ranks: Int) throws -> ProcessResult {
        try Self.input.write(toFile: scratch.path("ym1.in"), atomically: true, encoding: .utf8)
        return try MPIRun.run(
            executable: "flowtrain", arguments: ["gauge", "ym1.in", "--lattice", "4x4x4x4", "--run", run] + more, ranks: ranks, workingDirectory: scratch.path)
    }

    private func data(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: scratch.path(name))) }

    @Test("ym1's input file is taken as it is; NAME.dat and NAME.ms.dat have the same bytes on any ranks, stopped and gone on with or not")
    func logs() throws {
        #expect(try gauge(run: "whole", ranks: 1).status == 0)
        // Each takes one trajectory, and leaves: less is left than its margin.
        for k in 0..<7 { #expect(try gauge(["--time-limit", "1"], run: "parts", ranks: 1 + k % 3).status == 75) }
        #expect(try data("parts/ym1r1.dat").count == 3 * OpenQCDRunLog.recordBytes)
        // A record that no checkpoint has seen, as a kill leaves it.
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.path("parts/ym1r1.dat")))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(OpenQCDRunLog.Record(trajectory: 9999, accepted: true, energyChange: 0, plaquette: 0).bytes.dropLast(3)))
        try handle.close()
        #expect(try gauge(run: "parts", ranks: 2).status == 0)
        for name in ["ym1r1.dat", "ym1r1.ms.dat"] { #expect(try data("whole/\(name)") == data("parts/\(name)"), "\(name)") }
        let log = try OpenQCDRunLog(scratch.path("whole/ym1r1.dat"))
        #expect(log.records.map(\.trajectory) == Array(5...28))
        #expect(log.records.allSatisfy { (0.5...3).contains($0.plaquette) && abs($0.energyChange) < 5 })
        #expect(try data("whole/ym1r1.dat~") == data("whole/ym1r1.dat"))
        let flow = try OpenQCDFlowLog(scratch.path("whole/ym1r1.ms.dat"))
        #expect(flow.records.map(\.trajectory) == Array(stride(from: 6, through: 28, by: 2)) && flow.timeSlices == 4 && flow.times.count == 13)
    }

    @Test(
        "pyerrors' t0 of NAME.ms.dat is ours", .enabled(if: PythonPeer.has("pyerrors"), "peer pyerrors not installed"))
    func pyerrors() throws {
        #expect(try gauge(ranks: 2).status == 0)
        let script = """
            import sys, os, warnings
            warnings.filterwarnings("ignore")
            import contextlib, io
            import pyerrors as pe
            with contextlib.redirect_stdout(io.StringIO()):
                t0 = pe.input.openQCD.extract_t0(sys.argv[1], "ym1", dtr_read=2, xmin=0, spatial_extent=4, fit_range=2, postfix="ms")
            print(repr(float(t0.value)))
            """
        guard let theirs = try? Double(PythonPeer.run(script, arguments: [scratch.path("run")]).trimmingCharacters(in: .whitespacesAndNewlines)) else {
            Issue.record("pyerrors does not read the file")
            return
        }
        let log = try OpenQCDFlowLog(scratch.path("run/ym1r1.ms.dat"))
        let ours = try FlowScale.fitted(times: log.times, energies: log.energies(spaceVolume: 64), points: 2).t0.value
        #expect(abs(ours / theirs - 1) < 1e-8, "\(ours), pyerrors \(theirs)")
    }

    @Test("a continuation with other parameters is refused by naming them; existing data files without a checkpoint are not overwritten")
    func refusals() throws {
        #expect(try gauge(ranks: 1).status == 0)
        let other = try gauge(["--set", "gauge.beta=6", "--set", "gauge.steps=5"], ranks: 2)
        #expect(other.status == 65, "\(other.stderr)")
        #expect(other.stderr.contains("gauge.beta is 5.7 there, 6 here; gauge.steps is 3 there, 5 here"), "\(other.stderr)")
        try FileManager.default.removeItem(atPath: scratch.path("run/checkpoints"))
        let again = try gauge(ranks: 2)
        #expect(again.status == 65 && again.stderr.contains("ym1r1.dat: is there already"), "\(again.stderr)")
        let bare = try MPIRun.run(executable: "flowtrain", arguments: ["gauge", "ym1.in", "--run", "other"], ranks: 2, workingDirectory: scratch.path)
        #expect(bare.status == 65 && bare.stderr.contains("--lattice 16x8x8x8"), "\(bare.stderr)")
    }

    @Test("check --ranks lays a run out without MPI, and says what does not fit")
    func layout() throws {
        try Self.input.write(toFile: scratch.path("ym1.in"), atomically: true, encoding: .utf8)
        try "lattice: {extents: [8, 8]}\ngauge: {beta: 1, betta: 2}\n".write(toFile: scratch.path("bad.yaml"), atomically: true, encoding: .utf8)
        try "lattice: {extents: [8, 6]}\naction: {group: u1, beta: 1}\n".write(toFile: scratch.path("u1.yaml"), atomically: true, encoding: .utf8)
        func check(_ arguments: String...) throws -> ProcessResult {
            try MPIRun.run(executable: "flowtrain", arguments: ["check"] + arguments, ranks: nil, workingDirectory: scratch.path)
        }
        let good = try check("-n", "512", "ym1.in", "u1.yaml", "--lattice", "16x16x16x16")
        #expect(good.stdout.contains("ym1.in: good for 512 ranks") && good.stdout.contains("process grid 8x4x4x4, blocks of 2x4x4x4"), "\(good.stdout)")
        #expect(good.status == 65 && good.stderr.contains("512 ranks cannot share a lattice of 8x6 sites"), "\(good.stderr)")
        try "lattice: {extents: [8, 8]}\naction: {group: su3, beta: 5}\ntraining: {batch: 64}\n".write(toFile: scratch.path("flow.yaml"), atomically: true, encoding: .utf8)
        let flow = try check("-n", "6", "flow.yaml")
        #expect(flow.status == 0 && flow.stdout.contains("4 shards of 16 samples a step: 2 ranks would have none"), "\(flow.stdout)\(flow.stderr)")
        let uneven = try check("--ranks", "5", "u1.yaml")
        #expect(uneven.status == 0 && uneven.stdout.contains("uneven"), "\(uneven.stdout)")
        let bad = try check("-n", "4", "bad.yaml")
        #expect(bad.status == 65 && bad.stderr.contains("betta") && bad.stderr.contains("beta"), "\(bad.stderr)")
    }
}
