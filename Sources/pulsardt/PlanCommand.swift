import ArgumentParser
import Batch
import PulsarFrames
import PulsarNetworks

struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What the training of a classifier costs: parameters, operations and memory, before a step has run.",
        discussion: """
            Reads the settings of `train`. With --json one object for programs: what a step of all ranks together works on, how it can be
            shared out, operations of the network (not of making the frames), sums over the ranks, and checkpoints. `scaling predict` reads it.

              pulsardt plan --configuration examples/pulsar-twin.yaml
              pulsardt plan --set model.network=PROT_LE_1_230908_2 --json
            """)
    @Option(name: .customLong("configuration"), help: "Settings, YAML; without it the defaults.") var file: String?
    @Option(name: .customLong("set"), help: ArgumentHelp("Overrides one setting, e.g. --set training.batch=128. May be repeated.", valueName: "key=value"))
    var overrides: [String] = []
    @Flag(help: "For programs: a step as JSON.") var json = false

    func run() throws {
        do {
            let configuration = try file.map { try Batch.Configuration.load(path: $0, overrides: overrides) } ?? Batch.Configuration(text: "", name: "defaults", overrides: overrides)
            let seed = UInt64(try configuration.int("seed", default: 1, in: 0...Int.max))
            let source = try FrameSources(configuration, seed: seed).training
            let section = try configuration.section("model")
            if try NetworkName(section).isSegmentation { return try segmentation(configuration, section, axes: source.axes) }
            let model = try ClassifierModel(section, axes: source.axes)
            let settings = try ClassifierTrainingSettings(configuration.section("training"), kind: model.kind)
            configuration.leave("run")
            configuration.leaveSections(except: "data", "model", "training", "frames", "telescope", "pulsar", "stages", "dispersion_constant")
            try configuration.finish()
            let classifier = try FrameClassifier(model, training: true), plan = settings.plan(classifier)
            if json {
                print(StepPlan.json("pulsardt", [("train", plan)]).prettyText, terminator: "")
                return
            }
            print(
                """
                network       \(model.kind.rawValue), \(classifier.layout.count) parameters in \(classifier.layout.tensors.count) tensors; frames of \(model.axes.channels) channels and \(model.axes.samples) samples
                memory        \(Format.bytes(Double(classifier.report.arenaBytes + classifier.report.scratchBytes))) a rank for one shard of 16 frames
                classifying   \(Format.general(2 * Double(classifier.multiplyAdds), digits: 4)) flop a frame
                training      \(Format.general(plan.operations ?? 0, digits: 4)) flop a step of \(settings.batch) frames (\(settings.batch / 16) shards: use at most as many ranks)
                              \(Format.general((plan.operations ?? 0) * Double(settings.steps), digits: 4)) flop for \(settings.steps) steps
                """)
        } catch { throw Pulsardt.fail("plan", error) }
    }

    private func segmentation(_ configuration: Batch.Configuration, _ section: Batch.Configuration, axes: FrameAxes) throws {
        let model = try SegmentationModel(section, axes: axes)
        let settings = try ClassifierTrainingSettings(segmentation: configuration.section("training"))
        configuration.leave("run")
        configuration.leaveSections(except: "data", "model", "training", "frames", "telescope", "pulsar", "stages", "dispersion_constant")
        try configuration.finish()
        let cost = try SegmentationCost(model, settings)
        if json {
            print(StepPlan.json("pulsardt", [("train", cost.step)]).prettyText, terminator: "")
            return
        }
        print(
            """
            network       \(SegmentationModel.name), base \(model.base), \(cost.parameters) parameters; masks of \(model.side) by \(model.side) places
            memory        \(Format.bytes(Double(cost.shardBytes))) a rank for one shard of 16 frames
            a mask        \(Format.general(2 * Double(cost.multiplyAdds), digits: 4)) flop a frame
            training      \(Format.general(cost.step.operations ?? 0, digits: 4)) flop a step of \(settings.batch) frames (\(settings.batch / 16) shards: use at most as many ranks)
                          \(Format.general((cost.step.operations ?? 0) * Double(settings.steps), digits: 4)) flop for \(settings.steps) steps
            """)
    }
}
