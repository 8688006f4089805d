import Numerics

/// A lattice whose sites each hold sixteen independent chains: the vector runs over chains, so nothing ever crosses lanes and
/// neighbours are index arithmetic on any lattice of any dimension.
public struct ChainLaneTopology {
    public let sites: Int
    /// Neighbours of a site: for each axis the next and the previous one.
    public let links: Int
    public let neighbours: UnsafePointer<Int32>

    public init(sites: Int, links: Int, neighbours: UnsafePointer<Int32>) {
        self.sites = sites
        self.links = links
        self.neighbours = neighbours
    }

    /// Sum of the field over all neighbours of `site`.
    @inline(__always)
    func sum(_ field: UnsafePointer<DoubleLane>, _ site: Int) -> DoubleLane {
        let near = neighbours + site * links
        if links == 4 {
            return (field[Int(near[0])] + field[Int(near[1])]) + (field[Int(near[2])] + field[Int(near[3])])
        }
        var total = field[Int(near[0])] + field[Int(near[1])]
        var link = 2
        while link < links {
            total += field[Int(near[link])] + field[Int(near[link &+ 1])]
            link &+= 2
        }
        return total
    }

    /// Sum over the neighbours in positive directions.
    @inline(__always)
    func ahead(_ field: UnsafePointer<DoubleLane>, _ site: Int) -> DoubleLane {
        let near = neighbours + site * links
        var total = field[Int(near[0])]
        var link = 2
        while link < links {
            total += field[Int(near[link])]
            link &+= 2
        }
        return total
    }
}

/// Molecular dynamics of `S = Σ_x [-b Σ_μ φ_x φ_{x+μ} + c φ² + d φ⁴]` for sixteen chains at once.
public enum ChainLaneKernel {
    /// π += ε F(φ), then ψ = φ + δ π into another field: one pass over memory for a kick and the drift that follows.
    public static func kickAndDrift(
        _ lattice: ChainLaneTopology, field: UnsafePointer<DoubleLane>, momentum: UnsafeMutablePointer<DoubleLane>,
        drifted: UnsafeMutablePointer<DoubleLane>, b: Double, c: Double, d: Double, kick: Double, drift: Double
    ) {
        let hop = DoubleLane(repeating: b * kick)
        let linear = DoubleLane(repeating: -2 * c * kick)
        let cubic = DoubleLane(repeating: -4 * d * kick)
        let step = DoubleLane(repeating: drift)
        for site in 0..<lattice.sites {
            let phi = field[site]
            let pi = kicked(momentum[site], phi, lattice.sum(field, site), hop, linear, cubic)
            momentum[site] = pi
            drifted[site] = phi.addingProduct(step, pi)
        }
    }

    /// π += ε F(φ).
    public static func kick(
        _ lattice: ChainLaneTopology, field: UnsafePointer<DoubleLane>, momentum: UnsafeMutablePointer<DoubleLane>,
        b: Double, c: Double, d: Double, kick: Double
    ) {
        let hop = DoubleLane(repeating: b * kick)
        let linear = DoubleLane(repeating: -2 * c * kick)
        let cubic = DoubleLane(repeating: -4 * d * kick)
        for site in 0..<lattice.sites {
            momentum[site] = kicked(momentum[site], field[site], lattice.sum(field, site), hop, linear, cubic)
        }
    }

    @inline(__always)
    private static func kicked(
        _ pi: DoubleLane, _ phi: DoubleLane, _ sum: DoubleLane, _ hop: DoubleLane, _ linear: DoubleLane, _ cubic: DoubleLane
    ) -> DoubleLane {
        pi.addingProduct(hop, sum).addingProduct(phi, linear.addingProduct(cubic, phi * phi))
    }

    /// H = Σ π²/2 + S of each chain, added site after site.
    public static func energy(
        _ lattice: ChainLaneTopology, field: UnsafePointer<DoubleLane>, momentum: UnsafePointer<DoubleLane>,
        b: Double, c: Double, d: Double
    ) -> DoubleLane {
        var total = DoubleLane.zero
        for site in 0..<lattice.sites {
            let phi = field[site]
            let pi = momentum[site]
            let square = phi * phi
            let local = (c + d * square) * square - b * phi * lattice.ahead(field, site)
            total += local.addingProduct(0.5 * pi, pi)
        }
        return total
    }

    /// Standard normal numbers: sites 2k and 2k+1 share a Box-Muller pair with index 2²⁰ k + chain.
    public static func fillNormals(
        _ out: UnsafeMutablePointer<DoubleLane>, sites: Int, stream: RandomStream, epoch: UInt64, firstChain: UInt64
    ) {
        for pair in 0..<(sites + 1) / 2 {
            let (even, odd) = stream.normalPairs(epoch: epoch, firstIndex: UInt64(pair) << 20 | firstChain, block: 0)
            out[2 * pair] = even
            if 2 * pair + 1 < sites { out[2 * pair + 1] = odd }
        }
    }

    /// Sums of each chain: φ², φ⁴, φ_x Σ_μ φ_{x+μ}, then φ over each slice.
    ///
    /// - Parameter slots: for each site and axis the number of its slice, counted through all axes.
    public static func measure(
        _ lattice: ChainLaneTopology, field: UnsafePointer<DoubleLane>, slots: UnsafePointer<Int32>, slotCount: Int,
        sums: UnsafeMutablePointer<DoubleLane>
    ) {
        var squares = DoubleLane.zero
        var fourths = DoubleLane.zero
        var bonds = DoubleLane.zero
        let slices = sums + 3
        slices.update(repeating: .zero, count: slotCount)
        let axes = lattice.links / 2
        for site in 0..<lattice.sites {
            let phi = field[site]
            let square = phi * phi
            squares += square
            fourths = fourths.addingProduct(square, square)
            bonds = bonds.addingProduct(phi, lattice.ahead(field, site))
            for axis in 0..<axes { slices[Int(slots[site * axes + axis])] += phi }
        }
        sums[0] = squares
        sums[1] = fourths
        sums[2] = bonds
    }
}
