import ArgumentParser
import Batch
import GaugeFields
import MessagePassing

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
            """)
    @OptionGroup var options: RunOptions

    func run() throws {
        Job.run(
            name: "flowtrain gauge", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run,
            timeLimit: options.timeLimit
        ) { context in
            let settings = try GaugeSettings(context.configuration)
            try context.configuration.section("run").leave("process_grid")
            try context.configuration.finish()
            return try GaugeRun(context, settings: settings).run()
        }
    }
}

extension Measure {
    /// Prints chains of gauge fields and measures files of links. One process.
    func showGauge(chains: [String], links: [String]) throws {
        for path in chains {
            let chain = try GaugeChainFile.read(path)
            let extents = chain.extents.map(String.init).joined(separator: "x")
            print("\(path): \(chain.series.count) configurations of \(extents), \(chain.group), beta \(chain.beta)")
            for row in try chain.series.estimates(volume: chain.extents.reduce(1, *)) { print("  \(row.description)") }
        }
        guard !links.isEmpty else { return }
        let world = try MessagePassing.start()
        defer { MessagePassing.finish() }
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
