import Batch
import GlitchInference
import Glitches
import MessagePassing
import Networks
import ParallelHDF5
import Training

/// A trained autoencoder with all that is needed to use it: `autoencoder.h5`.
public struct AutoencoderModel: Sendable {
    public let strain: String
    /// Names of the sources that the terms speak of.
    public let sources: [String]
    /// The series that go in, in the order of the network's inputs.
    public let terms: [CouplingTerm]
    /// What each series is divided by.
    public let scales: [Double]
    /// Which calibration's whitening and rates it was trained with.
    public let calibration: String
    public let architecture: AutoencoderArchitecture
    /// Of the training graph, in its layout.
    public let parameters: [Float]
    /// Means and variances of the normalisations, `[normalisation][channel]`; empty where there are none.
    public let means, variances: [[Float]]

    static let format = "didymos witness autoencoder"

    /// What two calibrations have in common that a network may be used with both: strain, sources, rates and whitening.
    package static func fingerprint(_ model: InferenceModel) -> String {
        let geometry = "\(model.strain) \(model.strainRate) \(model.geometry.rate) \(model.geometry.lowest) \(model.geometry.factorLowest)"
        let sources = model.sources.map { "\($0.name) \($0.rate) \($0.isCarrier)" }.joined(separator: " ")
        let whitening = SHA256.hexadecimal(of: model.strainWhitening.coefficients)
        return String(SHA256.hexadecimal(of: "\(geometry) \(sources) \(whitening)".utf8).prefix(16))
    }

    /// Weights of a network, and channels of its normalisations in their order.
    package static func parameterCount(_ architecture: AutoencoderArchitecture) throws -> Int {
        try AutoencoderGraph(architecture, normalisation: .shard, hasLoss: false).graph.layout.count
    }
    package static func normalisedWidths(_ architecture: AutoencoderArchitecture) throws -> [Int] {
        try AutoencoderGraph(architecture, normalisation: .shard, hasLoss: false).normalised.map(\.channels)
    }

    // MARK: Files

    /// Reads `autoencoder.h5`. *Collective* where a communicator is given.
    /// - Throws: `GlitchError` naming the file and what is missing or does not fit; `HDF5Error` for a file that is none.
    public init(path: String, communicator: Communicator? = nil) throws {
        self = try HDF5File.with(HDF5File.open(path, communicator: communicator)) { file in try Self.read(file.root, path) }
    }

    package init(
        strain: String, sources: [String], terms: [CouplingTerm], scales: [Double], calibration: String, architecture: AutoencoderArchitecture, parameters: [Float],
        means: [[Float]], variances: [[Float]]
    ) {
        (self.strain, self.sources, self.terms, self.scales, self.calibration) = (strain, sources, terms, scales, calibration)
        (self.architecture, self.parameters, self.means, self.variances) = (architecture, parameters, means, variances)
    }

    private static func read(_ root: HDF5Group, _ path: String) throws -> AutoencoderModel {
        func wrong(_ what: String, _ found: String, _ wanted: String) -> GlitchError {
            GlitchError("\(path): \(what): found \(found), wanted \(wanted); an autoencoder is what `glitchgen train` with network.kind deepclean writes")
        }
        let kind = try root.hasAttribute("format") ? root.stringAttribute("format") : "none"
        guard kind == format else { throw wrong("attribute format", "'\(kind)'", "'\(format)'") }
        let version = try root.attribute("format_version", as: Int64.self)
        guard version == 1 else { throw wrong("format version", "\(version)", "1") }
        let sources = try root.stringAttributes("sources")
        let kinds = try root.stringAttributes("term_kinds"), numbers = try root.read("term_sources", as: Int32.self), scales = try root.read("scales", as: Double.self)
        guard !kinds.isEmpty, numbers.count == 2 * kinds.count, scales.count == kinds.count, scales.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw wrong("term_kinds, term_sources, scales", "\(kinds.count), \(numbers.count) and \(scales.count) of them", "one, two and one positive number a term")
        }
        let terms = try kinds.indices.map { index -> CouplingTerm in
            let (first, second) = (Int(numbers[2 * index]), Int(numbers[2 * index + 1]))
            guard let kind = CouplingTerm.Kind(rawValue: kinds[index]), sources.indices.contains(first), kind != .product || sources.indices.contains(second) else {
                throw wrong("term \(index)", "'\(kinds[index])' of sources \(first) and \(second)", "linear, square or product of the \(sources.count) sources")
            }
            return CouplingTerm(kind, first, second, isGated: false)
        }
        let name = try root.stringAttribute("activation")
        guard let activation = AutoencoderArchitecture.Activation(rawValue: name) else { throw wrong("attribute activation", "'\(name)'", "tanh or leaky") }
        let architecture = AutoencoderArchitecture(
            inputs: terms.count, widths: try root.attributes("widths", as: Int64.self).map { Int(clamping: $0) }, activation: activation,
            isNormalised: try root.attribute("normalised", as: Int64.self) != 0, wanted: Int(clamping: try root.attribute("wanted_samples", as: Int64.self)))
        try architecture.validate(path)
        let graph = try AutoencoderGraph(architecture, normalisation: .shard, hasLoss: false)
        let stored = try StoredNetwork(from: root, layout: graph.graph.layout, normalised: graph.normalised, wrong: wrong)
        return AutoencoderModel(
            strain: try root.stringAttribute("strain"), sources: sources, terms: terms, scales: scales, calibration: try root.stringAttribute("calibration"),
            architecture: architecture, parameters: stored.parameters, means: stored.means, variances: stored.variances)
    }

    /// *Collective;* every rank passes the same.
    package func write(to root: HDF5Group) throws {
        try root.setAttribute("format", Self.format)
        try root.setAttribute("format_version", Int64(1))
        try root.setAttribute("strain", strain)
        try root.setAttribute("sources", sources)
        try root.setAttribute("calibration", calibration)
        try root.setAttribute("term_kinds", terms.map(\.kind.rawValue))
        try root.setAttribute("term_titles", terms.map { $0.title(sources) })
        try root.write("term_sources", terms.flatMap { [Int32($0.first), Int32($0.second)] }, shape: [terms.count, 2])
        try root.write("scales", scales)
        try root.setAttribute("widths", architecture.widths.map { Int64($0) })
        try root.setAttribute("activation", architecture.activation.rawValue)
        try root.setAttribute("normalised", Int64(architecture.isNormalised ? 1 : 0))
        try root.setAttribute("wanted_samples", Int64(architecture.wanted))
        let graph = try AutoencoderGraph(architecture, normalisation: .shard, hasLoss: false)
        try StoredNetwork(parameters: parameters, means: means, variances: variances).write(to: root, layout: graph.graph.layout, normalised: graph.normalised)
    }
}
