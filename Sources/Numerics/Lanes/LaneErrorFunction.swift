extension LaneMath {
    /// The error function 2/sqrt(pi) * integral of exp(-t^2) from 0 to x, for every x.
    @inlinable @inline(__always)
    public static func erf(_ x: Lane) -> Lane {
        let a = magnitude(x)
        let a2 = a * a
        var q = splat(0x1.65105ap-14)
        q = fma(q, a2, splat(-0x1.aca370p-11))
        q = fma(q, a2, splat(0x1.550a40p-8))
        q = fma(q, a2, splat(-0x1.b81522p-6))
        q = fma(q, a2, splat(0x1.ce2e54p-4))
        q = fma(q, a2, splat(-0x1.812744p-2))
        q = fma(q, a2, splat(0x1.06eba8p-3))
        let small = fma(q, a, a)
        // 1 - exp(-P(|x|)), P fitted to -log(erfc); beyond 4 that is 1 to the last bit.
        let b = minimum(a, splat(4))
        var t = splat(0x1.5a199p-16)
        t = fma(t, b, splat(-0x1.c1ed5cp-12))
        t = fma(t, b, splat(0x1.0fa68ap-8))
        t = fma(t, b, splat(-0x1.9a702p-6))
        t = fma(t, b, splat(0x1.bb1596p-4))
        t = fma(t, b, splat(0x1.445286p-1))
        t = fma(t, b, splat(0x1.2124d2p+0))
        t = fma(t, b, splat(-0x1.5a0a94p-13))
        let (p, k) = reducedExponential(-t)
        let large = fma(p, -powerOfTwo(k), splat(1))
        return copySign(large.replacing(with: small, where: a .< splat(0.9)), x)
    }
}
