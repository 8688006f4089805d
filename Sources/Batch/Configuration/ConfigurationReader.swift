import Yams

/// YAML text to `ConfigurationNode`, through libyaml.
enum ConfigurationReader {
    /// Far more than a person writes; a few lines of nested aliases can mean billions of values.
    static let mostNodes = 100_000
    static let deepest = 60

    /// The mapping at the top of `text`; `name` is the file's, for messages.
    static func mapping(text: String, name: String) throws -> ConfigurationNode {
        let node = try value(text: text, name: name) { "\(name):\($0)" }
        switch node.value {
        case .mapping: return node
        case .null: return ConfigurationNode(value: .mapping([]), place: name)
        default: throw ConfigurationError("\(node.place): found \(node.found), wanted 'key: value' lines")
        }
    }

    /// Any single YAML value; `place` turns a line number into what messages call it.
    static func value(text: String, name: String, place: @escaping (Int) -> String) throws -> ConfigurationNode {
        let root: Node?
        do {
            // Yams walks nested collections recursively and trusts libyaml's limit of 1000 levels.
            root = try Yams.compose(yaml: text, .basic, .default, .utf8)
        } catch let error as YamlError {
            // What is missing at the end of the file is reported on the line after the last.
            let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).count
            throw ConfigurationError(message(error) { place(min($0, lines)) })
        }
        guard let root else { return ConfigurationNode(value: .null, place: place(1)) }
        var converter = Converter(place: place)
        return try converter.convert(root, depth: 0)
    }

    private static func message(_ error: YamlError, place: (Int) -> String) -> String {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let whole = [context?.text, problem].compactMap { $0 }.joined(separator: ", ")
            return "\(place(mark.line)): not valid YAML: \(whole) (column \(mark.column))"
        case .reader(let problem, let offset, _, let yaml):
            let line = yaml.prefix(offset ?? 0).count { $0.isNewline } + 1
            return "\(place(line)): not valid YAML: \(problem)"
        case .duplicatedKeysInMapping(let duplicates, let context):
            return "\(place(context.mark.line)): key '\(duplicates.sorted().first ?? "")' is given twice; remove one"
        default: return "\(place(1)): not valid YAML: \(error)"
        }
    }

    private struct Converter {
        let place: (Int) -> String
        var nodes = 0

        mutating func convert(_ node: Node, depth: Int) throws -> ConfigurationNode {
            let place = place(node.mark?.line ?? 1)
            nodes += 1
            guard nodes <= mostNodes else { throw ConfigurationError("\(place): more than \(mostNodes) values") }
            guard depth <= deepest else { throw ConfigurationError("\(place): nested deeper than \(deepest) levels") }
            switch node {
            case .scalar(let scalar):
                return ConfigurationNode(value: Self.scalar(scalar), place: place)
            case .sequence(let sequence):
                return ConfigurationNode(value: .sequence(try sequence.map { try convert($0, depth: depth + 1) }), place: place)
            case .mapping(let mapping):
                return ConfigurationNode(value: .mapping(try entries(mapping, depth: depth)), place: place)
            case .alias: throw ConfigurationError("\(place): an alias whose anchor is not known")
            }
        }

        private static func scalar(_ scalar: Node.Scalar) -> ConfigurationNode.Value {
            // An explicit !!str is as good as quotes.
            let plain = scalar.style == .plain && scalar.tag != Tag(.str)
            if plain, ["", "~", "null", "Null", "NULL"].contains(scalar.string) { return .null }
            return .scalar(scalar.string, plain: plain)
        }

        private mutating func entries(_ mapping: Node.Mapping, depth: Int) throws -> [ConfigurationNode.Entry] {
            var own: [ConfigurationNode.Entry] = []
            var merged: [ConfigurationNode.Entry] = []
            for (key, value) in mapping {
                let place = place(key.mark?.line ?? 1)
                guard case .scalar(let scalar) = key else {
                    throw ConfigurationError("\(place): a key is a list or a section, wanted a name")
                }
                let node = try convert(value, depth: depth + 1)
                if scalar.string == "<<", scalar.style == .plain {
                    merged += try Self.mergeable(node)
                } else if own.contains(where: { $0.key == scalar.string }) {
                    throw ConfigurationError("\(place): key '\(scalar.string)' is given twice; remove one")
                } else {
                    own.append(ConfigurationNode.Entry(key: scalar.string, place: place, node: node))
                }
            }
            // YAML's merge key: what the section itself says wins, then the earlier of the merged ones.
            for entry in merged where !own.contains(where: { $0.key == entry.key }) { own.append(entry) }
            return own
        }

        private static func mergeable(_ node: ConfigurationNode) throws -> [ConfigurationNode.Entry] {
            switch node.value {
            case .mapping(let entries): return entries
            case .sequence(let nodes): return try nodes.flatMap(mergeable)
            default: throw ConfigurationError("\(node.place): '<<' merges \(node.found), wanted an alias of a section")
            }
        }
    }
}
