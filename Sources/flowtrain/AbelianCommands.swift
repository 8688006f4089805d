import AbelianFields
import AbelianFlows
import ArgumentParser
import Batch
import Flows
import LatticeFields

/// All sections of a U(1) configuration: every command reads them all, so that a misspelt key is found by whichever runs first.
struct AbelianJobSettings {
    let lattice: AbelianSettings
    let simulation: SimulationSettings
    let heatBath: HeatBathSettings
    let flow: PlaquetteFlowSettings
    let training: TrainingSettings
    let sampling: SamplingSettings
    let combination: CombinedSettings
    let anneal: AnnealedSettings

    init(_ configuration: Batch.Configuration) throws {
        lattice = try AbelianSettings(configuration)
        simulation = try SimulationSettings(configuration)
        heatBath = try HeatBathSettings(configuration)
        flow = try PlaquetteFlowSettings(configuration)
        training = try TrainingSettings(configuration)
        sampling = try SamplingSettings(configuration)
        combination = try CombinedSettings(configuration)
        anneal = try AnnealedSettings(configuration)
        // Known here, or done one way only: saying otherwise would change nothing.
        for (section, key, reason) in [
            ("training", "log_partition", "log Z of U(1) is known"), ("training", "path_gradient", "the prior has it, the couplings do not"),
            ("sampling", "refinements", "flow.quadrature is what refines"),
        ] where try configuration.section(section).has(key) {
            throw AbelianError("\(section).\(key) is not for U(1): \(reason); remove it")
        }
        try configuration.section("run").leave("process_grid")
        try configuration.finish()
    }
}

/// The commands of configurations with `action.group: u1`.
enum AbelianCommands {
    /// Runs a command of U(1); nil where the configuration is of another theory. *Collective.*
    static func run(_ command: String, _ context: JobContext) throws -> StopReason?? {
        guard try AbelianSettings.isChosen(in: context.configuration) else { return .none }
        let settings = try AbelianJobSettings(context.configuration)
        let reason: StopReason?
        switch command {
        case "hmc":
            reason = try AbelianChainRun(context, settings: settings.lattice, method: .hybridMonteCarlo(settings.simulation)).run()
        case "heatbath":
            reason = try AbelianChainRun(context, settings: settings.lattice, method: .heatBath(settings.heatBath)).run()
        case "train":
            reason = try PlaquetteTrainingRun(context, settings: settings.lattice, flow: settings.flow, training: settings.training).run()
        case "sample":
            reason = try PlaquetteSamplingRun(context, settings: settings.lattice, flow: settings.flow, sampling: settings.sampling).run()
        case "combine":
            reason = try CombinedRun(context, settings: settings.lattice, flow: settings.flow, combination: settings.combination).run()
        case "anneal":
            reason = try AnnealedRun(context, settings: settings.lattice, anneal: settings.anneal).run()
        default: throw AbelianError("flowtrain \(command) is not for U(1): action.group is u1")
        }
        return .some(reason)
    }
}

struct Combine: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "U(1) chains of hybrid Monte Carlo trajectories and a trained flow's proposals in turn.",
        discussion: """
            Sixteen chains in a vector, shared among the ranks. An iteration is `combine.proposals` independence proposals of the flow in the run
            directory, each accepted with min(1, w'/w), and `combine.trajectories` trajectories; either may be 0. The output is NAME.h5 for
            `combine.output: NAME`, so one run directory holds the chains to be compared:

              mpirun -n 2 flowtrain train   u1.yaml --run runs/u1
              mpirun -n 2 flowtrain combine u1.yaml --run runs/u1
              mpirun -n 2 flowtrain combine u1.yaml --run runs/u1 --set combine.proposals=0 --set combine.output=hmc-alone
              flowtrain report runs/u1
            """)
    @OptionGroup var options: RunOptions

    func run() throws {
        options.runJob("combine") { _, _ in throw AbelianError("flowtrain combine is for U(1): wanted action.group: u1 in the configuration") }
    }
}

struct Anneal: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A stochastic flow of U(1) links from beta 0: Monte Carlo at rising beta, accepted or rejected by the work that was done.",
        discussion: """
            Links are drawn exactly at beta 0 and go through `anneal.stages` values of beta, `anneal.trajectories` trajectories at each. Samples are independent;
            exp(-work) is their weight, so that log Z and every mean are exact however few the stages are, and more stages make weights more alike. No training:
            what a trained flow is to be compared with.

              mpirun -n 2 flowtrain anneal u1.yaml --run runs/u1
              mpirun -n 2 flowtrain anneal u1.yaml --run runs/u1-long --set anneal.stages=1024
              flowtrain report runs/u1
            """)
    @OptionGroup var options: RunOptions

    func run() throws {
        options.runJob("anneal") { _, _ in throw AbelianError("flowtrain anneal is for U(1): wanted action.group: u1 in the configuration") }
    }
}

struct HeatBath: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heatbath", abstract: "Heat bath with over-relaxation of gauge links (action.group: u1): every link from its exact conditional density.")
    @OptionGroup var options: RunOptions

    func run() throws {
        options.runJob("heatbath") { _, _ in throw AbelianError("flowtrain heatbath is for gauge links: wanted action.group: u1 in the configuration") }
    }
}
