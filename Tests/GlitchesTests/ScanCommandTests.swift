import Foundation
import Frames
import Glitches
import ParallelHDF5
import Segments
import TestSupport
import Testing

@Suite("glitchgen simulate and scan")
struct ScanCommandTests {
    /// A run of `glitchgen` in a directory of its own.
    struct Case {
        let directory: TemporaryDirectory
        var run: String { directory.path("run") }

        static let settings = """
            seed: 4
            simulation: {duration: 256, frame: 32, strain: {rate: 2048}, checkpoint_every: 2}
            scan:
              frames: [FRAMES]
              strain: V1:Hrec_hoft_2048Hz
              unsafe: ["V1:LSC_DAR?"]
              frequencies: [10, 500]
              checkpoint_every: 4
            """

        init(_ text: String = settings, frames: String? = nil) throws {
            directory = try TemporaryDirectory()
            let list = frames ?? directory.path("run/frames.ffl")
            try text.replacingOccurrences(of: "FRAMES", with: list).write(toFile: directory.path("run.yaml"), atomically: true, encoding: .utf8)
        }

        func callAsFunction(_ command: String, ranks: Int?, _ more: String...) throws -> ProcessResult {
            try MPIRun.run(executable: "glitchgen", arguments: [command, directory.path("run.yaml"), "--run", run] + more, ranks: ranks, timeout: 180)
        }

        func text(_ name: String) throws -> String { try String(contentsOfFile: "\(run)/\(name)", encoding: .utf8) }

        func frames() throws -> [String: Data] {
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(run)/frames")
            return Dictionary(uniqueKeysWithValues: try names.map { ($0, try Data(contentsOf: URL(fileURLWithPath: "\(run)/frames/\($0)"))) })
        }

        /// Numbers that say everything about the triggers.
        func triggers() throws -> [Double] {
            try HDF5File.with(HDF5File.open("\(run)/triggers.h5", communicator: nil)) { file in
                let group = try file.root.group("triggers")
                return try ["energy", "frequency", "q", "begin", "end"].flatMap { try group.read($0, as: Double.self) }
                    + group.read("time_nanoseconds", as: Int32.self).map(Double.init) + group.read("channel", as: Int32.self).map(Double.init)
            }
        }
    }

    static let witnesses = ["V1:ASC_DIFFp_TX", "V1:ENV_CEB_MIC", "V1:LSC_PRCL", "V1:SDB2_B8_PD"]

    @Test("the same bytes on 1, 2 and 3 ranks; every coupled witness is found, no other channel, the unsafe one is only listed")
    func whole() throws {
        var frames: [String: Data]?
        var results: (String, String, [Double])?
        for ranks in 1...3 {
            let run = try Case()
            let simulated = try run("simulate", ranks: ranks)
            #expect(simulated.status == 0, "\(simulated.stderr)")
            let written = try run.frames()
            #expect(written.count == 8 && written == frames ?? written, "\(ranks) ranks")
            frames = written
            let scanned = try run("scan", ranks: ranks)
            #expect(scanned.status == 0, "\(scanned.stderr)")
            let found = (try run.text("channels.csv"), try run.text("rounds.csv"), try run.triggers())
            #expect(found.0 == results?.0 ?? found.0 && found.1 == results?.1 ?? found.1 && found.2 == results?.2 ?? found.2, "\(ranks) ranks")
            results = found
            if ranks > 1 { continue }
            let lines = found.0.split(separator: "\n").dropFirst().map { $0.split(separator: ",").map(String.init) }
            // The swing behind the scattered light is coupled, too; whether a scan above 10 Hz sees it is left open.
            #expect(lines.filter { $0.last == "witness" && $0[0] != "V1:SDB2_LVDT_Z" }.map { $0[0] }.sorted() == Self.witnesses, "\(found.0)")
            #expect(lines.filter { $0.last == "unsafe" }.map { $0[0] } == ["V1:LSC_DARM"])
            let rounds = found.1.split(separator: "\n").dropFirst().map { String($0.split(separator: ",")[1]) }
            #expect(rounds.count >= 3 && Set(rounds).isSubset(of: Self.witnesses + ["V1:SDB2_LVDT_Z"]), "\(found.1)")
            #expect(try run.text("scan.html").contains("V1:SDB2_B8_PD"))
            let flags = try LIGOLightWeight.read(path: "\(run.run)/vetoes.xml")
            #expect(flags.count == rounds.count && flags.allSatisfy { !$0.active.isEmpty && $0.active.duration < $0.known.duration / 4 })
            try truth(run)
        }
    }

    /// Strain triggers are where the truth says, within 0.2 s, for every glitch above 15.
    private func truth(_ run: Case) throws {
        let loud = try HDF5File.with(HDF5File.open("\(run.run)/truth.h5", communicator: nil)) { file -> [Double] in
            let events = try file.root.group("events")
            let (seconds, nanoseconds) = (try events.read("time_seconds", as: Int64.self), try events.read("time_nanoseconds", as: Int32.self))
            let (ratio, family) = (try events.read("strain_snr", as: Double.self), try events.read("family", as: Int32.self))
            return seconds.indices.filter { ratio[$0] > 15 && family[$0] != 2 }.map { Double(seconds[$0] - 1_266_624_000) + Double(nanoseconds[$0]) * 1e-9 }
        }
        let found = try HDF5File.with(HDF5File.open("\(run.run)/triggers.h5", communicator: nil)) { file -> [Double] in
            let group = try file.root.group("triggers")
            let (seconds, nanoseconds) = (try group.read("time_seconds", as: Int64.self), try group.read("time_nanoseconds", as: Int32.self))
            let channel = try group.read("channel", as: Int32.self)
            return seconds.indices.filter { channel[$0] == 0 }.map { Double(seconds[$0] - 1_266_624_000) + Double(nanoseconds[$0]) * 1e-9 }
        }
        let missed = loud.filter { time in time > 1 && time < 250 && !found.contains { abs($0 - time) < 0.2 } }
        #expect(loud.count > 10 && missed.count <= loud.count / 10, "\(missed.count) of \(loud.count) missed")
    }

    @Test("stopped and continued on another number of ranks: the same results")
    func continued() throws {
        let undisturbed = try Case()
        let settings = ["--set", "simulation.duration=96"]
        #expect(try undisturbed("simulate", ranks: 1, settings[0], settings[1]).status == 0)
        #expect(try undisturbed("scan", ranks: 1).status == 0)
        let run = try Case(frames: "\(undisturbed.run)/frames.ffl")
        let stopped = try run("scan", ranks: 2, "--time-limit", "29")
        #expect(stopped.status == 75, "\(stopped.stderr)")
        let finished = try run("scan", ranks: 3)
        #expect(finished.status == 0 && finished.stderr.contains("continues after block"), "\(finished.stderr)")
        #expect(try run.text("channels.csv") == undisturbed.text("channels.csv"))
        #expect(try run.triggers() == undisturbed.triggers())
    }

    @Test("a damaged file and a missing one are named and their time is left out, the same on 1 and 2 ranks")
    func damagedFiles() throws {
        let run = try Case()
        #expect(try run("simulate", ranks: 2, "--set", "simulation.duration=128").status == 0)
        let damaged = "\(run.run)/frames/V-DIDYMOS_TWIN-1266624032-32.gwf"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: damaged))
        for place in stride(from: 5000, to: bytes.count - 5000, by: 1000) { bytes[place] ^= 0x55 }
        try bytes.write(to: URL(fileURLWithPath: damaged))
        try FileManager.default.removeItem(atPath: "\(run.run)/frames/V-DIDYMOS_TWIN-1266624096-32.gwf")
        var reference: String?
        for ranks in [1, 2] {
            let other = try Case(frames: "\(run.run)/frames.ffl")
            let result = try other("scan", ranks: ranks)
            #expect(result.status == 0 && result.stderr.contains("passed over") && result.stderr.contains(damaged), "\(result.stderr)")
            #expect(result.stderr.contains("1266624096-32.gwf"))
            let table = try other.text("channels.csv")
            #expect(table == reference ?? table)
            reference = table
            // Of 20 segments of 6 s new data each, those are left that lie in the first and the third file whole.
            let livetime = Double(table.split(separator: "\n")[1].split(separator: ",")[2]) ?? 0
            #expect(livetime > 30 && livetime < 62, "\(livetime)")
        }
    }

    @Test("wrong input: one message that says what to do, code 65")
    func wrong() throws {
        let run = try Case(frames: "/nowhere/V-X-1266624000-32.gwf")
        let missing = try run("scan", ranks: nil)
        #expect(missing.status == 65 && missing.stderr.contains("/nowhere/V-X-1266624000-32.gwf"), "\(missing)")
        let unknown = try run("scan", ranks: nil, "--set", "scan.treshold=5")
        #expect(unknown.status == 65 && unknown.stderr.contains("did you mean 'threshold'"), "\(unknown)")
        let frame = try run("simulate", ranks: nil, "--set", "simulation.frame=33")
        #expect(frame.status == 65 && frame.stderr.contains("simulation.frame"), "\(frame)")
        let directory = try TemporaryDirectory()
        try "not a frame".write(toFile: directory.path("V-T-1266624000-32.gwf"), atomically: true, encoding: .utf8)
        let damaged = try run("scan", ranks: nil, "--frames", directory.path("V-T-1266624000-32.gwf"))
        #expect(damaged.status == 65 && damaged.stderr.contains("V-T-1266624000-32.gwf"), "\(damaged)")
    }

    @Test("GWOSC's HDF5 and its frame file are the same strain; the event is found", .enabled(if: TestData.path("gw/H-H1_LOSC_4_V2-1126259446-32.hdf5") != nil, "DIDYMOS_TEST_DATA is not set"))
    func openData() throws {
        let hdf5 = try #require(TestData.path("gw/H-H1_LOSC_4_V2-1126259446-32.hdf5"))
        let gwf = try #require(TestData.path("gw/H-H1_LOSC_4_V2-1126259446-32.gwf"))
        let (a, b) = (try ChannelArchive([hdf5]), try ChannelArchive([gwf]))
        let (first, second) = (try #require(a.channels.first), try #require(b.channel("H1:LOSC-STRAIN")))
        #expect(first.name == "H1:GWOSC-STRAIN" && first.rate == 4096 && a.extent == b.extent)
        let start = try #require(GPSTime("1126259450.5"))
        let (x, y) = (try a.samples(first, from: start, count: 8192), try b.samples(second, from: start, count: 8192))
        #expect(x == y && x.allSatisfy(\.isFinite))
        let edge = try a.samples(first, from: try #require(GPSTime("1126259445")), count: 8192)
        #expect(edge.prefix(4096).allSatisfy(\.isNaN) && edge.suffix(4096).allSatisfy(\.isFinite))
        let quality = try #require(try GWOSCFile(hdf5).dataQuality())
        #expect(quality.names.contains("DATA") && quality.mask.count == 32)

        let copied = try TemporaryDirectory()
        let output = copied.path("H-STRAIN-1126259446-32.gwf")
        let copy = try MPIRun.run(executable: "glitchgen", arguments: ["frames", "copy", hdf5, "--output", output], ranks: nil)
        #expect(copy.status == 0, "\(copy)")
        #expect(try FrameFile(path: output).series("H1:GWOSC-STRAIN").samples == FrameFile(path: gwf).series("H1:LOSC-STRAIN").samples)
        let show = try MPIRun.run(executable: "glitchgen", arguments: ["frames", "show", hdf5], ranks: nil)
        #expect(show.status == 0 && show.stdout.contains("DATA: 32 of 32 s"), "\(show)")

        let run = try Case("seed: 1\nscan: {frames: [FRAMES], strain: 'H1:GWOSC-STRAIN', frequencies: [20, 500]}", frames: hdf5)
        let result = try run("scan", ranks: 2)
        #expect(result.status == 0, "\(result.stderr)")
        let times = try HDF5File.with(HDF5File.open("\(run.run)/triggers.h5", communicator: nil)) { file in
            let group = try file.root.group("triggers")
            return zip(try group.read("time_seconds", as: Int64.self), try group.read("time_nanoseconds", as: Int32.self)).map {
                Double($0 - 1_126_259_462) + Double($1) * 1e-9
            }
        }
        #expect(times.contains { abs($0 - 0.42) < 0.05 }, "\(times)")
    }
}
