/// Neighbours and coordinates of a whole periodic lattice that one process holds, sites in lexicographic order, the last axis fastest.
public struct PeriodicLattice: Sendable {
    public let extents: [Int]
    public let sites: Int
    /// For each site and axis the next and the previous site: `neighbours[(site · d + axis) · 2 + (0 or 1)]`.
    public let neighbours: [Int32]
    /// For each site and axis the number of its slice, counted through all axes.
    let slots: [Int32]

    public var dimension: Int { extents.count }
    /// Slices of all axes.
    var slotCount: Int { extents.reduce(0, +) }

    /// - Throws: `LatticeError` unless there are 1 to 4 extents of at least 2 and fewer than 2²⁸ sites.
    public init(extents: [Int]) throws {
        guard (1...4).contains(extents.count), extents.allSatisfy({ $0 >= 2 }), extents.reduce(1.0, { $0 * Double($1) }) < 0x1p28 else {
            throw LatticeError("lattice extents \(extents): wanted 1 to 4 numbers, each at least 2, and fewer than 2^28 sites for one process")
        }
        self.extents = extents
        sites = extents.reduce(1, *)
        var neighbours = [Int32](repeating: 0, count: sites * extents.count * 2)
        var slots = [Int32](repeating: 0, count: sites * extents.count)
        var stride = 1
        var slot = extents.reduce(0, +)
        for axis in extents.indices.reversed() {
            let n = extents[axis]
            slot -= n
            for site in 0..<sites {
                let x = site / stride % n
                let base = site - x * stride
                let place = site * extents.count + axis
                neighbours[2 * place] = Int32(base + (x + 1) % n * stride)
                neighbours[2 * place + 1] = Int32(base + (x + n - 1) % n * stride)
                slots[place] = Int32(slot + x)
            }
            stride *= n
        }
        self.neighbours = neighbours
        self.slots = slots
    }
}
