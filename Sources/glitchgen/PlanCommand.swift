import ArgumentParser
import Batch
import GlitchNetworks

struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What the training of a network costs: parameters, operations and memory, before there are images.",
        discussion: """
            Reads the settings of `train`; how many witnesses there are and how large images are, which `train` takes from its images, say --witnesses
            and --size. With --json one object for programs: what a step of all ranks together works on, how it can be shared out, operations, sums over
            the ranks, and checkpoints. `scaling predict` reads it.

              glitchgen plan examples/glitch-network.yaml
              glitchgen plan examples/glitch-network.yaml --set network.kind=resnet --set training.batch=64 --json
            """)
    @Argument(help: "Settings, YAML; without it the defaults.") var file: String?
    @Option(name: .customLong("set"), help: ArgumentHelp("Overrides one setting, e.g. --set network.base=32. May be repeated.", valueName: "key=value"))
    var overrides: [String] = []
    @Option(help: "Channels that the network sees.") var witnesses = 8
    @Option(help: "Rows and columns of an image.") var size = 64
    @Flag(help: "For programs: a step as JSON.") var json = false

    func validate() throws {
        guard (1...4096).contains(witnesses) else { throw ValidationError("--witnesses: found \(witnesses), wanted 1 to 4096") }
        guard (16...512).contains(size), size % 8 == 0 else { throw ValidationError("--size: found \(size), wanted a multiple of 8 from 16 to 512") }
    }

    func run() throws {
        try reporting("plan") {
            let configuration = try file.map { try Batch.Configuration.load(path: $0, overrides: overrides) } ?? Batch.Configuration(text: "", name: "defaults", overrides: overrides)
            let architecture = try GlitchArchitecture(configuration.section("network"), inputs: witnesses, size: size)
            let settings = try GlitchTrainingSettings(configuration.section("training"), runDirectory: "runs/run")
            configuration.leave("seed", "run")
            configuration.leaveSections(except: "network", "training")
            try configuration.finish()
            let cost = try GlitchTrainingCost(architecture, settings), step = cost.step
            if json {
                print(StepPlan.json("glitchgen", [("train", step)]).prettyText, terminator: "")
                return
            }
            print(
                """
                network       \(architecture.kind.rawValue), base \(architecture.base), \(cost.parameters) parameters in \(cost.tensors) tensors; \(witnesses) images of \(size) by \(size) in, one out
                memory        \(Format.bytes(Double(cost.shardBytes))) a rank for one shard of 16 images
                training      \(Format.general(step.operations ?? 0, digits: 4)) flop a step of \(settings.batch) images (\(settings.batch / 16) shards: use at most as many ranks)
                              \(Format.general((step.operations ?? 0) * Double(settings.steps), digits: 4)) flop for \(settings.steps) steps
                """)
        }
    }
}
