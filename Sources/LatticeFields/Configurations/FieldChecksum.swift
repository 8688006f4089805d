import MessagePassing

/// A 64-bit checksum of a field that does not depend on how the lattice is cut: the sum modulo 2⁶⁴ of a mixed word for each site.
///
/// A site's word is a bijection of its bits, so any change of one site changes the checksum; the mixer is splitmix64's
/// (Steele, Lea, Flood, OOPSLA 2014).
public enum FieldChecksum {
    static func term(site: Int, value: Double) -> UInt64 {
        mix(value.bitPattern ^ mix(UInt64(truncatingIfNeeded: site) &+ 0x9E37_79B9_7F4A_7C15))
    }

    private static func mix(_ x: UInt64) -> UInt64 {
        var z = x
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Of a field that one process holds whole, in lattice order.
    public static func of(_ values: some Sequence<Double>) -> UInt64 {
        var sum: UInt64 = 0
        for (site, value) in values.enumerated() { sum &+= term(site: site, value: value) }
        return sum
    }
}

extension ScalarField {
    /// Checksum of the whole field, equal on every rank and for every cut. *Collective.*
    public func checksum() throws -> UInt64 {
        var sum: UInt64 = 0
        for row in 0..<rows.count {
            let phi = storage + rows.starts[row]
            for x in 0..<rows.length { sum &+= FieldChecksum.term(site: rows.firstSites[row] + x, value: phi[x]) }
        }
        return try geometry.grid.communicator.allReduce(sum, .sum)
    }
}
