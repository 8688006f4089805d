import Batch
import CalorimeterShowers

/// The sections of a configuration that the commands about showers use. Every command reads them all, so that a misspelt key is found by
/// whichever runs first; sections of the network's commands are left to them.
struct Settings {
    let detector: Calorimeter
    let simulation: SimulationSettings
    let preprocessing: PreprocessingSettings
    let validation: ValidationSettings

    init(_ configuration: Configuration) throws {
        detector = try Calorimeter(configuration)
        simulation = try SimulationSettings(configuration)
        preprocessing = try PreprocessingSettings(configuration)
        validation = try ValidationSettings(configuration)
        configuration.leave("data", "model", "training", "generation", "tuning")
        try configuration.finish()
    }
}
