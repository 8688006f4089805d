extension JSON {
    /// Reads one JSON value (RFC 8259); throws with the line of the first thing that is not JSON.
    public init(parsing text: String, name: String = "JSON") throws {
        var reader = JSONReader(bytes: Array(text.utf8), name: name)
        self = try reader.document()
    }
}

/// Recursive descent over UTF-8 bytes.
private struct JSONReader {
    let bytes: [UInt8]
    let name: String
    var position = 0
    /// Deeper nesting than any file of ours has, and far less than the stack holds.
    static let deepest = 200

    mutating func document() throws -> JSON {
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw wrong("something after the end of the value") }
        return value
    }

    private func wrong(_ what: String) -> BatchError {
        let line = bytes[..<min(position, bytes.count)].count { $0 == UInt8(ascii: "\n") } + 1
        return BatchError(.badInput, "\(name):\(line): not valid JSON: \(what)")
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ text: StaticString) -> Bool {
        let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard bytes[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    private mutating func value(depth: Int) throws -> JSON {
        guard depth < Self.deepest else { throw wrong("nested deeper than \(Self.deepest)") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t") where take("true"): return .bool(true)
        case UInt8(ascii: "f") where take("false"): return .bool(false)
        case UInt8(ascii: "n") where take("null"): return .null
        case nil: throw wrong("it ends too early")
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws -> JSONObject {
        var object = JSONObject()
        position += 1
        skipSpace()
        if take("}") { return object }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw wrong("a name in quotes is missing") }
            let name = try string()
            skipSpace()
            guard take(":") else { throw wrong("':' is missing after \"\(name)\"") }
            object[name] = try value(depth: depth + 1)
            skipSpace()
            if take("}") { return object }
            guard take(",") else { throw wrong("',' or '}' is missing") }
        }
    }

    private mutating func array(depth: Int) throws -> [JSON] {
        var values: [JSON] = []
        position += 1
        skipSpace()
        if take("]") { return values }
        while true {
            values.append(try value(depth: depth + 1))
            skipSpace()
            if take("]") { return values }
            guard take(",") else { throw wrong("',' or ']' is missing") }
        }
    }

    private mutating func number() throws -> JSON {
        let start = position
        while let byte = next, byte != UInt8(ascii: ","), byte > 0x20, byte != UInt8(ascii: "]"), byte != UInt8(ascii: "}") {
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        let allowed = text.utf8.allSatisfy { "+-.0123456789eE".utf8.contains($0) }
        guard allowed, !text.hasPrefix("+") else { throw wrong("unexpected '\(text)'") }
        if let value = Int(text) { return .integer(value) }
        guard let value = Double(text) else { throw wrong("unexpected '\(text)'") }
        return .number(value)
    }

    private mutating func string() throws -> String {
        var text: [UInt8] = []
        position += 1
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let valid = String(validating: text, as: UTF8.self) else { throw wrong("a string that is not UTF-8") }
                return valid
            case UInt8(ascii: "\\"): try text.append(contentsOf: escape())
            case ..<0x20: throw wrong("a control character in a string")
            default: text.append(byte)
            }
        }
        throw wrong("a string without end")
    }

    private mutating func escape() throws -> [UInt8] {
        guard let byte = next else { throw wrong("a string without end") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "u"):
            let first = try hexadecimal()
            var scalar = Unicode.Scalar(first)
            if (0xd800..<0xdc00).contains(first), take("\\u") {
                let second = try hexadecimal()
                guard (0xdc00..<0xe000).contains(second) else { throw wrong("half a surrogate pair") }
                scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + second - 0xdc00)
            }
            guard let scalar else { throw wrong("half a surrogate pair") }
            return Array(Character(scalar).utf8)
        default:
            guard "\"\\/".utf8.contains(byte) else { throw wrong("an unknown escape in a string") }
            return [byte]
        }
    }

    private mutating func hexadecimal() throws -> UInt32 {
        let digits = bytes[position..<min(position + 4, bytes.count)]
        guard digits.count == 4, let text = String(validating: digits, as: UTF8.self), text.allSatisfy(\.isHexDigit),
            let value = UInt32(text, radix: 16)
        else { throw wrong("four hexadecimal digits are missing after \\u") }
        position += 4
        return value
    }
}
