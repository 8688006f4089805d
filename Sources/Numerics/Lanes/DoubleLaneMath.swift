/// Double-precision elementary functions over lanes, within 2 ulp.
///
/// Polynomials after fdlibm (Sun Microsystems, 1993).
extension LaneMath {
    @usableFromInline static let doubleRoundingShift: Double = 6_755_399_441_055_744  // 1.5 · 2⁵²

    /// eˣ; overflow gives infinity, results below 2⁻¹⁰²² lose precision gradually.
    @inlinable @inline(__always)
    public static func exp(_ x: DoubleLane) -> DoubleLane {
        let bounded = x.clamped(lowerBound: DoubleLane(repeating: -760), upperBound: DoubleLane(repeating: 720))
        let shifted = DoubleLane(repeating: doubleRoundingShift).addingProduct(bounded, 1.442_695_040_888_963_387)
        let n = shifted - doubleRoundingShift
        let high = bounded.addingProduct(n, -6.931_471_803_691_238_164_90e-01)
        let low = n * 1.908_214_929_270_587_700_02e-10
        let r = high - low
        let t = r * r
        var p = DoubleLane(repeating: 4.138_136_797_057_238_460_39e-08)
        p = DoubleLane(repeating: -1.653_390_220_546_525_153_90e-06).addingProduct(p, t)
        p = DoubleLane(repeating: 6.613_756_321_437_934_361_17e-05).addingProduct(p, t)
        p = DoubleLane(repeating: -2.777_777_777_701_559_338_42e-03).addingProduct(p, t)
        p = DoubleLane(repeating: 1.666_666_666_666_660_190_37e-01).addingProduct(p, t)
        let c = r - t * p
        let y = 1 - ((low - (r * c) / (2 - c)) - high)
        let integer = unsafeBitCast(shifted, to: SIMD16<Int64>.self) &- Int64(bitPattern: 0x4338_0000_0000_0000)
        let first = integer &>> 1
        let second = integer &- first
        let result =
            y * unsafeBitCast((first &+ 1023) &<< 52, to: DoubleLane.self)
            * unsafeBitCast((second &+ 1023) &<< 52, to: DoubleLane.self)
        return result.replacing(with: x, where: x .!= x)
    }

    /// ln x; -infinity at 0, NaN below.
    @inlinable @inline(__always)
    public static func log(_ x: DoubleLane) -> DoubleLane {
        let subnormal = x .< Double.leastNormalMagnitude
        let scaled = x.replacing(with: x * 18_014_398_509_481_984, where: subnormal)
        let offset: Int64 = 0x3FE6_A09E_667F_3BCD
        let bits = unsafeBitCast(scaled, to: SIMD16<Int64>.self) &- offset
        let exponent = bits &>> 52
        // Small integers to double through the rounding shift.
        var k = unsafeBitCast(exponent &+ Int64(bitPattern: 0x4338_0000_0000_0000), to: DoubleLane.self) - doubleRoundingShift
        k.replace(with: k - 54, where: subnormal)
        let m = unsafeBitCast((bits & 0x000F_FFFF_FFFF_FFFF) &+ offset, to: DoubleLane.self)
        let f = m - 1
        let s = f / (2 + f)
        let z = s * s
        var p = DoubleLane(repeating: 1.479_819_860_511_658_591e-01)
        p = DoubleLane(repeating: 1.531_383_769_920_937_332e-01).addingProduct(p, z)
        p = DoubleLane(repeating: 1.818_357_216_161_805_012e-01).addingProduct(p, z)
        p = DoubleLane(repeating: 2.222_219_843_214_978_396e-01).addingProduct(p, z)
        p = DoubleLane(repeating: 2.857_142_874_366_239_149e-01).addingProduct(p, z)
        p = DoubleLane(repeating: 3.999_999_999_940_941_908e-01).addingProduct(p, z)
        p = DoubleLane(repeating: 6.666_666_666_666_735_130e-01).addingProduct(p, z)
        let half = 0.5 * f * f
        let tail = (half - (s * (half + z * p) + k * 1.908_214_929_270_587_700_02e-10)) - f
        var result = k * 6.931_471_803_691_238_164_90e-01 - tail
        result.replace(with: .infinity, where: x .== Double.infinity)
        result.replace(with: -.infinity, where: x .== 0)
        result.replace(with: .nan, where: x .< 0)
        return result.replacing(with: x, where: x .!= x)
    }

    /// sin x and cos x for |x| <= 10⁵.
    @inlinable @inline(__always)
    public static func sincos(_ x: DoubleLane) -> (sin: DoubleLane, cos: DoubleLane) {
        let shifted = DoubleLane(repeating: doubleRoundingShift).addingProduct(x, 6.366_197_723_675_813_825_82e-01)
        let n = shifted - doubleRoundingShift
        let r = x.addingProduct(n, -1.570_796_326_734_125_614_17e+00).addingProduct(n, -6.077_100_506_303_965_976_60e-11)
            .addingProduct(n, -2.022_266_248_795_950_631_54e-21)
        return quadrant(r, unsafeBitCast(shifted, to: SIMD16<UInt64>.self))
    }

    /// sin 2πu and cos 2πu for 0 <= u <= 1: the reduction is exact.
    @inlinable @inline(__always)
    public static func sincosOfTurns(_ u: DoubleLane) -> (sin: DoubleLane, cos: DoubleLane) {
        let shifted = DoubleLane(repeating: doubleRoundingShift).addingProduct(u, 4)
        let n = shifted - doubleRoundingShift
        let r = u.addingProduct(n, -0.25) * 6.283_185_307_179_586_476_9
        return quadrant(r, unsafeBitCast(shifted, to: SIMD16<UInt64>.self))
    }

    @inlinable @inline(__always)
    static func quadrant(_ r: DoubleLane, _ quadrant: SIMD16<UInt64>) -> (sin: DoubleLane, cos: DoubleLane) {
        let z = r * r
        var s = DoubleLane(repeating: 1.589_690_995_211_550_102_21e-10)
        s = DoubleLane(repeating: -2.505_076_025_340_686_341_95e-08).addingProduct(s, z)
        s = DoubleLane(repeating: 2.755_731_370_707_006_767_89e-06).addingProduct(s, z)
        s = DoubleLane(repeating: -1.984_126_982_985_794_931_34e-04).addingProduct(s, z)
        s = DoubleLane(repeating: 8.333_333_333_322_489_461_24e-03).addingProduct(s, z)
        s = DoubleLane(repeating: -1.666_666_666_666_663_243_48e-01).addingProduct(s, z)
        let sine = r.addingProduct(s * z, r)
        var c = DoubleLane(repeating: -1.135_964_755_778_819_482_65e-11)
        c = DoubleLane(repeating: 2.087_572_321_298_174_827_90e-09).addingProduct(c, z)
        c = DoubleLane(repeating: -2.755_731_435_139_066_330_35e-07).addingProduct(c, z)
        c = DoubleLane(repeating: 2.480_158_728_947_672_941_78e-05).addingProduct(c, z)
        c = DoubleLane(repeating: -1.388_888_888_887_410_957_49e-03).addingProduct(c, z)
        c = DoubleLane(repeating: 4.166_666_666_666_660_190_37e-02).addingProduct(c, z)
        let halfSquare = 0.5 * z
        let w = 1 - halfSquare
        let cosine = w + (((1 - w) - halfSquare) + c * z * z)
        // Selection by bits: a comparison of integer lanes would make this a loop over elements.
        let swapped = 0 &- (quadrant & 1)
        let sineBits = unsafeBitCast(sine, to: SIMD16<UInt64>.self)
        let cosineBits = unsafeBitCast(cosine, to: SIMD16<UInt64>.self)
        let difference = (sineBits ^ cosineBits) & swapped
        let sineSign = (quadrant & 2) &<< 62
        let cosineSign = ((quadrant &+ 1) & 2) &<< 62
        return (
            unsafeBitCast(sineBits ^ difference ^ sineSign, to: DoubleLane.self),
            unsafeBitCast(cosineBits ^ difference ^ cosineSign, to: DoubleLane.self)
        )
    }
}
