import CLanes

/// Elementary functions of sixteen samples at once.
///
/// Every function is pure vector code: no branch, no call, no scalar fallback. All are within 2 ulp of the true
/// value over the range that each one documents, for denormal arguments and results too; infinities, NaN and signed zeros
/// give what IEEE 754 recommends. The measured errors and times are in `docs/decisions/lane-math.md`.
///
/// Method: Cody-Waite argument reduction with fused multiply-adds, then a minimax polynomial (Muller, *Elementary
/// Functions*, 3rd ed., chapters 3 and 11). The coefficients are the solutions of the Remez exchange algorithm
/// for relative error on the reduced range, computed to 50 digits.
public enum LaneMath {}

extension LaneMath {
    @usableFromInline typealias Words = SIMD16<Int32>

    /// Adding 1.5 x 2^23 rounds a float of magnitude below 2^22 to an integer, found in the low bits of the sum.
    @inlinable @inline(__always)
    static var roundingShift: Lane { Lane(repeating: 0x1.8p23) }

    @inlinable @inline(__always)
    static func splat(_ x: Float) -> Lane { Lane(repeating: x) }

    @inlinable @inline(__always)
    static func bits(_ x: Lane) -> Words { unsafeBitCast(x, to: Words.self) }

    @inlinable @inline(__always)
    static func lane(_ bits: Words) -> Lane { unsafeBitCast(bits, to: Lane.self) }

    /// The sign bit of each sample, all else zero.
    @inlinable @inline(__always)
    static func signBits(_ x: Lane) -> Words { bits(x) & Words(repeating: .min) }

    /// 2^k for -126 <= k <= 127.
    @inlinable @inline(__always)
    static func powerOfTwo(_ k: Words) -> Lane { lane((k &+ Words(repeating: 127)) &<< Words(repeating: 23)) }

    /// p x 2^k for -150 <= k <= 128, rounded once: the factor is split so that it is never itself out of range.
    @inlinable @inline(__always)
    static func scale(_ p: Lane, _ k: Words) -> Lane {
        let half = k &>> Words(repeating: 1)
        return (p * powerOfTwo(half)) * powerOfTwo(k &- half)
    }
}

// MARK: - Selection and arithmetic

extension LaneMath {
    /// The larger of each pair; a NaN in `x` stays, a NaN in `y` is passed over. (`pointwiseMax` of the
    /// standard library works one element at a time.)
    @inlinable @inline(__always)
    public static func maximum(_ x: Lane, _ y: Lane) -> Lane { x.replacing(with: y, where: x .< y) }

    /// The smaller of each pair; a NaN in `x` stays, a NaN in `y` is passed over.
    @inlinable @inline(__always)
    public static func minimum(_ x: Lane, _ y: Lane) -> Lane { x.replacing(with: y, where: y .< x) }

    /// `x` held between the bounds; NaN stays NaN.
    @inlinable @inline(__always)
    public static func clamp(_ x: Lane, _ low: Float, _ high: Float) -> Lane {
        minimum(maximum(x, splat(low)), splat(high))
    }

    /// |x|. Exact.
    @inlinable @inline(__always)
    public static func magnitude(_ x: Lane) -> Lane { lane(bits(x) & Words(repeating: .max)) }

    /// `value` times the sign of `x`. Exact.
    @inlinable @inline(__always)
    public static func withSign(of x: Lane, _ value: Lane) -> Lane { lane(bits(value) ^ signBits(x)) }

    /// |magnitude| with the sign of `sign`. Exact.
    @inlinable @inline(__always)
    public static func copySign(_ magnitude: Lane, _ sign: Lane) -> Lane {
        lane((bits(magnitude) & Words(repeating: .max)) | signBits(sign))
    }

    /// a b + c, rounded once.
    @inlinable @inline(__always)
    public static func fma(_ a: Lane, _ b: Lane, _ c: Lane) -> Lane { didymos_lane_fma(a, b, c) }

    /// The square root, correctly rounded.
    @inlinable @inline(__always)
    public static func sqrt(_ x: Lane) -> Lane { didymos_lane_sqrt(x) }

    /// 1 / x, correctly rounded.
    @inlinable @inline(__always)
    public static func reciprocal(_ x: Lane) -> Lane { splat(1) / x }
}
