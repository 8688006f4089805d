import ArgumentParser
import Batch
import CalorimeterShowers
import ShowerNetworks

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Train the networks of a profile on showers in HDF5, data-parallel.")
    @OptionGroup var options: RunOptions

    func run() throws {
        Job.run(
            name: "gan3d train", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run,
            timeLimit: options.timeLimit
        ) { context in
            context.configuration.leave("detector", "simulation", "preprocessing", "validation", "generation", "tuning")
            return try ShowerTrainingRun(context, settings: ShowerTrainingSettings(context.configuration)).run()
        }
    }
}

struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Showers of a trained model, in the CLIC or the CaloChallenge's layout.",
        discussion: """
            generation.model is a model file or a run directory of `train`, of which
            the best epoch is taken. generation.layout: clic writes ECAL, energy,
            theta and sum, as the training files have them; calochallenge writes
            incident_energies and showers in MeV, in rings and sectors about the
            axis of the window, with the binning as XML beside it.
            """)
    @OptionGroup var options: RunOptions

    func run() throws {
        Job.run(
            name: "gan3d generate", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run,
            timeLimit: options.timeLimit
        ) { context in
            context.configuration.leave("simulation", "preprocessing", "validation", "tuning")
            let detector = try Calorimeter(context.configuration)
            return try ShowerGenerationRun(context, settings: ShowerGenerationSettings(context.configuration, padSize: detector.padSize)).run()
        }
    }
}
