import Batch
import Flows
import LatticeFields

/// All sections of a configuration: every command reads them all, so that a misspelt key is found by whichever runs first.
struct Settings {
    let lattice: LatticeSettings
    let simulation: SimulationSettings
    let cluster: ClusterSettings
    let flow: FlowSettings
    let training: TrainingSettings
    let sampling: SamplingSettings

    init(_ configuration: Configuration) throws {
        lattice = try LatticeSettings(configuration)
        simulation = try SimulationSettings(configuration)
        cluster = try ClusterSettings(configuration)
        flow = try FlowSettings(configuration, extents: lattice.extents)
        training = try TrainingSettings(configuration)
        sampling = try SamplingSettings(configuration)
        let execution = try configuration.section("run")
        execution.leave("process_grid")
        try configuration.finish()
    }
}
