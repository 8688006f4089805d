/// One `section.key=value` of a command line.
struct ConfigurationOverride {
    let path: [String]
    let node: ConfigurationNode
    let place: String

    init(_ text: String) throws {
        place = "override '\(text)'"
        guard let equals = text.firstIndex(of: "=") else {
            throw ConfigurationError("\(place): wanted section.key=value")
        }
        path = text[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard path.allSatisfy({ !$0.isEmpty && !$0.contains(where: \.isWhitespace) }), path.count <= ConfigurationReader.deepest
        else {
            throw ConfigurationError("\(place): '\(text[..<equals])' is not a key, wanted section.key=value")
        }
        let place = place
        node = try ConfigurationReader.value(text: String(text[text.index(after: equals)...]), name: text) { _ in place }
    }

    /// `tree` with this value set, and the sections above it made where they are missing.
    func applied(to tree: ConfigurationNode) throws -> ConfigurationNode {
        try set(in: tree, path[...])
    }

    private func set(in tree: ConfigurationNode, _ rest: ArraySlice<String>) throws -> ConfigurationNode {
        guard let key = rest.first else { return node }
        var entries: [ConfigurationNode.Entry]
        switch tree.value {
        case .mapping(let existing): entries = existing
        case .null: entries = []
        default:
            let section = path[..<rest.startIndex].joined(separator: ".")
            throw ConfigurationError("\(place): '\(section)' is \(tree.found) at \(tree.place), not a section")
        }
        let index = entries.firstIndex { $0.key == key }
        let before = index.map { entries[$0].node } ?? ConfigurationNode(value: .null, place: place)
        let after = ConfigurationNode.Entry(key: key, place: place, node: try set(in: before, rest.dropFirst()))
        if let index { entries[index] = after } else { entries.append(after) }
        return ConfigurationNode(value: .mapping(entries), place: tree.place)
    }
}
