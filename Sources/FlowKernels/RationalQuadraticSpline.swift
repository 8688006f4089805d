import Numerics

/// A monotone rational-quadratic spline through `count` knots from (0, 0) to (1/2, 1/2).
///
/// Source: Gregory and Delbourgo, IMA J. Numer. Anal. 2 (1982) 123; in flows: Durkan et al., arXiv:1906.04032, section 3.1.
/// With width w, height h, s = h/w, t = (x - x0)/w, u = t(1-t):
///     y  = y0 + h (s t² + d0 u) / (s + (d0 + d1 - 2s) u)
///     y' = s² (d1 t² + 2 s u + d0 (1-t)²) / (s + (d0 + d1 - 2s) u)²
public struct SplineKnots {
    public let count: Int
    public let x: UnsafeMutablePointer<Float>
    public let y: UnsafeMutablePointer<Float>
    public let slope: UnsafeMutablePointer<Float>

    public init(count: Int, x: UnsafeMutablePointer<Float>, y: UnsafeMutablePointer<Float>, slope: UnsafeMutablePointer<Float>) {
        self.count = count
        self.x = x
        self.y = y
        self.slope = slope
    }

    /// The bin of `value` among `edges` (`x` or `y`), in 0..<count-1: a search without branches.
    @inline(__always)
    func bin(_ value: Float, edges: UnsafePointer<Float>) -> Int {
        var low = 0
        var length = count - 1
        while length > 1 {
            let half = length / 2
            low = edges[low + half] <= value ? low + half : low
            length -= half
        }
        return low
    }
}

/// The bins of sixteen samples: knot values, and the pieces of the spline's formula at a place t inside.
struct SplineBins {
    var x0 = Lane.zero
    var y0 = Lane.zero
    var d0 = Lane.zero
    var d1 = Lane.zero
    var w = Lane.zero
    var h = Lane.zero
    var index = SIMD16<Int32>.zero

    @inline(__always)
    init(_ knots: SplineKnots, at value: Lane, edges: UnsafePointer<Float>) {
        for lane in 0..<laneWidth {
            let i = knots.bin(value[lane], edges: edges)
            index[lane] = Int32(truncatingIfNeeded: i)
            x0[lane] = knots.x[i]
            y0[lane] = knots.y[i]
            d0[lane] = knots.slope[i]
            d1[lane] = knots.slope[i + 1]
            w[lane] = knots.x[i + 1]
            h[lane] = knots.y[i + 1]
        }
        w -= x0
        h -= y0
    }
}

/// The formula's parts at t: everything that value, slope and their derivatives share.
struct SplinePoint {
    let s: Lane
    let t: Lane
    let r: Lane
    let q: Lane
    let curvature: Lane
    let inverseDenominator: Lane
    let shape: Lane
    let numerator: Lane

    @inline(__always)
    init(_ bins: SplineBins, s: Lane, t: Lane) {
        self.s = s
        self.t = t
        let r: Lane = 1 - t
        let q: Lane = t * r
        let twice: Lane = s + s
        let curvature: Lane = bins.d0 + bins.d1 - twice
        let denominator: Lane = s.addingProduct(curvature, q)
        let square: Lane = t * t
        let rest: Lane = r * r
        self.r = r
        self.q = q
        self.curvature = curvature
        inverseDenominator = 1 / denominator
        shape = (s * square).addingProduct(bins.d0, q)
        numerator = (bins.d1 * square).addingProduct(twice, q).addingProduct(bins.d0, rest)
    }

    /// y'(x).
    @inline(__always)
    var slope: Lane {
        let ratio: Lane = s * inverseDenominator
        return ratio * ratio * numerator
    }
}

/// The odd monotone map of the line `a → sign(a) logit(1 - R(1 - σ(|a|)))`, with R a rational-quadratic spline on [0, 1/2].
///
/// With all parameters zero it is the identity. Working with 1 - σ(|a|) = σ(-|a|) keeps its relative precision in the tails.
public enum SiteSpline {
    /// log of dy/da = R'(u) u (1-u) / (v (1-v)).
    @inline(__always)
    static func logDerivative(slope: Lane, u: Lane, v: Lane) -> Lane {
        let below: Lane = u * (1 - u)
        let above: Lane = v * (1 - v)
        return LaneMath.log(slope * below / above)
    }

    /// `y` and log dy/dx of `count` lanes; sums of the latter per lane go to `logJacobian` in double precision.
    public static func forward(
        _ knots: SplineKnots, input: UnsafePointer<Lane>, output: UnsafeMutablePointer<Lane>, count: Int,
        logJacobian: UnsafeMutablePointer<DoubleLane>
    ) {
        var total = DoubleLane.zero
        for site in 0..<count {
            let x = input[site]
            let u = LaneMath.sigmoid(-LaneMath.magnitude(x))
            let bins = SplineBins(knots, at: u, edges: knots.x)
            let place: Lane = (u - bins.x0) / bins.w
            let point = SplinePoint(bins, s: bins.h / bins.w, t: place)
            let rise: Lane = bins.h * point.shape
            let v = bins.y0.addingProduct(rise, point.inverseDenominator)
            let odds: Lane = (1 - v) / v
            output[site] = LaneMath.withSign(of: x, LaneMath.log(odds))
            total += DoubleLane(logDerivative(slope: point.slope, u: u, v: v))
        }
        logJacobian.pointee += total
    }

    /// The inverse map; the log derivative *of the forward map* at the preimage is added per lane to `logJacobian`.
    ///
    /// Source: Durkan et al., arXiv:1906.04032, equations 6-8: the root without cancellation.
    public static func inverse(
        _ knots: SplineKnots, input: UnsafePointer<Lane>, output: UnsafeMutablePointer<Lane>, count: Int,
        logJacobian: UnsafeMutablePointer<DoubleLane>
    ) {
        var total = DoubleLane.zero
        for site in 0..<count {
            let y = input[site]
            let v = LaneMath.sigmoid(-LaneMath.magnitude(y))
            let bins = SplineBins(knots, at: v, edges: knots.y)
            let s: Lane = bins.h / bins.w
            let rise: Lane = v - bins.y0
            let bend: Lane = rise * (bins.d0 + bins.d1 - s - s)
            let a: Lane = bins.h * (s - bins.d0) + bend
            let b: Lane = bins.h * bins.d0 - bend
            let c: Lane = -(s * rise)
            let four: Lane = a * c * 4
            let discriminant: Lane = b * b - four
            let root = LaneMath.sqrt(discriminant.replacing(with: 0, where: discriminant .< 0))
            let t: Lane = (c + c) / -(b + root)
            let point = SplinePoint(bins, s: s, t: t)
            let u = bins.x0.addingProduct(t, bins.w)
            let odds: Lane = (1 - u) / u
            output[site] = LaneMath.withSign(of: y, LaneMath.log(odds))
            total += DoubleLane(logDerivative(slope: point.slope, u: u, v: v))
        }
        logJacobian.pointee += total
    }

    /// Reverse mode of `forward`: given the cotangents of the output and of the log Jacobian, the cotangent of the input and sums over
    /// sites and lanes of the cotangents of the knots.
    ///
    /// - Parameters:
    ///   - cotangent: in: of the output; out: of the input.
    ///   - logJacobianWeight: the cotangent of the summed log Jacobian (the same for every sample).
    ///   - knotGradient: 3 x count accumulators (x, y, slope), added to.
    public static func backward(
        _ knots: SplineKnots, input: UnsafePointer<Lane>, cotangent: UnsafeMutablePointer<Lane>, count: Int,
        logJacobianWeight: Float, knotGradient: UnsafeMutablePointer<Float>
    ) {
        let n = knots.count
        let g = Lane(repeating: logJacobianWeight)
        let twoG: Lane = g + g
        for site in 0..<count {
            let x = input[site]
            let u = LaneMath.sigmoid(-LaneMath.magnitude(x))
            let bins = SplineBins(knots, at: u, edges: knots.x)
            let inverseWidth: Lane = 1 / bins.w
            let point = SplinePoint(bins, s: bins.h * inverseWidth, t: (u - bins.x0) * inverseWidth)
            let (s, t, r, q) = (point.s, point.t, point.r, point.q)
            let inverse = point.inverseDenominator
            let rise: Lane = bins.h * point.shape
            let v = bins.y0.addingProduct(rise, inverse)

            // y = log((1-v)/v); log dy/da = 2 log s + log numerator - 2 log denominator + log u(1-u) - log v(1-v)
            let outputCotangent = LaneMath.withSign(of: x, cotangent[site])
            let vRate: Lane = 1 / (v * (1 - v))
            let vSlope: Lane = 1 - v - v
            let dv: Lane = -(outputCotangent + g * vSlope) * vRate
            let dNumerator: Lane = g / point.numerator
            let pull: Lane = dv * inverse
            let dShape: Lane = pull * bins.h
            let dDenominator: Lane = -(dShape * point.shape + twoG) * inverse

            let square: Lane = t * t
            let rest: Lane = r * r
            let qNumerator: Lane = dNumerator * q
            var ds: Lane = twoG / s + qNumerator + qNumerator
            ds += dShape * square
            ds += dDenominator * (1 - q - q)
            let both: Lane = (dShape + dDenominator) * q
            let dd0: Lane = both + dNumerator * rest
            let dd1: Lane = dDenominator * q + dNumerator * square
            var dq: Lane = dNumerator * (s + s)
            dq += dShape * bins.d0
            dq += dDenominator * point.curvature
            let slopeChange: Lane = bins.d1 * t - bins.d0 * r
            let tNumerator: Lane = dNumerator * slopeChange
            var dt: Lane = tNumerator + tNumerator
            let tShape: Lane = dShape * s * t
            dt += tShape + tShape
            dt += dq * (1 - t - t)

            let uSpread: Lane = u * (1 - u)
            let uSlope: Lane = 1 - u - u
            let du: Lane = dt * inverseWidth + g * uSlope / uSpread
            let dx0: Lane = -(dt * inverseWidth)
            let dh: Lane = pull * point.shape + ds * inverseWidth
            let dw: Lane = -(dt * t + ds * s) * inverseWidth
            // du/da = -u(1-u)
            let da: Lane = -(du * uSpread)
            cotangent[site] = LaneMath.withSign(of: x, da)
            let left: Lane = dx0 - dw
            let low: Lane = dv - dh
            for lane in 0..<laneWidth {
                let i = Int(bins.index[lane])
                knotGradient[i] += left[lane]
                knotGradient[i + 1] += dw[lane]
                knotGradient[n + i] += low[lane]
                knotGradient[n + i + 1] += dh[lane]
                knotGradient[2 * n + i] += dd0[lane]
                knotGradient[2 * n + i + 1] += dd1[lane]
            }
        }
    }

    /// Carries a score through the map in place: `(score - ∂ log y'/∂x) / y'`.
    public static func pushScore(
        _ knots: SplineKnots, input: UnsafePointer<Lane>, score: UnsafeMutablePointer<Lane>, count: Int
    ) {
        for site in 0..<count {
            let x = input[site]
            let u = LaneMath.sigmoid(-LaneMath.magnitude(x))
            let bins = SplineBins(knots, at: u, edges: knots.x)
            let inverseWidth: Lane = 1 / bins.w
            let point = SplinePoint(bins, s: bins.h * inverseWidth, t: (u - bins.x0) * inverseWidth)
            let rise: Lane = bins.h * point.shape
            let v = bins.y0.addingProduct(rise, point.inverseDenominator)
            let slope = point.slope
            let below: Lane = u * (1 - u)
            let above: Lane = v * (1 - v)
            // d log R'/du = (n'/n - 2 c (1 - 2t) / denominator) / w, with n the numerator and c the curvature.
            let rightPart: Lane = bins.d1 * point.t
            let leftPart: Lane = bins.d0 * point.r
            let middle: Lane = point.s * (1 - point.t - point.t)
            let numeratorSlope: Lane = (rightPart - leftPart + middle) / point.numerator
            let denominatorSlope: Lane = point.curvature * (1 - point.t - point.t) * point.inverseDenominator
            let bend: Lane = (numeratorSlope - denominatorSlope) * inverseWidth
            let vSlope: Lane = slope * (1 - v - v) / above
            let uSlope: Lane = (1 - u - u) / below
            let logSlope: Lane = bend + bend + uSlope - vSlope
            let old = LaneMath.withSign(of: x, score[site])
            // du/da = -u(1-u)
            let shifted: Lane = old + logSlope * below
            score[site] = LaneMath.withSign(of: x, shifted * above / (slope * below))
        }
    }
}
