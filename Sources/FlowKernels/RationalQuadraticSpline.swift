import CLanes
import Numerics

/// A monotone rational-quadratic spline through `count` knots from (0, 0) to (1/2, 1/2), as a table of its bins.
///
/// Source: Gregory and Delbourgo, IMA J. Numer. Anal. 2 (1982) 123; in flows: Durkan et al., arXiv:1906.04032, section 3.1.
/// With width w, height h, s = h/w, t = (x - x0)/w, q = t(1-t):
///     y  = y0 + h (s t² + d0 q) / (s + (d0 + d1 - 2s) q)
///     y' = s² (d1 t² + 2 s q + d0 (1-t)²) / (s + (d0 + d1 - 2s) q)²
public struct SplineTable {
    /// Floats of a bin: x0, 1/w, y0, h, d0, d1, s, w. Sixteen samples fetch their bins as rows and turn them into lanes in registers.
    public static let rowFloats = 8
    public let count: Int
    public let rows: UnsafeMutablePointer<Float>
    /// The knots between the ends, by x and by y: a bin is the number of them that are not above a value.
    public let x: UnsafeMutablePointer<Float>
    public let y: UnsafeMutablePointer<Float>

    /// Floats that a table of `count` knots takes.
    public static func floatCount(_ count: Int) -> Int { (count - 1) * rowFloats + 2 * count }

    public init(count: Int, storage: UnsafeMutablePointer<Float>) {
        self.count = count
        rows = storage
        x = storage + (count - 1) * Self.rowFloats
        y = x + count
    }

    /// Fills the table from knots in double precision.
    public func fill(x knots: UnsafePointer<Double>, y values: UnsafePointer<Double>, slope: UnsafePointer<Double>) {
        for bin in 0..<count - 1 {
            let w = knots[bin + 1] - knots[bin], h = values[bin + 1] - values[bin]
            let row = rows + bin * Self.rowFloats
            row[0] = Float(knots[bin])
            row[1] = Float(1 / w)
            row[2] = Float(values[bin])
            row[3] = Float(h)
            row[4] = Float(slope[bin])
            row[5] = Float(slope[bin + 1])
            row[6] = Float(h / w)
            row[7] = Float(w)
        }
        for knot in 1..<max(1, count - 1) {
            x[knot - 1] = Float(knots[knot])
            y[knot - 1] = Float(values[knot])
        }
    }

    @inline(__always)
    func bins(at value: Lane, edges: UnsafeMutablePointer<Float>) -> SIMD16<Int32> {
        didymos_count_not_above(edges, Int32(truncatingIfNeeded: count - 2), value)
    }
}

/// Sixteen rows of eight floats as eight lanes, in the order of `SplineTable.rowFloats`.
struct SplineColumns {
    var c0 = Lane.zero, c1 = Lane.zero, c2 = Lane.zero, c3 = Lane.zero
    var c4 = Lane.zero, c5 = Lane.zero, c6 = Lane.zero, c7 = Lane.zero

    @inline(__always)
    init(_ table: UnsafePointer<Float>, rows: SIMD16<Int32>) {
        withFloats(&self) { didymos_gather_rows(table, rows, $0) }
    }

    @inline(__always)
    init(_ c0: Lane, _ c1: Lane, _ c2: Lane, _ c3: Lane, _ c4: Lane, _ c5: Lane) {
        (self.c0, self.c1, self.c2, self.c3, self.c4, self.c5) = (c0, c1, c2, c3, c4, c5)
    }

    @inline(__always)
    mutating func add(to table: UnsafeMutablePointer<Float>, rows: SIMD16<Int32>) {
        withFloats(&self) { didymos_add_to_rows(table, rows, $0) }
    }
}

@inline(__always)
private func withFloats(_ columns: inout SplineColumns, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    withUnsafeMutablePointer(to: &columns) { body(UnsafeMutableRawPointer($0).assumingMemoryBound(to: Float.self)) }
}

/// Sixteen samples in their bins at the places t: everything that value, slope and their derivatives share.
struct SplinePoint {
    let y0, h, d0, d1, s, inverseWidth: Lane
    let t, r, q, square, rest, curvature, inverse, shape, numerator: Lane

    /// - Parameter place: t from the bin's x0 and 1/w, or solved for.
    @inline(__always)
    init(_ columns: SplineColumns, place: Lane) {
        y0 = columns.c2
        h = columns.c3
        d0 = columns.c4
        d1 = columns.c5
        s = columns.c6
        inverseWidth = columns.c1
        t = place
        r = 1 - place
        q = t * r
        square = t * t
        rest = r * r
        curvature = d0 + d1 - (s + s)
        inverse = LaneMath.reciprocal(LaneMath.fma(curvature, q, s))
        shape = LaneMath.fma(d0, q, s * square)
        let ends: Lane = LaneMath.fma(d1, square, d0 * rest)
        numerator = LaneMath.fma(s + s, q, ends)
    }

    @inline(__always)
    init(_ table: SplineTable, bins: SIMD16<Int32>, at u: Lane) {
        let columns = SplineColumns(table.rows, rows: bins)
        self.init(columns, place: (u - columns.c0) * columns.c1)
    }

    /// y(x).
    @inline(__always)
    var value: Lane { LaneMath.fma(h * shape, inverse, y0) }

    /// y'(x).
    @inline(__always)
    var slope: Lane {
        let ratio: Lane = s * inverse
        return ratio * ratio * numerator
    }
}

/// The odd monotone map of the line `a → sign(a) logit(1 - R(1 - σ(|a|)))`, with R a rational-quadratic spline on [0, 1/2].
///
/// With all parameters zero it is the identity. Working with u = 1 - σ(|a|) = σ(-|a|) keeps its relative precision in the tails.
/// `forward` leaves u (with the sign of a) and the bins behind; the passes back start from them.
public enum SiteSpline {
    /// log of dy/da = R'(u) u (1-u) / (v (1-v)).
    @inline(__always)
    static func logDerivative(slope: Lane, u: Lane, v: Lane) -> Lane {
        let below: Lane = u * (1 - u)
        let above: Lane = v * (1 - v)
        return LaneMath.log(slope * below / above)
    }

    /// `y` and log dy/dx of `count` lanes in place; sums of the latter per lane go to `logJacobian` in double precision.
    ///
    /// - Parameters:
    ///   - places: written: u with the sign of the field.
    ///   - bins: written: the bin of every sample.
    public static func forward(
        _ table: SplineTable, field: UnsafeMutablePointer<Lane>, count: Int, places: UnsafeMutablePointer<Lane>,
        bins: UnsafeMutablePointer<SIMD16<Int32>>, logJacobian: UnsafeMutablePointer<DoubleLane>
    ) {
        var total = DoubleLane.zero
        for site in 0..<count {
            let x = field[site]
            let u = LaneMath.sigmoid(-LaneMath.magnitude(x))
            let bin = table.bins(at: u, edges: table.x)
            places[site] = LaneMath.withSign(of: x, u)
            bins[site] = bin
            let point = SplinePoint(table, bins: bin, at: u)
            let v = point.value
            let odds: Lane = (1 - v) / v
            field[site] = LaneMath.withSign(of: x, LaneMath.log(odds))
            total += LaneMath.double(logDerivative(slope: point.slope, u: u, v: v))
        }
        logJacobian.pointee += total
    }

    /// The inverse map in place; the log derivative *of the forward map* at the preimage is added per lane to `logJacobian`.
    ///
    /// Source: Durkan et al., arXiv:1906.04032, equations 6-8: the root without cancellation.
    public static func inverse(
        _ table: SplineTable, field: UnsafeMutablePointer<Lane>, count: Int, logJacobian: UnsafeMutablePointer<DoubleLane>
    ) {
        var total = DoubleLane.zero
        for site in 0..<count {
            let y = field[site]
            let v = LaneMath.sigmoid(-LaneMath.magnitude(y))
            let columns = SplineColumns(table.rows, rows: table.bins(at: v, edges: table.y))
            let (h, d0, d1, s) = (columns.c3, columns.c4, columns.c5, columns.c6)
            let rise: Lane = v - columns.c2
            let bend: Lane = rise * (d0 + d1 - s - s)
            let a: Lane = h * (s - d0) + bend
            let b: Lane = h * d0 - bend
            let c: Lane = -(s * rise)
            let four: Lane = a * c * 4
            let discriminant: Lane = b * b - four
            let root = LaneMath.sqrt(discriminant.replacing(with: 0, where: discriminant .< 0))
            let t: Lane = (c + c) / -(b + root)
            let point = SplinePoint(columns, place: t)
            let u = LaneMath.fma(t, columns.c7, columns.c0)
            let odds: Lane = (1 - u) / u
            field[site] = LaneMath.withSign(of: y, LaneMath.log(odds))
            total += LaneMath.double(logDerivative(slope: point.slope, u: u, v: v))
        }
        logJacobian.pointee += total
    }

    /// Reverse mode of `forward`: given the cotangents of the output and of the log Jacobian, the cotangent of the input and sums over
    /// sites and lanes of the cotangents of the bins.
    ///
    /// - Parameters:
    ///   - cotangent: in: of the output; out: of the input.
    ///   - logJacobianWeight: the cotangent of the summed log Jacobian (the same for every sample).
    ///   - binGradient: a row of eight accumulators for every bin: x and y of its left knot, of its right knot, slopes left
    ///     and right (order x0, x1, y0, y1, d0, d1, -, -), added to.
    public static func backward(
        _ table: SplineTable, places: UnsafePointer<Lane>, bins: UnsafePointer<SIMD16<Int32>>, cotangent: UnsafeMutablePointer<Lane>,
        count: Int, logJacobianWeight: Float, binGradient: UnsafeMutablePointer<Float>
    ) {
        let g = Lane(repeating: logJacobianWeight)
        let twoG: Lane = g + g
        for site in 0..<count {
            let x = places[site]
            let u = LaneMath.magnitude(x)
            let point = SplinePoint(table, bins: bins[site], at: u)
            let (s, t, q) = (point.s, point.t, point.q)
            let v = point.value

            // y = log((1-v)/v); log dy/da = 2 log s + log numerator - 2 log denominator + log u(1-u) - log v(1-v)
            let outputCotangent = LaneMath.withSign(of: x, cotangent[site])
            let vRate = LaneMath.reciprocal(v * (1 - v))
            let vSlope: Lane = 1 - v - v
            let dv: Lane = -(outputCotangent + g * vSlope) * vRate
            let dNumerator: Lane = g / point.numerator
            let pull: Lane = dv * point.inverse
            let dShape: Lane = pull * point.h
            let dDenominator: Lane = -(LaneMath.fma(dShape, point.shape, twoG)) * point.inverse

            let qNumerator: Lane = dNumerator * q
            var ds: Lane = twoG / s + (qNumerator + qNumerator)
            ds = LaneMath.fma(dShape, point.square, ds)
            ds = LaneMath.fma(dDenominator, 1 - q - q, ds)
            let both: Lane = (dShape + dDenominator) * q
            let dd0: Lane = LaneMath.fma(dNumerator, point.rest, both)
            let dd1: Lane = LaneMath.fma(dNumerator, point.square, dDenominator * q)
            var dq: Lane = dNumerator * (s + s)
            dq = LaneMath.fma(dShape, point.d0, dq)
            dq = LaneMath.fma(dDenominator, point.curvature, dq)
            let slopeChange: Lane = point.d1 * t - point.d0 * point.r
            let tPart: Lane = LaneMath.fma(dNumerator, slopeChange, dShape * s * t)
            let dt: Lane = LaneMath.fma(dq, 1 - t - t, tPart + tPart)

            let uSpread: Lane = u * (1 - u)
            let uSlope: Lane = 1 - u - u
            let dx: Lane = dt * point.inverseWidth
            let dh: Lane = LaneMath.fma(ds, point.inverseWidth, pull * point.shape)
            let dw: Lane = -(LaneMath.fma(ds, s, dt * t)) * point.inverseWidth
            // du/da = -u(1-u), and d(log u(1-u))/du times it is -(1-2u).
            let da: Lane = -(LaneMath.fma(dx, uSpread, g * uSlope))
            cotangent[site] = LaneMath.withSign(of: x, da)
            let left: Lane = -dx - dw
            let low: Lane = dv - dh
            var row = SplineColumns(left, dw, low, dh, dd0, dd1)
            row.add(to: binGradient, rows: bins[site])
        }
    }

    /// Carries a score through the map in place: `(score - ∂ log y'/∂x) / y'`.
    public static func pushScore(
        _ table: SplineTable, places: UnsafePointer<Lane>, bins: UnsafePointer<SIMD16<Int32>>, score: UnsafeMutablePointer<Lane>,
        count: Int
    ) {
        for site in 0..<count {
            let x = places[site]
            let u = LaneMath.magnitude(x)
            let point = SplinePoint(table, bins: bins[site], at: u)
            let v = point.value
            let slope = point.slope
            let below: Lane = u * (1 - u)
            let above: Lane = v * (1 - v)
            // d log R'/du = (n'/n - 2 c (1 - 2t) / denominator) / w, with n the numerator and c the curvature.
            let turn: Lane = point.r - point.t
            let ends: Lane = point.d1 * point.t - point.d0 * point.r
            let numeratorSlope: Lane = LaneMath.fma(point.s, turn, ends) / point.numerator
            let denominatorSlope: Lane = point.curvature * turn * point.inverse
            let bend: Lane = (numeratorSlope - denominatorSlope) * point.inverseWidth
            let vSlope: Lane = slope * (1 - v - v) / above
            let uSlope: Lane = (1 - u - u) / below
            let logSlope: Lane = bend + bend + uSlope - vSlope
            let old = LaneMath.withSign(of: x, score[site])
            // du/da = -u(1-u)
            let shifted: Lane = LaneMath.fma(logSlope, below, old)
            score[site] = LaneMath.withSign(of: x, shifted * above / (slope * below))
        }
    }
}
