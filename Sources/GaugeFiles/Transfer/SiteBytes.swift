/// How a format stores numbers.
public struct NumberFormat: Hashable, Sendable {
    /// 32 or 64.
    public var bits: Int
    public var isBigEndian: Bool

    public init(bits: Int, isBigEndian: Bool) {
        self.bits = bits
        self.isBigEndian = isBigEndian
    }

    var bytes: Int { bits / 8 }

    @inline(__always)
    func number(_ bytes: UnsafeRawPointer, _ index: Int) -> Double {
        if bits == 64 {
            let word = bytes.loadUnaligned(fromByteOffset: 8 &* index, as: UInt64.self)
            return Double(bitPattern: isBigEndian ? UInt64(bigEndian: word) : UInt64(littleEndian: word))
        }
        let word = bytes.loadUnaligned(fromByteOffset: 4 &* index, as: UInt32.self)
        return Double(Float(bitPattern: isBigEndian ? UInt32(bigEndian: word) : UInt32(littleEndian: word)))
    }

    @inline(__always)
    func store(_ value: Double, _ bytes: UnsafeMutableRawPointer, _ index: Int) {
        if bits == 64 {
            let word = value.bitPattern
            bytes.storeBytes(of: isBigEndian ? word.bigEndian : word.littleEndian, toByteOffset: 8 &* index, as: UInt64.self)
        } else {
            let word = Float(value).bitPattern
            bytes.storeBytes(of: isBigEndian ? word.bigEndian : word.littleEndian, toByteOffset: 4 &* index, as: UInt32.self)
        }
    }
}

/// The bytes of a site's four links where a format keeps them together: ILDG, SciDAC, NERSC, MILC.
struct SiteBytes {
    let numbers: NumberFormat
    /// Rows of each matrix that are stored: 3, or 2 and the third is implied.
    let rows: Int

    var count: Int { 4 * 6 * rows * numbers.bytes }

    func decode(_ bytes: UnsafeRawPointer, into links: UnsafeMutablePointer<Double>) {
        for mu in 0..<4 {
            let link = links + mu * GaugeLinks.numbersPerLink
            for k in 0..<6 * rows { link[k] = numbers.number(bytes, mu * 6 * rows + k) }
            if rows == 2 { SU3Rows.completeThird(link) }
        }
    }

    func encode(_ links: UnsafePointer<Double>, into bytes: UnsafeMutableRawPointer) {
        for mu in 0..<4 {
            for k in 0..<6 * rows { numbers.store(links[mu * GaugeLinks.numbersPerLink + k], bytes, mu * 6 * rows + k) }
        }
    }
}
