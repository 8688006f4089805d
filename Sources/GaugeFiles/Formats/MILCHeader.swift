/// MILC, version 5: a binary header of 96 bytes in either order of bytes, then single-precision links in the site order of ILDG
/// (milc_qcd, include/io_lat.h).
enum MILCHeader {
    private static let magic: UInt32 = 20103
    private static let bytes = 96

    static func isMILC(_ head: [UInt8]) -> Bool {
        head.count >= 4 && (head.integer(0, isBigEndian: true) as UInt32 == magic || head.integer(0, isBigEndian: false) as UInt32 == magic)
    }

    static func read(_ file: FileBytes) throws -> GaugeFileHeader {
        let head = try file.bytes(0, bytes, "the header of a MILC file")
        let isBigEndian = head.integer(0, isBigEndian: true) as UInt32 == magic
        func word(_ offset: Int) -> UInt32 { head.integer(offset, isBigEndian: isBigEndian) }
        let extents = (0..<4).reversed().map { Int(word(4 + 4 * $0)) }
        guard GaugeFileHeader.areSensible(extents) else {
            throw file.error("header: lattice of \(extents.reversed().map(String.init).joined(separator: "x")) sites; wanted 1 to 32768 along each axis")
        }
        let order = word(84)
        guard order == 0 else { throw file.error("header: site order \(order); only natural order (0) is read: write it again with MILC's save_serial") }
        let wanted = extents.reduce(1, *) * 288
        guard file.count - bytes >= wanted else {
            throw file.error("\(file.count - bytes) bytes after the header, wanted \(wanted) for its lattice; the file is cut short")
        }
        var header = GaugeFileHeader(
            format: .milc, extents: extents, numbers: NumberFormat(bits: 32, isBigEndian: isBigEndian), payload: .init(offset: bytes, count: wanted))
        header.milcChecksum = SIMD2(word(88), word(92))
        header.fields = [("time_stamp", String(decoding: head[20..<84].prefix { $0 != 0 }, as: UTF8.self))]
        return header
    }

    static func bytes(_ header: GaugeFileHeader, _ checksums: PayloadChecksums, timeStamp: String) -> [UInt8] {
        let isBigEndian = header.numbers.isBigEndian
        var bytes = magic.bytes(isBigEndian: isBigEndian)
        for extent in header.extents.reversed() { bytes += UInt32(truncatingIfNeeded: extent).bytes(isBigEndian: isBigEndian) }
        let stamp = Array(timeStamp.utf8.prefix(63))
        bytes += stamp + [UInt8](repeating: 0, count: 64 - stamp.count)
        bytes += UInt32(0).bytes(isBigEndian: isBigEndian)
        return bytes + checksums.milc.x.bytes(isBigEndian: isBigEndian) + checksums.milc.y.bytes(isBigEndian: isBigEndian)
    }
}
