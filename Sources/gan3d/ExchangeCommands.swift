import ArgumentParser
import Batch
import ShowerNetworks

extension ShowerExportRun.Format: ExpressibleByArgument {}
extension ShowerONNX.Axes: ExpressibleByArgument {}
extension KerasChannels: ExpressibleByArgument {}

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A trained model for other programs: ONNX, or Keras weights and architecture.",
        discussion: """
            onnx: generator.onnx takes latent (N, 256), which is energy / 100 GeV,
            theta in rad and normal numbers, and gives deposits (N, 51, 51, 25) in GeV, as the example Par04 of Geant4 reads it; discriminator.onnx
            takes such deposits. Operator set 13.

            keras: generator.json and generator.h5, discriminator.json and
            discriminator.h5, on images ((GeV x 50)^0.85 for the profile keras),
            channels last. In Python:

              m = keras.models.model_from_json(open("generator.json").read())
              m.load_weights("generator.h5")

            Examples:

              gan3d export runs/showers --format onnx
              gan3d export runs/showers --epoch 12 --format keras --output k12
            """)
    @Argument(help: "A run directory of `train`, of which the best epoch is taken, or a model file.") var source: String
    @Option(help: "onnx or keras.") var format: ShowerExportRun.Format
    @Option(help: "The epoch to take from a run directory.") var epoch: Int?
    @Option(help: "Order of the cells in ONNX: xyz as the CLIC files, or zxy, layer by layer, as DDML reads them.") var axes = ShowerONNX.Axes.cells
    @Option(help: "Directory to write to; default: export in the run directory or beside the file.") var output: String?

    func run() throws {
        Job.run(name: "gan3d export", configuration: nil, runDirectory: output ?? ShowerModelPath.exportDirectory(source)) { context in
            let model = try context.communicator.agree { try ShowerModelPath.resolve(source, epoch: epoch) }
            return try ShowerExportRun(context, model: model, format: format, axes: axes).run()
        }
    }
}

struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A model file from weights of other programs, to start a training from.",
        discussion: """
            Takes ONNX that `export` wrote, and HDF5 weights of Keras: ours, legacy
            .h5 and .hdf5 of Keras 2 and 3, and model.weights.h5 of Keras 3. Names,
            shapes and values are checked against the profile; layers of Keras that
            have other names are taken in the order of the model.

              gan3d import generator.hdf5 discriminator.hdf5 --channels first
              mpirun -n 2 gan3d train run.yaml \\
                --set training.warm_start=runs/imported/model.h5
            """)
    @Argument(help: "Weights of the generator.") var generator: String
    @Argument(help: "Weights of the discriminator; without them training starts with a fresh one.") var discriminator: String?
    @Option(help: ArgumentHelp("The networks: \(ShowerArchitecture.profiles.map(\.name).joined(separator: " or ")).")) var profile = "keras"
    @Option(help: "How the Keras model counts the cells of a box: channels first or last.") var channels = KerasChannels.last
    @Option(help: "Seed of a fresh discriminator.") var seed: UInt64 = 1
    @Option(help: "Directory for model.h5.") var output = "runs/imported"

    func run() throws {
        Job.run(name: "gan3d import", configuration: nil, runDirectory: output) { context in
            try ShowerImportRun(
                context, generator: generator, discriminator: discriminator, profile: profile, channels: channels, seed: seed
            ).run()
        }
    }
}
