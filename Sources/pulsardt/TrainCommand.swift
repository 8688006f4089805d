import ArgumentParser
import Batch
import PulsarNetworks

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a classifier of frames, or a U-Net that finds pulses in them, data-parallel.",
        discussion: """
            Frames come in turn of each class. The weights are the same bits on any number of ranks, and after a stop and a restart. Every
            validation judges frames that training never sees; the weights that do best become model.h5, which `classify` reads.

            Settings, in a file or by --set:
              telescope, pulsar, stages, frames, dispersion_constant   of the twin, which makes the frames on the fly: see `pulsardt simulate --help`
              data.frames                 instead an HDF5 file of labelled frames: frames [N, channels, samples] float32, class [N] uint8, and
                                          snr, dm, width, arrival [N] float64 where they are known
              data.variations             of the twin, telescopes in turn, each a text of settings: ["", "frames.bits=4 telescope.ripple=0.06"]
              data.receivers              instead so many telescopes whose noise, bandpass, levels, bits, receptors and elevation are drawn,
                                          others for training and for validation
              data.validation_share       share of the file that is kept for validation (0.1)
              model.network               didymos, or one of the published PROT_LE_1_230908_0 ... PROT_LE_1_230909_2; or unet, which says of each place
                                          of a frame whether a pulse is there, learns from the twin's masks, and is for `segment`
              model.base, .side           of unet: channels of its first level (32), rows and columns of its masks (128)
              model.classes               8, or 9 with `other` (didymos 9, published 8)
              model.preparation           robust or published, of the published networks: each channel in units of its own noise, or the
                                          frame's range to 0...255
              model.dm_max, .dm_step_samples, .dispersion_constant   paths that didymos looks along (100 pc/cm3, 8 samples, handbook)
              training.steps, .batch      4000 steps of 64 frames
              training.learning_rate, .schedule, .gradient_norm      2e-3 (published 3e-4), cosine, 5
              training.validate_every, .validation_frames, .threshold   500 steps, 2048 frames, probability that counts as a pulse 0.5
              training.calibration_frames, .false_pulses, .false_kept   of the twin, without a pulse (49152; 0 for none): the model's thresholds are set so
                                          that the share false_pulses (5e-4) of frames with nothing is said to have a pulse, and the share
                                          false_kept (5e-3) of those without one is kept
              training.checkpoint_every, .keep_checkpoints           200 steps, 2
            Of unet, whose steps take longer: 1000 steps, learning_rate 1e-3, calibration_frames 8192, false_pulses 1e-3.

            Example:
              mpirun -n 2 pulsardt train --configuration examples/pulsar-twin.yaml --run runs/classifier
              mpirun -n 2 pulsardt train --set data.frames=frames.h5 --set training.steps=2000 --run runs/classifier
              mpirun -n 2 pulsardt train --set model.network=unet --set model.base=8 --run runs/unet
            """)

    @Option(name: .customLong("configuration"), help: "Settings, YAML; without it the defaults.") var file: String?
    @Option(name: .customLong("run"), help: "Run directory; default: run.directory, else runs/NAME of the configuration, else runs/run.") var runDirectory: String?
    @Option(name: .customLong("set"), help: ArgumentHelp("Overrides one setting, e.g. --set training.steps=500. May be repeated.", valueName: "key=value"))
    var overrides: [String] = []
    @Option(name: .customLong("time-limit"), help: ArgumentHelp(TimeLimit.help), transform: TimeLimit.seconds) var timeLimit: Double?

    func run() throws {
        Job.run(name: "pulsardt train", configuration: file, overrides: overrides, runDirectory: runDirectory, timeLimit: timeLimit) { context in
            let configuration = context.configuration
            let sources = try context.communicator.agree { try FrameSources(configuration, seed: context.seed) }
            let section = try configuration.section("model")
            if try NetworkName(section).isSegmentation {
                guard let masked = sources.masked else {
                    throw ConfigurationError("model.network unet learns where pulses lie, which only the twin's frames say; leave data.frames out")
                }
                let model = try SegmentationModel(section, axes: sources.training.axes)
                let settings = try ClassifierTrainingSettings(segmentation: configuration.section("training"))
                configuration.leaveSections(except: "data", "model", "training", "frames", "telescope", "pulsar", "stages", "dispersion_constant")
                try configuration.finish()
                return try SegmentationTrainingRun(context, model: model, settings: settings, sources: masked).run()
            }
            let model = try ClassifierModel(section, axes: sources.training.axes)
            let settings = try ClassifierTrainingSettings(configuration.section("training"), kind: model.kind)
            configuration.leaveSections(except: "data", "model", "training", "frames", "telescope", "pulsar", "stages", "dispersion_constant")
            try configuration.finish()
            return try ClassifierTrainingRun(context, model: model, settings: settings, training: sources.training, validation: sources.validation, calibration: sources.calibration).run()
        }
    }
}

/// What `model.network` names: a classifier, or the U-Net.
struct NetworkName {
    let isSegmentation: Bool

    /// Throws `ConfigurationError` for a name that is none. *Not collective.*
    init(_ section: Batch.Configuration) throws {
        let name = try section.string("network", default: ClassifierKind.didymos.rawValue, oneOf: ClassifierKind.allCases.map(\.rawValue) + [SegmentationModel.name])
        isSegmentation = name == SegmentationModel.name
    }
}
