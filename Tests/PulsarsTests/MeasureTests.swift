import Foundation
import ParallelHDF5
import Pulsars
import TestSupport
import Testing

private func pulsardt(_ arguments: [String], ranks: Int?, _ settings: [String] = []) throws -> ProcessResult {
    try MPIRun.run(executable: "pulsardt", arguments: arguments + settings.flatMap { ["--set", $0] }, ranks: ranks)
}

private func results(_ run: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: run + "/summary.json"))
    let whole = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    return try #require(whole?["results"] as? [String: Any])
}

private func measured(_ results: [String: Any], _ name: String) throws -> (value: Double, error: Double) {
    let pair = try #require(results[name] as? [String: Any])
    return (try #require(pair["value"] as? Double), try #require(pair["error"] as? Double))
}

/// Columns of `measurements.h5`.
private func columns(_ run: String, _ names: [String]) throws -> [[Double]] {
    try HDF5File.with(.open(run + "/measurements.h5", communicator: nil)) { file in try names.map { try file.root.read($0, as: Double.self) } }
}

@Suite struct MeasureTests {
    @Test("pulses of the twin are measured within their errors: arrival, DM, scattering, spectral index, period; the same on 1, 2 and 3 ranks and after a stop")
    func twin() throws {
        let directory = try TemporaryDirectory()
        let made = try pulsardt(
            ["simulate", "--run", directory.path("twin")], ranks: 2,
            [
                "simulation.mode=stream", "stream.duration=1.3", "pulsar.model=b0329+54", "pulsar.frequency=10", "pulsar.frequency_derivative=0", "pulsar.flux=25",
                "pulsar.scattering.time=3.0e-3", "stages.emission=false", "stages.interference=false", "stages.scintillation=false", "stages.sky=false",
            ])
        #expect(made.status == 0, "\(made.stderr)")
        let file = directory.path("twin/stream.fil")
        let searched = try pulsardt(
            ["search", file, "--run", directory.path("search")], ranks: 1,
            ["search.dms=[20, 22, 24, 25.5, 26.7, 28, 30]", "search.threshold=10", "search.images=0", "search.widest=64"])
        #expect(searched.status == 0, "\(searched.stderr)")
        let arguments = ["measure", file, "--candidates", directory.path("search/candidates.csv"), "--run"]
        for ranks in 1...3 {
            let result = try pulsardt(arguments + [directory.path("run\(ranks)")], ranks: ranks, ["measure.period=true"])
            #expect(result.status == 0, "\(result.stderr)")
        }
        func table(_ run: String) throws -> String { try String(contentsOfFile: directory.path(run) + "/measurements.csv", encoding: .utf8) }
        let alone = try table("run1")
        #expect(try table("run2") == alone)
        #expect(try table("run3") == alone)
        var (attempts, status): (Int, Int32) = (0, 75)
        while status == 75, attempts < 10 {
            status = try pulsardt(arguments + [directory.path("parts"), "--time-limit", "1"], ranks: attempts % 2 + 1, ["measure.period=true"]).status
            attempts += 1
        }
        #expect(status == 0)
        #expect(try table("parts") == alone)

        let truth = try HDF5File.with(.open(directory.path("twin/truth.h5"), communicator: nil)) { try $0.root.read("pulses/arrival", as: Double.self) }
        let found = try columns(
            directory.path("run1"),
            ["snr", "arrival", "arrival_error", "dm", "dm_error", "scattering", "scattering_error", "spectral_index", "spectral_index_error", "reduced_chi_squared"])
        #expect(found[0].count >= 10 && found[0].count <= 14)
        var pulls: [[Double]] = [[], [], [], []]
        for i in found[0].indices where found[0][i] > 15 {
            let nearest = try #require(truth.min { abs($0 - found[1][i]) < abs($1 - found[1][i]) })
            pulls[0].append((found[1][i] - nearest) / found[2][i])
            pulls[1].append((found[3][i] - 26.7641) / found[4][i])
            if found[5][i] > 0 { pulls[2].append((found[5][i] - 3e-3) / found[6][i]) }
            pulls[3].append((found[7][i] + 1.6) / found[8][i])
            #expect(abs(found[9][i] - 1) < 0.05)
            #expect(found[2][i] < 1e-3 && found[4][i] < 0.5 && found[8][i] < 0.7)
        }
        for (name, values) in zip(["arrival", "dm", "scattering", "spectral index"], pulls) {
            #expect(values.count >= 6, "\(name): \(values.count)")
            #expect(values.allSatisfy { abs($0) < 4.5 }, "\(name): \(values)")
            // Ten and more pulses: beyond 2.6 in one of ten thousand.
            let spread = values.reduce(0) { $0 + $1 * $1 } / Double(max(1, values.count))
            #expect(spread < 2.6 && spread > 0.15, "\(name): \(values)")
        }
        let summary = try results(directory.path("run2"))
        let period = try measured(summary, "period")
        #expect(abs(period.value - 0.1) < 5 * period.error && period.error < 1e-3)
        let line = try measured(summary, "period_of_arrivals")
        #expect(abs(line.value - 0.1) < 4.5 * line.error && line.error < 1e-4)
        #expect(try #require(summary["period_false_alarm"] as? Double) < 1e-6)
    }

    @Test("pulses of frames are measured within their errors")
    func frames() throws {
        let directory = try TemporaryDirectory()
        let made = try pulsardt(
            ["simulate", "--run", directory.path("frames")], ranks: 2,
            [
                "simulation.frames=12", "frames.shares=[0, 1, 0, 0, 0, 0, 0, 0]", "frames.snr=[25, 40]", "frames.dm=[3, 12]", "frames.width=[0.5e-3, 1.5e-3]",
                "frames.scattering=1.0e-9", "frames.visible=1", "stages.emission=false", "stages.scintillation=false",
            ])
        #expect(made.status == 0, "\(made.stderr)")
        let file = directory.path("frames/frames-0000.h5")
        let result = try pulsardt(["measure", file, "--run", directory.path("run")], ranks: 2, ["measure.dm_max=20"])
        #expect(result.status == 0, "\(result.stderr)")
        let truth = try HDF5File.with(.open(file, communicator: nil)) { file in
            try ["dm", "arrival", "width", "snr"].map { try file.root.read($0, as: Double.self) }
        }
        let found = try columns(directory.path("run"), ["dm", "dm_error", "arrival", "arrival_error", "width", "width_error", "snr"])
        #expect(found[0].count == 12)
        var good = 0
        for i in found[0].indices {
            let pulls = [(found[0][i] - truth[0][i]) / found[1][i], (found[2][i] - truth[1][i]) / found[3][i], (found[4][i] - truth[2][i]) / found[5][i]]
            if pulls.allSatisfy({ abs($0) < 4 }), abs(found[6][i] / truth[3][i] - 1) < 0.3 { good += 1 }
        }
        // A pulse at the border of its frame may be known badly.
        #expect(good >= 10, "\(good) of 12")
    }

    @Test("the period of a SIGPROC fake with 250 ms at DM 30", .enabled(if: TestData.path("pulsar/tutorial.fil") != nil, "no test data"))
    func period() throws {
        let directory = try TemporaryDirectory()
        let file = try #require(TestData.path("pulsar/tutorial.fil"))
        let result = try pulsardt(["measure", file, "--run", directory.path("run")], ranks: 2, ["measure.period=true", "measure.period_dm=30"])
        #expect(result.status == 0, "\(result.stderr)")
        let period = try measured(results(directory.path("run")), "period")
        #expect(abs(period.value - 0.25) < 5 * period.error && period.error < 1e-5)
    }

    @Test("the Crab's pulse: arrival and DM 56.77 within errors", .enabled(if: TestData.path("pulsar/parkes/parkes_8bit_1.fil") != nil, "no test data"))
    func crab() throws {
        let directory = try TemporaryDirectory()
        let file = try #require(TestData.path("pulsar/parkes/parkes_8bit_1.fil"))
        // The boxcar of 8 that search finds, samples 1847 to 1854.
        try "snr,sample,filter,dm\n7.2,1851,3,56.77\n".write(toFile: directory.path("one.csv"), atomically: true, encoding: .utf8)
        let result = try pulsardt(["measure", file, "--candidates", directory.path("one.csv"), "--run", directory.path("run")], ranks: 1)
        #expect(result.status == 0, "\(result.stderr)")
        let found = try columns(directory.path("run"), ["snr", "arrival", "arrival_error", "dm", "dm_error", "converged"]).map { $0[0] }
        #expect(found[0] > 6 && found[5] == 1)
        #expect(abs(found[1] - 1851 * 512e-6) < 4 * found[2] + 0.001 && found[2] < 0.003, "\(found)")
        #expect(abs(found[3] - 56.77) < 4 * found[4] && found[4] < 0.6, "\(found)")
    }

    @Test("numpy finds the same S/N of the Crab's pulse, with all channels alike and with weights of ν^-1",
        .enabled(if: TestData.path("pulsar/parkes/parkes_8bit_1.fil") != nil && PythonPeer.has("numpy"), "no test data, or peer numpy not installed"))
    func numpyAgrees() throws {
        let directory = try TemporaryDirectory()
        let file = try #require(TestData.path("pulsar/parkes/parkes_8bit_1.fil"))
        let found = try PythonPeer.run(
            """
            import sys, numpy as np
            x = np.frombuffer(open(sys.argv[1], 'rb').read()[351:], np.uint8).reshape(-1, 832).astype(float)
            x -= x.mean(0)
            v = (x**2).mean(0)
            k, r = (x**4).mean(0) / v**2 - 3, (x[1:] * x[:-1]).mean(0) / v
            kept = np.where((abs(k - np.median(k)) < 0.5) & (abs(r) < 0.1))[0]
            f = 4030 - 4.0 * np.arange(832)
            delay = np.rint(4148.808 * 56.77 * (f**-2 - 4030.0**-2) / 512e-6).astype(int)
            n = len(x) - delay[kept].max()
            for index in 0, -1:
                s = sum(x[delay[c]:delay[c] + n, c] / v[c]**0.5 * f[c]**index for c in kept)
                s -= np.median(s)
                s /= 1.4826 * np.median(abs(s))
                print(*[np.convolve(s, np.ones(w), 'valid')[1820:1870].max() / w**0.5 for w in (8, 16)])
            """, arguments: [file]).split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        try #require(found.count == 4)
        for (k, (index, width)) in [("0", 8), ("0", 16), ("-1", 8), ("-1", 16)].enumerated() {
            let run = directory.path("run\(k)")
            let result = try pulsardt(
                ["search", file, "--run", run], ranks: 1,
                ["search.dms=[56.77]", "search.threshold=5", "search.widest=\(width)", "search.images=0", "search.spectral_index=\(index)"])
            #expect(result.status == 0, "\(result.stderr)")
            let text = try String(contentsOfFile: run + "/candidates.csv", encoding: .utf8)
            var best = 0.0
            for line in text.split(separator: "\n") where line.first?.isNumber == true {
                let row = line.split(separator: ",").compactMap { Double($0) }
                if abs(row[2] - 0.9457) < 0.01 { best = max(best, row[0]) }
            }
            // The search takes the best of boxcars up to the width.
            let wanted = width == 8 ? found[k] : max(found[k], found[k - 1])
            if index == "-1", width == 16 { #expect(best >= 7.3) }
            #expect(abs(best - wanted) < 0.02, "index \(index), width \(width): \(best), numpy \(wanted)")
        }
    }

    @Test("what cannot be measured is said with the documented code")
    func refusals() throws {
        let directory = try TemporaryDirectory()
        let none = try pulsardt(["measure", directory.path("none.fil"), "--candidates", "x.csv", "--run", directory.path("run")], ranks: 2)
        #expect(none.status == 65 && none.stderr.contains("none.fil: cannot read"))
        try "no recording".write(toFile: directory.path("a.fil"), atomically: true, encoding: .utf8)
        let text = try pulsardt(["measure", directory.path("a.fil"), "--run", directory.path("run")], ranks: 1)
        #expect(text.status == 65 && text.stderr.contains("measure.candidates"))
        let wrong = try pulsardt(["measure", directory.path("a.fil"), "--candidates", "x.csv", "--run", directory.path("run")], ranks: 1, ["measure.treshold=3"])
        #expect(wrong.status == 65 && wrong.stderr.contains("did you mean 'threshold'"))
    }
}
