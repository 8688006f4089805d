import Glitches
import MessagePassing
import Networks
import ParallelHDF5
import Training

/// A trained network with all that is needed to use it: which channels, how their images are made, weights.
public struct GlitchModel: Sendable {
    /// The channel whose image is generated.
    public let strain: String
    /// Witnesses, in the order of the network's inputs.
    public let channels: [String]
    public let image: QImageSettings
    public let architecture: GlitchArchitecture
    public let scaling: ImageScaling
    /// Of the training graph, in its layout.
    public let parameters: [Float]
    /// Means and variances of the batch normalisations, in the order of the network: `[normalisation][channel]`.
    public let means, variances: [[Float]]

    public init(
        strain: String, channels: [String], image: QImageSettings, architecture: GlitchArchitecture, scaling: ImageScaling, parameters: [Float],
        means: [[Float]], variances: [[Float]]
    ) {
        (self.strain, self.channels, self.image, self.architecture) = (strain, channels, image, architecture)
        (self.scaling, self.parameters, self.means, self.variances) = (scaling, parameters, means, variances)
    }

    /// Energies are divided by these: strain first, then the witnesses.
    public var scales: [Double] { scaling.scales }

    static let format = "didymos glitch network"

    // MARK: Files

    /// Reads `model.h5`. *Collective* where a communicator is given.
    /// - Throws: `GlitchError` naming the file and what is missing or does not fit; `HDF5Error` for a file that is none.
    public init(path: String, communicator: Communicator? = nil) throws {
        self = try HDF5File.with(HDF5File.open(path, communicator: communicator)) { file in try Self.read(file.root, path) }
    }

    private static func read(_ root: HDF5Group, _ path: String) throws -> GlitchModel {
        func wrong(_ what: String, _ found: String, _ wanted: String) -> GlitchError {
            GlitchError("\(path): \(what): found \(found), wanted \(wanted); a model is what `glitchgen train` writes")
        }
        let kind = try root.hasAttribute("format") ? root.stringAttribute("format") : "none"
        guard kind == format else { throw wrong("attribute format", "'\(kind)'", "'\(format)'") }
        let version = try root.attribute("format_version", as: Int64.self)
        guard version == 1 else { throw wrong("format version", "\(version)", "1") }
        let name = try root.stringAttribute("network")
        guard let network = GlitchNetworkKind(rawValue: name) else {
            throw wrong("network", "'\(name)'", "one of \(GlitchNetworkKind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let channels = try root.stringAttributes("channels")
        let image = try QImageSettings(from: root.group("image"), file: path)
        let architecture = GlitchArchitecture(
            kind: network, inputs: channels.count, base: Int(clamping: try root.attribute("base", as: Int64.self)),
            blocks: Int(clamping: try root.attribute("blocks", as: Int64.self)), size: image.size,
            hasAttention: try root.attribute("attention", as: Int64.self) != 0)
        try architecture.validate(path)
        let scaling = try ImageScaling(from: root, file: path, channels: channels.count)
        let graph = try GlitchGraph(architecture, normalisation: .shard)
        let stored = try StoredNetwork(from: root, layout: graph.graph.layout, normalised: graph.normalised, wrong: wrong)
        return GlitchModel(
            strain: try root.stringAttribute("strain"), channels: channels, image: image, architecture: architecture, scaling: scaling,
            parameters: stored.parameters, means: stored.means, variances: stored.variances)
    }

    /// *Collective;* every rank passes the same.
    func write(to root: HDF5Group) throws {
        try root.setAttribute("format", Self.format)
        try root.setAttribute("format_version", Int64(1))
        try root.setAttribute("network", architecture.kind.rawValue)
        try root.setAttribute("base", Int64(architecture.base))
        try root.setAttribute("blocks", Int64(architecture.blocks))
        try root.setAttribute("attention", Int64(architecture.hasAttention ? 1 : 0))
        try root.setAttribute("strain", strain)
        try root.setAttribute("channels", channels)
        try image.write(to: root.createGroup("image"))
        try scaling.write(to: root)
        let graph = try GlitchGraph(architecture, normalisation: .shard)
        try StoredNetwork(parameters: parameters, means: means, variances: variances).write(to: root, layout: graph.graph.layout, normalised: graph.normalised)
    }
}
