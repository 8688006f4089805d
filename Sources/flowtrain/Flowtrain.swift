import ArgumentParser
import Batch

struct Flowtrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flowtrain",
        abstract: "Lattice field theory: Monte Carlo, and normalising flows that sample it.",
        discussion: """
            A run is one YAML file and one run directory. Every command writes into the directory, stops cleanly at the time limit
            or on SIGUSR1, and goes on from its newest good checkpoint when the same command is given again, on any number of
            ranks, to the same bits.

              mpirun -n 2 flowtrain hmc    examples/phi4-8x8.yaml --run runs/phi4
              mpirun -n 2 flowtrain train  examples/phi4-8x8.yaml --run runs/phi4
              mpirun -n 2 flowtrain sample examples/phi4-8x8.yaml --run runs/phi4
              mpirun -n 2 flowtrain cluster examples/phi4-8x8.yaml --run runs/phi4
              mpirun -n 2 flowtrain gauge  examples/su3-8x8x8x8.yaml --run runs/su3
              mpirun -n 2 flowtrain train  examples/su3-2d-16x16.yaml --run runs/su3-2d
              flowtrain report runs/phi4
              mpirun -n 2 flowtrain health

            Exit codes: 0 finished; 75 stopped early with a good checkpoint, submit again; 64 command line; 65 configuration or
            input; 70 internal, NaN; 74 files.
            """,
        version: "didymos \(Provenance.version) (\(Provenance.revision))",
        subcommands: [
            Simulate.self, Cluster.self, HeatBath.self, Gauge.self, Train.self, Sample.self, Combine.self, Anneal.self, Measure.self, Plan.self, Report.self, Check.self,
            Convert.self, OpenQCDLogCommand.self, OpenQCDInputCommand.self, CatalogueCommand.self, Health.self,
        ])
}

/// What every command that runs a configuration takes.
struct RunOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The run's settings, YAML.", valueName: "configuration"))
    var configuration: String

    @Option(name: .customLong("run"), help: "Run directory; default: run.directory, else runs/NAME of the configuration.")
    var run: String?

    @Option(name: .customLong("set"), help: ArgumentHelp("Overrides one setting, e.g. --set training.steps=500. May be repeated.", valueName: "key=value"))
    var overrides: [String] = []

    @Option(name: .customLong("time-limit"), help: ArgumentHelp(TimeLimit.help), transform: TimeLimit.seconds)
    var timeLimit: Double?

    /// Runs `command` as a job on all ranks, with all sections of the configuration read.
    func runJob(_ command: String, _ body: (JobContext, Settings) throws -> StopReason?) -> Never {
        Job.run(
            name: "flowtrain \(command)", configuration: configuration, overrides: overrides, runDirectory: run, timeLimit: timeLimit
        ) { context in
            if let reason = try AbelianCommands.run(command, context) { return reason }
            if let reason = try NonAbelianCommands.run(command, context) { return reason }
            return try body(context, Settings(context.configuration))
        }
    }
}
