import Numerics

/// What lanes of transforms are made of. The operations are of concrete types, so that generic kernels become single instructions.
protocol TransformScalar: SIMDScalar, BinaryFloatingPoint, Codable {
    static func sum(_ a: SIMD16<Self>, _ b: SIMD16<Self>) -> SIMD16<Self>
    static func difference(_ a: SIMD16<Self>, _ b: SIMD16<Self>) -> SIMD16<Self>
    static func product(_ a: SIMD16<Self>, _ b: Self) -> SIMD16<Self>
    /// c + a b.
    static func fused(_ c: SIMD16<Self>, _ a: SIMD16<Self>, _ b: Self) -> SIMD16<Self>
}

extension Float: TransformScalar {
    @inline(__always) static func sum(_ a: Lane, _ b: Lane) -> Lane { a + b }
    @inline(__always) static func difference(_ a: Lane, _ b: Lane) -> Lane { a - b }
    @inline(__always) static func product(_ a: Lane, _ b: Float) -> Lane { a * Lane(repeating: b) }
    @inline(__always) static func fused(_ c: Lane, _ a: Lane, _ b: Float) -> Lane { c.addingProduct(a, Lane(repeating: b)) }
}

extension Double: TransformScalar {
    @inline(__always) static func sum(_ a: DoubleLane, _ b: DoubleLane) -> DoubleLane { a + b }
    @inline(__always) static func difference(_ a: DoubleLane, _ b: DoubleLane) -> DoubleLane { a - b }
    @inline(__always) static func product(_ a: DoubleLane, _ b: Double) -> DoubleLane { a * DoubleLane(repeating: b) }
    @inline(__always) static func fused(_ c: DoubleLane, _ a: DoubleLane, _ b: Double) -> DoubleLane { c.addingProduct(a, DoubleLane(repeating: b)) }
}

/// One pass of the autosorting (Stockham) Fourier transform with exp(-2 pi i ...), decimation in frequency (Van Loan, *Computational
/// Frameworks for the Fast Fourier Transform*, 1992, section 1.7).
///
/// A complex number is two neighbouring lanes. A pass of radix r reads x[(q + s (p + m i)) xs] and writes y[(q + s (r p + i)) ys] for
/// q < s, p < m, i < r, distances counted in complex numbers; `w` holds the r - 1 twiddle factors of each p.
enum Butterflies<S: TransformScalar> {
    typealias Vector = SIMD16<S>
    typealias Source = UnsafePointer<Vector>
    typealias Target = UnsafeMutablePointer<Vector>

    /// Writes (re + i im) (wr + i wi).
    @inline(__always)
    private static func store(_ y: Target, _ re: Vector, _ im: Vector, _ wr: S, _ wi: S) {
        y[0] = S.fused(S.product(re, wr), im, -wi)
        y[1] = S.fused(S.product(re, wi), im, wr)
    }

    @inline(__always)
    static func radix4(_ x: Source, _ xs: Int, _ y: Target, _ ys: Int, m: Int, s: Int, _ w: UnsafePointer<S>) {
        let apart = 2 * xs * s * m
        let out = 2 * ys * s
        for p in 0..<m {
            let v = w + 6 * p
            let (w1, u1, w2, u2, w3, u3) = (v[0], v[1], v[2], v[3], v[4], v[5])
            var from = x + 2 * xs * s * p
            var to = y + 4 * out * p
            for _ in 0..<s {
                let (second, third, fourth) = (from + apart, from + 2 * apart, from + 3 * apart)
                let (evenRe, evenIm) = (S.sum(from[0], third[0]), S.sum(from[1], third[1]))
                let (evenReD, evenImD) = (S.difference(from[0], third[0]), S.difference(from[1], third[1]))
                let (oddRe, oddIm) = (S.sum(second[0], fourth[0]), S.sum(second[1], fourth[1]))
                let (oddReD, oddImD) = (S.difference(second[0], fourth[0]), S.difference(second[1], fourth[1]))
                to[0] = S.sum(evenRe, oddRe)
                to[1] = S.sum(evenIm, oddIm)
                store(to + out, S.sum(evenReD, oddImD), S.difference(evenImD, oddReD), w1, u1)
                store(to + 2 * out, S.difference(evenRe, oddRe), S.difference(evenIm, oddIm), w2, u2)
                store(to + 3 * out, S.difference(evenReD, oddImD), S.sum(evenImD, oddReD), w3, u3)
                from += 2 * xs
                to += 2 * ys
            }
        }
    }

    /// The same where all twiddle factors are 1: m = 1.
    @inline(__always)
    static func lastRadix4(_ x: Source, _ xs: Int, _ y: Target, _ ys: Int, s: Int) {
        let apart = 2 * xs * s
        let out = 2 * ys * s
        var from = x
        var to = y
        for _ in 0..<s {
            let (second, third, fourth) = (from + apart, from + 2 * apart, from + 3 * apart)
            let (evenRe, evenIm) = (S.sum(from[0], third[0]), S.sum(from[1], third[1]))
            let (evenReD, evenImD) = (S.difference(from[0], third[0]), S.difference(from[1], third[1]))
            let (oddRe, oddIm) = (S.sum(second[0], fourth[0]), S.sum(second[1], fourth[1]))
            let (oddReD, oddImD) = (S.difference(second[0], fourth[0]), S.difference(second[1], fourth[1]))
            to[0] = S.sum(evenRe, oddRe)
            to[1] = S.sum(evenIm, oddIm)
            to[out] = S.sum(evenReD, oddImD)
            to[out + 1] = S.difference(evenImD, oddReD)
            to[2 * out] = S.difference(evenRe, oddRe)
            to[2 * out + 1] = S.difference(evenIm, oddIm)
            to[3 * out] = S.difference(evenReD, oddImD)
            to[3 * out + 1] = S.sum(evenImD, oddReD)
            from += 2 * xs
            to += 2 * ys
        }
    }

    @inline(__always)
    static func radix2(_ x: Source, _ xs: Int, _ y: Target, _ ys: Int, m: Int, s: Int, _ w: UnsafePointer<S>) {
        let apart = 2 * xs * s * m
        let out = 2 * ys * s
        for p in 0..<m {
            let (w1, u1) = (w[2 * p], w[2 * p + 1])
            var from = x + 2 * xs * s * p
            var to = y + 2 * out * p
            for _ in 0..<s {
                let second = from + apart
                let (re, im) = (S.difference(from[0], second[0]), S.difference(from[1], second[1]))
                to[0] = S.sum(from[0], second[0])
                to[1] = S.sum(from[1], second[1])
                store(to + out, re, im, w1, u1)
                from += 2 * xs
                to += 2 * ys
            }
        }
    }

    @inline(__always)
    static func radix3(_ x: Source, _ xs: Int, _ y: Target, _ ys: Int, m: Int, s: Int, _ w: UnsafePointer<S>) {
        let apart = 2 * xs * s * m
        let out = 2 * ys * s
        let sine = S(0.75).squareRoot()
        for p in 0..<m {
            let v = w + 4 * p
            let (w1, u1, w2, u2) = (v[0], v[1], v[2], v[3])
            var from = x + 2 * xs * s * p
            var to = y + 3 * out * p
            for _ in 0..<s {
                let (second, third) = (from + apart, from + 2 * apart)
                let (re, im) = (S.sum(second[0], third[0]), S.sum(second[1], third[1]))
                let (turnedRe, turnedIm) = (
                    S.product(S.difference(second[1], third[1]), sine), S.product(S.difference(third[0], second[0]), sine)
                )
                let (middleRe, middleIm) = (S.fused(from[0], re, -0.5), S.fused(from[1], im, -0.5))
                to[0] = S.sum(from[0], re)
                to[1] = S.sum(from[1], im)
                store(to + out, S.sum(middleRe, turnedRe), S.sum(middleIm, turnedIm), w1, u1)
                store(to + 2 * out, S.difference(middleRe, turnedRe), S.difference(middleIm, turnedIm), w2, u2)
                from += 2 * xs
                to += 2 * ys
            }
        }
    }

    @inline(__always)
    static func radix5(_ x: Source, _ xs: Int, _ y: Target, _ ys: Int, m: Int, s: Int, _ w: UnsafePointer<S>) {
        let apart = 2 * xs * s * m
        let out = 2 * ys * s
        let root = S(5).squareRoot()
        let (c1, c2) = ((root - 1) / 4, (-root - 1) / 4)
        let (s1, s2) = (((5 + root) / 8).squareRoot(), ((5 - root) / 8).squareRoot())
        for p in 0..<m {
            let v = w + 8 * p
            var from = x + 2 * xs * s * p
            var to = y + 5 * out * p
            for _ in 0..<s {
                let (b, c, d, e) = (from + apart, from + 2 * apart, from + 3 * apart, from + 4 * apart)
                let (outerRe, outerIm) = (S.sum(b[0], e[0]), S.sum(b[1], e[1]))
                let (innerRe, innerIm) = (S.sum(c[0], d[0]), S.sum(c[1], d[1]))
                let (outerReD, outerImD) = (S.difference(b[0], e[0]), S.difference(b[1], e[1]))
                let (innerReD, innerImD) = (S.difference(c[0], d[0]), S.difference(c[1], d[1]))
                let (m1Re, m1Im) = (S.fused(S.fused(from[0], outerRe, c1), innerRe, c2), S.fused(S.fused(from[1], outerIm, c1), innerIm, c2))
                let (m2Re, m2Im) = (S.fused(S.fused(from[0], outerRe, c2), innerRe, c1), S.fused(S.fused(from[1], outerIm, c2), innerIm, c1))
                let (n1Re, n1Im) = (S.fused(S.product(outerReD, s1), innerReD, s2), S.fused(S.product(outerImD, s1), innerImD, s2))
                let (n2Re, n2Im) = (S.fused(S.product(outerReD, s2), innerReD, -s1), S.fused(S.product(outerImD, s2), innerImD, -s1))
                to[0] = S.sum(S.sum(from[0], outerRe), innerRe)
                to[1] = S.sum(S.sum(from[1], outerIm), innerIm)
                store(to + out, S.sum(m1Re, n1Im), S.difference(m1Im, n1Re), v[0], v[1])
                store(to + 2 * out, S.sum(m2Re, n2Im), S.difference(m2Im, n2Re), v[2], v[3])
                store(to + 3 * out, S.difference(m2Re, n2Im), S.sum(m2Im, n2Re), v[4], v[5])
                store(to + 4 * out, S.difference(m1Re, n1Im), S.sum(m1Im, n1Re), v[6], v[7])
                from += 2 * xs
                to += 2 * ys
            }
        }
    }
}
