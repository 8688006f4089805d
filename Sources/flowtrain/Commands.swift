import AbelianFlows
import ArgumentParser
import Batch
import Flows
import GaugeFields
import LatticeFields
import NonAbelianFlows

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

struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "One HTML page of one or more runs: observables of HMC and flow, training, autocorrelations, cost.")

    @Argument(help: "Run directories; several make the comparison over volumes.")
    var runs: [String]
    @Option(help: "Where to write; default: report.html in the first run directory.") var output: String?
    @Option(help: "U(1): a directory for the plots as SVG files.") var pictures: String?

    func run() throws {
        do {
            if runs.allSatisfy(AbelianReport.holds) {
                return try AbelianMeasure.report(runs, output: output ?? "\(runs[0])/report.html", pictures: pictures)
            }
            let path = output ?? "\(runs[0])/report.html"
            if runs.allSatisfy(NonAbelianReport.holds) {
                let report = try NonAbelianReport(directories: runs)
                try Files.writeAtomically(path, Array(report.html().utf8))
                return print("wrote \(path): log Z and observables \(report.agrees ? "agree" : "DISAGREE") with the closed forms")
            }
            if runs.allSatisfy(GaugeReport.holds) {
                try Files.writeAtomically(path, Array(GaugeReport(directories: runs).html().utf8))
                return print("wrote \(path)")
            }
            var report = try FlowReport(directories: runs)
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
