import Numerics

/// The density of a `CircularSpline`, sixteen samples at a time: what its integral over a shift of all angles needs many times.
public final class CircularDensity {
    private let bins: Int
    private static let cells = 1024
    /// Columns of a bin: y0, h, 1/w, s, d0, d1.
    private let columns: UnsafeMutablePointer<Double>
    /// The upper edge of each bin, and the first bin of each of the equal cells of (0, ½).
    private let edges: UnsafeMutablePointer<Double>
    private let first: UnsafeMutablePointer<Int32>
    private let row: UnsafeMutablePointer<DoubleLane>
    private static let width = 6

    public init(bins: Int) {
        self.bins = bins
        columns = .allocate(capacity: bins * Self.width)
        columns.initialize(repeating: 0, count: bins * Self.width)
        edges = .allocate(capacity: bins)
        edges.initialize(repeating: 0, count: bins)
        first = .allocate(capacity: Self.cells + 1)
        first.initialize(repeating: 0, count: Self.cells + 1)
        row = .allocate(capacity: Self.width)
        row.initialize(repeating: .zero, count: Self.width)
    }

    deinit {
        columns.deallocate()
        edges.deallocate()
        first.deallocate()
        row.deallocate()
    }

    /// Takes the knots of a spline.
    public func fill(_ spline: CircularSpline) {
        for k in 0..<bins {
            let w = spline.x[k + 1] - spline.x[k], h = spline.y[k + 1] - spline.y[k]
            let column = columns + k * Self.width
            column[0] = spline.y[k]
            column[1] = h
            column[2] = 1 / w
            column[3] = h / w
            column[4] = spline.slope[k]
            column[5] = spline.slope[k + 1]
            // The last bin has no end, whatever rounding does to an angle.
            edges[k] = k + 1 == bins ? .infinity : spline.y[k + 1]
        }
        var k = 0
        for cell in 0...Self.cells {
            while edges[k] <= 0.5 * Double(cell) / Double(Self.cells) { k += 1 }
            first[cell] = Int32(k)
        }
    }

    /// Σ log q(P + shift) over the sites, with respect to dP/2π, and the derivative of each term by its angle to `derivative`, if there.
    public func logDensity(
        _ field: UnsafePointer<DoubleLane>, sites: Int, shift: Double, derivative: UnsafeMutablePointer<DoubleLane>?
    ) -> DoubleLane {
        var total = DoubleLane.zero
        var product = DoubleLane(repeating: 1)
        let numbers = UnsafeMutableRawPointer(row).assumingMemoryBound(to: Double.self)
        for site in 0..<sites {
            let angle = Angle.wrapped(field[site] + shift)
            let v = LaneMath.magnitude(angle) * (0.5 / Double.pi)
            for lane in 0..<laneWidth {
                let value = v[lane]
                var k = Int(first[Int(value * Double(2 * Self.cells))])
                while edges[k] <= value { k += 1 }
                let column = columns + k * Self.width
                for i in 0..<Self.width { numbers[i * laneWidth + lane] = column[i] }
            }
            let (h, inverseWidth, s, d0, d1) = (row[1], row[2], row[3], row[4], row[5])
            // The place in the bin: Durkan et al., equations 6 to 8.
            let rise: DoubleLane = v - row[0]
            let curvature: DoubleLane = d0 + d1 - (s + s)
            let bend: DoubleLane = rise * curvature
            let a: DoubleLane = h * (s - d0) + bend
            let b: DoubleLane = h * d0 - bend
            let c: DoubleLane = s * rise
            let four: DoubleLane = a * c * 4
            let root = LaneMath.sqrt(LaneMath.maximum(b * b + four, .zero))
            let t: DoubleLane = (c + c) / (b + root)
            let r: DoubleLane = 1 - t
            let q: DoubleLane = t * r
            let denominator: DoubleLane = s + curvature * q
            let ends: DoubleLane = d1 * t * t + d0 * r * r
            let numerator: DoubleLane = ends + (s + s) * q
            let ratio: DoubleLane = s / denominator
            let rate: DoubleLane = ratio * ratio * numerator
            product *= rate
            if site % 8 == 7 {
                total -= LaneMath.log(product)
                product = DoubleLane(repeating: 1)
            }
            if let derivative {
                let turn: DoubleLane = r - t
                let ahead: DoubleLane = d1 * t - d0 * r
                let upper: DoubleLane = (ahead + s * turn) / numerator
                let lower: DoubleLane = curvature * turn / denominator
                let change: DoubleLane = (lower - upper) * inverseWidth / (rate * Double.pi)
                derivative[site] = LaneMath.withSign(of: angle, change)
            }
        }
        return total - LaneMath.log(product)
    }
}
