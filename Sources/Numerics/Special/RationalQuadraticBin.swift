import Glibc

/// One bin of a monotone rational-quadratic spline, from (x0, y0) with slope d0 to (x1, y1) with slope d1; all of them increase, slopes are positive.
///
/// Source: Gregory and Delbourgo, IMA J. Numer. Anal. 2 (1982) 123; Durkan et al., arXiv:1906.04032, equations 4 to 8. With width w, height h, s = h/w,
/// t = (x - x0)/w, q = t(1-t): y = y0 + h (s t² + d0 q) / (s + (d0 + d1 - 2s) q).
public struct RationalQuadraticBin: Sendable {
    public var x0, x1, y0, y1, d0, d1: Double

    @inlinable @inline(__always)
    public init(x0: Double, x1: Double, y0: Double, y1: Double, d0: Double, d1: Double) {
        (self.x0, self.x1, self.y0, self.y1, self.d0, self.d1) = (x0, x1, y0, y1, d0, d1)
    }

    /// y and dy/dx.
    @inlinable @inline(__always)
    public func value(at x: Double) -> (value: Double, slope: Double) {
        let w = x1 - x0, h = y1 - y0
        let s = h / w, t = (x - x0) / w
        let q = t * (1 - t)
        let denominator = s + (d0 + d1 - 2 * s) * q
        let value = y0 + h * (s * t * t + d0 * q) / denominator
        let numerator = d1 * t * t + 2 * s * q + d0 * (1 - t) * (1 - t)
        return (value, s * s * numerator / (denominator * denominator))
    }

    /// d log(dy/dx) / dx.
    @inlinable @inline(__always)
    public func bend(at x: Double) -> Double {
        let w = x1 - x0
        let s = (y1 - y0) / w, t = (x - x0) / w
        let r = 1 - t
        let q = t * r
        let curvature = d0 + d1 - 2 * s
        let numerator = d1 * t * t + 2 * s * q + d0 * r * r
        return (2 * (d1 * t - d0 * r + s * (r - t)) / numerator - 2 * curvature * (r - t) / (s + curvature * q)) / w
    }

    /// x of a y between y0 and y1: the root without cancellation.
    @inlinable @inline(__always)
    public func inverse(of y: Double) -> Double {
        let w = x1 - x0, h = y1 - y0
        let s = h / w
        let rise = y - y0
        let bend = rise * (d0 + d1 - 2 * s)
        let a = h * (s - d0) + bend
        let b = h * d0 - bend
        let c = s * rise
        let t = 2 * c / (b + max(0, b * b + 4 * a * c).squareRoot())
        return x0 + w * min(1, max(0, t))
    }

    /// Derivatives of y at a fixed x by x0, x1, y0, y1, d0, d1, in a bin's place for them.
    @inlinable @inline(__always)
    public func valueGradient(at x: Double) -> RationalQuadraticBin {
        let w = x1 - x0, h = y1 - y0
        let s = h / w, t = (x - x0) / w
        let q = t * (1 - t)
        let denominator = s + (d0 + d1 - 2 * s) * q
        let shape = s * t * t + d0 * q
        let dShape = h / denominator
        let dDenominator = -h * shape / (denominator * denominator)
        let ds = dShape * t * t + dDenominator * (1 - 2 * q)
        let dq = dShape * d0 + dDenominator * (d0 + d1 - 2 * s)
        let dt = dShape * 2 * s * t + dq * (1 - 2 * t)
        let dh = shape / denominator + ds / w
        let dw = -dt * t / w - ds * s / w
        return RationalQuadraticBin(
            x0: -dt / w - dw, x1: dw, y0: 1 - dh, y1: dh, d0: (dShape + dDenominator) * q, d1: dDenominator * q)
    }

    /// The rate of log(dy/dx) at a fixed x where the bin's six numbers change at the given rates.
    @inlinable @inline(__always)
    public func logSlopeRate(at x: Double, rates: RationalQuadraticBin) -> Double {
        let w = x1 - x0, s = (y1 - y0) / w, t = (x - x0) / w
        let r = 1 - t
        let q = t * r
        let curvature = d0 + d1 - 2 * s
        let wRate = rates.x1 - rates.x0
        let sRate = (rates.y1 - rates.y0 - s * wRate) / w
        let tRate = -(rates.x0 + t * wRate) / w
        let qRate = (r - t) * tRate
        let denominator = s + curvature * q
        let denominatorRate = sRate + (rates.d0 + rates.d1 - 2 * sRate) * q + curvature * qRate
        let numerator = d1 * t * t + 2 * s * q + d0 * r * r
        let ends = rates.d1 * t * t + rates.d0 * r * r + 2 * (d1 * t - d0 * r) * tRate
        let numeratorRate = ends + 2 * (sRate * q + s * qRate)
        return 2 * sRate / s + numeratorRate / numerator - 2 * denominatorRate / denominator
    }

    /// Σ of products of the six numbers.
    @inlinable @inline(__always)
    public func dot(_ other: RationalQuadraticBin) -> Double {
        x0 * other.x0 + x1 * other.x1 + y0 * other.y0 + y1 * other.y1 + d0 * other.d0 + d1 * other.d1
    }
}
