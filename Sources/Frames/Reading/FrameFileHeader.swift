import Numerics

/// The forty bytes that a file begins with: version, byte order, who wrote it.
struct FrameFileHeader {
    static let size = 40
    let bytes: [UInt8]
    let swapped: Bool
    let version: UInt8
    /// 0 unknown, 1 FrameL, 2 frameCPP.
    let library: UInt8
    let hasChecksums: Bool

    init(_ source: FrameBytes) throws {
        let place = Place(file: source.name, offset: 0, structure: "file header")
        guard source.count >= Self.size else {
            throw place.error("", found: "\(source.count) bytes", wanted: "a frame file; this one is empty or cut short")
        }
        bytes = try source.read(at: 0, Self.size)
        guard bytes[..<5].elementsEqual("IGWD\0".utf8) else {
            throw place.error("originator", found: bytes[..<5].map { String($0, radix: 16) }.joined(separator: " "), wanted: "IGWD: not a frame file")
        }
        version = bytes[5]
        guard version == 8 else {
            throw place.error(
                "version", found: version, wanted: "8; convert older files with framecpp_transform or FrCopy first")
        }
        guard bytes[7..<12].elementsEqual([2, 4, 8, 4, 8]) else {
            throw place.error("sizes", found: Array(bytes[7..<12]), wanted: "[2, 4, 8, 4, 8]")
        }
        let mark = [bytes[12], bytes[13]]
        guard mark == [0x12, 0x34] || mark == [0x34, 0x12] else {
            throw place.error("byte order", found: mark, wanted: "12 34 or 34 12")
        }
        let littleEndian = mark == [0x34, 0x12]
        swapped = littleEndian != (1.littleEndian == 1)
        var cursor = FieldCursor(bytes, from: 14, to: 38, swapped: swapped, place: place)
        guard try cursor.integer("byte order", as: UInt32.self) == 0x1234_5678,
            try cursor.integer("byte order", as: UInt64.self) == 0x0123_4567_89ab_cdef
        else { throw place.error("byte order", found: "marks that contradict each other", wanted: "one order") }
        guard try abs(cursor.float("pi") - 3.14159265) < 1e-6, try abs(cursor.double("pi") - 3.14159265358979) < 1e-13 else {
            throw place.error("pi", found: "another number", wanted: "3.14159 as IEEE 754")
        }
        library = bytes[38]
        guard bytes[39] <= 1 else { throw place.error("checksum scheme", found: bytes[39], wanted: "0 (none) or 1 (CRC)") }
        hasChecksums = bytes[39] == 1
    }

    var libraryName: String {
        switch library {
        case 1: "FrameL"
        case 2: "frameCPP"
        default: "unknown library"
        }
    }
}

/// The structure that ends a file.
struct FrameFileEnd {
    static let size = 46
    let frames: Int
    /// Offset of the table of contents; nil if the file has none.
    let contents: Int?
    let storedChecksum: UInt32
    let isChecked: Bool

    init(_ reader: StructureReader, header fileHeader: FrameFileHeader) throws {
        let source = reader.bytes
        let torn = "found no FrEndOfFile at the end, wanted one; the file is still being written, or was cut short"
        guard source.count >= FrameFileHeader.size + Self.size else { throw FrameError(file: source.name, structure: "FrEndOfFile", torn) }
        let offset = source.count - Self.size
        guard let header = try? reader.header(at: offset), header.length == Self.size, !header.isDictionary else {
            throw FrameError(file: source.name, offset: offset, structure: "FrEndOfFile", torn)
        }
        let record = try Record(
            reader.read(header, "FrEndOfFile"), header: header, layout: StandardLayouts.endOfFile, swapped: reader.swapped, file: source.name)
        let bytes = try record.unsigned("nBytes", as: UInt64.self)
        guard bytes == 0 || bytes == UInt64(source.count) else { throw record.place.error("nBytes", found: bytes, wanted: "\(source.count), the file's length") }
        let seek = try record.unsigned("seekTOC", as: UInt64.self)
        guard seek == 0 || seek >= UInt64(Self.size) && seek <= UInt64(source.count - FrameFileHeader.size) else {
            throw record.place.error("seekTOC", found: seek, wanted: "0 or \(Self.size) to \(source.count - FrameFileHeader.size)")
        }
        contents = seek == 0 ? nil : source.count - Int(seek)
        frames = Int(try record.unsigned("nFrames", as: UInt32.self))
        storedChecksum = try record.unsigned("chkSumFile")
        isChecked = fileHeader.hasChecksums && header.checkType == 1
        let headerChecksum = try record.unsigned("chkSumFrHeader", as: UInt32.self)
        if reader.verifiesChecksums, isChecked, headerChecksum != PosixChecksum.of(fileHeader.bytes) {
            throw record.place.error("chkSumFrHeader", found: hexadecimal(PosixChecksum.of(fileHeader.bytes)), wanted: hexadecimal(headerChecksum))
        }
    }
}
