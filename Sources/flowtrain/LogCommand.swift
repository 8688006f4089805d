import ArgumentParser
import Batch
import GaugeFiles
import MessagePassing
import Numerics

/// Reads the logs of other programs.
struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "What openQCD's logs say: acceptance and plaquette of .dat, t0, w0 and the charge of .ms.dat.",
        discussion: """
            Errors know about autocorrelations (Gamma method). Flow logs that are named together are independent chains of one ensemble;
            logs of trajectories are shown one by one. t0: t^2 <E> = 0.3; w0^2: t d/dt t^2 <E> = 0.3; both from a line through the
            flow times next to the crossing.

              flowtrain log run1.dat
              flowtrain log run1r1.ms.dat run1r2.ms.dat --spatial-extent 32 --edge 8 --every 10
            """)

    @Argument(help: "Logs: NAME.dat of ym1, NAME.ms.dat of ym1, ym2 or ms3.") var files: [String]
    @Option(name: .customLong("spatial-extent"), help: "Flow logs: extent of the lattice in space.") var spatialExtent: Int?
    @Option(help: "Flow logs: slices left out at either end in time, for open boundaries.") var edge = 0
    @Option(help: "Flow logs: only trajectories that are multiples of this.") var every = 1
    @Option(help: "Flow logs: flow times on either side of the crossing that are fitted.") var range = 5
    @Option(help: "Flow logs: clover or plaquette.") var density = FlowLog.Density.clover

    private var flowLogs: [String] { files.filter { $0.hasSuffix(".ms.dat") } }

    func validate() throws {
        if files.isEmpty { throw ValidationError("name at least one file") }
        if !flowLogs.isEmpty, spatialExtent == nil { throw ValidationError("flow logs do not say the lattice: give --spatial-extent") }
    }

    func run() throws {
        do {
            for file in files where !flowLogs.contains(file) { try show(TrajectoryLog(file), file) }
            guard let spatialExtent, !flowLogs.isEmpty else { return }
            var options = FlowScales.Options(spatialExtent: spatialExtent)
            (options.edge, options.every, options.range, options.density) = (edge, every, range, density)
            let name = flowLogs.joined(separator: ", ")
            let scales = try FlowScales(flowLogs.map { try FlowLog($0) }, name: name, options: options)
            print("\(name): \(scales.measurements) measurements, \(density.rawValue) action density")
            show("t0/a^2", scales.t0)
            show("w0/a", scales.w0)
            show("Q^2 at t = \(Format.general(scales.chargeTime, digits: 6))", scales.squaredCharge)
        } catch {
            Console.writeToError("flowtrain log: \(error)\n")
            throw ArgumentParser.ExitCode((error as? any ExitCoded)?.exitCode ?? Batch.ExitCode.badInput.rawValue)
        }
    }

    private func show(_ log: TrajectoryLog, _ file: String) throws {
        print("\(file): trajectories \(log.trajectories.first ?? 0) to \(log.trajectories.last ?? 0), \(log.trajectories.count) records")
        print("  acceptance        \(Format.fixed(log.acceptanceRate, decimals: 4))")
        show("exp(-dH)", try log.exponential())
        show("plaquette", try log.plaquette())
    }

    private func show(_ name: String, _ found: GammaAnalysis) {
        let padded = name.padding(to: 18)
        print("  \(padded)\(Format.value(found.mean, error: found.error)), tau_int \(Format.value(found.integratedTime, error: found.integratedTimeError))")
    }
}

extension FlowLog.Density: ExpressibleByArgument {}

extension String {
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
