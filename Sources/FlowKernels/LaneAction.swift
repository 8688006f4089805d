import Numerics

/// Neighbour tables of a periodic lattice in site order (last axis fastest): `forward[μ·V + x]` and `backward[μ·V + x]`.
public final class NeighbourTable {
    public let extents: [Int]
    public let siteCount: Int
    public let forward: UnsafeMutablePointer<Int32>
    public let backward: UnsafeMutablePointer<Int32>

    public init(extents: [Int]) {
        self.extents = extents
        siteCount = extents.reduce(1, *)
        let entries = extents.count * siteCount
        forward = .allocate(capacity: entries)
        backward = .allocate(capacity: entries)
        var stride = siteCount
        for (axis, n) in extents.enumerated() {
            stride /= n
            for site in 0..<siteCount {
                let coordinate = site / stride % n
                let up = site + ((coordinate + 1) % n - coordinate) * stride
                forward[axis * siteCount + site] = Int32(up)
                backward[axis * siteCount + up] = Int32(site)
            }
        }
    }

    deinit {
        forward.deallocate()
        backward.deallocate()
    }
}

/// The scalar action `S = Σ_x [-b Σ_μ φ_x φ_{x+μ} + c φ_x² + d φ_x⁴]` of sixteen fields at once.
public enum LaneAction {
    /// `S` of each sample in double precision, and `scale` · ∂S/∂φ added to `gradient`.
    public static func addGradient(
        _ field: UnsafePointer<Lane>, table: NeighbourTable, b: Float, c: Float, d: Float, scale: Float,
        gradient: UnsafeMutablePointer<Lane>
    ) -> DoubleLane {
        let siteCount = table.siteCount
        let entries = table.extents.count * siteCount
        let up = table.forward
        let down = table.backward
        var action = DoubleLane.zero
        for site in 0..<siteCount {
            let phi = field[site]
            var ahead = Lane.zero
            var behind = Lane.zero
            var entry = site
            while entry < entries {
                ahead += field[Int(up[entry])]
                behind += field[Int(down[entry])]
                entry += siteCount
            }
            let square: Lane = phi * phi
            let local: Lane = phi * (c + d * square) - b * ahead
            action += DoubleLane(local * phi)
            let slope: Lane = square * (4 * d) + 2 * c
            let around: Lane = (ahead + behind) * b
            gradient[site].addProduct(phi * slope - around, scale)
        }
        return action
    }
}
