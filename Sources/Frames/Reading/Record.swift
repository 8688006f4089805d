/// One structure with its elements' values, taken apart as its layout says.
struct Record {
    enum Value {
        case unsigned([UInt64])
        case signed([Int64])
        case real([Double])
        case text([String])
        case pointer(StructurePointer)
        /// Bytes of the structure, not copied.
        case bytes(Range<Int>)
    }

    let layout: StructureLayout
    let header: StructureHeader
    let bytes: [UInt8]
    let place: Place
    private(set) var values: [Value] = []

    /// Takes `bytes`, the whole structure, apart. Throws unless the elements fill it exactly.
    ///
    /// `noneIsAllOnes`: a count of 0xFFFFFFFF stands for none, as in tables of contents.
    init(
        _ bytes: [UInt8], header: StructureHeader, layout: StructureLayout, swapped: Bool, file: String, noneIsAllOnes: Bool = false
    ) throws {
        (self.layout, self.header, self.bytes) = (layout, header, bytes)
        place = Place(file: file, offset: header.offset, structure: layout.name)
        values.reserveCapacity(layout.elements.count)
        var cursor = FieldCursor(bytes, from: StructureHeader.size, to: bytes.count, swapped: swapped, place: place)
        for element in layout.elements {
            let count = try count(of: element, noneIsAllOnes: noneIsAllOnes, remaining: cursor.remaining)
            values.append(try Self.take(element, count, from: &cursor))
        }
        guard cursor.remaining == 0 else {
            throw place.error("", found: "\(cursor.remaining) bytes behind the last element", wanted: "none; the length or the dictionary is wrong")
        }
    }

    /// Values of an element; checked against the bytes that are left, so no count can ask for more memory than the structure holds.
    private func count(of element: StructureLayout.Element, noneIsAllOnes: Bool, remaining: Int) throws -> Int {
        var count = 1
        for extent in element.type.extents {
            var factor: Int
            switch extent {
            case .constant(let constant): factor = constant
            case .element(let index):
                guard case .unsigned(let counts) = values[index], counts.count == 1, let value = Int(exactly: counts[0]) else {
                    throw place.error(element.name, found: "a count that is no number of elements", wanted: element.spelling)
                }
                factor = noneIsAllOnes && value == 0xffff_ffff ? 0 : value
            }
            if count == 0 { factor = 0 }
            let (product, overflow) = count.multipliedReportingOverflow(by: factor)
            guard !overflow, product <= remaining / element.type.base.smallestSize else {
                throw place.error(
                    element.name, found: "\(factor) elements of \(element.spelling)", wanted: "what fits into the \(remaining) bytes left")
            }
            count = product
        }
        return count
    }

    private static func take(_ element: StructureLayout.Element, _ count: Int, from cursor: inout FieldCursor) throws -> Value {
        let name = element.name
        func list<T>(_ next: () throws -> T) rethrows -> [T] {
            var list: [T] = []
            list.reserveCapacity(count)
            for _ in 0..<count { list.append(try next()) }
            return list
        }
        switch element.type.base {
        case .character, .unsignedCharacter:
            if element.type.extents.isEmpty { return .unsigned([UInt64(try cursor.integer(name, as: UInt8.self))]) }
            return .bytes(try cursor.skip(count, name))
        case .int16: return .signed(try list { Int64(try cursor.integer(name, as: Int16.self)) })
        case .int32: return .signed(try list { Int64(try cursor.integer(name, as: Int32.self)) })
        case .int64: return .signed(try list { try cursor.integer(name, as: Int64.self) })
        case .uint16: return .unsigned(try list { UInt64(try cursor.integer(name, as: UInt16.self)) })
        case .uint32: return .unsigned(try list { UInt64(try cursor.integer(name, as: UInt32.self)) })
        case .uint64: return .unsigned(try list { try cursor.integer(name, as: UInt64.self) })
        case .real32: return .real(try list { Double(try cursor.float(name)) })
        case .real64: return .real(try list { try cursor.double(name) })
        case .complex64, .complex128: return .bytes(try cursor.skip(count * element.type.base.smallestSize, name))
        case .text: return .text(try list { try cursor.text(name) })
        case .pointer: return .pointer(try cursor.pointer(name))
        }
    }

    // MARK: Values by name

    private func value(_ name: String) throws -> Value {
        guard let index = layout.index(of: name) else {
            throw place.error(name, found: "no such element in the file's dictionary", wanted: "the elements of format version 8")
        }
        return values[index]
    }

    func unsigneds(_ name: String) throws -> [UInt64] {
        switch try value(name) {
        case .unsigned(let list): return list
        case .signed(let list):
            guard list.allSatisfy({ $0 >= 0 }) else { throw place.error(name, found: "a negative number", wanted: "0 or more") }
            return list.map { UInt64($0) }
        default: throw place.error(name, found: "another type", wanted: "integers")
        }
    }

    func signeds(_ name: String) throws -> [Int64] {
        switch try value(name) {
        case .signed(let list): return list
        case .unsigned(let list): return list.map { Int64(clamping: $0) }
        default: throw place.error(name, found: "another type", wanted: "integers")
        }
    }

    func reals(_ name: String) throws -> [Double] {
        guard case .real(let list) = try value(name) else { throw place.error(name, found: "another type", wanted: "REAL_4 or REAL_8") }
        return list
    }

    func texts(_ name: String) throws -> [String] {
        guard case .text(let list) = try value(name) else { throw place.error(name, found: "another type", wanted: "STRING") }
        return list
    }

    func pointer(_ name: String) throws -> StructurePointer {
        guard case .pointer(let pointer) = try value(name) else { throw place.error(name, found: "another type", wanted: "PTR_STRUCT") }
        return pointer
    }

    func range(_ name: String) throws -> Range<Int> {
        guard case .bytes(let range) = try value(name) else { throw place.error(name, found: "another type", wanted: "CHAR[]") }
        return range
    }

    /// An unsigned number of at most `T`'s width.
    func unsigned<T: FixedWidthInteger & UnsignedInteger>(_ name: String, as type: T.Type = T.self) throws -> T {
        let list = try unsigneds(name)
        guard list.count == 1, let value = T(exactly: list[0]) else {
            throw place.error(name, found: list.first.map { "\($0)" } ?? "nothing", wanted: "one number up to \(T.max)")
        }
        return value
    }

    func signed(_ name: String) throws -> Int64 {
        guard let value = try signeds(name).first else { throw place.error(name, found: "nothing", wanted: "one number") }
        return value
    }

    func real(_ name: String) throws -> Double {
        guard let value = try reals(name).first else { throw place.error(name, found: "nothing", wanted: "one number") }
        return value
    }

    func text(_ name: String) throws -> String {
        guard let value = try texts(name).first else { throw place.error(name, found: "nothing", wanted: "one string") }
        return value
    }
}
