import Foundation
import TestSupport
import Testing

@Suite("Bad input: one message that names what and where, the documented exit code, no hang")
struct BadInputTests {
    /// Runs a command on three ranks and checks code and message, which is said once.
    private func refuse(
        _ configuration: String, command: String = "train", code: Int32 = 65, contains parts: [String], arguments: [String] = []
    ) throws {
        let run = try FlowtrainCase(configuration)
        let result = try run(command, ranks: 3, arguments, timeout: 60)
        #expect(result.status == code, "\(result.stderr)")
        for part in parts { #expect(result.stderr.contains(part), "wanted '\(part)' in: \(result.stderr)") }
        let message = result.stderr.split(separator: "\n").filter { $0.hasPrefix("flowtrain \(command): ") }
        #expect(message.count == 1, "\(result.stderr)")
        for name in ["flow.h5", "hmc.h5", "samples.h5"] { #expect(!FileManager.default.fileExists(atPath: "\(run.run)/\(name)")) }
    }

    @Test("a misspelt key, with the nearest valid one")
    func misspelt() throws {
        try refuse(
            FlowtrainCase.small.replacing("steps: 200", with: "step: 200"), contains: ["run.yaml:6", "unknown key 'step'", "did you mean 'steps'"])
        try refuse(FlowtrainCase.small + "\nsampleing: {samples: 64}", contains: ["sampleing", "sampling"])
    }

    @Test("a wrong type, a value out of range, a batch that is not whole shards")
    func wrongValues() throws {
        try refuse(FlowtrainCase.small.replacing("steps: 200", with: "steps: many"), contains: ["training.steps", "many", "integer"])
        try refuse(FlowtrainCase.small.replacing("steps: 200", with: "steps: 0"), contains: ["training.steps", "0"])
        try refuse(FlowtrainCase.small.replacing("batch: 128", with: "batch: 100"), contains: ["training.batch", "100", "multiple of 16"])
        try refuse(FlowtrainCase.small.replacing("continuous", with: "continous"), contains: ["architecture", "continous", "continuous"])
        try refuse(FlowtrainCase.small.replacing("lambda: 6.975", with: "lambda: -1"), contains: ["action", "-1"])
    }

    @Test("impossible process grids and lattices")
    func grids() throws {
        try refuse(FlowtrainCase.small, command: "hmc", contains: ["2", "3", "rank"], arguments: ["--set", "run.process_grid=[2, 1]"])
        try refuse(FlowtrainCase.small, command: "hmc", contains: ["process grid", "3"], arguments: ["--set", "run.process_grid=[3]"])
        try refuse(FlowtrainCase.small.replacing("[4, 4]", with: "[4, 1]"), command: "hmc", contains: ["lattice.extents", "1"])
        try refuse(
            FlowtrainCase.small.replacing("[4, 4]", with: "[5, 4]").replacing("continuous, harmonics: 2, time_terms: 2, integration_steps: 4", with: "affine"),
            contains: ["5", "even"])
    }

    @Test("no configuration, not YAML, a wrong command line")
    func commandLine() throws {
        let missing = try MPIRun.run(executable: "flowtrain", arguments: ["train", "no-such.yaml"], ranks: 2, timeout: 60)
        #expect(missing.status == 65)
        #expect(missing.stderr.contains("no-such.yaml"))
        try refuse("a: [1, 2", contains: ["run.yaml"])
        let unknown = try MPIRun.run(executable: "flowtrain", arguments: ["trian"], ranks: 2, timeout: 60)
        #expect(unknown.status == 64)
        let help = try MPIRun.run(executable: "flowtrain", arguments: ["--help"], ranks: 2, timeout: 60)
        #expect(help.status == 0)
        #expect(help.stdout.contains("mpirun -n 2 flowtrain hmc"))
    }

    @Test("a sample before a training, and a flow of other settings, name the file and what to do")
    func order() throws {
        try refuse(FlowtrainCase.small, command: "sample", contains: ["flow.h5", "flowtrain train"])
        let run = try FlowtrainCase()
        #expect(try run("train", ranks: 1).status == 0)
        let other = try run("sample", ranks: 2, ["--set", "flow.harmonics=3"])
        #expect(other.status == 65)
        #expect(other.stderr.contains("kernel") && other.stderr.contains("shape"))
        let changed = try run("train", ranks: 2, ["--set", "training.batch=256"])
        #expect(changed.status == 65)
        #expect(changed.stderr.contains("other settings"))
    }

    @Test("a run directory that cannot be made, and one on a full disk")
    func files() throws {
        let run = try FlowtrainCase()
        let denied = try MPIRun.run(
            executable: "flowtrain", arguments: ["hmc", run.directory.path("run.yaml"), "--run", "/proc/no/run"], ranks: 2, timeout: 60)
        #expect(denied.status == 74)
        #expect(denied.stderr.contains("/proc/no"))
    }

    @Test("training that runs away ends with its step, not with NaN weights")
    func divergence() throws {
        try refuse(
            FlowtrainCase.small.replacing("steps: 200,", with: "steps: 200, learning_rate: 9.0, gradient_norm_limit: 1.0e+12, warm_up: 0,"), code: 70,
            contains: ["step", "loss"])
    }
}
