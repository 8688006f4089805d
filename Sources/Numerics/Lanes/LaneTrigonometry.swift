// sin and cos.

extension LaneMath {
    /// |x| = n pi/2 + r with |r| <= pi/4. pi/2 is subtracted in three parts; the first subtraction is exact.
    @inlinable @inline(__always)
    static func quarterTurns(_ a: Lane) -> (r: Lane, n: Words) {
        let shifted = fma(a, splat(0x1.45f306p-1), roundingShift)
        let n = shifted - roundingShift
        let r = fma(n, splat(0x1.ee59dap-50), fma(n, splat(0x1.777a5cp-25), fma(n, splat(-0x1.921fb6p+0), a)))
        return (r, bits(shifted))
    }

    @inlinable @inline(__always)
    static func sineNearZero(_ r: Lane, _ r2: Lane) -> Lane {
        var q = splat(0x1.6cd0a6p-19)
        q = fma(q, r2, splat(-0x1.a00f7ap-13))
        q = fma(q, r2, splat(0x1.111108p-7))
        q = fma(q, r2, splat(-0x1.555556p-3))
        return fma(q, r2 * r, r)
    }

    @inlinable @inline(__always)
    static func cosineNearZero(_ r2: Lane) -> Lane {
        var q = splat(0x1.99ea24p-16)
        q = fma(q, r2, splat(-0x1.6c0c2ep-10))
        q = fma(q, r2, splat(0x1.55554ap-5))
        q = fma(q, r2, splat(-0.5))
        return fma(q, r2, splat(1))
    }

    /// Sine and cosine from the reduced angle and the low bits of the number of quarter turns.
    @inlinable @inline(__always)
    static func quadrant(_ r: Lane, _ n: Words) -> (sin: Lane, cos: Lane) {
        let r2 = r * r
        let s = sineNearZero(r, r2)
        let c = cosineNearZero(r2)
        // Odd quarters swap the two: by bits, since a comparison of integer lanes may become a loop over elements.
        let swap = (bits(s) ^ bits(c)) & (Words(repeating: 0) &- (n & Words(repeating: 1)))
        let two = Words(repeating: 2)
        let sineSign = (n & two) &<< Words(repeating: 30)
        let cosineSign = ((n &+ Words(repeating: 1)) & two) &<< Words(repeating: 30)
        return (lane(bits(s) ^ swap ^ sineSign), lane(bits(c) ^ swap ^ cosineSign))
    }

    /// sin(x) and cos(x), x in radians, |x| <= 100000; NaN for infinities.
    @inlinable @inline(__always)
    public static func sincos(_ x: Lane) -> (sin: Lane, cos: Lane) {
        let (r, n) = quarterTurns(magnitude(x))
        let (s, c) = quadrant(r, n)
        return (withSign(of: x, s), c)
    }

    /// sin(2 pi u) and cos(2 pi u), |u| <= 2^20. The reduction is exact.
    @inlinable @inline(__always)
    public static func sincosOfTurns(_ u: Lane) -> (sin: Lane, cos: Lane) {
        let quarters = u * splat(4)
        let shifted = roundingShift + quarters
        return quadrant((quarters - (shifted - roundingShift)) * splat(.pi / 2), bits(shifted))
    }

    /// sin(x), x in radians, |x| <= 100000; NaN for infinities.
    @inlinable @inline(__always)
    public static func sin(_ x: Lane) -> Lane { sincos(x).sin }

    /// cos(x), x in radians, |x| <= 100000; NaN for infinities.
    @inlinable @inline(__always)
    public static func cos(_ x: Lane) -> Lane { sincos(x).cos }
}
