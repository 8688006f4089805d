import ArgumentParser
import Batch
import CalorimeterShowers

struct Preprocess: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Clean, cut, scale and encode shower files into one training file, on all ranks.")
    @OptionGroup var options: RunOptions
    @Argument(help: "Shower files; default: preprocessing.inputs, else what `simulate` left in the run directory.")
    var inputs: [String] = []

    func run() throws {
        Job.run(
            name: "gan3d preprocess", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run,
            timeLimit: options.timeLimit
        ) { context in
            let settings = try Settings(context.configuration)
            return try PreprocessingRun(context, settings: settings.preprocessing, inputs: inputs).run()
        }
    }
}
