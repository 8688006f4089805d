import ArgumentParser
import Batch
import GlitchInference
import GlitchNetworkInference
import GlitchNetworks

struct TrainNetwork: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a network that draws the strain's image from the witnesses', or one that foretells the strain itself, data-parallel.",
        discussion: """
            Learns from images.h5 of `preprocess`. Every validation judges images of other times; the weights that do best become model.h5,
            with all that `generate` and `veto` need to know. The same bits on any number of ranks, and after a stop and a restart.
            Batch normalisation takes each shard's statistics in training, and those of some shards of training afterwards.

            Settings:
              network.kind                 unet (GlitchFlow's residual attention U-Net) or resnet (12 residual blocks); or deepclean, see below
              network.base                 channels of the widest images (64: 16.8 million parameters of the U-Net, 14.9 of the ResNet)
              network.attention, .blocks   true; 12
              training.images              file of images (RUN/images.h5)
              training.initial_model       a model to go on from: periodic retraining
              training.values              amplitude (roots of energies) or energy, as GlitchFlow
              training.steps, .batch       2000 steps of 16 images
              training.learning_rate, .schedule, .weight_decay, .gradient_norm     1e-4, cosine, 1e-4, 5 (AdamW)
              training.absolute_share, .similarity_range   0.8 of the mean absolute difference, the rest 1 - structural similarity; 21
              training.shifts, .mirrors    random shifts within the margins (true); mirrored time (false)
              training.validate_every, .calibration_shards   100 steps; 8 shards whose statistics normalise afterwards
              training.checkpoint_every, .keep_checkpoints   100 steps, 2

            deepclean is an autoencoder in time, whose prediction `denoise` subtracts (denoise.network). It learns from the frames and the time
            that `calibrate` learned from, with its whitening (section `inference`); series.h5 holds what it learns from, autoencoder.h5 the
            weights that leave the least power in the last eighth of that time. Settings where they differ:
              network.widths               channels after each halving of time ([8, 16, 32, 64])
              network.activation, .normalisation   tanh or leaky; true
              training.inputs              sources (as DeepClean) or products: squares and products with carriers besides (products)
              training.batch, .learning_rate, .weight_decay    32 windows of a second, 2e-3, 1e-5
              training.hop, .validation_share      0.25 s from one window to the next; 0.125

            Example:
              mpirun -n 2 glitchgen simulate   examples/glitch-network.yaml --run runs/glitch
              mpirun -n 2 glitchgen scan       examples/glitch-network.yaml --run runs/glitch
              mpirun -n 2 glitchgen preprocess examples/glitch-network.yaml --run runs/glitch
              mpirun -n 2 glitchgen train      examples/glitch-network.yaml --run runs/glitch
              mpirun -n 2 glitchgen generate   examples/glitch-network.yaml --run runs/glitch
              mpirun -n 2 glitchgen calibrate  examples/glitch-veto.yaml --run runs/glitch-veto
              mpirun -n 2 glitchgen train      examples/glitch-veto.yaml --run runs/glitch-veto --set network.kind=deepclean
            """)
    @OptionGroup var options: RunOptions

    func run() throws {
        Job.run(
            name: "glitchgen train", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run,
            timeLimit: options.timeLimit
        ) { context in
            let configuration = context.configuration
            let network = try configuration.section("network")
            if try network.string("kind", default: "unet", oneOf: GlitchNetworkKind.allCases.map(\.rawValue) + ["deepclean"]) == "deepclean" {
                let inference = try InferenceSettings(configuration)
                let settings = try AutoencoderTrainingSettings(configuration.section("training"))
                let training = try AutoencoderTrainingRun(context, network: network, inference: inference, settings: settings)
                configuration.leaveSections(except: "network", "training", "inference")
                try configuration.finish()
                return try training.run()
            }
            let settings = try GlitchTrainingSettings(configuration.section("training"), runDirectory: context.directory.path)
            let training = try GlitchTrainingRun(context, network: network, settings: settings)
            configuration.leaveSections(except: "network", "training")
            try configuration.finish()
            return try training.run()
        }
    }
}
