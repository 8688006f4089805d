import LatticeFields

/// Every process grid of `ranks` that fits the lattice.
func grids(_ ranks: Int, _ extents: [Int]) -> [[Int]] {
    guard let extent = extents.first else { return ranks == 1 ? [[]] : [] }
    return (1...min(ranks, extent)).filter { ranks % $0 == 0 }.flatMap { first in
        grids(ranks / first, Array(extents.dropFirst())).map { [first] + $0 }
    }
}

/// This rank's block of a field that is known whole, `perSite` numbers a site.
func block(_ whole: [Double], _ geometry: LatticeGeometry, perSite: Int = 1) -> [Double] {
    var values: [Double] = []
    for site in 0..<geometry.localVolume {
        var rest = site
        var coordinates = geometry.localOffsets
        for axis in coordinates.indices.reversed() {
            coordinates[axis] += rest % geometry.localExtents[axis]
            rest /= geometry.localExtents[axis]
        }
        let start = geometry.globalIndex(coordinates) * perSite
        values += whole[start..<start + perSite]
    }
    return values
}

func bits(_ values: [Double]) -> [UInt64] { values.map(\.bitPattern) }
