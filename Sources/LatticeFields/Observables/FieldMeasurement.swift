import Glibc
import Numerics

/// What is measured on one configuration; sums over the whole lattice, the same bits on any process grid.
public struct FieldMeasurement: Sendable, Equatable {
    /// Σφ / V.
    public let magnetization: Double
    /// Σφ² / V and Σφ⁴ / V.
    public let square: Double
    public let fourth: Double
    /// Σ_x Σ_μ φ_x φ_{x+μ} / (d V).
    public let neighbour: Double
    /// |Σ φ e^{ikx}|² / V at the smallest momentum, averaged over the axes.
    public let smallestMode: Double
    /// Σ φ over each slice of the first axis, divided by the slice's sites.
    public let slices: [Double]

    public init(magnetization: Double, square: Double, fourth: Double, neighbour: Double, smallestMode: Double, slices: [Double]) {
        self.magnetization = magnetization
        self.square = square
        self.fourth = fourth
        self.neighbour = neighbour
        self.smallestMode = smallestMode
        self.slices = slices
    }

    /// S / V for an action.
    public func actionDensity(_ action: ScalarAction, dimension: Int) -> Double {
        -action.b * Double(dimension) * neighbour + action.c * square + action.d * fourth
    }
}

extension ScalarField {
    /// Measures the field. Terms are rounded to 2⁻⁴⁰ and summed exactly. *Collective.*
    public func measure() throws -> FieldMeasurement {
        try exchangeHalo()
        let d = geometry.dimension
        let extents = geometry.extents
        // 0: φ, 1: φ², 2: φ⁴, 3: neighbours, then cos and sin of each axis, then the slices of the first axis.
        let firstMode = 4
        let firstSlice = firstMode + 2 * d
        var sums = [ExactSum](repeating: ExactSum(), count: firstSlice + extents[0])
        let phases = extents.map { n in
            (0..<n).map { x in (cos(2 * Double.pi * Double(x) / Double(n)), sin(2 * Double.pi * Double(x) / Double(n))) }
        }
        var coordinates = [Int](repeating: 0, count: d)
        for row in 0..<rows.count {
            var rest = rows.firstSites[row]
            for axis in stride(from: d - 1, through: 0, by: -1) {
                coordinates[axis] = rest % extents[axis]
                rest /= extents[axis]
            }
            let phi = storage + rows.starts[row]
            for x in 0..<rows.length {
                let value = phi[x]
                let square = value * value
                var ahead = phi[x + 1]
                for axis in 0..<d - 1 { ahead += phi[x + geometry.strides[axis]] }
                sums[0].add(value)
                sums[1].add(square)
                sums[2].add(square * square)
                sums[3].add(value * ahead)
                for axis in 0..<d {
                    let phase = phases[axis][axis == d - 1 ? coordinates[axis] + x : coordinates[axis]]
                    sums[firstMode + 2 * axis].add(value * phase.0)
                    sums[firstMode + 2 * axis + 1].add(value * phase.1)
                }
                sums[firstSlice + (d == 1 ? coordinates[0] + x : coordinates[0])].add(value)
            }
        }
        try geometry.grid.communicator.allReduce(&sums)
        guard sums[2].isValid else { throw LatticeError("measurement: the field is not a number somewhere", exitCode: 70) }
        let volume = Double(geometry.volume)
        var mode = 0.0
        for axis in 0..<d {
            let (re, im) = (sums[firstMode + 2 * axis].value, sums[firstMode + 2 * axis + 1].value)
            mode += (re * re + im * im) / volume
        }
        let sliceVolume = volume / Double(extents[0])
        return FieldMeasurement(
            magnetization: sums[0].value / volume, square: sums[1].value / volume, fourth: sums[2].value / volume,
            neighbour: sums[3].value / (Double(d) * volume), smallestMode: mode / Double(d),
            slices: sums[firstSlice...].map { $0.value / sliceVolume })
    }
}
