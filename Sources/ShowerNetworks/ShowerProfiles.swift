extension ShowerArchitecture {
    /// Every profile: what a configuration or a model file may name.
    public static let profiles: [ShowerArchitecture] = [.keras, .miniature]

    /// - Throws: `ShowerNetworkError` with the names there are. *Not collective.*
    public static func profile(named name: String) throws -> ShowerArchitecture {
        guard let found = profiles.first(where: { $0.name == name }) else {
            throw ShowerNetworkError("no profile '\(name)', wanted \(profiles.map(\.name).joined(separator: " or "))")
        }
        return found
    }

    /// Stored deposits per GeV, as the variable-angle files of 3DGAN have them.
    public static let storedPerGeV = 50.0
}
