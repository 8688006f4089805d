import Batch
import Foundation
import GaugeFields
import GaugeFiles
import LatticeFields
import TestSupport
import Testing

@Suite("openQCD's data files")
struct OpenQCDLogTests {
    /// Where sample files lie, by the environment.
    private static let sample = ProcessInfo.processInfo.environment["DIDYMOS_TEST_DATA"].map { "\($0)/lattice/pyerrors_openqcd2r1.ms.dat" }

    @Test(
        "t0 and w0 of pyerrors' sample, to ten digits as pyerrors has them",
        .enabled(if: sample.map { FileManager.default.fileExists(atPath: $0) } ?? false, "no sample data: set DIDYMOS_TEST_DATA"))
    func sampleScales() throws {
        let log = try OpenQCDFlowLog(#require(Self.sample))
        #expect(log.records.map(\.trajectory) == [3, 6, 9, 12, 15, 18, 21, 24, 27])
        #expect(log.times.count == 101 && log.timeSlices == 4)
        let scale = try FlowScale.fitted(times: log.times, energies: log.energies(spaceVolume: 64), points: 2)
        #expect(abs(scale.t0.value / 0.3816208266076627 - 1) < 2e-10, "\(scale.t0.value)")
        #expect(abs(scale.w0.value / 0.5220124285820434 - 1) < 2e-10, "\(scale.w0.value)")
    }

    /// A log in memory: head, then records.
    private func flowLog(records: Int) -> Data {
        var data = Data()
        func put<T>(_ value: T) { withUnsafeBytes(of: value) { data.append(contentsOf: $0) } }
        for number in [Int32(2), 3, 2] { put(number) }
        put(0.5)
        for record in 0..<records {
            put(Int32(10 * (record + 1)))
            for k in 0..<3 * 4 * 2 { put(Double(100 * record + k)) }
        }
        return data
    }

    @Test("numbers come out where they went in; cut, foreign and disordered files are refused")
    func layout() throws {
        let scratch = try TemporaryDirectory()
        let path = scratch.path("run.ms.dat")
        let whole = flowLog(records: 2)
        try whole.write(to: URL(fileURLWithPath: path))
        let log = try OpenQCDFlowLog(path)
        #expect(log.times == [0, 1, 2, 3])
        #expect(log.records[1].wilson == [[100, 101], [102, 103], [104, 105], [106, 107]])
        #expect(log.records[0].charge[3] == [22, 23])
        let wanted: [Double] = [17.0 / 8, 21.0 / 8, 25.0 / 8, 29.0 / 8]
        #expect(try log.energies(spaceVolume: 4)[0] == wanted)
        for length in [0, 19, 20, 21, whole.count - 1] {
            try whole.prefix(length).write(to: URL(fileURLWithPath: path))
            #expect(throws: GaugeFileError.self) { try OpenQCDFlowLog(path) }
        }
        var swapped = whole
        swapped[20] = 30
        try swapped.write(to: URL(fileURLWithPath: path))
        #expect(throws: GaugeFileError.self) { try OpenQCDFlowLog(path) }

        var data = Data()
        for (trajectory, accepted, change, plaquette) in [(Int32(1), Int32(1), 0.25, 1.5), (2, 0, -0.5, 1.75)] {
            withUnsafeBytes(of: trajectory) { data.append(contentsOf: $0) }
            withUnsafeBytes(of: accepted) { data.append(contentsOf: $0) }
            withUnsafeBytes(of: change) { data.append(contentsOf: $0) }
            withUnsafeBytes(of: plaquette) { data.append(contentsOf: $0) }
        }
        try data.write(to: URL(fileURLWithPath: path))
        let run = try OpenQCDRunLog(path)
        #expect(run.records == [
            .init(trajectory: 1, accepted: true, energyChange: 0.25, plaquette: 1.5), .init(trajectory: 2, accepted: false, energyChange: -0.5, plaquette: 1.75),
        ])
        try data.prefix(30).write(to: URL(fileURLWithPath: path))
        #expect(throws: GaugeFileError.self) { try OpenQCDRunLog(path) }
    }
}

@Suite("openQCD's input files")
struct OpenQCDInputTests {
    private static let input = """
        # A pure-gauge run.
        [Run name]
        name         test7

        [Log and data directories]
        log_dir      ./log      # has no counterpart
        dat_dir      ./dat

        [Lattice parameters]
        beta         6.0
        c0           1.6667

        [Boundary conditions]
        type         3

        [Random number generator]
        level        0
        seed         73099

        [Trajectory length]
        tau          2.0

        [MD integrator]
        integrator   OMF4
        nstep        16

        [MD trajectories]
        nth          320
        ntr          32000
        dtr_log      4
        dtr_cnfg     32
        dtr_ms       8

        [Wilson flow]
        integrator   RK3
        eps          2.0e-2
        ntot         100
        dnms         5
        """

    @Test("a run of ym1 becomes settings of `gauge`")
    func translation() throws {
        let text = try OpenQCDInput(Self.input, name: "ym1.in").configuration(extents: [16, 8, 8, 8])
        let configuration = try Configuration(text: text)
        let settings = try GaugeSettings(configuration)
        #expect(settings.extents == [16, 8, 8, 8] && settings.action.beta == 6 && settings.algorithm == .hmc)
        #expect(abs(settings.action.rectangleCoefficient - (1 - 1.6667) / 8) < 1e-12)
        #expect(settings.dynamics == GaugeDynamics(trajectoryLength: 2, steps: 16, integrator: .omelyan4))
        #expect(settings.thermalization == 320 && settings.updates == 31680 && settings.measureEvery == 4 && settings.configurationsEvery == 32)
        #expect(settings.flow.every == 2 && settings.flow.step == 0.02 && settings.flow.stepsPerPoint == 5 && settings.flow.points == 20)
        #expect(try configuration.int("seed") == 73099)
        let open = try OpenQCDInput(Self.input.replacing("type         3", with: "type         0").replacing("1.6667", with: "1"), name: "ym1.in").configuration(extents: [16, 8, 8, 8])
        let ends = try GaugeSettings(Configuration(text: open))
        #expect(ends.boundary == .open && ends.configurationsEvery > 0 && settings.boundary == .periodic)
    }

    @Test("what is unknown or has no counterpart is named", arguments: [
        ("beta ", "betta ", "'betta' in [Lattice parameters]"), ("[MD integrator]", "[MD integrators]", "section '[MD integrators]'"),
        ("type         3", "type         1", "'type' in [Boundary conditions] is 1"), ("type         3", "type         0", "'c0' in [Lattice parameters] is 1.6667"), ("RK3", "EULER", "'integrator' in [Wilson flow] is EULER"),
        ("OMF4", "RKN4", "'integrator' in [MD integrator] is RKN4"), ("nth          320", "nth          33", "nth 33"),
        ("seed         73099", "", "no 'seed'"), ("beta         6.0", "beta         six", "'beta' in [Lattice parameters] is 'six'"),
        ("ntot         100", "ntot         101", "multiple of dnms"), ("[Run name]\n", "", "before the first [section]"),
    ])
    func refusals(old: String, new: String, message: String) throws {
        let text = Self.input.replacing(old, with: new)
        do {
            _ = try OpenQCDInput(text, name: "ym1.in").configuration(extents: [8, 8, 8, 8])
            Issue.record("accepted: \(new)")
        } catch let error as LatticeError {
            #expect(error.description.contains(message), "\(error)")
        }
    }
}
