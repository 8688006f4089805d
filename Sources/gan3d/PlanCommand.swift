import ArgumentParser
import Batch
import ShowerNetworks

struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What the networks cost, and from which energy on they are faster than Geant4.",
        discussion: """
            Counts parameters, operations and memory, and divides by a speed:
            --gigaflops, or for generation with --measure what sixteen showers take
            on this core. The crossover is the energy at which Geant4 takes as long
            for a shower. Its times are power laws between measurements, which
            --geant4 replaces by those of your detector and machine.

              gan3d plan --batch 64 --ranks 4 --measure
              gan3d plan --geant4 1:0.02,10:0.15,100:1.2
            """)
    @Option(help: ArgumentHelp("The networks: \(ShowerArchitecture.profiles.map(\.name).joined(separator: " or ")).")) var profile = "keras"
    @Option(help: "Showers in a batch, a multiple of 16.") var batch = 64
    @Option(help: "Ranks that share it.") var ranks = 1
    @Option(help: "GFLOP/s of a rank, as `didymos-bench shower-step` prints.") var gigaflops = 80.0
    @Flag(help: "Time the generation of sixteen showers here.") var measure = false
    @Option(help: ArgumentHelp("Times of Geant4, as pairs of GeV and seconds a shower.", valueName: "GeV:s,GeV:s,...")) var geant4: String?

    func validate() throws {
        guard batch > 0, batch % 16 == 0, ranks > 0, gigaflops > 0 else {
            throw ValidationError("wanted a batch that is a multiple of 16, at least one rank, and a positive speed")
        }
        guard ShowerArchitecture.profiles.contains(where: { $0.name == profile }) else {
            throw ValidationError("no profile '\(profile)', wanted \(ShowerArchitecture.profiles.map(\.name).joined(separator: " or "))")
        }
        if let geant4 {
            do { _ = try GeantTiming(geant4) } catch { throw ValidationError("--geant4 \(error)") }
        }
    }

    func run() throws {
        let architecture = try ShowerArchitecture.profile(named: profile), cost = ShowerCost(architecture)
        let shards = batch / 16, most = (shards + ranks - 1) / ranks
        let events = gigaflops * 1e9 / (2 * cost.step) * Double(shards) / Double(most)
        let seconds = measure ? try ShowerCost.measureGeneration(architecture) : 2 * cost.generation / gigaflops * 1e-9
        let timing = try geant4.map { try GeantTiming($0) } ?? .clic
        let together = ranks == 1 ? "1 rank" : "\(ranks) ranks"
        func number(_ x: Double, _ digits: Int = 3) -> String { Format.general(x, digits: digits) }
        let speed = measure ? "measured here" : "at \(number(gigaflops)) GFLOP/s"
        let crossover = timing.energy(taking: seconds)
        let ratios = [10.0, 50, 100, 200].map { "\(number(timing.seconds(at: $0) / seconds)) at \(number($0)) GeV" }.joined(separator: ", ")
        print(
            """
            networks      \(architecture.name): generator \(try ShowerGenerator(architecture, shards: 0).layout.count) and discriminator \(try ShowerDiscriminator(architecture, shards: 0).layout.count) parameters
            generation    \(number(cost.generation * 1e-9, 4)) GMAC a shower, \(number(1e3 * seconds)) ms on one core, \(speed): \(number(Double(ranks) / seconds)) showers/s on \(together); \(Format.bytes(Double(cost.memory(shards: 0)))) a rank
            training      \(number(cost.step * 1e-9, 4)) GMAC a shower and step
            memory        \(Format.bytes(Double(cost.memory(shards: most)))) of activations a rank, with \(most) of \(shards) shards of 16 showers
            speed         \(number(events)) showers/s in training on \(together)
            Geant4        \(timing.points.map { "\(number($0.seconds)) s at \(number($0.energy)) GeV" }.joined(separator: ", ")); \(timing.source)
            crossover     \(number(crossover)) GeV\(timing.covers(crossover) ? "" : ", outside of the measurements"): below it Geant4 is the faster one
            speed-up      core against core \(ratios)
            """)
    }
}
