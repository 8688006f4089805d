import ArgumentParser
import Batch
import Flows
import LatticeFields

struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hmc", abstract: "Hybrid Monte Carlo: the classical chain, its observables and its autocorrelations.")
    @OptionGroup var options: RunOptions

    func run() throws {
        options.runJob("hmc") { context, settings in
            try HybridMonteCarloRun(context, lattice: settings.lattice, settings: settings.simulation).run()
        }
    }
}

struct Cluster: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Cluster updates of the signs with Metropolis sweeps of the moduli: the classical comparison without critical slowing down.")
    @OptionGroup var options: RunOptions

    func run() throws {
        options.runJob("cluster") { context, settings in
            try ClusterRun(context, lattice: settings.lattice, settings: settings.cluster).run()
        }
    }
}

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Train a flow by the reverse Kullback-Leibler divergence, data-parallel.")
    @OptionGroup var options: RunOptions

    func run() throws {
        options.runJob("train") { context, settings in
            let flow = try FlowFactory.make(settings.flow, extents: settings.lattice.extents, action: settings.lattice.action)
            return try train(flow, settings, context)
        }
    }

    private func train<Flow: LaneFlow>(_ flow: Flow, _ settings: Settings, _ context: JobContext) throws -> StopReason? {
        let parameters = try FlowFactory.startingParameters(
            of: flow, settings: settings.flow, training: settings.training, context: context)
        return try FlowTrainingRun(
            context, lattice: settings.lattice, settings: settings.training, flow: flow, parameters: parameters
        ).run()
    }
}

struct Sample: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw from the trained flow, verify its density, accept or reject, measure.")
    @OptionGroup var options: RunOptions

    func run() throws {
        options.runJob("sample") { context, settings in
            let flow = try FlowFactory.make(settings.flow, extents: settings.lattice.extents, action: settings.lattice.action)
            return try sample(flow, settings, context)
        }
    }

    private func sample<Flow: LaneFlow>(_ flow: Flow, _ settings: Settings, _ context: JobContext) throws -> StopReason? {
        let parameters = try FlowFactory.trainedParameters(of: flow, context: context)
        return try FlowSamplingRun(
            context, lattice: settings.lattice, settings: settings.sampling, flow: flow, parameters: parameters
        ).run()
    }
}

struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What a configuration costs: parameters, operations and memory, before a step has run.")
    @Argument(help: "The run's settings, YAML.") var configuration: String
    @Option(name: .customLong("set"), help: "Overrides one setting, e.g. --set flow.couplings=8.") var overrides: [String] = []

    func run() throws {
        do {
            let configuration = try Batch.Configuration.load(path: configuration, overrides: overrides)
            _ = try configuration.int("seed", default: 1, in: 0...Int.max)
            for key in ["directory", "time_limit", "stop_margin", "log_level", "tensorboard", "prometheus"] {
                try configuration.section("run").leave(key)
            }
            let settings = try Settings(configuration)
            let flow = try FlowFactory.make(settings.flow, extents: settings.lattice.extents, action: settings.lattice.action)
            let cost = flow.cost
            let batch = Double(settings.training.batch)
            let volume = settings.lattice.extents.reduce(1, *)
            let simulation = settings.simulation
            let forces = Double(simulation.steps * simulation.integrator.forcesPerStep)
            print(
                """
                lattice       \(settings.lattice.extents.map(String.init).joined(separator: "x")), \(volume) sites; action b \(settings.lattice.action.b), c \(settings.lattice.action.c), d \(settings.lattice.action.d)
                flow          \(settings.flow.architecture.rawValue), \(flow.layout.count) parameters in \(flow.layout.tensors.count) tensors
                memory        \(Format.bytes(Double(cost.memoryBytes))) a rank for one shard of 16 samples
                sampling      \(Format.general(cost.samplingOperations, digits: 4)) flop a sample
                training      \(Format.general(cost.trainingOperations * batch, digits: 4)) flop a step of \(settings.training.batch) samples (\(settings.training.batch / 16) shards: use at most as many ranks)
                              \(Format.general(cost.trainingOperations * batch * Double(settings.training.steps), digits: 4)) flop for \(settings.training.steps) steps
                hmc           \(Format.general(forces * Double(volume) * 24, digits: 4)) flop and \(Format.general(forces * Double(volume) * 48, digits: 4)) bytes a trajectory
                """)
        } catch {
            print("flowtrain plan: \(error)")
            throw ArgumentParser.ExitCode(Batch.ExitCode.badInput.rawValue)
        }
    }
}

struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "One HTML page of one or more runs: observables of HMC and flow, training, autocorrelations, cost.")

    @Argument(help: "Run directories; several make the comparison over volumes.")
    var runs: [String]
    @Option(help: "Where to write; default: report.html in the first run directory.") var output: String?

    func run() throws {
        do {
            var report = try FlowReport(directories: runs)
            let path = output ?? "\(runs[0])/report.html"
            try Files.writeAtomically(path, Array(report.html().utf8))
            print("wrote \(path): the methods \(report.agrees ? "agree" : "DISAGREE")")
        } catch {
            print("flowtrain report: \(error)")
            throw ArgumentParser.ExitCode(Batch.ExitCode.badInput.rawValue)
        }
    }

    func validate() throws {
        if runs.isEmpty { throw ValidationError("name at least one run directory") }
    }
}
