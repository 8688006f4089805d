import Numerics

/// What is measured on sixteen fields at once, in double precision.
public struct LaneMeasurement {
    /// Σφ, Σφ², Σφ⁴, Σ_x Σ_μ φ_x φ_{x+μ}.
    public var sum = DoubleLane.zero
    public var square = DoubleLane.zero
    public var fourth = DoubleLane.zero
    public var neighbour = DoubleLane.zero

    /// Measures the fields and adds each slice of the first axis to `slices` (`extents[0]` values), and the smallest modes of each axis
    /// (cosine and sine part in turn) to `modes`.
    ///
    /// - Parameter phases: cos and sin of 2πx/L for each axis, one axis after the other, L pairs each.
    public init(
        _ field: UnsafePointer<Lane>, table: NeighbourTable, phases: UnsafePointer<Double>,
        slices: UnsafeMutablePointer<DoubleLane>, modes: UnsafeMutablePointer<DoubleLane>
    ) {
        let extents = table.extents
        let siteCount = table.siteCount
        let sliceSites = siteCount / extents[0]
        for i in 0..<extents[0] { slices[i] = .zero }
        for i in 0..<2 * extents.count { modes[i] = .zero }
        for site in 0..<siteCount {
            let phi = DoubleLane(field[site])
            let phiSquare: DoubleLane = phi * phi
            sum += phi
            square += phiSquare
            fourth.addProduct(phiSquare, phiSquare)
            slices[site / sliceSites] += phi
            var stride = siteCount
            var phase = phases
            for axis in 0..<extents.count {
                stride /= extents[axis]
                let x = site / stride % extents[axis]
                neighbour.addProduct(phi, DoubleLane(field[Int(table.forward[axis * siteCount + site])]))
                modes[2 * axis].addProduct(phi, phase[2 * x])
                modes[2 * axis + 1].addProduct(phi, phase[2 * x + 1])
                phase += 2 * extents[axis]
            }
        }
    }
}
