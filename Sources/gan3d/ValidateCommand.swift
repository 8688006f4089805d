import ArgumentParser
import Batch
import CalorimeterShowers

struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare two shower files, with the reference's halves as the floor: an HTML report, every histogram, a summary.")
    @OptionGroup var options: RunOptions
    @Argument(help: "Showers to judge.") var sample: String
    @Argument(help: "Showers to judge them by.") var reference: String

    func run() throws {
        Job.run(
            name: "gan3d validate", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run,
            timeLimit: options.timeLimit
        ) { context in
            let settings = try Settings(context.configuration)
            return try ValidationRun(
                context, detector: settings.detector, settings: settings.validation, sample: sample, reference: reference
            ).run()
        }
    }
}
