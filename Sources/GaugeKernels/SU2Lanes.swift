/// SU(2), and multiples of its matrices, as quaternions `a0 + i a·σ` of eight sites: sums of links stay such.
enum SU2Lanes: LinkGroup {
    static let components = 4
    static let generators = 3
    static let degree = 2
    static let subgroups = 1

    @inline(__always)
    private static func load(_ a: Source) -> Quaternion { Quaternion(w0: a[0], w1: a[1], w2: a[2], w3: a[3]) }
    @inline(__always)
    private static func store(_ out: Matrix, _ q: Quaternion) {
        out[0] = q.w0
        out[1] = q.w1
        out[2] = q.w2
        out[3] = q.w3
    }
    @inline(__always)
    private static func conjugate(_ q: Quaternion) -> Quaternion { Quaternion(w0: q.w0, w1: -q.w1, w2: -q.w2, w3: -q.w3) }
    @inline(__always)
    private static func add(_ out: Matrix, _ q: Quaternion) {
        out[0] += q.w0
        out[1] += q.w1
        out[2] += q.w2
        out[3] += q.w3
    }

    @inline(__always)
    static func multiply(_ out: Matrix, _ a: Source, _ b: Source) { store(out, load(a).multiply(load(b))) }
    @inline(__always)
    static func multiplyAdjoint(_ out: Matrix, _ a: Source, _ b: Source) { store(out, load(a).multiplyAdjoint(load(b))) }
    @inline(__always)
    static func addProductAdjoint(_ out: Matrix, _ a: Source, _ b: Source) { add(out, load(a).multiplyAdjoint(load(b))) }
    @inline(__always)
    static func addAdjointProduct(_ out: Matrix, _ a: Source, _ b: Source) { add(out, conjugate(load(a)).multiply(load(b))) }
    @inline(__always)
    static func addAdjointOfProduct(_ out: Matrix, _ a: Source, _ b: Source) { add(out, conjugate(load(a).multiply(load(b)))) }
    @inline(__always)
    static func adjoint(_ out: Matrix, _ a: Source) { store(out, conjugate(load(a))) }
    @inline(__always)
    static func setUnit(_ out: Matrix) { store(out, Quaternion(w0: wide(1), w1: wide(0), w2: wide(0), w3: wide(0))) }
    @inline(__always)
    static func realTrace(_ a: Source) -> SiteLane { a[0] + a[0] }
    @inline(__always)
    static func imaginaryTrace(_ a: Source) -> SiteLane { wide(0) }
    @inline(__always)
    static func realTraceAdjoint(_ a: Source, _ b: Source) -> SiteLane {
        let half = fma(a[0], b[0], fma(a[1], b[1], fma(a[2], b[2], a[3] * b[3])))
        return half + half
    }
    @inline(__always)
    static func project(_ coefficients: Matrix, _ a: Source) {
        for b in 0..<3 { coefficients[b] = a[b + 1] + a[b + 1] }
    }

    /// cos θ + i (sin θ / θ) (step/2) p·σ, θ = |step p| / 2, by Taylor's series to θ^24: below rounding for θ < 2.
    @inline(__always)
    static func exponential(_ out: Matrix, _ p: Source, _ step: Double) {
        let half = wide(0.5 * step)
        let (x, y, z) = (half * p[0], half * p[1], half * p[2])
        let square = fma(x, x, fma(y, y, z * z))
        // exp(A) = q0 + q1 A with A² = -θ²: Horner's rule in A.
        var q0 = wide(ExponentialSeries.inverseFactorial(ExponentialSeries.terms))
        var q1 = wide(0)
        for n in stride(from: ExponentialSeries.terms - 1, through: 0, by: -1) {
            let next = fnma(square, q1, wide(ExponentialSeries.inverseFactorial(n)))
            q1 = q0
            q0 = next
        }
        store(out, Quaternion(w0: q0, w1: q1 * x, w2: q1 * y, w3: q1 * z))
    }

    @inline(__always)
    static func normalize(_ a: Matrix) {
        let scale = wide(1) / squareRoot(fma(a[0], a[0], fma(a[1], a[1], fma(a[2], a[2], a[3] * a[3]))))
        for k in 0..<4 { a[k] = a[k] * scale }
    }

    @inline(__always)
    static func defect(_ a: Source) -> SiteLane {
        let norm = fma(a[0], a[0], fma(a[1], a[1], fma(a[2], a[2], a[3] * a[3]))) - wide(1)
        return norm.replacing(with: -norm, where: norm .< wide(0))
    }

    @inline(__always)
    static func quaternion(_ a: Source, _ index: Int) -> Quaternion { load(a) }
    @inline(__always)
    static func rotate(_ a: Matrix, _ index: Int, _ g: Quaternion) { store(a, g.multiply(load(a))) }
}

/// 1/n! of the exponentials' series.
enum ExponentialSeries {
    static let terms = 24

    @inline(__always)
    static func inverseFactorial(_ n: Int) -> Double { table[n] }

    private static let table: InlineArray<25, Double> = [
        1.0, 1.0, 0.5, 0.16666666666666666, 0.041666666666666664,
        0.008333333333333333, 0.001388888888888889, 0.0001984126984126984, 2.48015873015873e-05, 2.7557319223985893e-06,
        2.755731922398589e-07, 2.505210838544172e-08, 2.08767569878681e-09, 1.6059043836821613e-10, 1.1470745597729725e-11,
        7.647163731819816e-13, 4.779477332387385e-14, 2.8114572543455206e-15, 1.5619206968586225e-16, 8.22063524662433e-18,
        4.110317623312165e-19, 1.9572941063391263e-20, 8.896791392450574e-22, 3.8681701706306835e-23, 1.6117375710961184e-24,
    ]
}
