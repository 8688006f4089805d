import Foundation
import Glibc
import Numerics
import ParallelHDF5
import PulsarKernels
import PulsarTwin
import RadioStreams
import TestSupport
import Testing

/// A recording whose noise, carriers and impulses are known.
private enum KnownRecording {
    static let channels = 64
    static let correlation: Float = 0.15
    static let carrier = (channel: 20, samples: 1024..<3072, level: Float(2))
    /// On and off, always.
    static let keyed = 40
    static let dead = 7
    static let impulses = [1500, 5000, 7700]

    static func mean(_ c: Int) -> Float { 60 + Float(c) }
    static func deviation(_ c: Int) -> Float { 10 + Float(c) / 8 }

    static func write(_ path: String, samples: Int = 8192, bits: Int = 8) throws {
        var header = StreamHeader(
            frequencies: (0..<channels).map { 1527.5 - 5 * Double($0) }, channelWidth: -5, samplingTime: 512e-6, start: ModifiedJulianDate(59000)!, bits: bits)
        header.source = "known"
        let stream = RandomStream(seed: 8, purpose: .test)
        var rows = [Float](repeating: 0, count: samples * channels)
        for c in 0..<channels {
            var noise = [Float](repeating: 0, count: samples)
            EmpiricalNoiseKernel.series(&noise, count: samples, correlation: correlation, stream: stream, epoch: 0, number: UInt64(c))
            for t in 0..<samples {
                var value = noise[t]
                if c == carrier.channel, carrier.samples.contains(t) { value += carrier.level }
                if c == keyed, t % 64 < 32 { value += 4 }
                for middle in impulses where abs(t - middle) < 2 { value += 1.5 }
                let number = c == dead ? 33 : mean(c) + deviation(c) * value
                rows[t * channels + c] = bits == 8 ? max(0, min(255, number.rounded())) : number
            }
        }
        let writer = try RecordedStream.create(path, format: .sigproc, header: header)
        try writer.append(rows, rowCount: channels)
        try writer.finish()
    }
}

private func generate(_ recording: String, _ run: String, ranks: Int?, _ settings: [String] = []) throws -> ProcessResult {
    try MPIRun.run(
        executable: "pulsardt", arguments: ["generate", recording, "--run", run] + settings.flatMap { ["--set", $0] }, ranks: ranks)
}

private func results(_ run: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: run + "/summary.json"))
    let whole = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    return try #require(whole?["results"] as? [String: Any])
}

@Suite struct EmpiricalTests {
    private let small = ["frames.samples=128", "generate.frames=48", "generate.frames_per_file=32", "learn.cleaning.correlation=0.3"]

    @Test("the kernel is its plain references: a correlated series, and numbers by a table of quantiles with signals before the digitiser")
    func kernel() {
        let stream = RandomStream(seed: 3, purpose: .test)
        for correlation in [0, 0.3, -0.6, 0.95] as [Float] {
            var own = [Float](repeating: 0, count: 112)
            EmpiricalNoiseKernel.series(&own, count: 112, correlation: correlation, stream: stream, epoch: 4, number: 9)
            let plain = EmpiricalNoiseKernel.referenceSeries(count: 112, correlation: Double(correlation), stream: stream, epoch: 4, number: 9)
            for (a, b) in zip(own, plain) { #expect(abs(Double(a) - b) < 2e-5) }
            var common = own
            EmpiricalNoiseKernel.series(&common, count: 112, correlation: 0.9, stream: stream, epoch: 5, number: 0)
            let table = LearnedRecording.table((0..<1000).map { Float($0 % 100) }.sorted(), rounds: true)
            let signal = (0..<112).map { Float($0 % 7 - 3) }
            for rounds in [false, true] {
                let channel = EmpiricalNoiseKernel.Channel(commonShare: 0.2, deviation: 12, lowest: 0, highest: 90, rounds: rounds)
                var values = signal
                EmpiricalNoiseKernel.detect(&values, count: 112, own: own, common: common, channel: channel, table: table)
                let wanted = EmpiricalNoiseKernel.referenceDetect(signal, own: own, common: common, channel: channel, table: table)
                // Where a number lies between two codes, rounding may go either way.
                let apart = zip(values, wanted).count { abs(Double($0) - $1) > 1e-3 }
                #expect(apart <= (rounds ? 1 : 0))
            }
        }
    }

    @Test("the table gives back each code as often as it was there, of 1, 2 and 8 bits; of numbers without steps, their distribution (chi-square, false alarms 1e-3)")
    func tables() {
        let stream = RandomStream(seed: 6, purpose: .test)
        let count = 40_000
        var own = [Float](repeating: 0, count: count)
        EmpiricalNoiseKernel.series(&own, count: count, correlation: 0, stream: stream, epoch: 0, number: 0)
        let none = [Float](repeating: 0, count: count)
        for shares in [[0.7, 0.3], [0.1, 0.4, 0.35, 0.15], (0..<60).map { exp(-0.5 * pow((Double($0) - 25) / 6, 2)) }] as [[Double]] {
            let whole = shares.reduce(0, +)
            let sorted = shares.enumerated().flatMap { code, share in [Float](repeating: Float(code), count: Int((share / whole * 100_000).rounded())) }
            let table = LearnedRecording.table(sorted, rounds: true)
            var values = none
            let channel = EmpiricalNoiseKernel.Channel(commonShare: 0, deviation: 1, lowest: 0, highest: Float(shares.count - 1), rounds: true)
            EmpiricalNoiseKernel.detect(&values, count: count, own: own, common: none, channel: channel, table: table)
            var (chi, freedom) = (0.0, -1)
            for code in shares.indices {
                let expected = Double(sorted.count { $0 == Float(code) }) / Double(sorted.count) * Double(count)
                guard expected >= 10 else { continue }
                let found = Double(values.count { $0 == Float(code) })
                chi += (found - expected) * (found - expected) / expected
                freedom += 1
            }
            #expect(Statistics.chiSquaredSurvival(chi, degreesOfFreedom: max(1, freedom)) > 1e-3, "\(shares.count) codes: \(chi) for \(freedom)")
        }
        let skewed = (0..<20_000).map { -log(1 - (Float($0) + 0.5) / 20_000) }
        var values = none
        EmpiricalNoiseKernel.detect(
            &values, count: count, own: own, common: none,
            channel: EmpiricalNoiseKernel.Channel(commonShare: 0, deviation: 1, lowest: -1, highest: 100, rounds: false),
            table: LearnedRecording.table(skewed, rounds: false))
        #expect(Statistics.kolmogorovSmirnov(values.map(Double.init)) { 1 - exp(-max(0, $0)) }.probability > 1e-3)
    }

    @Test("noise, carriers, impulses and dead channels of a known recording are learnt, and made noise is like it", arguments: [8, 32])
    func known(_ bits: Int) throws {
        let directory = try TemporaryDirectory()
        let (file, run) = (directory.path("known.fil"), directory.path("run"))
        try KnownRecording.write(file, bits: bits)
        let result = try generate(file, run, ranks: 2, small + ["learn.check_frames=64"])
        #expect(result.status == 0, "\(result.stderr)")
        let found = try results(run)
        #expect(found["channels_dead"] as? Int == 1)
        #expect(found["channels_clean"] as? Int == 61 || found["channels_clean"] as? Int == 62)
        // 64 made frames of 128 against 8192 recorded numbers: five standard errors of the largest of 62 channels.
        let error = (1 / 8192.0 + 1 / 8192.0).squareRoot()
        #expect(try #require(found["check_mean_largest"] as? Double) < 5 * error * 1.2)
        #expect(try #require(found["check_deviation_largest"] as? Double) < 5 * error / 2.0.squareRoot() * 1.2)
        #expect(try #require(found["check_correlation_largest"] as? Double) < 5 * error)
        #expect(try #require(found["check_distance_beyond"] as? Double) < 0.1)
        try HDF5File.with(.open(run + "/learned.h5", communicator: nil)) { learned in
            let root = learned.root
            let states = try root.read("state", as: UInt8.self)
            #expect(states[KnownRecording.dead] == 2 && states[KnownRecording.keyed] == 1)
            for (name, wanted) in [("mean", KnownRecording.mean), ("deviation", KnownRecording.deviation)] {
                let values = try root.read(name, as: Double.self)
                for c in 0..<64 where states[c] == 0 && c != KnownRecording.carrier.channel {
                    #expect(abs(values[c] - Double(wanted(c))) < 6 * Double(KnownRecording.deviation(c)) / 8192.0.squareRoot() * 1.2, "\(name) of channel \(c)")
                }
            }
            let correlations = try root.read("correlation", as: Double.self)
            for c in 0..<64 where states[c] == 0 && c != KnownRecording.carrier.channel { #expect(abs(correlations[c] - 0.15) < 6 / 8192.0.squareRoot()) }
            let first = try root.read("carriers/first_channel", as: Int64.self)
            let samples = try root.read("carriers/sample", as: Int64.self)
            let levels = try root.read("carriers/level", as: Float.self)
            let passing = first.indices.filter { first[$0] == 20 }
            #expect(Set(passing.map { Int(samples[$0]) }).isSuperset(of: stride(from: 1024, to: 3072, by: 128)))
            for k in passing { #expect(abs(levels[k] - 2) < 0.6) }
            // The keyed carrier is in every window.
            #expect(first.count { $0 == 40 } >= 60)
            #expect(first.count { $0 != 20 && $0 != 40 } <= 4)
            let impulses = try root.read("impulses/sample", as: Int64.self)
            #expect(impulses.count == 3)
            for (k, middle) in KnownRecording.impulses.enumerated() where k < impulses.count { #expect(abs(Int(impulses[k]) - middle) <= 3) }
        }
    }

    @Test("frames are the same on 1, 2 and 3 ranks, a missing file is made again, every class shows what it says, and train takes them")
    func frames() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path("known.fil")
        try KnownRecording.write(file)
        try "# a comment\nsnr,sample,time,filter,dm_trial,dm,members,begin,end\n12,100,0.05,2,3,30,5,98,104\n20,900,0.46,3,3,30,5,890,910\n"
            .write(toFile: directory.path("candidates.csv"), atomically: true, encoding: .utf8)
        let settings = small + ["learn.candidates=\(directory.path("candidates.csv"))"]
        func content(_ run: String) throws -> [[Double]] {
            try ["frames-0000.h5", "frames-0001.h5"].flatMap { name in
                try HDF5File.with(.open(directory.path("\(run)/\(name)"), communicator: nil)) { file in
                    try ["frames", "class", "snr", "dm", "width", "arrival", "frequency"].map { try file.root.read($0, as: Double.self) }
                }
            }
        }
        for ranks in 1...3 {
            let result = try generate(file, directory.path("run\(ranks)"), ranks: ranks, settings)
            #expect(result.status == 0, "\(result.stderr)")
        }
        let alone = try content("run1")
        #expect(alone[0].count == 32 * 64 * 128 && alone[7].count == 16 * 64 * 128)
        #expect(try content("run2") == alone)
        #expect(try content("run3") == alone)
        try FileManager.default.removeItem(atPath: directory.path("run2/frames-0001.h5"))
        #expect(try generate(file, directory.path("run2"), ranks: 3, settings).status == 0)
        #expect(try content("run2") == alone)
        let other = try generate(file, directory.path("run2"), ranks: 1, settings + ["learn.threshold=7"])
        #expect(other.status == 65 && other.stderr.contains("frames-0000.h5"))
        // Four frames of each class; pulses like the candidates.
        for k in 0..<8 { #expect(alone[1].count { $0 == Double(k) } == 4) }
        for (k, measure) in zip(alone[1], alone[3]) { #expect(measure == (Int(k) & 1 == 1 ? 30 : 0)) }
        #expect(alone[0].allSatisfy { $0 >= 0 && $0 <= 255 && $0 == $0.rounded() })
        let trained = try MPIRun.run(
            executable: "pulsardt",
            arguments: [
                "train", "--run", directory.path("trained"), "--set", "data.frames=\(directory.path("run1/frames-0000.h5"))", "--set", "training.steps=2", "--set",
                "training.batch=16", "--set", "training.validation_frames=16", "--set", "data.validation_share=0.3",
            ], ranks: 1)
        #expect(trained.status == 0, "\(trained.stderr)")
    }

    @Test("made noise of the Crab recording has its channels' levels, deviations, correlations and distributions",
        .enabled(if: TestData.path("pulsar/parkes/parkes_8bit_1.fil") != nil, "no test data"), arguments: [("parkes_8bit_1.fil", 576), ("parkes_4bit.fil", 576), ("parkes_1bit.fil", 576), ("parkes_4bit.sf", 160)])
    func crab(_ name: String, _ firstChannel: Int) throws {
        let directory = try TemporaryDirectory()
        let file = try #require(TestData.path("pulsar/parkes/\(name)"))
        let result = try generate(file, directory.path("run"), ranks: 1, ["generate.frames=1", "frames.channels=256", "learn.first_channel=\(firstChannel)"])
        #expect(result.status == 0, "\(result.stderr)")
        let found = try results(directory.path("run"))
        // 16 frames against 4096 recorded numbers; neighbours in time are nearly independent.
        let error = (2 / 4096.0).squareRoot()
        #expect(try #require(found["check_mean_largest"] as? Double) < 5 * error)
        #expect(try #require(found["check_deviation_largest"] as? Double) < 5 * error)
        #expect(try #require(found["check_correlation_largest"] as? Double) < 5 * error)
        #expect(try #require(found["check_distance_beyond"] as? Double) < 0.05)
        #expect(try #require(found["carriers"] as? Int) > 0)
    }

    @Test("what cannot be learnt from is said with the documented code")
    func refusals() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path("known.fil")
        try KnownRecording.write(file, samples: 700)
        let cases: [(String, [String], Int32)] = [
            ("frames.samples=256", ["found 700 samples", "4 frames of 256"], 65), ("frames.channels=65", ["found 64 channels", "frames.channels"], 65),
            ("learn.start=700", ["learn.start"], 65), ("learn.candidates=/nowhere.csv", ["/nowhere.csv"], 74), ("learn.treshold=3", ["did you mean 'threshold'"], 65),
            ("learn.cleaning.correlation=0", ["no channel that holds noise alone"], 65),
        ]
        for (setting, words, code) in cases {
            let result = try generate(file, directory.path("run"), ranks: 2, (setting.contains("samples") ? [] : ["frames.samples=128"]) + ["learn.cleaning.correlation=0.3", setting])
            #expect(result.status == code, "\(setting): \(result.status) \(result.stderr)")
            for word in words { #expect(result.stderr.contains(word), "\(setting): \(result.stderr)") }
        }
        try "snr,sample\n1,2\n".write(toFile: directory.path("bad.csv"), atomically: true, encoding: .utf8)
        let bad = try generate(file, directory.path("run"), ranks: 1, ["frames.samples=128", "learn.cleaning.correlation=0.3", "learn.candidates=\(directory.path("bad.csv"))"])
        #expect(bad.status == 65 && bad.stderr.contains("bad.csv: line 1") && bad.stderr.contains("wanted filter"))
    }
}
