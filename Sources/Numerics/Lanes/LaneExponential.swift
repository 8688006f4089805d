// exp, 2^x, exp(x) - 1, and what is made of them.

extension LaneMath {
    /// exp(x) = (p + tail) 2^k: k the nearest integer of x / ln 2, p = exp(x - k ln 2) within |x - k ln 2| <= ln 2 / 2.
    /// For |x| < 2^21.
    @inlinable @inline(__always)
    static func reducedExponentialWithTail(_ x: Lane) -> (p: Lane, k: Words, tail: Lane) {
        let shifted = fma(x, splat(0x1.715476p+0), roundingShift)
        let n = shifted - roundingShift
        let r = fma(n, splat(0x1.05c61p-29), fma(n, splat(-0x1.62e43p-1), x))
        var q = splat(0x1.6a233ep-10)
        q = fma(q, r, splat(0x1.123a6ap-7))
        q = fma(q, r, splat(0x1.5558f4p-5))
        q = fma(q, r, splat(0x1.55549p-3))
        q = fma(q, r, splat(0x1.fffffcp-2))
        let t = fma(q, r * r, r)
        let p = splat(1) + t
        return (p, bits(shifted) &- bits(roundingShift), t - (p - splat(1)))
    }

    /// The same without the tail.
    @inlinable @inline(__always)
    static func reducedExponential(_ x: Lane) -> (p: Lane, k: Words) {
        let (p, k, _) = reducedExponentialWithTail(x)
        return (p, k)
    }

    /// exp(x), for every x: 0 below -104, infinity above 88.72.
    @inlinable @inline(__always)
    public static func exp(_ x: Lane) -> Lane {
        let (p, k) = reducedExponential(clamp(x, -104, 89))
        return scale(p, k)
    }

    /// 2^x, for every x; exact where x is an integer.
    @inlinable @inline(__always)
    public static func pow2(_ x: Lane) -> Lane {
        let y = clamp(x, -151, 129)
        let shifted = roundingShift + y
        let r = y - (shifted - roundingShift)
        var q = splat(0x1.470ce4p-13)
        q = fma(q, r, splat(0x1.5f737cp-10))
        q = fma(q, r, splat(0x1.3b270cp-7))
        q = fma(q, r, splat(0x1.c6ae70p-5))
        q = fma(q, r, splat(0x1.ebfbe2p-3))
        q = fma(q, r, splat(0x1.62e432p-1))
        return scale(fma(q, r, splat(1)), bits(shifted) &- bits(roundingShift))
    }

    /// exp(x) - 1 without cancellation, for every x.
    @inlinable @inline(__always)
    public static func expm1(_ x: Lane) -> Lane {
        let y = clamp(x, -25, 89)
        let shifted = fma(y, splat(0x1.715476p+0), roundingShift)
        let n = shifted - roundingShift
        let r = fma(n, splat(0x1.05c61p-29), fma(n, splat(-0x1.62e43p-1), y))
        var q = splat(0x1.a2a598p-13)
        q = fma(q, r, splat(0x1.6d8406p-10))
        q = fma(q, r, splat(0x1.11101cp-7))
        q = fma(q, r, splat(0x1.55549ep-5))
        q = fma(q, r, splat(0x1.555556p-3))
        q = fma(q, r, splat(0x1p-1))
        let p = fma(q, r * r, r)
        // 2^k (1 + p) - 1 = 2 (2^(k-1) p + (2^(k-1) - 1/2)): the halves keep 2^128 in range.
        let half = powerOfTwo(bits(shifted) &- bits(roundingShift) &- Words(repeating: 1))
        let result = fma(p, half, (half - splat(0.5)))
        return (result + result).replacing(with: x, where: magnitude(x) .< splat(0x1p-24))
    }

    /// tanh(x), for every x.
    @inlinable @inline(__always)
    public static func tanh(_ x: Lane) -> Lane {
        let a = magnitude(x)
        let a2 = a * a
        var q = splat(-0x1.82586cp-8)
        q = fma(q, a2, splat(0x1.54b8a6p-6))
        q = fma(q, a2, splat(-0x1.b898ep-5))
        q = fma(q, a2, splat(0x1.1109aep-3))
        q = fma(q, a2, splat(-0x1.55553ep-2))
        let small = fma(q, a2 * a, a)
        // 1 - 2 / (exp(2|x|) + 1); beyond 9.1 that is 1 to the last bit.
        let b = minimum(a, splat(9.1))
        let (p, k) = reducedExponential(b + b)
        let large = splat(1) - splat(2) / fma(p, powerOfTwo(k), splat(1))
        return copySign(large.replacing(with: small, where: a .< splat(0.6)), x)
    }

    /// 1 / (1 + exp(-x)), for every x; its small values keep their relative precision.
    @inlinable @inline(__always)
    public static func sigmoid(_ x: Lane) -> Lane {
        // With e = exp(-|x|): 1 / (1 + e), or e / (1 + e) where x < 0. The roundings of e and of 1 + e would cost
        // 2.2 ulp together, so both are carried along as tails and corrected after the division.
        let y = maximum(-magnitude(x), splat(-104))
        let (p, k, tail) = reducedExponentialWithTail(y)
        let e = scale(p, k)
        let eTail = scale(tail, k)
        let d = splat(1) + e
        let dTail = (e - (d - splat(1))) + eTail
        let inverse = splat(1) / d
        let negative = x .< splat(0)
        let n = splat(1).replacing(with: e, where: negative)
        let nTail = splat(0).replacing(with: eTail, where: negative)
        let q = n * inverse
        let remainder = fma(-q, d, n) + fma(-q, dTail, nTail)
        return fma(remainder, inverse, q)
    }
}
