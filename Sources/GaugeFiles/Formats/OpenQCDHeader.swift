/// openQCD and openQxD configurations, type e (modules/archive/archive.c, export_cnfg): four int32 and the plaquette, then the odd points.
///
/// All little-endian. An odd point x = (x0, x1, x2, x3), times first, x3 fastest, holds eight links: for each direction mu = 0..3 the one from x and the
/// one that ends in x. No magic number: recognised by a length that fits the four extents.
enum OpenQCDHeader {
    static let bytes = 24
    static let recordBytes = 8 * 144

    static func isOpenQCD(_ head: [UInt8], fileBytes: Int) -> Bool {
        guard head.count >= bytes else { return false }
        let extents = (0..<4).map { Int(head.integer(4 * $0, isBigEndian: false) as Int32) }
        return GaugeFileHeader.areSensible(extents) && fileBytes == bytes + extents.reduce(1, *) / 2 * recordBytes
    }

    static func read(_ file: FileBytes) throws -> GaugeFileHeader {
        let head = try file.bytes(0, bytes, "the header of an openQCD file")
        let n = (0..<4).map { Int(head.integer(4 * $0, isBigEndian: false) as Int32) }
        guard n.allSatisfy({ $0 % 2 == 0 }) else { throw file.error("header: extents \(n); wanted even numbers, since only odd points are stored") }
        let average = Double(bitPattern: head.integer(16, isBigEndian: false))
        guard average.isFinite else { throw file.error("header: the average plaquette is \(average), wanted a number up to 3") }
        // Directions 0, 1, 2, 3 are t, x, y, z.
        var header = GaugeFileHeader(
            format: .openqcd, extents: [n[0], n[3], n[2], n[1]], numbers: NumberFormat(bits: 64, isBigEndian: false),
            payload: .init(offset: bytes, count: file.count - bytes))
        header.plaquette = (average / 3, 1e-10)
        return header
    }

    static func bytes(_ header: GaugeFileHeader, _ observables: LinkObservables) -> [UInt8] {
        let e = header.extents
        let n = [e[0], e[3], e[2], e[1]]
        return n.flatMap { Int32(truncatingIfNeeded: $0).bytes(isBigEndian: false) } + (3 * observables.plaquette).bitPattern.bytes(isBigEndian: false)
    }
}
