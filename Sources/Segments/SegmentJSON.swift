/// Flags as JSON, as the segment database (dqsegdb) and gwpy write them: `ifo`, `name`, `version`, `known`, `active`, `metadata`.
public enum SegmentJSON {
    public static func text(of flag: DataQualityFlag) -> String {
        func list(_ segments: SegmentList) -> String { "[" + segments.segments.map { "[\($0.start), \($0.end)]" }.joined(separator: ", ") + "]" }
        return """
            {"ifo": \(quoted(flag.interferometer)), "name": \(quoted(flag.name)), "version": \(flag.version),
             "known": \(list(flag.known)),
             "active": \(list(flag.active)),
             "metadata": {"active_indicates_ifo_badness": true, "deprecated": false, "flag_description": \(quoted(flag.comment)), "further_info_url": ""}}

            """
    }

    /// Reads one flag; times are taken as they are written, to the nanosecond. `name` stands for the text in errors.
    public static func read(_ text: String, name: String) throws -> DataQualityFlag {
        var reader = SegmentJSONReader(Array(text.utf8), name: name)
        guard case .object(let members) = try reader.document() else { throw SegmentError("\(name): found no object, wanted a flag as JSON") }
        func string(_ key: String) -> String { if case .string(let text)? = members[key] { text } else { "" } }
        func list(_ key: String) throws -> SegmentList {
            guard case .array(let pairs)? = members[key] else { throw SegmentError("\(name): found no list \"\(key)\", wanted one") }
            return SegmentList(
                try pairs.map { pair in
                    guard case .array(let times) = pair, times.count == 2, case .number(let first) = times[0], case .number(let second) = times[1],
                        let start = GPSTime(first), let end = GPSTime(second), let segment = Segment(start, end)
                    else { throw SegmentError("\(name), \(key): found another entry, wanted [start, end] in GPS seconds with at most 9 decimals") }
                    return segment
                })
        }
        var comment = ""
        if case .object(let metadata)? = members["metadata"], case .string(let text)? = metadata["flag_description"] { comment = text }
        var version = 0
        if case .number(let text)? = members["version"] { version = Int(text) ?? 0 }
        return DataQualityFlag(
            interferometer: string("ifo"), name: string("name"), version: version, comment: comment, known: try list("known"), active: try list("active"))
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": out += "\\\(scalar)"
            case _ where scalar.value < 32: out += "\\u00" + String(scalar.value + 256, radix: 16).dropFirst()
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}

/// JSON with numbers left as text, so that no digit is lost (RFC 8259).
private struct SegmentJSONReader {
    indirect enum Value {
        case null, bool(Bool), number(String), string(String), array([Value]), object([String: Value])
    }

    private let bytes: [UInt8]
    private let name: String
    private var position = 0
    private static let deepest = 32

    init(_ bytes: [UInt8], name: String) { (self.bytes, self.name) = (bytes, name) }

    mutating func document() throws -> Value {
        let value = try value(depth: 0)
        guard next() == nil else { throw wrong("the end of the text") }
        return value
    }

    private func wrong(_ wanted: String) -> SegmentError {
        let found = position < bytes.count ? "\"\(String(decoding: bytes[position...].prefix(20), as: UTF8.self))\"" : "the end"
        return SegmentError("\(name), byte \(position): found \(found), wanted \(wanted)")
    }

    /// The next byte that is not white space, not yet taken.
    private mutating func next() -> UInt8? {
        while position < bytes.count, [9, 10, 13, 32].contains(bytes[position]) { position += 1 }
        return position < bytes.count ? bytes[position] : nil
    }

    private mutating func take(_ text: StaticString) -> Bool {
        let wanted = text.withUTF8Buffer { Array($0) }
        guard next() != nil, bytes[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    private mutating func value(depth: Int) throws -> Value {
        guard depth < Self.deepest else { throw wrong("less nesting") }
        switch next() {
        case UInt8(ascii: "{")?:
            position += 1
            var members: [String: Value] = [:]
            if take("}") { return .object(members) }
            repeat {
                guard next() == UInt8(ascii: "\"") else { throw wrong("a name in quotes") }
                let key = try string()
                guard take(":") else { throw wrong(":") }
                members[key] = try value(depth: depth + 1)
            } while take(",")
            guard take("}") else { throw wrong("}") }
            return .object(members)
        case UInt8(ascii: "[")?:
            position += 1
            var list: [Value] = []
            if take("]") { return .array(list) }
            repeat { list.append(try value(depth: depth + 1)) } while take(",")
            guard take("]") else { throw wrong("]") }
            return .array(list)
        case UInt8(ascii: "\"")?: return .string(try string())
        default:
            if take("true") { return .bool(true) }
            if take("false") { return .bool(false) }
            if take("null") { return .null }
            let digits = bytes[position...].prefix { (48...57).contains($0) || [43, 45, 46, 69, 101].contains($0) }
            guard !digits.isEmpty else { throw wrong("a value") }
            position += digits.count
            return .number(String(decoding: digits, as: UTF8.self))
        }
    }

    private mutating func string() throws -> String {
        position += 1
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\") else { text.append(byte); continue }
            guard position < bytes.count else { break }
            let escape = bytes[position]
            position += 1
            switch escape {
            case UInt8(ascii: "n"): text.append(10)
            case UInt8(ascii: "t"): text.append(9)
            case UInt8(ascii: "r"): text.append(13)
            case UInt8(ascii: "b"): text.append(8)
            case UInt8(ascii: "f"): text.append(12)
            case UInt8(ascii: "u"):
                guard position + 4 <= bytes.count, let code = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16),
                    let scalar = Unicode.Scalar(code)
                else { throw wrong("four hexadecimal digits of a character") }
                text += Array(String(Character(scalar)).utf8)
                position += 4
            default: text.append(escape)
            }
        }
        throw wrong("the closing quote")
    }
}
