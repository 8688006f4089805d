import Batch
import Flows
import GaugeKernels
import NonAbelianFlows

/// All sections of a configuration of flows of SU(2) and SU(3): every command reads them all, so that a misspelt key is found by whichever runs first.
struct NonAbelianJobSettings {
    let lattice: NonAbelianSettings
    let training: TrainingSettings
    let sampling: SamplingSettings

    init(_ configuration: Batch.Configuration) throws {
        lattice = try NonAbelianSettings(configuration)
        training = try TrainingSettings(configuration)
        sampling = try SamplingSettings(configuration)
        // Known here, or done one way only: saying otherwise would change nothing.
        for (section, key, reason) in [
            ("training", "log_partition", "log Z is known"), ("training", "path_gradient", "it is the only gradient here"),
            ("sampling", "refinements", "nothing is integrated numerically"),
            ("sampling", "configurations_every", "links of samples are not kept"),
        ] where try configuration.section(section).has(key) {
            throw FlowError("\(section).\(key) is not for flows of \(lattice.group): \(reason); remove it")
        }
        try configuration.section("run").leave("process_grid")
        try configuration.finish()
    }
}

/// The commands of configurations with `action.group: su2` or `su3`.
enum NonAbelianCommands {
    /// Runs a command of SU(2) or SU(3); nil where the configuration is of another theory. *Collective.*
    static func run(_ command: String, _ context: JobContext) throws -> StopReason?? {
        guard try NonAbelianSettings.isChosen(in: context.configuration) else {
            let action = try context.configuration.section("action")
            guard !action.has("group") else { throw FlowError("'action.group' is '\(try action.string("group"))', wanted u1, su2 or su3") }
            return .none
        }
        let settings = try NonAbelianJobSettings(context.configuration)
        let reason: StopReason?
        switch command {
        case "train": reason = try NonAbelianTrainingRun(context, settings: settings.lattice, training: settings.training).run()
        case "sample": reason = try NonAbelianSamplingRun(context, settings: settings.lattice, sampling: settings.sampling).run()
        default:
            throw FlowError(
                "flowtrain \(command) is not for \(settings.lattice.group), which action.group is; wanted `train` or `sample`, or `flowtrain gauge`, which makes configurations of SU(2) and SU(3) by heat bath and hybrid Monte Carlo")
        }
        return .some(reason)
    }
}
