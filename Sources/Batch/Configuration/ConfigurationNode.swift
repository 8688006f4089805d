/// One value of a configuration, and where it was written.
package struct ConfigurationNode {
    package enum Value {
        case null
        /// `plain`: written without quotes, so it may be a number.
        case scalar(String, plain: Bool)
        case sequence([ConfigurationNode])
        case mapping([Entry])
    }

    package struct Entry {
        let key: String
        /// Where the key was written.
        let place: String
        var node: ConfigurationNode
    }

    var value: Value
    /// `run.yaml:12`, or the override that set it.
    let place: String

    var entries: [Entry]? { if case .mapping(let entries) = value { entries } else { nil } }

    subscript(_ key: String) -> ConfigurationNode? { entries?.first { $0.key == key }?.node }

    /// What was found, for messages.
    var found: String {
        switch value {
        case .null: "empty"
        case .scalar(let text, plain: true): text.count <= 60 ? "'\(text)'" : "'\(text.prefix(57))...'"
        case .scalar(let text, plain: false): text.count <= 60 ? "the text \"\(text)\"" : "the text \"\(text.prefix(57))...\""
        case .sequence(let values): "a list of \(values.count)"
        case .mapping(let entries): entries.isEmpty ? "an empty section" : "a section with '\(entries[0].key)'"
        }
    }

    /// The value as the user meant it, if it is an integer; `1e6` is one.
    var integer: Int? {
        guard case .scalar(let text, plain: true) = value else { return nil }
        return Int(text) ?? number.flatMap { abs($0) < 9e15 ? Int(exactly: $0) : nil }
    }

    /// The value as the user meant it, if it is a number; also `.inf`, `-.inf` and `.nan` as YAML writes them.
    var number: Double? {
        guard case .scalar(let text, plain: true) = value else { return nil }
        switch text {
        case ".inf", "+.inf": return .infinity
        case "-.inf": return -.infinity
        case ".nan": return .nan
        default:
            let allowed = text.utf8.allSatisfy { "+-.0123456789eE".utf8.contains($0) }
            return allowed ? Double(text) : nil
        }
    }

    var boolean: Bool? {
        guard case .scalar(let text, plain: true) = value else { return nil }
        switch text {
        case "true", "True", "TRUE": return true
        case "false", "False", "FALSE": return false
        default: return nil
        }
    }

    /// The text, if it is one; numbers and truth values are text too where text is wanted.
    var text: String? { if case .scalar(let text, _) = value { text } else { nil } }
}

extension ConfigurationNode {
    /// YAML that reads back to the same values, keys sorted, numbers in their shortest form: equal configurations, equal bytes.
    package var canonicalText: String {
        var out = ""
        write(to: &out, indent: 0)
        return out
    }

    /// Every value below this node by its dotted path, as one line of YAML.
    func values(below path: String = "") -> [(path: String, value: String)] {
        (entries ?? []).flatMap { entry -> [(path: String, value: String)] in
            let full = path.isEmpty ? entry.key : "\(path).\(entry.key)"
            if let inner = entry.node.entries, !inner.isEmpty { return entry.node.values(below: full) }
            return [(full, entry.node.flow)]
        }
    }

    private func write(to out: inout String, indent: Int) {
        let space = String(repeating: "  ", count: indent)
        for entry in (entries ?? []).sorted(by: { $0.key < $1.key }) {
            out += space + Self.quoted(entry.key, plain: false) + ":"
            if let inner = entry.node.entries, !inner.isEmpty {
                out += "\n"
                entry.node.write(to: &out, indent: indent + 1)
            } else {
                out += " " + entry.node.flow + "\n"
            }
        }
    }

    /// The value on one line.
    var flow: String {
        switch value {
        case .null: "null"
        case .scalar(let text, let plain): plain ? canonicalScalar : Self.quoted(text, plain: false)
        case .sequence(let values): "[" + values.map(\.flow).joined(separator: ", ") + "]"
        case .mapping(let entries):
            "{"
                + entries.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key, plain: false)): \($0.node.flow)" }
                .joined(separator: ", ") + "}"
        }
    }

    private var canonicalScalar: String {
        if let integer { return "\(integer)" }
        if let boolean { return "\(boolean)" }
        if let number {
            if number.isNaN { return ".nan" }
            return number.isInfinite ? (number < 0 ? "-.inf" : ".inf") : "\(number)"
        }
        return Self.quoted(text ?? "", plain: true)
    }

    /// Text as it is where YAML cannot take it for anything else, otherwise in quotes.
    private static func quoted(_ text: String, plain: Bool) -> String {
        let harmless = text.utf8.enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"): index > 0
            default: false
            }
        }
        let special = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
        if harmless, !text.isEmpty, !special { return text }
        var out = ""
        JSON.quote(text, to: &out)
        return out
    }
}
