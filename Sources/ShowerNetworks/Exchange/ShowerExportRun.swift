import Batch
import ParallelHDF5

/// The command `export`: both networks of a trained model for other programs.
public struct ShowerExportRun {
    public enum Format: String, Sendable, CaseIterable {
        case onnx
        case keras
    }

    private let context: JobContext
    private let model: String
    private let format: Format
    private let axes: ShowerONNX.Axes

    /// - Parameter model: a model file.
    public init(_ context: JobContext, model: String, format: Format, axes: ShowerONNX.Axes) {
        (self.context, self.model, self.format, self.axes) = (context, model, format, axes)
    }

    /// *Collective.*
    public func run() throws -> StopReason? {
        let model = try HDF5File.with(HDF5File.open(self.model, communicator: context.communicator)) { try ShowerModel($0) }
        if format == .keras, model.generator.layerEnergies != nil {
            throw ShowerNetworkError(
                "\(self.model): the generator's layers have energies of their own, which no Keras layer is; wanted a profile without them, or --format onnx")
        }
        var written: [String] = []
        for network in ShowerNetwork.allCases {
            switch format {
            case .onnx:
                written.append("\(network.rawValue).onnx")
                try write(written.last ?? "") { ShowerONNX.encode(model, network, axes: axes) }
            case .keras:
                written += ["\(network.rawValue).json", "\(network.rawValue).h5"]
                try write(written[written.count - 2]) { Array(ShowerKeras.architecture(model, network).utf8) }
                try context.writeData(written[written.count - 1]) { try ShowerKeras.writeWeights(model, network, to: $0.root) }
            }
        }
        context.summary.set("model", self.model)
        context.summary.set("profile", model.architecture.name)
        context.summary.set("parameter_hash", model.parameterHash)
        context.log.info("wrote \(written.joined(separator: ", ")) to \(context.directory.path)")
        return nil
    }

    private func write(_ name: String, _ bytes: () -> [UInt8]) throws {
        try context.communicator.agree {
            if context.communicator.isRoot { try context.directory.writeAtomically(name, bytes()) }
        }
    }
}

extension ShowerModel {
    /// SHA-256 of all parameters, as `train` reports it.
    public var parameterHash: String {
        let all = generatorNumbers.parameters + discriminatorNumbers.parameters
        return SHA256.hexadecimal(of: all.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) })
    }
}

/// Where a model file is: given itself, or as the run that trained it.
public enum ShowerModelPath {
    /// The model file that `source` means: itself, or of a run directory the best epoch or the one asked for. *Not collective.*
    public static func resolve(_ source: String, epoch: Int?) throws -> String {
        let index = "\(source)/registry/index.json"
        guard Files.exists(index) else {
            if let epoch { throw ShowerNetworkError("\(source): epoch \(epoch) is asked for, but there is no registry/index.json; wanted a run directory of `gan3d train`") }
            return source
        }
        let entries = try JSON(parsing: String(decoding: Files.read(index), as: UTF8.self), name: index)["epochs"]?.array ?? []
        guard let entry = entries.first(where: { epoch == nil ? $0["best"]?.bool == true : $0["epoch"]?.integer == epoch }) else {
            throw ShowerNetworkError("\(index): no \(epoch.map { "epoch \($0)" } ?? "best epoch") among \(entries.count) epochs")
        }
        guard let file = entry["file"]?.string else {
            throw ShowerNetworkError("\(index): the file of epoch \(entry["epoch"]?.integer ?? 0) was not kept; training.keep_epochs keeps more")
        }
        return "\(source)/\(file)"
    }

    /// Where its exports go unless told otherwise: `export` in the run, or beside the file.
    public static func exportDirectory(_ source: String) -> String {
        if Files.exists("\(source)/registry/index.json") { return "\(source)/export" }
        guard let slash = source.lastIndex(of: "/") else { return "export" }
        return "\(source[..<slash])/export"
    }
}
