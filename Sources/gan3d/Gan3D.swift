import ArgumentParser
import Batch

struct Gan3D: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gan3d",
        abstract: "Fast calorimeter simulation: showers, adversarial networks that learn them, and the comparison of both with Geant4.",
        discussion: """
            A run is one YAML file and one run directory. Every command writes into the directory, stops cleanly at the time limit
            or on SIGUSR1, and goes on where it stopped when the same command is given again, on any number of ranks, to the same bits.

              mpirun -n 2 gan3d simulate   examples/showers.yaml --run runs/showers
              mpirun -n 2 gan3d preprocess examples/showers.yaml --run runs/showers
              mpirun -n 2 gan3d train      examples/showers.yaml --run runs/showers
              mpirun -n 2 gan3d tune       examples/showers-tuning.yaml --run runs/tuning
              mpirun -n 2 gan3d generate   examples/showers.yaml --run runs/showers
              mpirun -n 2 gan3d validate   examples/showers.yaml runs/showers/showers-0000.h5 reference.h5 --run runs/showers
              gan3d export runs/showers --format onnx

            Exit codes: 0 finished; 75 stopped early, submit again; 64 command line; 65 configuration or input; 70 internal, NaN;
            74 files.
            """,
        version: "didymos \(Provenance.version) (\(Provenance.revision))",
        subcommands: [
            Simulate.self, Preprocess.self, Train.self, Tune.self, Generate.self, Validate.self, Export.self, Import.self, Plan.self,
        ])
}

/// What every command that runs a configuration takes.
struct RunOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The run's settings, YAML.", valueName: "configuration"))
    var configuration: String

    @Option(name: .customLong("run"), help: "Run directory; default: run.directory, else runs/NAME of the configuration.")
    var run: String?

    @Option(name: .customLong("set"), help: ArgumentHelp("Overrides one setting, e.g. --set simulation.events=500. May be repeated.", valueName: "key=value"))
    var overrides: [String] = []

    @Option(name: .customLong("time-limit"), help: ArgumentHelp(TimeLimit.help), transform: TimeLimit.seconds)
    var timeLimit: Double?
}
