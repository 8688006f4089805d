import Foundation
import ParallelHDF5
import RadioStreams
import TestSupport
import Testing

@Suite struct SimulateTests {
    private let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    private func simulate(_ run: String, ranks: Int?, _ settings: [String]) throws -> ProcessResult {
        try MPIRun.run(
            executable: "pulsardt", arguments: ["simulate", "--run", directory.path(run)] + settings.flatMap { ["--set", $0] }, ranks: ranks)
    }

    private let small = ["simulation.mode=stream", "stream.duration=0.6", "stream.block=1024", "stream.channels=64", "interference.impulses=5"]

    @Test("frames are the same on 1, 2 and 3 ranks, and finished files are kept")
    func frames() throws {
        func content(_ run: String) throws -> [[Double]] {
            try ["frames-0000.h5", "frames-0001.h5"].flatMap { name in
                try HDF5File.with(.open(directory.path("\(run)/\(name)"), communicator: nil)) { file in
                    try ["frames", "class", "contents", "snr", "dm", "width", "arrival", "frequency", "time"].map { try file.root.read($0, as: Double.self) }
                }
            }
        }
        let settings = ["simulation.frames=70", "simulation.frames_per_file=50", "frames.channels=64", "frames.samples=128"]
        for ranks in 1...3 {
            let result = try simulate("frames\(ranks)", ranks: ranks, settings)
            #expect(result.status == 0, "\(result.stderr)")
        }
        let alone = try content("frames1")
        #expect(alone[0].count == 50 * 64 * 128 && alone[9].count == 20 * 64 * 128)
        #expect(try content("frames2") == alone)
        #expect(try content("frames3") == alone)
        try FileManager.default.removeItem(atPath: directory.path("frames2/frames-0001.h5"))
        let again = try simulate("frames2", ranks: 1, settings)
        #expect(again.status == 0, "\(again.stderr)")
        #expect(try content("frames2") == alone)
        let other = try simulate("frames2", ranks: 1, settings + ["frames.dm=[1, 2]"])
        #expect(other.status == 65 && other.stderr.contains("frames-0000.h5"))
    }

    @Test("a recording is the same file on 1, 2 and 3 ranks, in every format, with truth", arguments: ["stream.fil", "stream.sf", "stream.dada"])
    func streams(_ file: String) throws {
        for ranks in 1...3 {
            let result = try simulate("\(file)\(ranks)", ranks: ranks, small + ["stream.file=\(file)"])
            #expect(result.status == 0, "\(result.stderr)")
        }
        let alone = try Data(contentsOf: URL(fileURLWithPath: directory.path("\(file)1/\(file)")))
        for ranks in 2...3 {
            let found = try Data(contentsOf: URL(fileURLWithPath: directory.path("\(file)\(ranks)/\(file)")))
            #expect(found == alone)
        }
        let reader = try RecordedStream.open(directory.path("\(file)2/\(file)"))
        #expect(reader.header.channels == 64 && reader.header.sampleCount == 5859)
        let pulses = try HDF5File.with(.open(directory.path("\(file)2/truth.h5"), communicator: nil)) { file in
            try file.root.read("pulses/arrival", as: Double.self)
        }
        // Twenty turns a main pulse and an interpulse each.
        #expect(pulses.count >= 36 && pulses.count <= 48)
    }

    @Test("a recording that was killed goes on and is the same file, on another number of ranks")
    func killed() throws {
        let settings = ["simulation.mode=stream", "stream.duration=6", "stream.block=1024", "interference.impulses=5"]
        let whole = try simulate("whole", ranks: 2, settings)
        #expect(whole.status == 0, "\(whole.stderr)")
        let process = try MPIRun.start(
            executable: "pulsardt", arguments: ["simulate", "--run", directory.path("torn")] + settings.flatMap { ["--set", $0] }, ranks: nil)
        let part = directory.path("torn/stream.fil.part")
        let deadline = Date().addingTimeInterval(30)
        var size = 0
        while size < 2_000_000, Date() < deadline {
            size = ((try? FileManager.default.attributesOfItem(atPath: part))?[.size] as? Int) ?? 0
            usleep(2000)
        }
        process.send(SIGKILL)
        _ = process.wait(timeout: 30)
        let wasFaster = FileManager.default.fileExists(atPath: directory.path("torn/stream.fil"))
        // Tear a sample, as a kill within a write does.
        if let handle = FileHandle(forWritingAtPath: part) {
            let end = try handle.seekToEnd()
            try handle.truncate(atOffset: end - 100)
            try handle.close()
        }
        let resumed = try simulate("torn", ranks: 2, settings)
        #expect(resumed.status == 0, "\(resumed.stderr)")
        #expect(resumed.stderr.contains("continues after sample") || wasFaster)
        let files = try ["whole", "torn"].map { try Data(contentsOf: URL(fileURLWithPath: directory.path("\($0)/stream.fil"))) }
        #expect(files[0] == files[1])
        let other = try simulate("torn", ranks: 1, settings + ["seed=99"])
        #expect(other.status == 65 && other.stderr.contains("other settings"))
    }

    @Test("the search finds a recording's strongest pulse where its truth has it, with its signal to noise")
    func search() throws {
        let made = try simulate(
            "found", ranks: 2,
            [
                "simulation.mode=stream", "stream.duration=3", "pulsar.model=b0329+54", "pulsar.frequency=2", "pulsar.flux=4", "pulsar.beam.sparks=0",
                "stages.interference=false", "stages.scintillation=false",
            ])
        #expect(made.status == 0, "\(made.stderr)")
        let searched = try MPIRun.run(
            executable: "pulsardt",
            arguments: ["search", directory.path("found/stream.fil"), "--run", directory.path("search"), "--set", "search.dm_max=60", "--set", "search.images=0"],
            ranks: 1)
        #expect(searched.status == 0, "\(searched.stderr)")
        let truth = try HDF5File.with(.open(directory.path("found/truth.h5"), communicator: nil)) { file in
            try ["arrival", "snr", "width"].map { try file.root.read("pulses/\($0)", as: Double.self) }
        }
        let rows = try String(contentsOfFile: directory.path("search/candidates.csv"), encoding: .utf8).split(separator: "\n")
            .filter { $0.first?.isNumber == true }.map { $0.split(separator: ",").compactMap { Double($0) } }
        let best = try #require(rows.max { $0[0] < $1[0] })
        let nearest = try #require(truth[0].indices.min { abs(truth[0][$0] - best[2]) < abs(truth[0][$1] - best[2]) })
        #expect(abs(truth[0][nearest] - best[2]) < truth[2][nearest])
        #expect(abs(best[5] - 26.7641) < 3)
        // Boxcars of powers of two lose up to a quarter; the noise of one S/N is 1.
        #expect(best[0] > 0.7 * truth[1][nearest] - 3 && best[0] < 1.15 * truth[1][nearest] + 3, "found \(best[0]), true \(truth[1][nearest])")
    }

    @Test("frames open in h5py with axes and units", .enabled(if: PythonPeer.has("h5py"), "peer h5py not installed"))
    func selfDescribing() throws {
        let result = try simulate("h5", ranks: 1, ["simulation.frames=8", "frames.channels=32", "frames.samples=64", "frames.bytes=true"])
        #expect(result.status == 0, "\(result.stderr)")
        let found = try PythonPeer.run(
            """
            import h5py, sys
            with h5py.File(sys.argv[1]) as f:
                d = f["frames"]
                print(d.shape, d.dtype, d.dims[1].label, d.dims[1][0].attrs["units"], d.dims[2].label, sorted(f["class"][:]), f.attrs["dispersion_constant"])
            """, arguments: [directory.path("h5/frames-0000.h5")])
        let text = found.replacingOccurrences(of: "np.uint8(", with: "").replacingOccurrences(of: ")", with: "")
        #expect(text.contains("(8, 32, 64 uint8 frequency MHz time [0, 1, 2, 3, 4, 5, 6, 7] handbook"), "\(found)")
    }

    @Test("a configuration that ships serves all commands that it names", arguments: ["classifier", "unet"]) func shipped(_ name: String) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let example = root.appendingPathComponent("examples/pulsar-\(name).yaml").path
        let run = directory.path("shipped-\(name)")
        let made = try MPIRun.run(executable: "pulsardt", arguments: ["simulate", example, "--run", run, "--set", "stream.duration=0.2"], ranks: nil)
        #expect(made.status == 0, "\(made.stderr)")
        let plan = try MPIRun.run(executable: "pulsardt", arguments: ["plan", "--configuration", example], ranks: nil)
        #expect(plan.status == 0 && plan.stdout.contains("parameters"), "\(plan.stderr)")
        // Past the configuration: the model is not there.
        let command = name == "unet" ? "segment" : "classify"
        let use = try MPIRun.run(
            executable: "pulsardt", arguments: [command, "\(run)/stream.fil", "--configuration", example, "--model", directory.path("none"), "--run", run], ranks: nil)
        #expect(use.stderr.contains("none/model.h5"), "\(use.stderr)")
        let like = try MPIRun.run(
            executable: "pulsardt", arguments: ["generate", "\(run)/stream.fil", "--configuration", example, "--run", run, "--set", "generate.frames=0"], ranks: nil)
        #expect(like.status == 65 && like.stderr.contains("generate.frames"), "\(like.stderr)")
    }

    @Test("the example runs as it is; bad settings are refused by name with the documented code")
    func refusals() throws {
        let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("examples/pulsar-twin.yaml").path
        for more in [["simulation.frames=16"], ["simulation.mode=stream", "stream.duration=0.2"]] {
            let result = try MPIRun.run(
                executable: "pulsardt", arguments: ["simulate", example, "--run", directory.path("example")] + more.flatMap { ["--set", $0] }, ranks: 2)
            #expect(result.status == 0, "\(result.stderr)")
        }
        let cases: [(String, [String])] = [
            ("stages.nois=false", ["nois", "did you mean 'noise'"]), ("telescope.model=effelsburg", ["did you mean 'effelsberg'"]),
            ("frames.snr=[9, 5]", ["frames.snr", "ascending"]), ("frames.samples=100", ["multiple of 16"]), ("frames.bits=3", ["1, 2, 4, 8, 16 or 32"]),
            ("telescope.sampling_time=1.0e-8", ["independent samples"]), ("simulation.mode=movie", ["frames, stream"]),
            ("pulsar.file=/nowhere.yaml", ["/nowhere.yaml"]),
        ]
        for (setting, words) in cases {
            let result = try simulate("bad", ranks: nil, [setting])
            #expect(result.status == 65, "\(setting): \(result.status)")
            for word in words { #expect(result.stderr.contains(word), "\(setting): \(result.stderr)") }
        }
        let format = try simulate("bad", ranks: nil, ["simulation.mode=stream", "stream.file=stream.txt"])
        #expect(format.status == 65 && format.stderr.contains("stream.format"))
        let bits = try simulate("bad", ranks: nil, ["simulation.mode=stream", "stream.bits=1", "stream.channels=3", "stream.duration=0.01"])
        #expect(bits.status == 65 && bits.stderr.contains("whole bytes"))
    }
}
