import Glibc
import Numerics

/// A density on the circle, even in the angle, as a monotone rational-quadratic spline: an angle is P = ±2π R(u) with u uniform on (0, ½) and R
/// through `bins + 1` knots from (0, 0) to (½, ½).
///
/// Sources: Durkan et al., arXiv:1906.04032, section 3.1, on the circle as in Rezende et al., arXiv:2002.02428. The notation is that of `SplineTable`.
public final class CircularSpline {
    public let bins: Int
    /// Knots, values and slopes, `bins + 1` of each.
    public let x: UnsafeMutablePointer<Double>
    public let y: UnsafeMutablePointer<Double>
    public let slope: UnsafeMutablePointer<Double>

    public init(bins: Int) {
        self.bins = bins
        x = .allocate(capacity: 3 * (bins + 1))
        y = x + (bins + 1)
        slope = y + (bins + 1)
        for knot in 0...bins {
            x[knot] = 0.5 * Double(knot) / Double(bins)
            y[knot] = x[knot]
            slope[knot] = 1
        }
    }

    deinit { x.deallocate() }

    /// The bin whose left edge is the last not above `value`.
    @inline(__always)
    func bin(_ edges: UnsafePointer<Double>, _ value: Double) -> Int {
        var low = 0
        var high = bins
        while high - low > 1 {
            let middle = (low + high) / 2
            if edges[middle] <= value { low = middle } else { high = middle }
        }
        return low
    }

    /// The angle of v, uniform on (0, 1): below ½ it is negative.
    @inline(__always)
    public func angle(_ v: Double) -> Double {
        let u = v < 0.5 ? v : 1 - v
        let k = bin(x, u)
        let w = x[k + 1] - x[k], h = y[k + 1] - y[k]
        let s = h / w
        let t = (u - x[k]) / w
        let q = t * (1 - t)
        let value = y[k] + h * (s * t * t + slope[k] * q) / (s + (slope[k] + slope[k + 1] - 2 * s) * q)
        let angle = 2 * Double.pi * value
        return v < 0.5 ? -angle : angle
    }

    /// v of an angle in [-π, π]: the inverse of `angle`.
    public func uniform(_ angle: Double) -> Double {
        let (k, t) = place(angle.magnitude / (2 * Double.pi))
        let u = x[k] + t * (x[k + 1] - x[k])
        return angle < 0 ? u : 1 - u
    }

    /// Bin and place in it of a value of R. Durkan et al., equations 6 to 8: the root without cancellation.
    @inline(__always)
    private func place(_ value: Double) -> (Int, Double) {
        let v = min(value, 0.5)
        let k = bin(y, v)
        let w = x[k + 1] - x[k], h = y[k + 1] - y[k]
        let s = h / w
        let rise = v - y[k]
        let bend = rise * (slope[k] + slope[k + 1] - 2 * s)
        let a = h * (s - slope[k]) + bend
        let b = h * slope[k] - bend
        let c = -(s * rise)
        let discriminant = max(0, b * b - 4 * a * c)
        return (k, min(1, max(0, 2 * c / -(b + discriminant.squareRoot()))))
    }

    /// log of the density of an angle in [-π, π] with respect to the normalised measure dP/2π, and its derivative by the angle: the plain
    /// form of `CircularDensity`.
    public func logDensity(_ angle: Double) -> (value: Double, derivative: Double) {
        let (k, t) = place(angle.magnitude / (2 * Double.pi))
        let w = x[k + 1] - x[k], h = y[k + 1] - y[k]
        let s = h / w
        let r = 1 - t
        let q = t * r
        let curvature = slope[k] + slope[k + 1] - 2 * s
        let denominator = s + curvature * q
        let numerator = slope[k + 1] * t * t + 2 * s * q + slope[k] * r * r
        let rate = s * s * numerator / (denominator * denominator)
        // log R'(u), and its derivative by u; the angle's density is 1/R'.
        let turn = r - t
        let bend = (2 * (slope[k + 1] * t - slope[k] * r + s * turn) / numerator - 2 * curvature * turn / denominator) / w
        let derivative = -bend / rate / (2 * Double.pi)
        return (-log(rate), angle < 0 ? -derivative : derivative)
    }

    /// Adds to `gradient` (x, y, slope, `bins + 1` of each) the derivative of `cotangent · angle(v)`.
    @inline(__always)
    public func pullBack(_ v: Double, cotangent: Double, gradient: UnsafeMutablePointer<Double>) {
        let u = v < 0.5 ? v : 1 - v
        let pull = 2 * Double.pi * (v < 0.5 ? -cotangent : cotangent)
        let k = bin(x, u)
        let w = x[k + 1] - x[k], h = y[k + 1] - y[k]
        let s = h / w
        let t = (u - x[k]) / w
        let q = t * (1 - t)
        let (d0, d1) = (slope[k], slope[k + 1])
        let curvature = d0 + d1 - 2 * s
        let inverse = 1 / (s + curvature * q)
        let shape = s * t * t + d0 * q
        let dShape = pull * h * inverse
        let dDenominator = -dShape * shape * inverse
        let ds = dShape * t * t + dDenominator * (1 - 2 * q)
        let dq = dShape * d0 + dDenominator * curvature
        let dt = dq * (1 - 2 * t) + dShape * s * 2 * t
        let dh = ds / w + pull * shape * inverse
        let dw = -(ds * s + dt * t) / w
        let dx = gradient + k
        let dy = gradient + (bins + 1) + k
        let dSlope = gradient + 2 * (bins + 1) + k
        dx[0] += -dt / w - dw
        dx[1] += dw
        dy[0] += pull - dh
        dy[1] += dh
        dSlope[0] += (dShape + dDenominator) * q
        dSlope[1] += dDenominator * q
    }
}
