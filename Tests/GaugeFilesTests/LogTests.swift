import Foundation
import GaugeFiles
import TestSupport
import Testing

@Suite("Logs of openQCD")
struct LogTests {
    /// A flow log whose clover density is E(t) = (0.9 + noise) / (1 + t) on every site, with twice that for the plaquette, and charges of one unit.
    private static func flowLog(measurements: Int, seed: UInt64, slices: Int = 6, spatial: Int = 4) -> [UInt8] {
        var random = SplitMix(state: seed), bytes: [UInt8] = []
        func put<T>(_ value: T) { withUnsafeBytes(of: value) { bytes += $0 } }
        for number in [2, 60, slices] { put(Int32(number).littleEndian) }
        put(0.02)
        for measurement in 1...measurements {
            put(Int32(5 * measurement).littleEndian)
            let noise = Double.random(in: -0.05...0.05, using: &random)
            for block in 0..<3 {
                for n in 0...60 {
                    let t = Double(2 * n) * 0.02
                    let density = (0.9 + noise) / (1 + t) * Double(spatial * spatial * spatial)
                    for slice in 0..<slices {
                        // Slices at the ends feel the boundary.
                        let edge = slice == 0 || slice == slices - 1 ? 3.0 : 1
                        put(block == 2 ? (measurement % 2 == 0 ? 1.0 : -1) / Double(slices) : edge * density * (block == 0 ? 2 : 1))
                    }
                }
            }
        }
        return bytes
    }

    private static func write(_ bytes: [UInt8], _ path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    @Test("t0 and w0 of a flow whose density is known; edges left out; every second trajectory; two chains")
    func scales() throws {
        let directory = try TemporaryDirectory()
        for (chain, seed) in [(1, 3), (2, 4)] as [(Int, UInt64)] { try Self.write(Self.flowLog(measurements: 40, seed: seed), directory.path("r\(chain).ms.dat")) }
        var options = FlowScales.Options(spatialExtent: 4)
        (options.edge, options.range, options.every) = (1, 3, 10)
        let scales = try FlowScales((1...2).map { try FlowLog(directory.path("r\($0).ms.dat")) }, name: "test", options: options)
        #expect(scales.measurements == 40)
        // t^2 a / (1 + t) = 0.3 with a = 0.9.
        let a = 0.9, exact = (0.3 + (0.09 + 4 * a * 0.3).squareRoot()) / (2 * a)
        #expect(abs(scales.t0.mean - exact) < 4 * scales.t0.error + 1e-3 && scales.t0.error > 1e-4 && scales.t0.error < 0.01)
        // t d/dt (t^2 a / (1 + t)) = a t^2 (2 + t) / (1 + t)^2 = 0.3 at w0^2.
        var (low, high) = (0.1, 2.0)
        for _ in 0..<60 {
            let t = (low + high) / 2
            if a * t * t * (2 + t) / ((1 + t) * (1 + t)) < 0.3 { low = t } else { high = t }
        }
        #expect(abs(scales.w0.mean - low.squareRoot()) < 4 * scales.w0.error + 1e-3)
        #expect(abs(scales.squaredCharge.mean - 1) < 1e-12)
    }

    @Test("pyerrors finds the same", .enabled(if: Peers.python(with: ["pyerrors"]) != nil, "pyerrors is not installed"))
    func peer() throws {
        let directory = try TemporaryDirectory()
        try Self.write(Self.flowLog(measurements: 60, seed: 9), directory.path("flowr1.ms.dat"))
        var options = FlowScales.Options(spatialExtent: 4)
        (options.edge, options.range) = (1, 4)
        let scales = try FlowScales([FlowLog(directory.path("flowr1.ms.dat"))], name: "test", options: options)
        let python = try #require(Peers.python(with: ["pyerrors"]))
        let script = """
            import sys, warnings
            warnings.simplefilter("ignore")
            from pyerrors.input import openQCD
            for extract in (openQCD.extract_t0, openQCD.extract_w0):
                found = extract(sys.argv[1], "flow", 5, 1, 4, fit_range=4)
                found.gamma_method()
                print("found", repr(float(found.value)), repr(float(found.dvalue)))
            """
        let result = try ChildProcess([python, "-c", script, directory.path]).wait(timeout: 120)
        #expect(result.status == 0, "\(result.stderr.suffix(2000))")
        let found = result.lines.filter { $0.hasPrefix("found") }.map { $0.split(separator: " ").dropFirst().compactMap { Double($0) } }
        try #require(found.count == 2)
        for (ours, theirs) in zip([scales.t0, scales.w0], found) {
            // Its fit is iterated to about nine digits.
            #expect(abs(ours.mean - theirs[0]) < 1e-8 * theirs[0] && abs(ours.error - theirs[1]) < 1e-5 * theirs[1], "\(ours.mean) \(ours.error) \(theirs)")
        }
    }

    @Test("the sample of openQCD 2: t0 and w0 to ten digits", .enabled(if: TestData.path("lattice/pyerrors_openqcd2r1.ms.dat") != nil, "DIDYMOS_TEST_DATA has no flow log"))
    func sample() throws {
        let path = try #require(TestData.path("lattice/pyerrors_openqcd2r1.ms.dat"))
        var options = FlowScales.Options(spatialExtent: 4)
        (options.range, options.every) = (2, 3)
        let log = try FlowLog(path)
        #expect(log.trajectories == Array(stride(from: 3, through: 27, by: 3)) && log.slices == 4 && log.flowTimes.count == 101)
        let scales = try FlowScales([log], name: path, options: options)
        #expect(abs(scales.t0.mean - 0.3816208266076627) < 1e-10)
        #expect(abs(scales.w0.mean - 0.5220124285820434) < 1e-10)
        let result = try MPIRun.run(
            executable: "flowtrain", arguments: ["log", path, "--spatial-extent", "4", "--range", "2", "--every", "3"], ranks: nil, timeout: 60)
        #expect(result.status == 0 && result.stdout.contains("t0/a^2") && result.stdout.contains("0.38"), "\(result.stdout)\(result.stderr)")
    }

    @Test("a log of trajectories: acceptance, exp(-dH), plaquette")
    func trajectories() throws {
        let directory = try TemporaryDirectory()
        var random = SplitMix(state: 5), bytes: [UInt8] = []
        func put<T>(_ value: T) { withUnsafeBytes(of: value) { bytes += $0 } }
        for n in 1...200 {
            put(Int32(n).littleEndian)
            put(Int32(n % 5 == 0 ? 0 : 1).littleEndian)
            put(Double.random(in: -0.1...0.1, using: &random))
            put(3 * Double.random(in: 0.59...0.61, using: &random))
        }
        try Self.write(bytes, directory.path("run.dat"))
        let log = try TrajectoryLog(directory.path("run.dat"))
        #expect(log.trajectories.count == 200 && log.acceptanceRate == 0.8)
        let plaquette = try log.plaquette(), exponential = try log.exponential()
        #expect(abs(plaquette.mean - 0.6) < 5 * plaquette.error && abs(exponential.mean - 1.0017) < 5 * exponential.error)
        let shown = try MPIRun.run(executable: "flowtrain", arguments: ["log", directory.path("run.dat")], ranks: nil, timeout: 60)
        #expect(shown.status == 0 && shown.stdout.contains("acceptance        0.8000"), "\(shown.stdout)")
        try Self.write(Array(bytes.dropLast(3)), directory.path("cut.dat"))
        let cut = try MPIRun.run(executable: "flowtrain", arguments: ["log", directory.path("cut.dat")], ranks: nil, timeout: 60)
        #expect(cut.status == 65 && cut.stderr.contains("cut.dat") && cut.stderr.contains("multiple of 24"), "\(cut.stderr)")
    }

    @Test("10,000 mutated logs of each kind: read, or refused with a message; never a crash")
    func mutations() throws {
        let directory = try TemporaryDirectory(), path = directory.path("log")
        let flow = Self.flowLog(measurements: 9, seed: 2, slices: 2)
        var trajectories: [UInt8] = []
        for n in 1...20 as ClosedRange<Int32> {
            withUnsafeBytes(of: (n.littleEndian, Int32(1))) { trajectories += $0 }
            withUnsafeBytes(of: (0.01, 1.8)) { trajectories += $0 }
        }
        var random = SplitMix(state: 77), refused = 0
        let file = try #require(FileManager.default.createFile(atPath: path, contents: nil) ? FileHandle(forUpdatingAtPath: path) : nil)
        for round in 0..<20_000 {
            var bytes = round % 2 == 0 ? flow : trajectories
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let end = Bool.random(using: &random) ? min(24, bytes.count) : bytes.count
                bytes[Int.random(in: 0..<end, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Int.random(in: 0..<6, using: &random) == 0 { bytes.removeLast(Int.random(in: 0...bytes.count, using: &random)) }
            try file.seek(toOffset: 0)
            try file.write(contentsOf: bytes)
            try file.truncate(atOffset: UInt64(bytes.count))
            do {
                if round % 2 == 0 {
                    _ = try? FlowScales([FlowLog(path)], name: path, options: FlowScales.Options(spatialExtent: 4))
                    _ = try FlowLog(path)
                } else { _ = try TrajectoryLog(path) }
            } catch let error as GaugeFileError {
                refused += 1
                #expect(error.description.hasPrefix(path) && error.description.count < 600)
            }
        }
        #expect(refused > 4000, "\(refused)")
    }
}
