import FlowKernels
import Glibc
import Numerics

/// Classes of lattice displacements (and, with the same indices, momenta) under reflections of each axis and exchanges of axes of
/// equal extent: D4 on a square lattice. A kernel tied over them is real, even, and diagonal in the Hartley basis.
///
/// Orbits are in order of distance; orbit 0 is the origin.
public final class SpectralOrbits: Sendable {
    public let extents: [Int]
    public let siteCount: Int
    /// Orbit of each site, displacement or momentum.
    public let orbitOfSite: [Int32]
    /// The representative of each orbit: components at most half an extent, descending among axes of equal extent.
    public let representatives: [[Int]]
    /// Sites of all orbits one after the other, with `starts[o]..<starts[o + 1]` those of orbit o.
    public let members: [Int32]
    public let starts: [Int32]

    public var count: Int { representatives.count }

    public init(extents: [Int]) {
        self.extents = extents
        let sites = extents.reduce(1, *)
        siteCount = sites
        let keys = (0..<sites).map { Self.representative(Self.coordinates(ofSite: $0, extents: extents), extents: extents) }
        let distinct = Set(keys).sorted { a, b in
            let (da, db) = (Self.squaredDistance(a), Self.squaredDistance(b))
            return da == db ? a.lexicographicallyPrecedes(b) : da < db
        }
        var place: [[Int]: Int32] = [:]
        for (index, key) in distinct.enumerated() { place[key] = Int32(index) }
        let orbits = keys.map { place[$0] ?? 0 }
        var lists = [[Int32]](repeating: [], count: distinct.count)
        for (site, orbit) in orbits.enumerated() { lists[Int(orbit)].append(Int32(site)) }
        orbitOfSite = orbits
        representatives = distinct
        members = lists.flatMap { $0 }
        var running: [Int32] = [0]
        for list in lists { running.append(running[running.count - 1] + Int32(list.count)) }
        starts = running
    }

    /// Number of sites in an orbit.
    public func multiplicity(_ orbit: Int) -> Int { Int(starts[orbit + 1] - starts[orbit]) }

    /// `Σ_μ 4 sin²(π n_μ / L_μ)` of each orbit's momentum.
    public var momentumSquared: [Double] {
        representatives.map { mode in
            zip(mode, extents).reduce(0) { sum, pair in
                let s = sin(Double.pi * Double(pair.0) / Double(pair.1))
                return sum + 4 * s * s
            }
        }
    }

    /// Orbits whose displacements reach at most `range` sites along every axis.
    public func within(range: Int) -> [Int] {
        (0..<count).filter { (representatives[$0].max() ?? 0) <= range }
    }

    /// `Σ_{x in orbit} cos(k·x)` for the displacements of one orbit and the momentum of each orbit k.
    public func cosines(ofDisplacement orbit: Int) -> [Double] {
        let table = extents.map { n in (0..<n).map { cos(2 * Double.pi * Double($0) / Double(n)) } }
        let displacements = (starts[orbit]..<starts[orbit + 1]).map { Self.coordinates(ofSite: Int(members[Int($0)]), extents: extents) }
        return representatives.map { momentum in
            displacements.reduce(0) { sum, x in
                var product = 1.0
                for axis in extents.indices { product *= table[axis][momentum[axis] * x[axis] % extents[axis]] }
                return sum + product
            }
        }
    }

    static func coordinates(ofSite site: Int, extents: [Int]) -> [Int] {
        var rest = site
        var result = [Int](repeating: 0, count: extents.count)
        for axis in extents.indices.reversed() {
            result[axis] = rest % extents[axis]
            rest /= extents[axis]
        }
        return result
    }

    /// The representative of a displacement's orbit; components of any size, folded onto the lattice.
    func representative(ofDisplacement x: [Int]) -> [Int] { Self.representative(x, extents: extents) }

    private static func representative(_ x: [Int], extents: [Int]) -> [Int] {
        var folded = zip(x, extents).map { min($0 % $1, ($1 - $0 % $1) % $1) }
        for extent in Set(extents) {
            let axes = extents.indices.filter { extents[$0] == extent }
            let sorted = axes.map { folded[$0] }.sorted(by: >)
            for (axis, value) in zip(axes, sorted) { folded[axis] = value }
        }
        return folded
    }

    private static func squaredDistance(_ x: [Int]) -> Int { x.reduce(0) { $0 + $1 * $1 } }
}
