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

/// The knot values of sixteen samples' bins.
@usableFromInline
struct SplineBins {
    var x0 = Lane.zero
    var y0 = Lane.zero
    var d0 = Lane.zero
    var d1 = Lane.zero
    var w = Lane(repeating: 1)
    var h = Lane(repeating: 1)
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

/// The odd monotone map of the line `a → sign(a) logit(1 - R(1 - σ(|a|)))`, with R a rational-quadratic spline on [0, 1/2].
///
/// With all parameters zero it is the identity. Working with 1 - σ(|a|) = σ(-|a|) keeps its relative precision in the tails.
public enum SiteSpline {
    /// `y` and log dy/dx of `count` lanes; sums of the latter per lane go to `logJacobian` in double precision.
    public static func forward(
        _ knots: SplineKnots, input: UnsafePointer<Lane>, output: UnsafeMutablePointer<Lane>, count: Int,
        logJacobian: UnsafeMutablePointer<DoubleLane>
    ) {
        var total = DoubleLane.zero
        for site in 0..<count {
            let x = input[site]
            let a = magnitude(x)
            let u = LaneMath.sigmoid(-a)
            let bins = SplineBins(knots, at: u, edges: knots.x)
            let s = bins.h / bins.w
            let t = (u - bins.x0) / bins.w
            let q = t * (1 - t)
            let denominator = s.addingProduct(bins.d0 + bins.d1 - 2 * s, q)
            let v = bins.y0 + bins.h * (s * t * t + bins.d0 * q) / denominator
            let numerator = bins.d1 * t * t + 2 * s * q + bins.d0 * (1 - t) * (1 - t)
            let ratio = s / denominator
            let derivative = ratio * ratio * numerator
            let y = LaneMath.log((1 - v) / v)
            output[site] = copySign(y, of: x)
            // dy/da = v'(u) u (1-u) / (v (1-v))
            total += DoubleLane(LaneMath.log(derivative * u * (1 - u) / (v * (1 - v))))
        }
        logJacobian.pointee += total
    }

    /// The inverse map and the log derivative *of the forward map* at its preimage, added per lane to `logJacobian`.
    public static func inverse(
        _ knots: SplineKnots, input: UnsafePointer<Lane>, output: UnsafeMutablePointer<Lane>, count: Int,
        logJacobian: UnsafeMutablePointer<DoubleLane>
    ) {
        var total = DoubleLane.zero
        for site in 0..<count {
            let y = input[site]
            let v = LaneMath.sigmoid(-magnitude(y))
            let bins = SplineBins(knots, at: v, edges: knots.y)
            let s = bins.h / bins.w
            // Durkan et al., equations 6-8: a t² + b t + c = 0, the root without cancellation.
            let rise = v - bins.y0
            let curvature = bins.d0 + bins.d1 - 2 * s
            let a = bins.h * (s - bins.d0) + rise * curvature
            let b = bins.h * bins.d0 - rise * curvature
            let c = -s * rise
            let root = (b * b - 4 * a * c).replacing(with: 0, where: (b * b - 4 * a * c) .< 0).squareRoot()
            let t = -2 * c / (b + root)
            let u = bins.x0 + t * bins.w
            let q = t * (1 - t)
            let denominator = s.addingProduct(curvature, q)
            let numerator = bins.d1 * t * t + 2 * s * q + bins.d0 * (1 - t) * (1 - t)
            let ratio = s / denominator
            output[site] = copySign(LaneMath.log((1 - u) / u), of: y)
            total += DoubleLane(LaneMath.log(ratio * ratio * numerator * u * (1 - u) / (v * (1 - v))))
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
        logJacobianWeight g: Float, knotGradient: UnsafeMutablePointer<Float>
    ) {
        let n = knots.count
        for site in 0..<count {
            let x = input[site]
            let a = magnitude(x)
            let u = LaneMath.sigmoid(-a)
            let bins = SplineBins(knots, at: u, edges: knots.x)
            let (w, h, d0, d1) = (bins.w, bins.h, bins.d0, bins.d1)
            let s = h / w
            let t = (u - bins.x0) / w
            let r = 1 - t
            let q = t * r
            let slopeSum = d0 + d1 - 2 * s
            let denominator = s.addingProduct(slopeSum, q)
            let inverse = 1 / denominator
            let shape = s * t * t + d0 * q
            let v = bins.y0 + h * shape * inverse
            let numerator = d1 * t * t + 2 * s * q + d0 * r * r

            // y = log((1-v)/v), log dy/da = 2 log s + log numerator - 2 log denominator + log u(1-u) - log v(1-v)
            let outputCotangent = copySign(cotangent[site], of: x)
            let vRate = 1 / (v * (1 - v))
            let dv = -outputCotangent * vRate - g * (1 - 2 * v) * vRate
            let dNumerator = g / numerator
            let dShape = dv * h * inverse
            let dDenominator = -dv * h * shape * inverse * inverse - 2 * g * inverse

            var dh = dv * shape * inverse
            let dy0 = dv
            let ds = 2 * g / s + dNumerator * 2 * q + dShape * t * t + dDenominator * (1 - 2 * q)
            let dd0 = dNumerator * r * r + dShape * q + dDenominator * q
            let dd1 = dNumerator * t * t + dDenominator * q
            let dq = dNumerator * 2 * s + dShape * d0 + dDenominator * slopeSum
            let dt = dNumerator * (2 * d1 * t - 2 * d0 * r) + dShape * 2 * s * t + dq * (1 - 2 * t)
            let inverseWidth = 1 / w
            let du = dt * inverseWidth + g * (1 - 2 * u) / (u * (1 - u))
            let dx0 = -dt * inverseWidth
            dh += ds * inverseWidth
            let dw = -dt * t * inverseWidth - ds * s * inverseWidth

            // du/da = -u(1-u)
            cotangent[site] = copySign(-du * u * (1 - u), of: x)
            for lane in 0..<laneWidth {
                let i = Int(bins.index[lane])
                knotGradient[i] += dx0[lane] - dw[lane]
                knotGradient[i + 1] += dw[lane]
                knotGradient[n + i] += dy0[lane] - dh[lane]
                knotGradient[n + i + 1] += dh[lane]
                knotGradient[2 * n + i] += dd0[lane]
                knotGradient[2 * n + i + 1] += dd1[lane]
            }
        }
    }

    @inline(__always)
    static func magnitude(_ x: Lane) -> Lane {
        unsafeBitCast(unsafeBitCast(x, to: SIMD16<UInt32>.self) & 0x7FFF_FFFF, to: Lane.self)
    }

    /// `value` times the sign of `x`.
    @inline(__always)
    static func copySign(_ value: Lane, of x: Lane) -> Lane {
        let sign = unsafeBitCast(x, to: SIMD16<UInt32>.self) & 0x8000_0000
        return unsafeBitCast(unsafeBitCast(value, to: SIMD16<UInt32>.self) ^ sign, to: Lane.self)
    }
}
