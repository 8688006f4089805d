import ArgumentParser
import Batch
import GlitchNetworks

struct TrainNetwork: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a network that draws the strain's image from the witnesses', data-parallel.",
        discussion: """
            Learns from images.h5 of `preprocess`. Every validation judges images of other times; the weights that do best become model.h5,
            with all that `generate` and `veto` need to know. The same bits on any number of ranks, and after a stop and a restart.
            Batch normalisation takes each shard's statistics in training, and those of some shards of training afterwards.

            Settings:
              network.kind                 unet (GlitchFlow's residual attention U-Net) or resnet (12 residual blocks)
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

            Example:
              mpirun -n 2 glitchgen simulate   examples/glitch-network.yaml --run runs/glitch
              mpirun -n 2 glitchgen scan       examples/glitch-network.yaml --run runs/glitch
              mpirun -n 2 glitchgen preprocess examples/glitch-network.yaml --run runs/glitch
              mpirun -n 2 glitchgen train      examples/glitch-network.yaml --run runs/glitch
              mpirun -n 2 glitchgen generate   examples/glitch-network.yaml --run runs/glitch
            """)
    @OptionGroup var options: RunOptions

    func run() throws {
        Job.run(
            name: "glitchgen train", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run,
            timeLimit: options.timeLimit
        ) { context in
            let settings = try GlitchTrainingSettings(context.configuration.section("training"), runDirectory: context.directory.path)
            let training = try GlitchTrainingRun(context, network: context.configuration.section("network"), settings: settings)
            context.configuration.leaveSections(except: "network", "training")
            try context.configuration.finish()
            return try training.run()
        }
    }
}
