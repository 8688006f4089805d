import ArgumentParser
import Batch
import GaugeFields
import GaugeFiles
import LatticeFields
import MessagePassing
import Numerics

struct Gauge: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Gauge fields: heat bath or hybrid Monte Carlo of SU(2) and SU(3) in 2 to 4 dimensions, loops, topological charge, gradient flow.",
        discussion: """
            One YAML file with the sections seed, run, lattice, gauge and gradient_flow. Axis 0 of the lattice is time:

              seed: 1
              lattice: {extents: [8, 8, 8, 8]}
              gauge:
                group: su3                  # or su2
                beta: 6.0
                rectangle_coefficient: 0    # hmc: -0.083333 Lüscher-Weisz, -0.331 Iwasaki
                boundary: periodic          # or open: time ends, plaquettes of space on its ends count half (c_G = 1)
                algorithm: heatbath         # or hmc
                start: cold                 # or hot
                updates: 1000               # after 100 (thermalization) that are not measured
                overrelaxation: 3           # sweeps after each of heat bath
                wilson_loops: 2             # W(R,T) for R, T up to 2
                configurations_every: 100   # su3 in 4 dimensions: verified ILDG files
              gradient_flow: {every: 10, step: 0.02, steps_per_point: 5, points: 40}

            hmc takes trajectory_length, steps, integrator (leapfrog, omelyan2, omelyan4) and target_acceptance as the scalar hmc does. The
            configurations are the same bits on any number of ranks and any run.process_grid; a run that was stopped goes on to the same bits.

              mpirun -n 2 flowtrain gauge examples/su3-8x8x8x8.yaml --run runs/su3
              flowtrain measure runs/su3/gauge.h5 runs/su3/configurations/*.ildg --flow-time 2

            An input file of openQCD's ym1 is taken as it is where its name ends in .in; the lattice, which openQCD has in its program, is given here:

              mpirun -n 4 flowtrain gauge ym1.in --lattice 16x8x8x8 --run runs/ym1
            """)
    @OptionGroup var options: RunOptions
    @Option(help: "With an input file of openQCD: sites along t, x, y, z, as 16x8x8x8.") var lattice: OpenQCDLattice?

    func run() throws {
        Job.run(
            name: "flowtrain gauge", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run,
            timeLimit: options.timeLimit, translate: { try OpenQCDLattice.yaml($0, $1, lattice) }
        ) { context in
            let settings = try GaugeSettings(context.configuration)
            try context.configuration.section("run").leave("process_grid")
            try context.configuration.finish()
            return try GaugeRun(context, settings: settings).run()
        }
    }
}

/// Logs of openQCD and openQxD.
struct OpenQCDLogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openqcd-log", abstract: "Read openQCD's data files: NAME.dat of ym1, NAME.ms.dat of the gradient flow, with t0 and w0.",
        discussion: """
            A flow's file says how many time slices there are, not how many sites a slice has: give --space. Errors by the Gamma method.

              flowtrain openqcd-log run1.ms.dat --space 32x32x32 --boundary 0
              flowtrain openqcd-log run1.dat
            """)
    @Argument(help: "NAME.dat or NAME.ms.dat.") var files: [String]
    @Option(help: "Sites of a time slice, as 32x32x32.") var space: String?
    @Option(help: "Time slices left out at both ends, for open boundaries.") var boundary = 0
    @Option(help: "Points of the straight line on each side of the crossing.") var points = 5

    func validate() throws {
        if files.isEmpty { throw ValidationError("name at least one file") }
        if let space, sites(space) == nil { throw ValidationError("--space is \(space), wanted three numbers such as 32x32x32") }
        if points < 1 { throw ValidationError("--points is \(points), wanted at least 1") }
    }

    private func sites(_ text: String) -> Int? {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        let numbers = parts.compactMap(\.self)
        guard numbers.count == 3, parts.count == 3, numbers.allSatisfy({ (1...4096).contains($0) }) else { return nil }
        return numbers.reduce(1, *)
    }

    func run() throws {
        do {
            for path in files { try path.hasSuffix(".ms.dat") ? showFlow(path) : showRun(path) }
        } catch {
            print("flowtrain openqcd-log: \(error)")
            throw ArgumentParser.ExitCode((error as? any ExitCoded)?.exitCode ?? Batch.ExitCode.badInput.rawValue)
        }
    }

    private func showFlow(_ path: String) throws {
        let log = try OpenQCDFlowLog(path)
        print("\(path): \(log.records.count) configurations, flow to t = \(log.times.last ?? 0) in \(log.times.count - 1) points, \(log.timeSlices) time slices")
        guard let space, let volume = sites(space) else {
            print("  --space gives t0 and w0")
            return
        }
        for (plaquette, name) in [(false, "clovers"), (true, "plaquettes")] {
            let energies = try log.energies(plaquette: plaquette, boundary: boundary, spaceVolume: volume)
            let scale = try FlowScale.fitted(times: log.times, energies: energies, points: points)
            for row in [scale.t0, scale.w0] { print("  \(name): \(row.name) = \(Format.general(row.value, digits: 12)), \(row.description)") }
        }
        let charges = log.records.map { $0.charge.last?.reduce(0, +) ?? 0 }
        print("  charge at the end: \(charges.map { Format.fixed($0, decimals: 3) }.joined(separator: " "))")
    }

    private func showRun(_ path: String) throws {
        let log = try OpenQCDRunLog(path)
        let accepted = log.records.filter(\.accepted).count
        print("\(path): trajectories \(log.records.first?.trajectory ?? 0) to \(log.records.last?.trajectory ?? 0), \(accepted) of \(log.records.count) accepted")
        print("  \(try ObservableEstimate("plaquette", GammaAnalysis(series: log.records.map { $0.plaquette / 3 })).description)")
        print("  \(try ObservableEstimate("energy_change", GammaAnalysis(series: log.records.map(\.energyChange))).description)")
    }
}

/// openQCD's input files.
struct OpenQCDInputCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openqcd-input", abstract: "Print the settings of `gauge` that do what an input file of openQCD's ym1 asks for.",
        discussion: """
            A section or tag that ym1 does not know, and what has no counterpart here but would matter, is refused by name.

              flowtrain openqcd-input ym1.in --lattice 16x8x8x8 > run.yaml
              mpirun -n 4 flowtrain gauge run.yaml
            """)
    @Argument(help: "The input file of ym1.") var input: String
    @Option(help: "Sites along t, x, y, z, as 16x8x8x8; openQCD has them in its program.") var lattice: OpenQCDLattice

    func run() throws {
        do {
            let text = String(decoding: try Files.read(input, limit: 1 << 20), as: UTF8.self)
            print(try OpenQCDInput(text, name: input).configuration(extents: lattice.extents), terminator: "")
        } catch {
            Console.writeToError("flowtrain openqcd-input: \(error)\n")
            throw ArgumentParser.ExitCode((error as? any ExitCoded)?.exitCode ?? Batch.ExitCode.badInput.rawValue)
        }
    }
}

/// The lattice of an openQCD run, as 16x8x8x8.
struct OpenQCDLattice: ExpressibleByArgument {
    /// Along t, z, y, x.
    let extents: [Int]

    init?(argument: String) {
        let parts = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        let numbers = parts.compactMap(\.self)
        guard numbers.count == 4, parts.count == 4, numbers.allSatisfy({ (2...4096).contains($0) }) else { return nil }
        extents = [numbers[0], numbers[3], numbers[2], numbers[1]]
    }

    /// The text of a configuration: YAML as it is, an input file of ym1 (`.in`) translated.
    static func yaml(_ path: String, _ text: String, _ lattice: OpenQCDLattice?) throws -> String {
        guard path.hasSuffix(".in") else {
            guard lattice == nil else { throw LatticeError("\(path): --lattice is for input files of openQCD, whose names end in .in; YAML has lattice.extents") }
            return text
        }
        guard let lattice else { throw LatticeError("\(path): an input file of openQCD does not say the lattice; give it, as --lattice 16x8x8x8 (t, x, y, z)") }
        return try OpenQCDInput(text, name: path).configuration(extents: lattice.extents)
    }
}

extension Measure {
    /// Prints chains of gauge fields and measures files of links. One process.
    func showGauge(chains: [String], links: [String], fields: [String]) throws {
        for path in chains {
            let chain = try GaugeChainFile.read(path)
            let extents = chain.extents.map(String.init).joined(separator: "x")
            print("\(path): \(chain.series.count) configurations of \(extents), \(chain.group), beta \(chain.beta)")
            for row in try chain.series.estimates(volume: chain.extents.reduce(1, *)) { print("  \(row.description)") }
        }
        guard !links.isEmpty || !fields.isEmpty else { return }
        let world = try MessagePassing.start()
        defer { MessagePassing.finish() }
        for path in fields { print(try FieldSummary.text(path, communicator: world)) }
        for path in links {
            let found = try LinkFileMeasurement.measure(path, flowTime: flowTime, communicator: world)
            print("\(path): verified, \(found.extents.map(String.init).joined(separator: "x"))")
            for value in found.values { print("  \(value.name) = \(Format.general(value.value, digits: 12))") }
            for point in found.flow {
                print(
                    "  t \(Format.fixed(point.time, decimals: 2)): t^2 E \(Format.general(point.time * point.time * point.energy, digits: 8)) (plaquettes "
                        + "\(Format.general(point.time * point.time * point.plaquetteEnergy, digits: 8))), Q \(Format.general(point.charge, digits: 8))")
            }
        }
    }
}
