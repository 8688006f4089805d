import ArgumentParser
import Batch
import MessagePassing
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

            A configuration of `train` says the networks and the batch itself. With
            --json it becomes one object for programs: what a batch works on, how it
            can be shared out, operations, sums over the ranks, and checkpoints.
            `scaling predict` reads it.

              gan3d plan examples/showers.yaml --json
            """)
    @Argument(help: "The run's settings, YAML, instead of --profile and --batch.") var configuration: String?
    @Option(name: .customLong("set"), help: ArgumentHelp("Overrides one setting of the configuration. May be repeated.", valueName: "key=value"))
    var overrides: [String] = []
    @Flag(help: "For programs: a step as JSON; needs a configuration.") var json = false
    @Option(help: ArgumentHelp("The networks: \(ShowerArchitecture.profiles.map(\.name).joined(separator: " or ")) (keras).")) var profile: String?
    @Option(help: "Showers in a batch, a multiple of 16 (64).") var batch: Int?
    @Option(help: "Ranks that share it.") var ranks = 1
    @Option(help: "GFLOP/s of a rank, as `didymos-bench shower-step` prints.") var gigaflops = 80.0
    @Flag(help: "Time the generation of sixteen showers here.") var measure = false
    @Option(help: ArgumentHelp("Times of Geant4, as pairs of GeV and seconds a shower.", valueName: "GeV:s,GeV:s,...")) var geant4: String?

    func validate() throws {
        if configuration == nil, json || !overrides.isEmpty { throw ValidationError("--json and --set need a configuration") }
        if configuration != nil, profile != nil || batch != nil { throw ValidationError("the configuration says profile and batch: leave --profile and --batch out") }
        if let batch, batch < 1 || batch % 16 != 0 { throw ValidationError("--batch is \(batch), wanted a multiple of 16") }
        guard ranks > 0, gigaflops > 0 else {
            throw ValidationError("wanted at least one rank, and a positive speed")
        }
        if let profile, !ShowerArchitecture.profiles.contains(where: { $0.name == profile }) {
            throw ValidationError("no profile '\(profile)', wanted \(ShowerArchitecture.profiles.map(\.name).joined(separator: " or "))")
        }
        if let geant4 {
            do { _ = try GeantTiming(geant4) } catch { throw ValidationError("--geant4 \(error)") }
        }
    }

    func run() throws {
        do { try plan() } catch {
            Console.writeToError("gan3d plan: \(error)\n")
            throw ArgumentParser.ExitCode((error as? any ExitCoded)?.exitCode ?? Batch.ExitCode.internalError.rawValue)
        }
    }

    /// What `train` would read of the configuration; nil without one.
    private func settings() throws -> ShowerTrainingSettings? {
        guard let configuration else { return nil }
        let yaml = try Batch.Configuration.load(path: configuration, overrides: overrides)
        _ = try yaml.int("seed", default: 1, in: 0...Int.max)
        yaml.leave("run", "detector", "simulation", "preprocessing", "validation", "generation", "tuning")
        return try ShowerTrainingSettings(yaml)
    }

    private func plan() throws {
        let settings = try settings()
        if json, let settings {
            print(try StepPlan.json("gan3d", [("train", settings.plan())]).prettyText, terminator: "")
            return
        }
        let architecture = try settings?.architecture ?? ShowerArchitecture.profile(named: profile ?? "keras"), cost = ShowerCost(architecture)
        let batch = settings?.batch ?? batch ?? 64
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
