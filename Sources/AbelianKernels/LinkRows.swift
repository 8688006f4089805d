import Numerics

/// A rank's block of a 2D lattice inside its frame of one halo site: where rows begin.
public struct LinkRows: Sendable {
    public let rows: Int
    public let columns: Int
    /// Numbers from one row to the next.
    public let stride: Int

    public init(rows: Int, columns: Int, stride: Int) {
        self.rows = rows
        self.columns = columns
        self.stride = stride
    }

    @inline(__always)
    func start(_ row: Int) -> Int { (row + 1) * stride + 1 }
}

/// Compact U(1) links of a cut 2D lattice, row after row. A site's bits depend on its neighbours alone, not on where a row is cut: sixteen sites or
/// fewer go through the same arithmetic.
///
/// The plaquette of a site is P = θ₀(x) + θ₁(x+0) - θ₀(x+1) - θ₁(x), not reduced; S = -β Σ cos P.
public enum LinkRowKernel {
    /// P of every site of the block, and sin P where wanted; needs the halos of the links at the far sides.
    public static func plaquettes(
        _ rows: LinkRows, first: UnsafePointer<Double>, second: UnsafePointer<Double>, plaquette: UnsafeMutablePointer<Double>
    ) {
        for row in 0..<rows.rows {
            let start = rows.start(row)
            for x in start..<start + rows.columns {
                plaquette[x] = (first[x] - first[x + 1]) + (second[x + rows.stride] - second[x])
            }
        }
    }

    /// sin P and, if `cosine` is there, cos P of every site of the block.
    public static func sines(
        _ rows: LinkRows, plaquette: UnsafePointer<Double>, sine: UnsafeMutablePointer<Double>, cosine: UnsafeMutablePointer<Double>?
    ) {
        for row in 0..<rows.rows {
            let start = rows.start(row)
            var x = 0
            while x < rows.columns {
                let count = min(laneWidth, rows.columns - x)
                let at = start + x
                var value = DoubleLane.zero
                if count == laneWidth {
                    value = UnsafeRawPointer(plaquette + at).loadUnaligned(as: DoubleLane.self)
                } else {
                    for l in 0..<count { value[l] = plaquette[at + l] }
                }
                let (s, c) = LaneMath.sincos(value)
                if count == laneWidth {
                    UnsafeMutableRawPointer(sine + at).storeBytes(of: s, as: DoubleLane.self)
                    if let cosine { UnsafeMutableRawPointer(cosine + at).storeBytes(of: c, as: DoubleLane.self) }
                } else {
                    for l in 0..<count { sine[at + l] = s[l] }
                    if let cosine { for l in 0..<count { cosine[at + l] = c[l] } }
                }
                x += laneWidth
            }
        }
    }

    /// π -= step ∂S/∂θ with `step` times β; needs the halo of sin P at the near sides.
    public static func kick(
        _ rows: LinkRows, sine: UnsafePointer<Double>, firstMomentum: UnsafeMutablePointer<Double>, secondMomentum: UnsafeMutablePointer<Double>,
        step: Double
    ) {
        for row in 0..<rows.rows {
            let start = rows.start(row)
            for x in start..<start + rows.columns {
                firstMomentum[x] -= step * (sine[x] - sine[x - 1])
                secondMomentum[x] -= step * (sine[x - rows.stride] - sine[x])
            }
        }
    }

    /// θ += step π.
    public static func drift(_ rows: LinkRows, field: UnsafeMutablePointer<Double>, momentum: UnsafePointer<Double>, step: Double) {
        for row in 0..<rows.rows {
            let start = rows.start(row)
            for x in start..<start + rows.columns { field[x] += step * momentum[x] }
        }
    }

    /// θ to [-π, π].
    public static func wrap(_ rows: LinkRows, field: UnsafeMutablePointer<Double>) {
        for row in 0..<rows.rows {
            let start = rows.start(row)
            for x in start..<start + rows.columns { field[x] = Angle.wrapped(field[x]) }
        }
    }
}

/// Angles, modulo 2π.
public enum Angle {
    /// Whole turns in an angle, to the nearest.
    @inline(__always)
    public static func turns(_ angle: Double) -> Double { (angle * (0.5 / Double.pi)).rounded(.toNearestOrEven) }

    /// The same angle in [-π, π].
    @inline(__always)
    public static func wrapped(_ angle: Double) -> Double { angle - turns(angle) * (2 * Double.pi) }

    @inline(__always)
    public static func wrapped(_ angle: DoubleLane) -> DoubleLane {
        let turns: DoubleLane = (angle * (0.5 / Double.pi)).rounded(.toNearestOrEven)
        return angle - turns * (2 * Double.pi)
    }
}
