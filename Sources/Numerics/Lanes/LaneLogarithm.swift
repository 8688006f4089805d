import CLanes

// log, log(1 + x) and softplus share one polynomial.

extension LaneMath {
    /// Bits of 2/3: mantissas are taken from [2/3, 4/3), so that log has no cancellation about 1.
    @inlinable @inline(__always)
    static var twoThirds: Words { Words(repeating: 0x3F2A_AAAB) }

    /// log(1 + f) + k ln 2 for |f| <= 1/3.
    @inlinable @inline(__always)
    static func logarithm(onePlus f: Lane, exponent k: Lane) -> Lane {
        var q = splat(0x1.ebccccp-4)
        q = fma(q, f, splat(-0x1.070ff8p-3))
        q = fma(q, f, splat(0x1.b87f34p-4))
        q = fma(q, f, splat(-0x1.f38a7cp-4))
        q = fma(q, f, splat(0x1.24f482p-3))
        q = fma(q, f, splat(-0x1.559904p-3))
        q = fma(q, f, splat(0x1.99977ep-3))
        q = fma(q, f, splat(-0x1.ffff0ep-3))
        q = fma(q, f, splat(0x1.555556p-2))
        q = fma(q, f, splat(-0.5))
        // ln 2 in two parts, the first with few enough bits that k times it is exact.
        let tail = fma(q, f * f, (k * splat(0x1.7f7d1cp-20)))
        return fma(k, splat(0x1.62e4p-1), (tail + f))
    }

    /// log(x), for every x: -infinity at 0, NaN below.
    @inlinable @inline(__always)
    public static func log(_ x: Lane) -> Lane {
        let subnormal = x .< splat(.leastNormalMagnitude)
        let y = x.replacing(with: x * splat(0x1p25), where: subnormal)
        let k = (bits(y) &- twoThirds) &>> Words(repeating: 23)
        let f = lane(bits(y) &- (k &<< Words(repeating: 23))) - splat(1)
        let exponent = didymos_lane_from_int32(k) - splat(0).replacing(with: splat(25), where: subnormal)
        return logarithm(onePlus: f, exponent: exponent)
            .replacing(with: x, where: x .== splat(.infinity))
            .replacing(with: x, where: x .!= x)
            .replacing(with: splat(.nan), where: x .< splat(0))
            .replacing(with: splat(-.infinity), where: x .== splat(0))
    }

    /// log(1 + x) without cancellation, for every x: -infinity at -1, NaN below.
    @inlinable @inline(__always)
    public static func log1p(_ x: Lane) -> Lane {
        let u = splat(1) + x
        let k = (bits(u) &- twoThirds) &>> Words(repeating: 23)
        // f = (1 + x) / 2^k - 1, rounded once however small or large x is. 2^(2-k) stays a normal number.
        let scale = powerOfTwo(Words(repeating: 2) &- k)
        let quarter = splat(0.25)
        let f = fma(x * quarter, scale, (scale * quarter - splat(1)))
        return logarithm(onePlus: f, exponent: didymos_lane_from_int32(k))
            .replacing(with: x, where: magnitude(x) .< splat(0x1p-24))
            .replacing(with: x, where: x .== splat(.infinity))
            .replacing(with: x, where: x .!= x)
            .replacing(with: splat(.nan), where: x .< splat(-1))
            .replacing(with: splat(-.infinity), where: x .== splat(-1))
    }

    /// log(1 + exp(x)), for every x.
    @inlinable @inline(__always)
    public static func softplus(_ x: Lane) -> Lane {
        // max(x, 0) + log(1 + e), e = exp(-|x|) in (0, 1]: 1 + e or (1 + e) / 2 lies in [2/3, 4/3].
        let e = exp(-magnitude(x))
        let halved = e .> splat(1 / 3)
        let f = e.replacing(with: fma(splat(0.5), e, splat(-0.5)), where: halved)
        let k = splat(0).replacing(with: splat(1), where: halved)
        return maximum(x, splat(0)) + logarithm(onePlus: f, exponent: k)
    }
}
