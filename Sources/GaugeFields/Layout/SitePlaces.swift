import GaugeKernels
import LatticeFields
import MessagePassing

/// Coordinates of a block's sites, the order in which vectors hold them, and who has the others.
struct SitePlaces {
    let geometry: LatticeGeometry
    /// Sub-lattices along each axis; up to eight in all.
    let parts: [Int]
    /// For each axis and coordinate of the whole lattice the part of the process grid and the place in it.
    private let owners: [[(part: Int, place: Int)]]

    init(_ geometry: LatticeGeometry) {
        self.geometry = geometry
        parts = Self.bestParts(geometry.localExtents)
        owners = geometry.extents.indices.map { axis in
            let ranks = geometry.grid.dimensions[axis]
            return (0..<ranks).flatMap { part in
                CartesianGrid.share(of: geometry.extents[axis], parts: ranks, part: part).enumerated().map { (part, $0.offset) }
            }
        }
    }

    /// Powers of two along the axes, of product up to eight, that leave sub-lattices of even extents where they cut: sites in the same place then have
    /// the same parity. Among those of the largest product the one with the fewest sites at the cuts.
    static func bestParts(_ extents: [Int]) -> [Int] {
        var best = [Int](repeating: 1, count: extents.count)
        var bestCost = (lanes: 1, surface: 0.0)
        func search(_ axis: Int, _ parts: [Int], _ lanes: Int) {
            guard axis < extents.count else {
                let surface = zip(parts, extents).reduce(0.0) { $0 + ($1.0 > 1 ? Double($1.0) / Double($1.1) : 0) }
                if lanes > bestCost.lanes || (lanes == bestCost.lanes && surface < bestCost.surface) {
                    best = parts
                    bestCost = (lanes, surface)
                }
                return
            }
            var count = 1
            while lanes * count <= siteLaneWidth {
                if count == 1 || (extents[axis] % count == 0 && extents[axis] / count % 2 == 0) { search(axis + 1, parts + [count], lanes * count) }
                count *= 2
            }
        }
        search(0, [], 1)
        return best
    }

    /// Coordinates in the block of its site `site`, in lattice order.
    func coordinates(_ site: Int) -> [Int] {
        var rest = site
        var result = geometry.localExtents
        for axis in result.indices.reversed() {
            let n = geometry.localExtents[axis]
            result[axis] = rest % n
            rest /= n
        }
        return result
    }

    func globalIndex(_ site: Int) -> Int {
        geometry.globalIndex(zip(coordinates(site), geometry.localOffsets).map(+))
    }

    /// The block's sites of one parity (of their coordinates on the whole lattice), in the order of lanes and vectors.
    func order(parity: Int) -> [Int] {
        let n = geometry.localExtents, axes = n.indices
        let inner = axes.map { n[$0] / parts[$0] }
        let lanes = parts.reduce(1, *), positions = inner.reduce(1, *)
        let first = geometry.localOffsets.reduce(0, +)
        var result: [Int] = []
        result.reserveCapacity(geometry.localVolume / 2 + 1)
        func coordinates(_ number: Int, _ extents: [Int]) -> [Int] {
            var rest = number
            var result = extents
            for axis in axes.reversed() {
                result[axis] = rest % extents[axis]
                rest /= extents[axis]
            }
            return result
        }
        let corners = (0..<lanes).map { lane in zip(coordinates(lane, parts), inner).map(*) }
        let places = (0..<positions).map { coordinates($0, inner) }
        // Tile after tile, in lattice order within each.
        let numbered = places.indices.map { (tile: tile(places[$0]), position: $0) }
        for (_, position) in numbered.sorted(by: { ($0.tile, $0.position) < ($1.tile, $1.position) }) {
            let place = places[position]
            guard (place.reduce(first, +)) % 2 == parity else { continue }
            for corner in corners {
                result.append(axes.reduce(0) { $0 * n[$1] + place[$1] + corner[$1] })
            }
        }
        return result
    }

    /// The tile of a place in a sub-lattice: 2 x 4 x 4 x 4 places, whose links of both parities and of eight sub-lattices, 590 kB, stay in a second-level
    /// cache while they are each other's neighbours.
    private func tile(_ place: [Int]) -> Int {
        place.indices.reduce(0) { $0 * ((geometry.localExtents[$1] + 1) / 2) + place[$1] / ($1 == 0 ? 2 : 4) }
    }

    /// The tile of a site of the block.
    func tile(ofSite site: Int) -> Int {
        tile(zip(coordinates(site), zip(geometry.localExtents, parts)).map { $0 % ($1.0 / $1.1) })
    }

    /// The rank that has the site at coordinates of the whole lattice, already wrapped, and its place in that rank's block.
    func owner(_ global: [Int]) -> (rank: Int, isMine: Bool, local: Int) {
        var isMine = true
        var local = 0
        for axis in global.indices {
            let owner = owners[axis][global[axis]]
            if owner.part != geometry.grid.coordinates[axis] { isMine = false }
            local = local * geometry.localExtents[axis] + owner.place
        }
        if isMine { return (geometry.grid.communicator.rank, true, local) }
        return (geometry.grid.rank(at: global.indices.map { owners[$0][global[$0]].part }), false, -1)
    }
}
