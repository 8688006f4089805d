/// Elementary functions over lanes, without branches or scalar fallbacks; errors are stated in units in the last place (ulp).
///
/// Argument reductions after Cody and Waite, "Software Manual for the Elementary Functions" (1980); single-precision polynomials
/// after Moshier's Cephes library (1984-2000). Every function is pure arithmetic, so a lane's result depends on that lane alone.
public enum LaneMath {
    /// `n · 2²³`-bias trick: adding 1.5·2²³ rounds to the nearest integer and leaves it in the low bits.
    @usableFromInline static let roundingShift: Float = 12_582_912

    /// eˣ within 1 ulp (2 where the result is subnormal). Overflow gives infinity, underflow zero, NaN stays NaN.
    @inlinable @inline(__always)
    public static func exp(_ x: Lane) -> Lane {
        let (half1, half2, r) = exponentReduction(x)
        let p = expm1Polynomial(r)
        var y = (p + 1) * half1 * half2
        y.replace(with: .infinity, where: x .> 88.72284)
        y.replace(with: 0, where: x .< -103.97208)
        return y.replacing(with: x, where: x .!= x)
    }

    /// eˣ - 1 within 2 ulp.
    @inlinable @inline(__always)
    public static func expm1(_ x: Lane) -> Lane {
        let clamped = x.clamped(lowerBound: Lane(repeating: -30), upperBound: Lane(repeating: 100))
        let (half1, half2, r) = exponentReduction(clamped)
        let p = expm1Polynomial(r)
        let y = (half2 * (half1 * p)) + (half1 * half2 - 1)
        // Beyond 2^126 the two halves keep the product finite until it really overflows.
        var result = y.replacing(with: (p + 1) * half1 * half2, where: clamped .> 60)
        result.replace(with: .infinity, where: x .> 88.72284)
        result.replace(with: x, where: x .== 0)
        return result.replacing(with: x, where: x .!= x)
    }

    /// x = n ln 2 + r, |r| <= ln 2 / 2; 2ⁿ as the product of two representable factors.
    @inlinable @inline(__always)
    static func exponentReduction(_ x: Lane) -> (Lane, Lane, Lane) {
        let bounded = x.clamped(lowerBound: Lane(repeating: -110), upperBound: Lane(repeating: 100))
        let shifted = Lane(repeating: roundingShift).addingProduct(bounded, 1.442_695_04)
        let n = shifted - roundingShift
        let r = bounded.addingProduct(n, -0.693_359_375).addingProduct(n, 2.121_944_4e-4)
        let integer = unsafeBitCast(shifted, to: SIMD16<Int32>.self) &- Int32(bitPattern: 0x4B40_0000)
        let first = integer &>> 1
        let second = integer &- first
        return (
            unsafeBitCast((first &+ 127) &<< 23, to: Lane.self),
            unsafeBitCast((second &+ 127) &<< 23, to: Lane.self), r
        )
    }

    /// eʳ - 1 for |r| <= ln 2 / 2.
    @inlinable @inline(__always)
    static func expm1Polynomial(_ r: Lane) -> Lane {
        var p = Lane(repeating: 1.987_569_15e-4)
        p = Lane(repeating: 1.398_199_950_7e-3).addingProduct(p, r)
        p = Lane(repeating: 8.333_451_907_3e-3).addingProduct(p, r)
        p = Lane(repeating: 4.166_579_589_4e-2).addingProduct(p, r)
        p = Lane(repeating: 1.666_666_545_9e-1).addingProduct(p, r)
        p = Lane(repeating: 5.000_000_120_1e-1).addingProduct(p, r)
        return r.addingProduct(p, r * r)
    }

    /// ln x within 1 ulp; -infinity at 0, NaN below.
    @inlinable @inline(__always)
    public static func log(_ x: Lane) -> Lane {
        let subnormal = x .< Float.leastNormalMagnitude
        let scaled = x.replacing(with: x * 33_554_432, where: subnormal)
        var bits = unsafeBitCast(scaled, to: SIMD16<Int32>.self)
        // Mantissa in [sqrt(1/2), sqrt(2)).
        bits = bits &- Int32(bitPattern: 0x3F35_04F3)
        var e = Lane((bits &>> 23))
        e.replace(with: e - 25, where: subnormal)
        let m = unsafeBitCast((bits & 0x007F_FFFF) &+ Int32(bitPattern: 0x3F35_04F3), to: Lane.self)
        let f = m - 1
        let z = f * f
        var p = Lane(repeating: 7.037_683_629_2e-2)
        p = Lane(repeating: -1.151_461_031_0e-1).addingProduct(p, f)
        p = Lane(repeating: 1.167_699_874_0e-1).addingProduct(p, f)
        p = Lane(repeating: -1.242_014_084_6e-1).addingProduct(p, f)
        p = Lane(repeating: 1.424_932_278_7e-1).addingProduct(p, f)
        p = Lane(repeating: -1.666_805_766_5e-1).addingProduct(p, f)
        p = Lane(repeating: 2.000_071_476_5e-1).addingProduct(p, f)
        p = Lane(repeating: -2.499_999_399_3e-1).addingProduct(p, f)
        p = Lane(repeating: 3.333_333_117_4e-1).addingProduct(p, f)
        var y = p * f * z
        y.addProduct(e, -2.121_944_4e-4)
        y.addProduct(z, -0.5)
        var result = (f + y).addingProduct(e, 0.693_359_375)
        result.replace(with: .infinity, where: x .== Float.infinity)
        result.replace(with: -.infinity, where: x .== 0)
        result.replace(with: .nan, where: x .< 0)
        return result.replacing(with: x, where: x .!= x)
    }

    /// ln(1 + x) within 2 ulp.
    @inlinable @inline(__always)
    public static func log1p(_ x: Lane) -> Lane {
        let u = 1 + x
        let correction = (x - (u - 1)) / u
        let y = log(u) + correction
        var result = y.replacing(with: x, where: u .== 1)
        result.replace(with: log(u), where: u .<= 0)
        return result.replacing(with: x, where: x .== Float.infinity)
    }

    /// tanh x within 2 ulp.
    @inlinable @inline(__always)
    public static func tanh(_ x: Lane) -> Lane {
        let a = magnitude(x)
        let z = x * x
        var p = Lane(repeating: -5.704_988_727_45e-3)
        p = Lane(repeating: 2.063_908_879_54e-2).addingProduct(p, z)
        p = Lane(repeating: -5.373_971_555_31e-2).addingProduct(p, z)
        p = Lane(repeating: 1.333_144_220_36e-1).addingProduct(p, z)
        p = Lane(repeating: -3.333_328_194_22e-1).addingProduct(p, z)
        let small = x.addingProduct(p * z, x)
        let e = exp(2 * a.replacing(with: 10, where: a .> 10))
        let large = withSign(of: x, 1 - 2 / (e + 1))
        return small.replacing(with: large, where: a .> 0.625).replacing(with: x, where: x .!= x)
    }

    /// 1/(1 + e⁻ˣ) within 2.5 ulp, with full relative precision for x < 0.
    @inlinable @inline(__always)
    public static func sigmoid(_ x: Lane) -> Lane {
        let e = exp(-magnitude(x))
        return Lane(repeating: 1).replacing(with: e, where: x .< 0) / (1 + e)
    }

    /// ln(1 + eˣ) within 2 ulp.
    @inlinable @inline(__always)
    public static func softplus(_ x: Lane) -> Lane {
        x.replacing(with: 0, where: x .< 0) + log1p(exp(-magnitude(x)))
    }

    /// sin x and cos x within 2 ulp (absolute error 2⁻²⁴ near their zeros) for |x| <= 8192.
    @inlinable @inline(__always)
    public static func sincos(_ x: Lane) -> (sin: Lane, cos: Lane) {
        let shifted = Lane(repeating: roundingShift).addingProduct(x, 0.636_619_772)
        let n = shifted - roundingShift
        let r = x.addingProduct(n, -1.570_312_5).addingProduct(n, -4.837_512_969_970_703e-4)
            .addingProduct(n, -7.549_789_954_891_882e-8)
        let quadrant = unsafeBitCast(shifted, to: SIMD16<UInt32>.self)
        let z = r * r
        var s = Lane(repeating: -1.951_529_589_1e-4)
        s = Lane(repeating: 8.332_160_873_6e-3).addingProduct(s, z)
        s = Lane(repeating: -1.666_665_461_1e-1).addingProduct(s, z)
        let sine = r.addingProduct(s * z, r)
        var c = Lane(repeating: 2.443_315_711_809_948e-5)
        c = Lane(repeating: -1.388_731_625_493_765e-3).addingProduct(c, z)
        c = Lane(repeating: 4.166_664_568_298_827e-2).addingProduct(c, z)
        let cosine = Lane(repeating: 1).addingProduct(z, -0.5).addingProduct(c * z, z)
        // Selection by bits: a comparison of integer lanes would make this a loop over elements.
        let swapped = 0 &- (quadrant & 1)
        let sineBits = unsafeBitCast(sine, to: SIMD16<UInt32>.self)
        let cosineBits = unsafeBitCast(cosine, to: SIMD16<UInt32>.self)
        let difference = (sineBits ^ cosineBits) & swapped
        let sineSign = (quadrant & 2) &<< 30
        let cosineSign = ((quadrant &+ 1) & 2) &<< 30
        return (
            unsafeBitCast(sineBits ^ difference ^ sineSign, to: Lane.self),
            unsafeBitCast(cosineBits ^ difference ^ cosineSign, to: Lane.self)
        )
    }

    /// sin x; see `sincos`.
    @inlinable @inline(__always)
    public static func sin(_ x: Lane) -> Lane { sincos(x).sin }

    /// cos x; see `sincos`.
    @inlinable @inline(__always)
    public static func cos(_ x: Lane) -> Lane { sincos(x).cos }

    /// |x|.
    @inlinable @inline(__always)
    public static func magnitude(_ x: Lane) -> Lane {
        unsafeBitCast(unsafeBitCast(x, to: SIMD16<UInt32>.self) & 0x7FFF_FFFF, to: Lane.self)
    }

    /// `value` times the sign of `x`.
    @inlinable @inline(__always)
    public static func withSign(of x: Lane, _ value: Lane) -> Lane {
        let sign = unsafeBitCast(x, to: SIMD16<UInt32>.self) & 0x8000_0000
        return unsafeBitCast(unsafeBitCast(value, to: SIMD16<UInt32>.self) ^ sign, to: Lane.self)
    }
}
