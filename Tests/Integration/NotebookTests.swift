import Foundation
import ParallelHDF5
import TestSupport
import Testing

/// The notebooks of docs/notebooks on outputs of now, and the tables of docs/ beside the files that they describe.
@Suite("Outputs as the documentation has them")
struct NotebookTests {
    private static let python = Peers.python(with: ["nbclient", "nbformat", "ipykernel", "h5py", "matplotlib", "numpy"])
    private static let docs = "\(SlurmCluster.repository)/docs"

    private static let showers = """
        seed: 5
        detector:
          pads: [10, 10]
          layers: [{repeat: 5, absorber: tungsten, absorber_thickness: 12, active: silicon, active_thickness: 0.5, gap: 2.65}]
        simulation: {events: 64, events_per_file: 32}
        model: {profile: miniature}
        training: {batch: 16, epochs: 1, score_showers: 16}
        generation: {showers: 32}
        """

    /// A run directory with what `make demo` leaves, made from small settings.
    private static let demo = Result { () throws -> FlowtrainCase in
        let run = try FlowtrainCase()
        for command in ["hmc", "cluster", "train", "sample"] {
            let result = try run(command, ranks: 2, ["--set", "training.steps=60", "--set", "cluster.updates=100", "--set", "hmc.configurations_every=25"])
            guard result.status == 0 else { throw ProcessError(description: result.stderr) }
        }
        try showers.write(toFile: run.directory.path("showers.yaml"), atomically: true, encoding: .utf8)
        for command in ["simulate", "preprocess", "train", "generate"] {
            let result = try MPIRun.run(
                executable: "gan3d", arguments: [command, run.directory.path("showers.yaml"), "--run", "\(run.run)/showers"], ranks: 2)
            guard result.status == 0 else { throw ProcessError(description: result.stderr) }
        }
        return run
    }

    private func execute(_ notebook: String, run: String, more: [String: String] = [:]) throws {
        let python = try #require(Self.python)
        let script = """
            import sys, nbformat
            from nbclient import NotebookClient
            book = nbformat.read(sys.argv[1], as_version=4)
            nbformat.validate(book)
            NotebookClient(book, timeout=120, kernel_name="python3").execute()
            pictures = sum("image/png" in output.get("data", {}) for cell in book.cells if cell.cell_type == "code" for output in cell.outputs)
            print(pictures)
            """
        let result = try ChildProcess(
            [python, "-c", script, "\(Self.docs)/notebooks/\(notebook)"],
            environment: [
                "DIDYMOS_RUN": run, "PATH": "\(URL(fileURLWithPath: python).deletingLastPathComponent().path):/usr/bin:/bin", "IPYTHONDIR": "\(run)/.ipython",
            ].merging(more) { $1 }
        ).wait(timeout: 180)
        #expect(result.status == 0, "\(result.stderr.suffix(3000))")
        #expect((Int(result.lines.last ?? "") ?? 0) >= 3, "\(result.stdout)")
    }

    @Test("flows-and-showers.ipynb runs to its end on outputs of flowtrain and gan3d", .enabled(if: python != nil, "nbclient, ipykernel, h5py or matplotlib is not installed"))
    func flowsAndShowers() throws { try execute("flows-and-showers.ipynb", run: Self.demo.get().run) }

    @Test("pulsars-and-glitches.ipynb runs to its end on outputs of pulsardt search and glitchgen scan", .enabled(if: python != nil, "nbclient, ipykernel, h5py or matplotlib is not installed"))
    func pulsarsAndGlitches() throws {
        let directory = try TemporaryDirectory()
        let made = try ChildProcess(
            ["python3", "\(SlurmCluster.repository)/benchmarks/scaling-pulsar-search/make-recording.py", directory.path("noise.fil"), "60000", "64"]
        ).wait(timeout: 60)
        #expect(made.status == 0, "\(made.stderr)")
        let result = try MPIRun.run(
            executable: "pulsardt", arguments: ["search", directory.path("noise.fil"), "--run", directory.path("run"), "--set", "search.dm_max=60"], ranks: 2)
        #expect(result.status == 0, "\(result.stderr)")
        let glitches = directory.path("glitches")
        let small = ["--set", "simulation.duration=128", "--set", "scan.frames=[\(glitches)/frames.ffl]"]
        for command in ["simulate", "scan"] {
            let result = try MPIRun.run(
                executable: "glitchgen", arguments: [command, "\(SlurmCluster.repository)/examples/glitch-scan.yaml", "--run", glitches] + small, ranks: 2)
            #expect(result.status == 0, "\(result.stderr)")
        }
        try execute("pulsars-and-glitches.ipynb", run: directory.path("run"), more: ["DIDYMOS_GLITCHES": glitches])
    }

    @Test("docs/flowtrain.md names every dataset that flowtrain writes")
    func datasets() throws {
        let run = try Self.demo.get()
        let page = try String(contentsOfFile: "\(Self.docs)/flowtrain.md", encoding: .utf8)
        func names(_ group: HDF5Group, _ prefix: String) throws -> [String] {
            try group.memberNames.flatMap { name -> [String] in
                if prefix.isEmpty, name == "parameters" { return ["parameters/…"] }
                if let inner = try? group.group(name) { return try names(inner, prefix + name + "/") }
                return [prefix + name]
            }
        }
        let kept = try FileManager.default.contentsOfDirectory(atPath: "\(run.run)/configurations").sorted()
        for file in ["hmc.h5", "cluster.h5", "flow.h5", "samples.h5", "configurations/\(try #require(kept.first))"] {
            let found = try HDF5File.with(HDF5File.open("\(run.run)/\(file)", communicator: nil)) { try names($0.root, "") }
            #expect(!found.isEmpty)
            for name in found {
                let shown = name.hasPrefix("configurations/") ? String(name.dropFirst("configurations/".count)) : name
                #expect(page.contains("`\(shown)`"), "\(file): \(name)")
            }
        }
    }
}
