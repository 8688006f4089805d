import ArgumentParser
import Batch
import ShowerNetworks

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Train the networks of a profile on showers in HDF5, data-parallel.")
    @OptionGroup var options: RunOptions

    func run() throws {
        Job.run(
            name: "gan3d train", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run,
            timeLimit: options.timeLimit
        ) { context in
            context.configuration.leave("detector", "simulation", "preprocessing", "validation", "generation")
            return try ShowerTrainingRun(context, settings: ShowerTrainingSettings(context.configuration)).run()
        }
    }
}

struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Showers of a trained model, in the CLIC layout.")
    @OptionGroup var options: RunOptions

    func run() throws {
        Job.run(
            name: "gan3d generate", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run,
            timeLimit: options.timeLimit
        ) { context in
            context.configuration.leave("detector", "simulation", "preprocessing", "validation")
            return try ShowerGenerationRun(context, settings: ShowerGenerationSettings(context.configuration)).run()
        }
    }
}

struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "What the networks of a profile cost: parameters, operations, memory.")
    @Option(help: "keras as published, or didymos.") var profile = "keras"
    @Option(help: "Showers in a batch, a multiple of 16.") var batch = 64
    @Option(help: "Ranks that share it.") var ranks = 1
    @Option(help: "GFLOP/s of a rank, as `didymos-bench shower-step` prints.") var gigaflops = 80.0

    func validate() throws {
        guard batch > 0, batch % 16 == 0, ranks > 0, gigaflops > 0 else {
            throw ValidationError("wanted a batch that is a multiple of 16, at least one rank, and a positive speed")
        }
    }

    func run() throws {
        let architecture = try ShowerArchitecture.profile(named: profile), cost = ShowerCost(architecture)
        let shards = batch / 16, most = (shards + ranks - 1) / ranks
        let events = gigaflops * 1e9 / (2 * cost.step) * Double(shards) / Double(most)
        print(
            """
            networks      \(architecture.name): generator \(try ShowerGenerator(architecture, shards: 0).layout.count) and discriminator \(try ShowerDiscriminator(architecture, shards: 0).layout.count) parameters
            generation    \(Format.general(cost.generation * 1e-9, digits: 4)) GMAC a shower, \(Format.general(2 * cost.generation / gigaflops * 1e-6, digits: 3)) ms on a core of \(Format.general(gigaflops, digits: 3)) GFLOP/s; \(Format.bytes(Double(cost.memory(shards: 0)))) a rank
            training      \(Format.general(cost.step * 1e-9, digits: 4)) GMAC a shower and step
            memory        \(Format.bytes(Double(cost.memory(shards: most)))) of activations a rank, with \(most) of \(shards) shards of 16 showers
            speed         \(Format.general(events, digits: 3)) showers/s on \(ranks) ranks
            """)
    }
}
