import Glibc
import LatticeFields
import MessagePassing

/// SU(3) links of a rank's block of a four-dimensional lattice, in double precision.
///
/// `values` is `[site][mu][a][b][re, im]`: sites of the block with x fastest, then y, z, t; mu = x, y, z, t; rows a, columns b. The geometry's axes are
/// t, z, y, x, so that its numbering is that of ILDG files.
public struct GaugeLinks {
    public let geometry: LatticeGeometry
    public var values: [Double]

    /// Doubles of a link and of a site's four.
    static let numbersPerLink = 18
    static let numbersPerSite = 72

    /// All links one. - Throws: `LatticeError` when the lattice has not four axes.
    public init(_ geometry: LatticeGeometry) throws {
        guard geometry.dimension == 4 else {
            throw LatticeError("a lattice of \(geometry.dimension) axes; files of SU(3) links have four: t, z, y, x")
        }
        self.geometry = geometry
        let count = geometry.localVolume * Self.numbersPerSite
        values = [Double](unsafeUninitializedCapacity: count) { buffer, used in
            Self.adviseHugePages(UnsafeMutableRawBufferPointer(buffer))
            buffer.initialize(repeating: 0)
            for link in 0..<4 * geometry.localVolume {
                for a in 0..<3 { buffer[link * Self.numbersPerLink + 8 * a] = 1 }
            }
            used = count
        }
    }

    /// A gigabyte in pages of four kibibytes costs as much time to be given as to be read. Advice only, of the whole huge pages inside.
    private static func adviseHugePages(_ memory: UnsafeMutableRawBufferPointer) {
        let page = 1 << 21
        guard let base = memory.baseAddress, memory.count > 2 * page else { return }
        let start = (page - Int(bitPattern: base) % page) % page
        _ = madvise(base + start, (memory.count - start) / page * page, MADV_HUGEPAGE)
    }

    /// The axis of the geometry along which mu points.
    static func axis(_ mu: Int) -> Int { 3 - mu }

    /// Number of a site of the block.
    func site(_ local: SIMD4<Int>) -> Int {
        let n = geometry.localExtents
        return ((local[0] * n[1] + local[1]) * n[2] + local[2]) * n[3] + local[3]
    }

    /// Calls `body` with every site of the block, in order: its number and coordinates (t, z, y, x) in the block.
    func forEachSite(_ body: (Int, SIMD4<Int>) throws -> Void) rethrows {
        try forEachRow { first, local in
            for x in 0..<geometry.localExtents[3] { try body(first + x, SIMD4(local[0], local[1], local[2], x)) }
        }
    }

    /// Calls `body` with the first site of every row along x.
    func forEachRow(_ body: (Int, SIMD4<Int>) throws -> Void) rethrows {
        let n = geometry.localExtents
        for row in 0..<n[0] * n[1] * n[2] { try body(row * n[3], SIMD4(row / (n[1] * n[2]), row / n[2] % n[1], row % n[2], 0)) }
    }
}
