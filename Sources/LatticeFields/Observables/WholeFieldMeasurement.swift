import Glibc

extension FieldMeasurement {
    /// From sums over a whole lattice: φ², φ⁴, φ_x Σ_μ φ_{x+μ}, then φ over each slice of each axis in turn.
    init(square: Double, fourth: Double, bonds: Double, sliceSums: [Double], extents: [Int]) {
        let volume = extents.reduce(1.0) { $0 * Double($1) }
        let d = extents.count
        var mode = 0.0
        var first = 0
        for n in extents {
            var re = 0.0
            var im = 0.0
            for x in 0..<n {
                let angle = 2 * Double.pi * Double(x) / Double(n)
                re += sliceSums[first + x] * cos(angle)
                im += sliceSums[first + x] * sin(angle)
            }
            mode += (re * re + im * im) / volume
            first += n
        }
        let slices = sliceSums[..<extents[0]].map { $0 * Double(extents[0]) / volume }
        self.init(
            magnetization: slices.reduce(0, +) / Double(extents[0]), square: square / volume, fourth: fourth / volume,
            neighbour: bonds / (Double(d) * volume), smallestMode: mode / Double(d), slices: slices)
    }

    /// Of a field that one process holds whole, `lattice.sites` numbers.
    public init(_ field: UnsafePointer<Double>, on lattice: PeriodicLattice) {
        let d = lattice.dimension
        var square = 0.0
        var fourth = 0.0
        var bonds = 0.0
        var slices = [Double](repeating: 0, count: lattice.slotCount)
        for site in 0..<lattice.sites {
            let phi = field[site]
            var ahead = 0.0
            for axis in 0..<d {
                ahead += field[Int(lattice.neighbours[(site * d + axis) * 2])]
                slices[Int(lattice.slots[site * d + axis])] += phi
            }
            square += phi * phi
            fourth += phi * phi * phi * phi
            bonds += phi * ahead
        }
        self.init(square: square, fourth: fourth, bonds: bonds, sliceSums: slices, extents: lattice.extents)
    }
}
