/// Takes values one after another out of the bytes of one structure; never beyond `end`.
struct FieldCursor {
    let bytes: [UInt8]
    private(set) var position: Int
    let end: Int
    /// Whether the file's byte order differs from this machine's.
    let swapped: Bool
    let place: Place

    init(_ bytes: [UInt8], from position: Int, to end: Int, swapped: Bool, place: Place) {
        (self.bytes, self.position, self.end, self.swapped, self.place) = (bytes, position, min(end, bytes.count), swapped, place)
    }

    var remaining: Int { end - position }

    mutating func skip(_ count: Int, _ field: String) throws -> Range<Int> {
        guard count >= 0, count <= remaining else {
            throw place.error(field, "found \(remaining) bytes to the end of the structure, wanted \(count)")
        }
        defer { position += count }
        return position..<position + count
    }

    mutating func integer<T: FixedWidthInteger>(_ field: String, as type: T.Type = T.self) throws -> T {
        let range = try skip(MemoryLayout<T>.size, field)
        let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: range.lowerBound, as: T.self) }
        return swapped ? value.byteSwapped : value
    }

    mutating func float(_ field: String) throws -> Float { Float(bitPattern: try integer(field)) }
    mutating func double(_ field: String) throws -> Double { Double(bitPattern: try integer(field)) }

    /// A string with its length before it and a NUL at its end.
    mutating func text(_ field: String) throws -> String {
        let length = Int(try integer(field, as: UInt16.self))
        if length == 0 { return "" }
        let range = try skip(length, field)
        guard bytes[range.upperBound - 1] == 0 else {
            throw place.error(field, found: "a string of \(length) bytes without NUL at its end", wanted: "one")
        }
        return String(decoding: bytes[range].dropLast().prefix { $0 != 0 }, as: UTF8.self)
    }

    mutating func pointer(_ field: String) throws -> StructurePointer {
        StructurePointer(classIdentifier: try integer(field), instance: try integer(field))
    }
}

/// A reference to another structure of the same frame.
struct StructurePointer: Equatable {
    var classIdentifier: UInt16
    var instance: UInt32

    static let null = StructurePointer(classIdentifier: 0, instance: 0)
    var isNull: Bool { classIdentifier == 0 }
}
