import ArgumentParser
import Batch
import Flows
import LatticeFields

struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What a configuration costs: parameters, operations and memory, before a step has run.",
        discussion: """
            With --json one object for programs: for each command that goes step by step, what a step of all ranks together works on (size,
            unit), how it can be shared out (extents of a lattice, or shards), operations, bytes from or to memory, exchanges with the
            neighbours, sums over the ranks, and checkpoints. `scaling predict` reads it.
            """)
    @Argument(help: "The run's settings, YAML.") var configuration: String
    @Option(name: .customLong("set"), help: "Overrides one setting, e.g. --set flow.couplings=8.") var overrides: [String] = []
    @Flag(help: "For programs: steps as JSON.") var json = false

    func run() throws {
        do {
            let configuration = try Batch.Configuration.load(path: configuration, overrides: overrides)
            _ = try configuration.int("seed", default: 1, in: 0...Int.max)
            try LayoutCheck.leaveExecution(configuration)
            let action = try configuration.section("action")
            if action.has("group") { throw FlowError("flowtrain plan is for scalar fields: action.group is \(try action.string("group"))") }
            let settings = try Settings(configuration)
            let flow = try FlowFactory.make(settings.flow, extents: settings.lattice.extents, action: settings.lattice.action)
            let cost = flow.cost
            let batch = Double(settings.training.batch)
            let volume = settings.lattice.extents.reduce(1, *)
            let trajectory = settings.simulation.plan(extents: settings.lattice.extents)
            if json {
                print(StepPlan.json("flowtrain", [("hmc", trajectory), ("train", settings.training.plan(flow))]).prettyText, terminator: "")
                return
            }
            print(
                """
                lattice       \(settings.lattice.extents.map(String.init).joined(separator: "x")), \(volume) sites; action b \(settings.lattice.action.b), c \(settings.lattice.action.c), d \(settings.lattice.action.d)
                flow          \(settings.flow.architecture.rawValue), \(flow.layout.count) parameters in \(flow.layout.tensors.count) tensors
                memory        \(Format.bytes(Double(cost.memoryBytes))) a rank for one shard of 16 samples
                sampling      \(Format.general(cost.samplingOperations, digits: 4)) flop a sample
                training      \(Format.general(cost.trainingOperations * batch, digits: 4)) flop a step of \(settings.training.batch) samples (\(settings.training.batch / 16) shards: use at most as many ranks)
                              \(Format.general(cost.trainingOperations * batch * Double(settings.training.steps), digits: 4)) flop for \(settings.training.steps) steps
                hmc           \(Format.general(trajectory.operations ?? 0, digits: 4)) flop and \(Format.general(trajectory.bytes ?? 0, digits: 4)) bytes a trajectory
                """)
        } catch {
            print("flowtrain plan: \(error)")
            throw ArgumentParser.ExitCode(Batch.ExitCode.badInput.rawValue)
        }
    }
}
