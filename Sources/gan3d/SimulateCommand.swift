import ArgumentParser
import Batch
import CalorimeterShowers

struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Parametrised electromagnetic showers in a sampling calorimeter, written in the CLIC layout.")
    @OptionGroup var options: RunOptions

    func run() throws {
        Job.run(
            name: "gan3d simulate", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run,
            timeLimit: options.timeLimit
        ) { context in
            let settings = try Settings(context.configuration)
            return try SimulationRun(context, detector: settings.detector, settings: settings.simulation).run()
        }
    }
}
