import AbelianKernels
import Glibc

/// What is measured on one U(1) configuration.
public struct AbelianMeasurement: Sendable, Equatable {
    /// Σ cos P / V.
    public let plaquette: Double
    /// The topological charge Σ (P reduced to (-π, π]) / 2π: an integer.
    public let charge: Double
    /// Real and imaginary parts of the Polyakov loops along the first and the second axis, averaged over the lattice.
    public let polyakov: [Double]
    /// Real parts of square Wilson loops, 1 to n a side, averaged over the lattice.
    public let loops: [Double]

    public init(plaquette: Double, charge: Double, polyakov: [Double] = [], loops: [Double] = []) {
        self.plaquette = plaquette
        self.charge = charge
        self.polyakov = polyakov
        self.loops = loops
    }

    /// Of the links of a whole lattice, sites in lexicographic order. *Not collective.*
    public init(first: [Double], second: [Double], extents: [Int], loops: Int) {
        let (rows, columns) = (extents[0], extents[1])
        var plaquettes = [Double](repeating: 0, count: rows * columns)
        for x in 0..<rows {
            for y in 0..<columns {
                let site = x * columns + y
                let down = (x + 1) % rows * columns + y
                let right = x * columns + (y + 1) % columns
                plaquettes[site] = (first[site] - first[right]) + (second[down] - second[site])
            }
        }
        var lines = [0.0, 0.0, 0.0, 0.0]
        for y in 0..<columns {
            let angle = (0..<rows).reduce(0) { $0 + first[$1 * columns + y] }
            lines[0] += cos(angle) / Double(columns)
            lines[1] += sin(angle) / Double(columns)
        }
        for x in 0..<rows {
            let angle = (0..<columns).reduce(0) { $0 + second[x * columns + $1] }
            lines[2] += cos(angle) / Double(rows)
            lines[3] += sin(angle) / Double(rows)
        }
        self.init(plaquettes: plaquettes, extents: extents, loops: loops, polyakov: lines)
    }

    /// Of the plaquettes of a whole lattice, which hold all that does not wrap it. *Not collective.*
    public init(plaquettes: [Double], extents: [Int], loops: Int, polyakov: [Double] = []) {
        let (rows, columns) = (extents[0], extents[1])
        let volume = Double(rows * columns)
        var charge = 0.0
        var cosines = 0.0
        for p in plaquettes {
            cosines += cos(p)
            charge += p - Angle.turns(p) * (2 * Double.pi)
        }
        var found: [Double] = loops > 0 ? [cosines / volume] : []
        // The angle around a square is the sum of the plaquettes in it: by rows, then by columns.
        var strips = plaquettes
        for side in stride(from: 2, through: loops, by: 1) {
            for x in 0..<rows {
                for y in 0..<columns { strips[x * columns + y] += plaquettes[x * columns + (y + side - 1) % columns] }
            }
            var sum = 0.0
            for x in 0..<rows {
                for y in 0..<columns {
                    var angle = 0.0
                    for k in 0..<side { angle += strips[(x + k) % rows * columns + y] }
                    sum += cos(angle)
                }
            }
            found.append(sum / volume)
        }
        self.init(
            plaquette: cosines / volume, charge: (charge / (2 * Double.pi)).rounded(.toNearestOrEven) + 0, polyakov: polyakov, loops: found)
    }
}
