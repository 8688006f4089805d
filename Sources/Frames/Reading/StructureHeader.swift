import Numerics

/// The fourteen bytes that every structure begins with.
struct StructureHeader {
    static let size = 14
    static let dictionaryHeader: UInt8 = 1
    static let dictionaryElement: UInt8 = 2

    let offset: Int
    /// Bytes of the structure, these fourteen among them.
    let length: Int
    /// 0: no checksum in the structure; 1: the last four bytes are one.
    let checkType: UInt8
    let classIdentifier: UInt8
    let instance: UInt32

    var end: Int { offset + length }
    var isDictionary: Bool { classIdentifier == Self.dictionaryHeader || classIdentifier == Self.dictionaryElement }
}

/// Reads whole structures: their headers, bytes and checksums. Knows nothing of their elements.
struct StructureReader {
    let bytes: FrameBytes
    let swapped: Bool
    let verifiesChecksums: Bool

    func header(at offset: Int) throws -> StructureHeader {
        let raw = try bytes.read(at: offset, StructureHeader.size, "structure")
        var cursor = FieldCursor(
            raw, from: 0, to: raw.count, swapped: swapped, place: Place(file: bytes.name, offset: offset, structure: "structure"))
        let length = try cursor.integer("length", as: UInt64.self)
        let header = StructureHeader(
            offset: offset, length: Int(clamping: length), checkType: try cursor.integer("chkType"),
            classIdentifier: try cursor.integer("class"), instance: try cursor.integer("instance"))
        guard header.length >= StructureHeader.size + 4, header.length <= bytes.count - offset else {
            throw cursor.place.error("length", found: length, wanted: "18 to the \(bytes.count - offset) bytes that the file has left")
        }
        guard header.classIdentifier != 0, header.checkType <= 1 else {
            throw cursor.place.error(
                header.classIdentifier == 0 ? "class" : "chkType", found: header.classIdentifier == 0 ? 0 : header.checkType,
                wanted: header.classIdentifier == 0 ? "1 to 255" : "0 (none) or 1 (CRC)")
        }
        return header
    }

    /// The whole structure, its checksum verified.
    func read(_ header: StructureHeader, _ name: String) throws -> [UInt8] {
        let raw = try bytes.read(at: header.offset, header.length, name)
        if verifiesChecksums, header.checkType == 1 { try verify(raw, header, name) }
        return raw
    }

    private func verify(_ raw: [UInt8], _ header: StructureHeader, _ name: String) throws {
        // FrEndOfFile has the file's checksum behind its own.
        let end = name == "FrEndOfFile" ? raw.count - 4 : raw.count
        guard end >= 4 else { return }
        let (stored, found) = raw.withUnsafeBytes { buffer in
            (buffer.loadUnaligned(fromByteOffset: end - 4, as: UInt32.self), PosixChecksum.of(UnsafeRawBufferPointer(rebasing: buffer[..<(end - 4)])))
        }
        let wanted = swapped ? stored.byteSwapped : stored
        guard wanted == found else {
            throw Place(file: bytes.name, offset: header.offset, structure: name)
                .error("chkSum", found: hexadecimal(found), wanted: "\(hexadecimal(wanted)); the structure is damaged")
        }
    }
}

func hexadecimal(_ value: UInt32) -> String { "0x" + String(UInt64(value) + 1 << 32, radix: 16).dropFirst() }
