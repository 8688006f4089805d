import ArgumentParser
import Batch

struct Gan3D: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gan3d", abstract: "Fast calorimeter simulation: showers, adversarial networks that learn them, and what these generate.",
        version: "didymos \(Provenance.version) (\(Provenance.revision))",
        subcommands: [Train.self, Generate.self, Plan.self])
}

/// What every command that runs a configuration takes.
struct RunOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The run's settings, YAML.", valueName: "configuration"))
    var configuration: String

    @Option(name: .customLong("run"), help: "Run directory; default: run.directory, else runs/NAME of the configuration.")
    var run: String?

    @Option(name: .customLong("set"), help: ArgumentHelp("Overrides one setting, e.g. --set training.epochs=3. May be repeated.", valueName: "key=value"))
    var overrides: [String] = []

    @Option(name: .customLong("time-limit"), help: "Seconds until the job has to leave; SLURM's own limit is found without it.")
    var timeLimit: Double?
}
