/// A JSON document as a value (RFC 8259). Numbers keep their text, so that a `Float` survives the round trip bit for bit.
enum JSONValue: Equatable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(_ value: Int) { self = .number("\(value)") }
    init(_ values: [Int]) { self = .array(values.map { JSONValue($0) }) }

    /// Not-finite numbers, which JSON has no form for, become strings.
    init(_ value: Float) { self = value.isFinite ? .number("\(value)") : .string("\(value)") }
    init(_ values: [Float]) { self = .array(values.map { JSONValue($0) }) }

    /// The text, with keys in alphabetical order; one line per element of a list of objects.
    var text: String {
        var result = ""
        write(to: &result)
        return result
    }

    private func write(to out: inout String) {
        switch self {
        case .null: out += "null"
        case .bool(let value): out += value ? "true" : "false"
        case .number(let text): out += text
        case .string(let text): Self.quote(text, to: &out)
        case .array(let values):
            let isLong = values.contains { if case .object = $0 { true } else { false } }
            out += "["
            for (index, value) in values.enumerated() {
                out += (index > 0 ? ", " : "") + (isLong ? "\n  " : "")
                value.write(to: &out)
            }
            out += "]"
        case .object(let members):
            out += "{"
            for (index, key) in members.keys.sorted().enumerated() {
                if index > 0 { out += ", " }
                Self.quote(key, to: &out)
                out += ": "
                members[key]?.write(to: &out)
            }
            out += "}"
        }
    }

    private static func quote(_ text: String, to out: inout String) {
        let digits = Array("0123456789abcdef".unicodeScalars)
        out += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case _ where scalar.value < 32:
                out += "\\u00"
                out.unicodeScalars.append(digits[Int(scalar.value >> 4)])
                out.unicodeScalars.append(digits[Int(scalar.value & 15)])
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }
}

/// Reads JSON text; errors name the line.
struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    /// Deepest nesting: far beyond any model, far below the stack.
    private static let deepest = 64

    private init(_ text: String) { bytes = Array(text.utf8) }

    static func parse(_ text: String) throws -> JSONValue {
        var parser = JSONParser(text)
        let value = try parser.value()
        parser.skipSpace()
        guard parser.position == parser.bytes.count else { throw parser.failure("the end") }
        return value
    }

    private func failure(_ wanted: String) -> NetworkError {
        let line = bytes[..<min(position, bytes.count)].count { $0 == UInt8(ascii: "\n") } + 1
        let rest = String(decoding: bytes[min(position, bytes.count)...].prefix(20), as: UTF8.self)
        return NetworkError(node: "JSON line \(line)", found: rest.isEmpty ? "the end of the text" : "'\(rest)'", wanted: wanted)
    }

    private mutating func skipSpace() {
        while position < bytes.count, [32, 9, 10, 13].contains(bytes[position]) { position += 1 }
    }

    private mutating func takes(_ word: StaticString) -> Bool {
        let text = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes[position...].starts(with: text) else { return false }
        position += text.count
        return true
    }

    private mutating func value() throws -> JSONValue {
        skipSpace()
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.deepest else { throw failure("fewer than \(Self.deepest) levels") }
        guard position < bytes.count else { throw failure("a value") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        default:
            if takes("null") { return .null }
            if takes("true") { return .bool(true) }
            if takes("false") { return .bool(false) }
            let start = position
            while position < bytes.count, "+-0123456789.eE".utf8.contains(bytes[position]) { position += 1 }
            let text = String(decoding: bytes[start..<position], as: UTF8.self)
            guard Double(text) != nil else {
                position = start
                throw failure("a value")
            }
            return .number(text)
        }
    }

    private mutating func array() throws -> JSONValue {
        position += 1
        var values: [JSONValue] = []
        skipSpace()
        if takes("]") { return .array(values) }
        while true {
            values.append(try value())
            skipSpace()
            if takes("]") { return .array(values) }
            guard takes(",") else { throw failure("',' or ']'") }
        }
    }

    private mutating func object() throws -> JSONValue {
        position += 1
        var members: [String: JSONValue] = [:]
        skipSpace()
        if takes("}") { return .object(members) }
        while true {
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw failure("a key in quotes") }
            let key = try string()
            skipSpace()
            guard takes(":") else { throw failure("':'") }
            guard members.updateValue(try value(), forKey: key) == nil else { throw failure("the key '\(key)' once") }
            skipSpace()
            if takes("}") { return .object(members) }
            guard takes(",") else { throw failure("',' or '}'") }
        }
    }

    private mutating func string() throws -> String {
        position += 1
        var scalars: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: scalars, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\") else {
                scalars.append(byte)
                continue
            }
            guard position < bytes.count else { break }
            position += 1
            switch bytes[position - 1] {
            case UInt8(ascii: "n"): scalars.append(10)
            case UInt8(ascii: "t"): scalars.append(9)
            case UInt8(ascii: "r"): scalars.append(13)
            case UInt8(ascii: "b"): scalars.append(8)
            case UInt8(ascii: "f"): scalars.append(12)
            case UInt8(ascii: "u"):
                let code = String(decoding: bytes[position..<min(position + 4, bytes.count)], as: UTF8.self)
                guard code.utf8.count == 4, let number = UInt32(code, radix: 16), let scalar = Unicode.Scalar(number) else {
                    throw failure("four hexadecimal digits of a character")
                }
                scalars += Array(String(Character(scalar)).utf8)
                position += 4
            case let other: scalars.append(other)
            }
        }
        throw failure("a closing quote")
    }
}
