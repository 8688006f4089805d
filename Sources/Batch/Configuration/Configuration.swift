import MessagePassing

/// The settings of a run: a YAML file, with values replaced from the command line.
///
/// Reading a value checks its type and range and notes its key, so that `finish()` can name every key that
/// nobody reads: a misspelt setting never silently means the default. A section shares its notes with the whole.
/// The section `run` is about this execution (time limit, checkpoint interval, what is logged), does not change
/// a result, and so does not enter the `hash`.
public struct Configuration {
    /// The file's name as the user gave it, for messages.
    public let name: String
    /// Dotted path of this section, empty for the whole.
    let path: String
    let node: ConfigurationNode
    let record: Record

    /// What was read so far, shared by all sections of one configuration.
    final class Record {
        let root: ConfigurationNode
        /// Values by their dotted path, with the defaults that were used.
        var read: [String: ConfigurationNode] = [:]
        var sections: Set<String> = []
        var ofOthers: Set<String> = []

        init(root: ConfigurationNode) { self.root = root }
    }

    /// The settings in `text`; `name` is what messages call it.
    public init(text: String, name: String = "configuration", overrides: [String] = []) throws {
        var root = try ConfigurationReader.mapping(text: text, name: name)
        for override in overrides { root = try ConfigurationOverride(override).applied(to: root) }
        self.init(name: name, path: "", node: root, record: Record(root: root))
    }

    private init(name: String, path: String, node: ConfigurationNode, record: Record) {
        self.name = name
        self.path = path
        self.node = node
        self.record = record
    }

    /// Reads a file and replaces what `overrides`, each `section.key=value`, say. *Not collective.*
    ///
    /// `translate` makes YAML of a text in another program's style. Throws `ConfigurationError` for what is not YAML, with its line; `BatchError` if the file cannot be read.
    public static func load(
        path: String, overrides: [String] = [], translate: (String, String) throws -> String = { $1 }
    ) throws -> Configuration {
        try Configuration(text: translate(path, readText(path)), name: shortName(path), overrides: overrides)
    }

    /// The same, read by rank 0 alone and equal on every rank, also in what it throws. *Collective.*
    public static func load(
        path: String, overrides: [String] = [], communicator: Communicator, translate: (String, String) throws -> String = { $1 }
    ) throws -> Configuration {
        let text = try communicator.agree { communicator.isRoot ? try translate(path, readText(path)) : "" }
        return try Configuration(
            text: communicator.broadcast(text, root: 0), name: shortName(path), overrides: overrides)
    }

    private static func readText(_ path: String) throws -> String {
        let bytes: [UInt8]
        do {
            bytes = try Files.read(path, limit: 4 << 20)
        } catch let error as BatchError {
            // A wrong path is the user's input, unlike a disk that fails.
            throw ConfigurationError("configuration: \(error)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError("\(path): not UTF-8 text, so not a configuration")
        }
        return text
    }

    private static func shortName(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// The section `key`; one that is missing is empty, so all its values have their defaults.
    public func section(_ key: String) throws -> Configuration {
        let full = fullPath(key)
        record.sections.insert(full)
        let found = lookUp(key)
        switch found?.value {
        case .mapping, nil: break
        case .null: break
        default: throw ConfigurationError("\(found?.place ?? name): '\(full)' is \(found?.found ?? ""), wanted a section of 'key: value' lines")
        }
        let inner = found?.entries == nil ? ConfigurationNode(value: .mapping([]), place: found?.place ?? name) : found
        return Configuration(name: name, path: full, node: inner ?? node, record: record)
    }

    /// The sections of a list, such as `layers: [{kind: affine}, {kind: spline}]`; empty if the key is missing.
    public func sections(_ key: String) throws -> [Configuration] {
        let full = fullPath(key)
        guard let found = lookUp(key) else {
            record.sections.insert(full)
            return []
        }
        guard case .sequence(let nodes) = found.value else {
            throw ConfigurationError("\(found.place): '\(full)' is \(found.found), wanted a list of sections")
        }
        record.sections.insert(full)
        return try nodes.enumerated().map { index, node in
            let place = "\(full).\(index)"
            guard node.entries != nil else {
                throw ConfigurationError("\(node.place): item \(index + 1) of '\(full)' is \(node.found), wanted a section")
            }
            record.sections.insert(place)
            return Configuration(name: name, path: place, node: node, record: record)
        }
    }

    /// Whether a value is given for `key`; does not count as reading it.
    public func has(_ key: String) -> Bool { lookUp(key) != nil }

    /// Says that these sections or keys belong to another command, so that `finish()` does not object to them.
    public func leave(_ keys: String...) { for key in keys { record.ofOthers.insert(fullPath(key)) } }

    /// All settings as given, as YAML that reads back to the same values, keys sorted: equal settings, equal bytes.
    public var canonicalText: String { record.root.canonicalText }

    /// All settings that were read so far, with the defaults that were used: a file that says everything.
    public var resolvedText: String {
        var tree = ConfigurationNode(value: .mapping([]), place: name)
        for (path, node) in record.read.sorted(by: { $0.key < $1.key }) { tree = tree.inserting(node, at: path) }
        return tree.canonicalText
    }

    /// SHA-256 of the canonical text without the section `run`, 64 hexadecimal digits.
    public var hash: String {
        let entries = (record.root.entries ?? []).filter { $0.key != "run" }
        return SHA256.hexadecimal(of: ConfigurationNode(value: .mapping(entries), place: name).canonicalText.utf8)
    }

    func fullPath(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The node at a dotted key of this section, nil if it is missing or null.
    func lookUp(_ key: String) -> ConfigurationNode? {
        var found: ConfigurationNode? = node
        for part in key.split(separator: ".") { found = found?[String(part)] }
        if case .null? = found?.value { return nil }
        return found
    }
}

extension ConfigurationNode {
    /// A copy with `node` at a dotted path; parts that are numbers are places in a list.
    fileprivate func inserting(_ node: ConfigurationNode, at path: String) -> ConfigurationNode {
        func insert(_ tree: ConfigurationNode?, _ parts: ArraySlice<Substring>) -> ConfigurationNode {
            guard let first = parts.first else { return node }
            if let index = Int(first) {
                var values: [ConfigurationNode] = []
                if case .sequence(let existing)? = tree?.value { values = existing }
                while values.count <= index { values.append(ConfigurationNode(value: .mapping([]), place: place)) }
                values[index] = insert(values[index], parts.dropFirst())
                return ConfigurationNode(value: .sequence(values), place: place)
            }
            var entries = tree?.entries ?? []
            let key = String(first)
            let position = entries.firstIndex { $0.key == key }
            let inner = insert(position.map { entries[$0].node }, parts.dropFirst())
            let entry = ConfigurationNode.Entry(key: key, place: place, node: inner)
            if let position { entries[position] = entry } else { entries.append(entry) }
            return ConfigurationNode(value: .mapping(entries), place: place)
        }
        return insert(self, path.split(separator: ".")[...])
    }
}
