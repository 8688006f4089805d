import ArgumentParser
import Batch
import PulsarFrames
import PulsarNetworks

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Judge a classifier on frames that the twin makes, and on a mixture in which pulses are rare.",
        discussion: """
            The frames are made on the fly, judged and forgotten. They are others than those of a training with the same seed. The first set has all eight
            classes equally often; the mixture has a pulse in few frames (0.2 %), as a stream has. All ranks work; every number is the same bits on any
            number of them, and after a stop and a restart.

            Writes into the run directory:
              evaluation.h5      each frame's truth and judgement, confusion, recall against S/N, DM and width, operating curves, a frame of each class
              summary.json       the same with Wilson's one-sigma errors; what is asked for (bars) and whether it is met

            What counts: a frame has the label of a pulse from the model's pulse_threshold on, and is kept from its keep_threshold on. S/N is that of what the
            frame shows, before interference. Accuracy over the eight classes is the mean of theirs, with pulses of at least 5 or 7 and frames without one.

            Settings, in a file or by --set:
              evaluation.model             model.h5 of `train`, or its run directory (--model)
              evaluation.frames            of the set (16384)
              evaluation.mixture_frames, .pulse_share   50000, 0.002
              evaluation.interference      how often the mixture shows none, narrow-band, broad-band, both ([1, 1, 1, 1])
              evaluation.threshold, .keep_threshold     in place of the model's
              evaluation.block, .checkpoint_every       512 frames, 32 blocks
              telescope, pulsar, stages, frames, data.variations, data.receivers, dispersion_constant   of the twin: see `pulsardt simulate --help` and `train --help`

            Example:
              mpirun -n 2 pulsardt evaluate --model runs/classifier --set telescope.receiver_temperature=30 --run runs/evaluation
            """)

    @Option(help: "The model, as evaluation.model.") var model: String?
    @Option(name: .customLong("configuration"), help: "Settings, YAML; without it the defaults.") var file: String?
    @Option(name: .customLong("run"), help: "Run directory; default: run.directory, else runs/NAME of the configuration, else runs/run.") var runDirectory: String?
    @Option(name: .customLong("set"), help: ArgumentHelp("Overrides one setting, e.g. --set evaluation.frames=4096. May be repeated.", valueName: "key=value"))
    var overrides: [String] = []
    @Option(name: .customLong("time-limit"), help: ArgumentHelp(TimeLimit.help), transform: TimeLimit.seconds) var timeLimit: Double?

    func run() throws {
        let overrides = overrides + (model.map { ["evaluation.model=\($0)"] } ?? [])
        Job.run(name: "pulsardt evaluate", configuration: file, overrides: overrides, runDirectory: runDirectory, timeLimit: timeLimit) { context in
            let configuration = context.configuration
            let settings = try EvaluationSettings(configuration.section("evaluation"))
            let (set, mixture) = try context.communicator.agree { () -> (any LabelledFrameSource, any LabelledFrameSource) in
                (
                    try FrameSources.twin(configuration, seed: context.seed, use: .evaluation),
                    try FrameSources.twin(configuration, seed: context.seed, use: .mixture, shares: settings.mixtureShares)
                )
            }
            try configuration.section("data").leave("frames", "validation_share")
            configuration.leaveSections(except: "data", "evaluation", "frames", "telescope", "pulsar", "stages", "dispersion_constant")
            try configuration.finish()
            return try EvaluationRun(context, settings: settings, set: set, mixture: mixture).run()
        }
    }
}
