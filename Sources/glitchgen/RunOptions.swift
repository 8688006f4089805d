import ArgumentParser
import Batch

/// What every command that is a batch job takes.
struct RunOptions: ParsableArguments {
    @Argument(help: "Settings, YAML.") var configuration: String
    @Option(name: .customLong("run"), help: "Run directory; default: run.directory, else runs/NAME of the configuration.") var run: String?
    @Option(name: .customLong("set"), help: ArgumentHelp("Overrides one setting, e.g. --set scan.threshold=7. May be repeated.", valueName: "key=value"))
    var overrides: [String] = []
    @Option(name: .customLong("time-limit"), help: ArgumentHelp(TimeLimit.help), transform: TimeLimit.seconds) var timeLimit: Double?
}
