import Batch

/// The telescope and the pulsar of a configuration.
public struct Descriptions: Equatable, Sendable {
    public let telescope: Telescope
    public let pulsar: Pulsar

    public init(telescope: Telescope, pulsar: Pulsar) {
        self.telescope = telescope
        self.pulsar = pulsar
    }

    /// Reads the sections `telescope` and `pulsar`. Each takes `model`, a name of the catalogue, or `file`, a file like those of
    /// `examples/telescopes` and `examples/pulsars`; any other key replaces that description's.
    /// - Throws: `ConfigurationError`; `BatchError` for a file that cannot be read. *Not collective;* ranks with the same files read the same.
    public init(_ configuration: Configuration) throws {
        let telescopes = try configuration.section("telescope")
        telescope = try Telescope(
            telescopes, base: Self.base(telescopes, Catalogue.telescopes, default: "effelsberg") { try Telescope($0, base: nil) })
        let pulsars = try configuration.section("pulsar")
        pulsar = try Pulsar(pulsars, base: Self.base(pulsars, Catalogue.pulsars, default: "crab") { try Pulsar($0, base: nil) })
    }

    /// A telescope of the catalogue.
    /// - Throws: `ConfigurationError` for a name that it does not have.
    public static func telescope(_ name: String) throws -> Telescope {
        try Telescope(Configuration(text: try text(name, Catalogue.telescopes), name: name), base: nil)
    }

    /// A pulsar of the catalogue.
    /// - Throws: `ConfigurationError` for a name that it does not have.
    public static func pulsar(_ name: String) throws -> Pulsar {
        try Pulsar(Configuration(text: try text(name, Catalogue.pulsars), name: name), base: nil)
    }

    private static func text(_ name: String, _ catalogue: [String: String]) throws -> String {
        guard let text = catalogue[name] else {
            throw ConfigurationError("'\(name)' is not known, wanted one of \(catalogue.keys.sorted().joined(separator: ", "))")
        }
        return text
    }

    private static func base<T>(
        _ section: Configuration, _ catalogue: [String: String], default name: String, _ make: (Configuration) throws -> T
    ) throws -> T {
        guard !section.has("file") else {
            let configuration = try Configuration.load(path: section.string("file"))
            let made = try make(configuration)
            try configuration.finish()
            return made
        }
        let model = try section.string("model", default: name, oneOf: catalogue.keys.sorted())
        return try make(Configuration(text: text(model, catalogue), name: model))
    }
}
