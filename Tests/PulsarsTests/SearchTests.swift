import Foundation
import Pulsars
import RadioStreams
import TestSupport
import Testing

/// A recording of noise with pulses whose time, dispersion measure and width are known.
private struct Injected {
    static let constant = DispersionConstant.handbook
    static let samplingTime = 256e-6

    /// Noise of 8 bits in 96 channels with pulses 4 samples wide, two channels with something else, written as SIGPROC.
    static func write(_ path: String, samples: Int, pulses: [(time: Double, measure: Double)]) throws {
        let channels = 96
        var header = StreamHeader(
            frequencies: (0..<channels).map { 1500 - 3 * Double($0) }, channelWidth: -3, samplingTime: samplingTime,
            start: ModifiedJulianDate(59000)!, bits: 8)
        header.source = "injected"
        var random = SplitMix(state: 99)
        var values = [Float](repeating: 0, count: samples * channels)
        for i in values.indices {
            // Sums of uniform numbers are normal enough: excess kurtosis -0.2.
            var sum: Float = 0
            for _ in 0..<6 { sum += Float(UInt32(truncatingIfNeeded: random.next())) * 0x1p-32 - 0.5 }
            values[i] = 96 + 17 * sum
        }
        for t in 0..<samples {
            values[t * channels + 30] = t % 64 < 8 ? 250 : 20
            values[t * channels + 31] = 77
        }
        for pulse in pulses {
            for c in 0..<channels {
                let delay = constant.delay(dispersionMeasure: pulse.measure, frequency: header.frequencies[c], reference: 1500)
                let first = Int(((pulse.time + delay) / samplingTime).rounded())
                for t in first..<min(samples, first + 4) where t >= 0 { values[t * channels + c] += 10 }
            }
        }
        let writer = try RecordedStream.create(path, format: .sigproc, header: header)
        try writer.append(values, rowCount: channels)
        try writer.finish()
    }
}

/// The lines of `candidates.csv` as numbers.
private func candidates(_ run: String) throws -> [[Double]] {
    let text = try String(contentsOfFile: run + "/candidates.csv", encoding: .utf8)
    return text.split(separator: "\n").filter { $0.first?.isNumber == true }.map { $0.split(separator: ",").compactMap { Double($0) } }
}

private func search(_ recording: String, _ run: String, ranks: Int?, _ settings: [String] = [], _ more: [String] = []) throws -> ProcessResult {
    try MPIRun.run(
        executable: "pulsardt", arguments: ["search", recording, "--run", run] + settings.flatMap { ["--set", $0] } + more, ranks: ranks)
}

@Suite struct SearchTests {
    private let pulses = [(time: 0.4, measure: 40.0), (time: 2.1, measure: 150.0), (time: 4.19, measure: 90.0)]
    private let settings = ["search.gulp=8192", "search.dm_max=200", "search.widest=64", "search.images=2"]

    @Test func pulsesAreFoundWhereTheyAreWithTheSameBitsOnAnyNumberOfRanks() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path("a.fil")
        // The third pulse straddles the border of a gulp, at 4.194 s.
        try Injected.write(file, samples: 24000, pulses: pulses)
        var tables: [String] = []
        for ranks in [1, 2, 3] {
            let result = try search(file, directory.path("run\(ranks)"), ranks: ranks, settings)
            #expect(result.status == 0, "\(result.stderr)")
            tables.append(try String(contentsOfFile: directory.path("run\(ranks)/candidates.csv"), encoding: .utf8))
        }
        #expect(tables[0] == tables[1] && tables[0] == tables[2])
        #expect(tables[0].contains("handbook, 4148.808"))
        let found = try candidates(directory.path("run1"))
        #expect(found.count == 3)
        // 94 channels, 4 samples, 10 of a deviation of 12.0: S/N 10 / 12.0 * sqrt(94 * 4) = 16.1, less what the noise and its estimate take.
        for (candidate, pulse) in zip(found, pulses) {
            #expect(candidate.count == 9)
            #expect(abs(candidate[2] - pulse.time - 2 * Injected.samplingTime) <= 2 * Injected.samplingTime)
            #expect(abs(candidate[5] - pulse.measure) <= 1.5)
            #expect(candidate[0] > 13 && candidate[0] < 19)
            #expect(candidate[3] == 2)
        }
        let images = try FileManager.default.contentsOfDirectory(atPath: directory.path("run1/candidates"))
        #expect(images.count == 2)
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path("run3/candidates"))
        #expect(Set(names) == Set(images))
    }

    @Test func aSearchStoppedBetweenGulpsGoesOnToTheSameTable() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path("a.fil")
        try Injected.write(file, samples: 24000, pulses: pulses)
        let settings = settings + ["search.gulp=4096"]
        #expect(try search(file, directory.path("whole"), ranks: 1, settings).status == 0)
        // With no time left, each attempt does one gulp.
        var attempts = 0
        var status: Int32 = 75
        while status == 75, attempts < 30 {
            status = try search(file, directory.path("parts"), ranks: attempts % 2 + 1, settings, ["--time-limit", "1"]).status
            attempts += 1
        }
        #expect(status == 0 && attempts > 3)
        func table(_ run: String) throws -> String { try String(contentsOfFile: directory.path(run) + "/candidates.csv", encoding: .utf8) }
        #expect(try table("parts") == table("whole"))
    }

    @Test func standardInputIsSearchedAsTheFileIs() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path("a.fil")
        try Injected.write(file, samples: 12000, pulses: [pulses[0]])
        #expect(try search(file, directory.path("file"), ranks: nil, settings).status == 0)
        let command = "'\(MPIRun.product("pulsardt"))' search - --run '\(directory.path("pipe"))' " + settings.map { "--set \($0)" }.joined(separator: " ")
        let result = try ChildProcess(["bash", "-c", "cat '\(file)' | \(command)"], environment: MPIRun.environment).wait(timeout: 60)
        #expect(result.status == 0, "\(result.stderr)")
        #expect(try candidates(directory.path("file")) == candidates(directory.path("pipe")))
    }

    @Test func whatCannotBeSearchedIsSaidOnceWithTheRightCode() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path("a.fil")
        try Injected.write(file, samples: 1000, pulses: [])
        let missing = try search(directory.path("none.fil"), directory.path("run"), ranks: 2)
        #expect(missing.status == 74)
        #expect(missing.stderr.components(separatedBy: "none.fil: cannot read").count == 2)
        #expect(try search(file, directory.path("run"), ranks: 1, ["search.dm_maximum=3"]).status == 65)
        #expect(try search(file, directory.path("run"), ranks: 1, ["search.dm_min=300"]).status == 65)
        try "no recording at all".write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try search(file, directory.path("run"), ranks: 1).status == 65)
    }

    @Test(.enabled(if: PythonPeer.has("h5py"), "peer h5py not installed"))
    func picturesAreWhatFETCHReads() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path("a.fil")
        try Injected.write(file, samples: 12000, pulses: [(time: 1, measure: 80)])
        #expect(try search(file, directory.path("run"), ranks: nil, settings).status == 0)
        let lines = try PythonPeer.run(
            """
            import sys, glob, h5py, numpy as np
            f = h5py.File(glob.glob(sys.argv[1] + '/candidates/*.h5')[0])
            ft, dt = f['data_freq_time'], f['data_dm_time']
            print(ft.shape, dt.shape, ft.dims[0].label, ft.dims[1].label, dt.dims[0].label, dt.dims[1].label)
            s = np.array(ft).sum(1)
            print(abs(int(s.argmax()) - 128) <= 2, abs(int(np.array(dt).max(1).argmax()) - 128) <= 4)
            print(round(f.attrs['dm']), f.attrs['dispersion_constant'], f.attrs['label'])
            """, arguments: [directory.path("run")]).split(separator: "\n")
        #expect(lines == ["(256, 256) (256, 256) time frequency dm time", "True True", "80 handbook -1"])
    }

    @Test(.enabled(if: TestData.path("pulsar/parkes/parkes_8bit_1.fil") != nil, "no test data"))
    func theCrabShowsItsPulse() throws {
        let directory = try TemporaryDirectory()
        let file = try #require(TestData.path("pulsar/parkes/parkes_8bit_1.fil"))
        let run = directory.path("run")
        let result = try search(
            file, run, ranks: 2,
            ["search.dms=[0, 50, 56, 56.5, 56.77, 57, 57.5, 60]", "search.threshold=5.5", "search.widest=8", "search.images=1"])
        #expect(result.status == 0, "\(result.stderr)")
        let found = try candidates(run)
        let best = try #require(found.max { $0[0] < $1[0] })
        // A boxcar of 8 over the valid samples of 746 channels; numpy gives the same 6.86.
        #expect(abs(best[0] - 6.86) < 0.02)
        #expect(best[5] == 56.77)
        #expect(abs(best[2] - 0.9457) < 0.003)
        #expect(!found.contains { $0[5] == 0 && abs($0[2] - 0.9457) < 0.02 })
        let summary = try String(contentsOfFile: run + "/summary.json", encoding: .utf8)
        #expect(summary.contains("\"channels_kept_last\": 746"))
    }
}
