/// One message inside the bytes of a file, read field by field.
///
/// Nothing is copied and nothing is allocated but messages of errors: lengths are checked against what is left of the enclosing message, so
/// damaged bytes end in an error that names their place. Unknown fields are skipped; nesting is as deep as the caller goes.
struct ProtobufMessage {
    enum Value {
        case integer(UInt64)
        case fixed32(UInt32)
        case fixed64(UInt64)
        case bytes(Range<Int>)
    }

    let file: String
    let bytes: [UInt8]
    let range: Range<Int>
    /// What the message is, for errors.
    let kind: StaticString

    func failure(_ offset: Int, _ found: String, wanted: String) -> ModelExchangeError {
        ModelExchangeError(file: file, offset: offset, found: "\(kind): \(found)", wanted: wanted)
    }

    /// Calls `body` with each field's number, value and first byte.
    func forEachField(_ body: (_ field: Int, _ value: Value, _ offset: Int) throws -> Void) throws {
        var position = range.lowerBound
        while position < range.upperBound {
            let start = position
            let key = try varint(&position, range)
            let field = key >> 3
            guard field > 0, field < 1 << 29 else { throw failure(start, "field number \(field)", wanted: "1 to 536870911") }
            let value: Value
            switch key & 7 {
            case 0: value = .integer(try varint(&position, range))
            case 1: value = .fixed64(try fixed(8, &position))
            case 2:
                let length = try varint(&position, range)
                guard length <= UInt64(range.upperBound - position) else {
                    throw failure(start, "field \(field) of \(length) bytes where \(range.upperBound - position) are left", wanted: "a whole file")
                }
                value = .bytes(position..<position + Int(length))
                position += Int(length)
            case 5: value = .fixed32(UInt32(truncatingIfNeeded: try fixed(4, &position)))
            case let wire: throw failure(start, "wire type \(wire) of field \(field)", wanted: "0, 1, 2 or 5")
            }
            try body(Int(field), value, start)
        }
    }

    /// A field that is itself a message.
    func message(_ value: Value, _ kind: StaticString, at offset: Int) throws -> ProtobufMessage {
        ProtobufMessage(file: file, bytes: bytes, range: try data(value, at: offset), kind: kind)
    }

    func data(_ value: Value, at offset: Int) throws -> Range<Int> {
        guard case .bytes(let range) = value else { throw failure(offset, "a number", wanted: "a field with a length") }
        return range
    }

    func integer(_ value: Value, at offset: Int) throws -> Int {
        guard case .integer(let number) = value else { throw failure(offset, "a field of another type", wanted: "an integer") }
        return Int(Int64(bitPattern: number))
    }

    /// A name of at most 200 bytes.
    func name(_ value: Value, at offset: Int) throws -> String {
        let range = try data(value, at: offset)
        guard range.count <= 200 else { throw failure(offset, "a name of \(range.count) bytes", wanted: "at most 200") }
        return String(decoding: bytes[range], as: UTF8.self)
    }

    /// Calls `body` with each integer of a repeated field, which may be packed or single.
    func integers(_ value: Value, at offset: Int, _ body: (Int) throws -> Void) throws {
        if case .bytes(let range) = value {
            var position = range.lowerBound
            while position < range.upperBound { try body(Int(Int64(bitPattern: varint(&position, range)))) }
        } else {
            try body(integer(value, at: offset))
        }
    }

    private func varint(_ position: inout Int, _ range: Range<Int>) throws -> UInt64 {
        let start = position
        var value: UInt64 = 0
        for shift in stride(from: 0, through: 63, by: 7) {
            guard position < range.upperBound else { throw failure(start, "an integer that is cut off", wanted: "a whole file") }
            let byte = bytes[position]
            position += 1
            if shift == 63, byte > 1 { break }
            value |= UInt64(byte & 0x7f) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        throw failure(start, "an integer of more than 64 bits", wanted: "at most 64")
    }

    private func fixed(_ count: Int, _ position: inout Int) throws -> UInt64 {
        guard range.upperBound - position >= count else { throw failure(position, "a number that is cut off", wanted: "a whole file") }
        var value: UInt64 = 0
        for k in 0..<count { value |= UInt64(bytes[position + k]) << UInt64(8 * k) }
        position += count
        return value
    }
}
