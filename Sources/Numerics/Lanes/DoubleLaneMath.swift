import CLanes

// The same in double precision, where densities and energies are computed.

extension LaneMath {
    @usableFromInline typealias DoubleWords = SIMD16<Int64>

    /// Adding 1.5 x 2^52 rounds a double of magnitude below 2^51 to an integer, found in the low bits of the sum.
    @inlinable @inline(__always)
    static var doubleRoundingShift: DoubleLane { DoubleLane(repeating: 0x1.8p52) }

    @inlinable @inline(__always)
    static func wide(_ x: Double) -> DoubleLane { DoubleLane(repeating: x) }

    @inlinable @inline(__always)
    static func bits(_ x: DoubleLane) -> DoubleWords { unsafeBitCast(x, to: DoubleWords.self) }

    @inlinable @inline(__always)
    static func lane(_ bits: DoubleWords) -> DoubleLane { unsafeBitCast(bits, to: DoubleLane.self) }

    /// 2^k for -1022 <= k <= 1023, from the sum that rounded k.
    @inlinable @inline(__always)
    static func powerOfTwo(shifted: DoubleLane) -> DoubleLane {
        lane((bits(shifted) &+ DoubleWords(repeating: 1023)) &<< DoubleWords(repeating: 52))
    }

    /// exp(x) = p 2^n, as `reducedExponential` of a float lane.
    @inlinable @inline(__always)
    static func reducedExponential(_ x: DoubleLane) -> (p: DoubleLane, n: DoubleLane) {
        let n = fma(x, wide(0x1.71547652b82fep+0), doubleRoundingShift) - doubleRoundingShift
        let r = fma(n, wide(-0x1.abc9e3b39803fp-56), fma(n, wide(-0x1.62e42fefa39efp-1), x))
        var q = wide(0x1.a6d3b837af460p-26)
        q = fma(q, r, wide(0x1.2893a163cf30dp-22))
        q = fma(q, r, wide(0x1.71e30a1739db6p-19))
        q = fma(q, r, wide(0x1.a019b833bccefp-16))
        q = fma(q, r, wide(0x1.a019ffa58c70bp-13))
        q = fma(q, r, wide(0x1.6c16c17877ccbp-10))
        q = fma(q, r, wide(0x1.111111115ffabp-7))
        q = fma(q, r, wide(0x1.5555555553db0p-5))
        q = fma(q, r, wide(0x1.5555555555466p-3))
        q = fma(q, r, wide(0x1.0000000000001p-1))
        return (wide(1) + fma(q, r * r, r), n)
    }

    /// The same numbers in double precision. Exact. (`DoubleLane(x)` is a call.)
    @inlinable @inline(__always)
    public static func double(_ x: Lane) -> DoubleLane { didymos_double_lane_from_float(x) }

    /// The nearest numbers in single precision. (`Lane(x)` is a call.)
    @inlinable @inline(__always)
    public static func single(_ x: DoubleLane) -> Lane { didymos_lane_from_double(x) }

    /// The larger of each pair; a NaN in `x` stays, a NaN in `y` is passed over.
    @inlinable @inline(__always)
    public static func maximum(_ x: DoubleLane, _ y: DoubleLane) -> DoubleLane { x.replacing(with: y, where: x .< y) }

    /// The smaller of each pair; a NaN in `x` stays, a NaN in `y` is passed over.
    @inlinable @inline(__always)
    public static func minimum(_ x: DoubleLane, _ y: DoubleLane) -> DoubleLane { x.replacing(with: y, where: y .< x) }

    /// |x|. Exact.
    @inlinable @inline(__always)
    public static func magnitude(_ x: DoubleLane) -> DoubleLane { lane(bits(x) & DoubleWords(repeating: .max)) }

    /// `value` times the sign of `x`. Exact.
    @inlinable @inline(__always)
    public static func withSign(of x: DoubleLane, _ value: DoubleLane) -> DoubleLane {
        lane(bits(value) ^ (bits(x) & DoubleWords(repeating: .min)))
    }

    /// |magnitude| with the sign of `sign`. Exact.
    @inlinable @inline(__always)
    public static func copySign(_ magnitude: DoubleLane, _ sign: DoubleLane) -> DoubleLane {
        lane((bits(magnitude) & DoubleWords(repeating: .max)) | (bits(sign) & DoubleWords(repeating: .min)))
    }

    /// a b + c, rounded once.
    @inlinable @inline(__always)
    public static func fma(_ a: DoubleLane, _ b: DoubleLane, _ c: DoubleLane) -> DoubleLane { didymos_double_lane_fma(a, b, c) }

    /// The square root, correctly rounded.
    @inlinable @inline(__always)
    public static func sqrt(_ x: DoubleLane) -> DoubleLane { didymos_double_lane_sqrt(x) }

    /// exp(x), for every x: 0 below -745.2, infinity above 709.78.
    @inlinable @inline(__always)
    public static func exp(_ x: DoubleLane) -> DoubleLane {
        let (p, n) = reducedExponential(minimum(maximum(x, wide(-746)), wide(710)))
        let half = fma(n, wide(0.5), doubleRoundingShift)
        let rest = doubleRoundingShift + (n - (half - doubleRoundingShift))
        return (p * powerOfTwo(shifted: half)) * powerOfTwo(shifted: rest)
    }

    /// log(x), for every x: -infinity at 0, NaN below.
    @inlinable @inline(__always)
    public static func log(_ x: DoubleLane) -> DoubleLane {
        let subnormal = x .< wide(.leastNormalMagnitude)
        let y = x.replacing(with: x * wide(0x1p54), where: subnormal)
        // Mantissa in [2/3, 4/3). The biased exponent is positive, so a logical shift serves; its bits in the
        // mantissa of 2^52 become a double by one subtraction.
        let offset = DoubleWords(repeating: 0x3FE5_5555_5555_5555 &- (1023 << 52))
        let biased = unsafeBitCast(
            unsafeBitCast(bits(y) &- offset, to: SIMD16<UInt64>.self) &>> SIMD16<UInt64>(repeating: 52), to: DoubleWords.self)
        let m = lane(bits(y) &- ((biased &- DoubleWords(repeating: 1023)) &<< DoubleWords(repeating: 52)))
        let k = lane(biased | bits(wide(0x1p52))) - wide(0x1p52 + 1023)
            - wide(0).replacing(with: wide(54), where: subnormal)
        // log(1 + f) = f - (f^2/2 - s (f^2/2 + R(s^2))), s = f / (2 + f); R is the tail of the series of 2 atanh(s).
        let f = m - wide(1)
        let s = f / (wide(2) + f)
        let s2 = s * s
        var q = wide(0x1.3ba7c15a2802cp-3)
        q = fma(q, s2, wide(0x1.3834879729013p-3))
        q = fma(q, s2, wide(0x1.74766a1fbd24cp-3))
        q = fma(q, s2, wide(0x1.c71bf7bf07c6fp-3))
        q = fma(q, s2, wide(0x1.249249c164e22p-2))
        q = fma(q, s2, wide(0x1.99999998dac6cp-2))
        q = fma(q, s2, wide(0x1.55555555557c9p-1))
        let halfSquare = wide(0.5) * f * f
        let inner = fma(s, fma(q, s2, halfSquare), (k * wide(0x1.ef35793c76730p-45)))
        let result = fma(k, wide(0x1.62e42fefa3800p-1), (f - (halfSquare - inner)))
        return result
            .replacing(with: x, where: x .== wide(.infinity))
            .replacing(with: x, where: x .!= x)
            .replacing(with: wide(.nan), where: x .< wide(0))
            .replacing(with: wide(-.infinity), where: x .== wide(0))
    }

    /// tanh(x), for every x.
    @inlinable @inline(__always)
    public static func tanh(_ x: DoubleLane) -> DoubleLane {
        let a = magnitude(x)
        let a2 = a * a
        var q = wide(-0x1.20c0755015981p-16)
        q = fma(q, a2, wide(0x1.4ceee4b2529bbp-14))
        q = fma(q, a2, wide(-0x1.e34a549530420p-13))
        q = fma(q, a2, wide(0x1.33de91df5490fp-11))
        q = fma(q, a2, wide(-0x1.7d7a5dd596025p-10))
        q = fma(q, a2, wide(0x1.d6d0d2bad1787p-9))
        q = fma(q, a2, wide(-0x1.226e22f4c110cp-7))
        q = fma(q, a2, wide(0x1.664f47f3c5307p-6))
        q = fma(q, a2, wide(-0x1.ba1ba1b795032p-5))
        q = fma(q, a2, wide(0x1.111111110e36ep-3))
        q = fma(q, a2, wide(-0x1.5555555555531p-2))
        let small = fma(q, a2 * a, a)
        let b = minimum(a, wide(19.1))
        let (p, n) = reducedExponential(b + b)
        let power = powerOfTwo(shifted: doubleRoundingShift + n)
        let large = wide(1) - wide(2) / fma(p, power, wide(1))
        return copySign(large.replacing(with: small, where: a .< wide(0.6)), x)
    }

    /// Sine and cosine from the reduced angle and the low bits of the number of quarter turns.
    @inlinable @inline(__always)
    static func quadrant(_ r: DoubleLane, _ n: DoubleWords) -> (sin: DoubleLane, cos: DoubleLane) {
        let r2 = r * r
        var q = wide(-0x1.aaa47d61dec71p-41)
        q = fma(q, r2, wide(0x1.612091279ae0fp-33))
        q = fma(q, r2, wide(-0x1.ae645295e2f5bp-26))
        q = fma(q, r2, wide(0x1.71de3a5337a66p-19))
        q = fma(q, r2, wide(-0x1.a01a01a018acep-13))
        q = fma(q, r2, wide(0x1.111111111110bp-7))
        q = fma(q, r2, wide(-0x1.5555555555555p-3))
        let s = fma(q, r2 * r, r)
        var t = wide(-0x1.8fadd1048ca93p-37)
        t = fma(t, r2, wide(0x1.1ee9ea6df0e1fp-29))
        t = fma(t, r2, wide(-0x1.27e4f807d8050p-22))
        t = fma(t, r2, wide(0x1.a01a019caef66p-16))
        t = fma(t, r2, wide(-0x1.6c16c16c15163p-10))
        t = fma(t, r2, wide(0x1.555555555554cp-5))
        t = fma(t, r2, wide(-0.5))
        let c = fma(t, r2, wide(1))
        let swap = (bits(s) ^ bits(c)) & (DoubleWords(repeating: 0) &- (n & DoubleWords(repeating: 1)))
        let two = DoubleWords(repeating: 2)
        let sineSign = (n & two) &<< DoubleWords(repeating: 62)
        let cosineSign = ((n &+ DoubleWords(repeating: 1)) & two) &<< DoubleWords(repeating: 62)
        return (lane(bits(s) ^ swap ^ sineSign), lane(bits(c) ^ swap ^ cosineSign))
    }

    /// sin(x) and cos(x), x in radians, |x| <= 10^9; NaN for infinities.
    @inlinable @inline(__always)
    public static func sincos(_ x: DoubleLane) -> (sin: DoubleLane, cos: DoubleLane) {
        let a = magnitude(x)
        let shifted = fma(a, wide(0x1.45f306dc9c883p-1), doubleRoundingShift)
        let n = shifted - doubleRoundingShift
        let r = fma(n, wide(0x1.f1976b7ed8fbcp-110), fma(n, wide(-0x1.1a62633145c07p-54), fma(n, wide(-0x1.921fb54442d18p+0), a)))
        let (s, c) = quadrant(r, bits(shifted))
        return (withSign(of: x, s), c)
    }

    /// sin(2 pi u) and cos(2 pi u), |u| <= 2^49. The reduction is exact.
    @inlinable @inline(__always)
    public static func sincosOfTurns(_ u: DoubleLane) -> (sin: DoubleLane, cos: DoubleLane) {
        let quarters = u * wide(4)
        let shifted = doubleRoundingShift + quarters
        return quadrant((quarters - (shifted - doubleRoundingShift)) * wide(.pi / 2), bits(shifted))
    }

    /// sin(x), x in radians, |x| <= 10^9; NaN for infinities.
    @inlinable @inline(__always)
    public static func sin(_ x: DoubleLane) -> DoubleLane { sincos(x).sin }

    /// cos(x), x in radians, |x| <= 10^9; NaN for infinities.
    @inlinable @inline(__always)
    public static func cos(_ x: DoubleLane) -> DoubleLane { sincos(x).cos }
}
