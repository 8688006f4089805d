import Batch
import ParallelHDF5

/// The command `import`: a model file from weights of other programs.
public struct ShowerImportRun {
    private let context: JobContext
    private let sources: [(network: ShowerNetwork, path: String)]
    private let profile: String
    private let channels: KerasChannels
    private let seed: UInt64

    /// - Parameter discriminator: nil starts with a fresh one.
    public init(_ context: JobContext, generator: String, discriminator: String?, profile: String, channels: KerasChannels, seed: UInt64) {
        self.context = context
        sources = [(.generator, generator)] + (discriminator.map { [(.discriminator, $0)] } ?? [])
        (self.profile, self.channels, self.seed) = (profile, channels, seed)
    }

    /// *Collective.*
    public func run() throws -> StopReason? {
        let model = try ShowerModel(.profile(named: profile), seed: seed)
        for (network, path) in sources {
            let bytes = try context.communicator.agree { try Files.read(path) }
            if bytes.starts(with: [0x89, 0x48, 0x44, 0x46]) {
                try HDF5File.with(HDF5File.open(path, communicator: context.communicator)) {
                    try ShowerKeras.readWeights($0, network, channels: channels, into: model)
                }
            } else if bytes.starts(with: Array("PK".utf8)) {
                throw ShowerNetworkError("\(path) is a .keras archive; unzip it and import its model.weights.h5")
            } else {
                try ShowerONNX.read(bytes, file: path, network, into: model)
            }
        }
        try context.writeData("model.h5") { file in
            try model.write(to: file.root)
            for (network, path) in sources { try file.root.setAttribute("\(network.rawValue)_from", path) }
        }
        context.summary.set("parameter_hash", model.parameterHash)
        context.log.info("wrote \(context.directory.path("model.h5")); train from it with --set training.warm_start=\(context.directory.path("model.h5"))")
        return nil
    }
}
