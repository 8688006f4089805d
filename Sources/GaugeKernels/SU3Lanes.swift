/// 3x3 complex matrices `[row][column][re, im]` of eight sites.
///
/// A product is 108 multiply-adds, each of one instruction, for 198 of the 216 operations that are counted.
enum SU3Lanes: LinkGroup {
    static let components = 18
    static let generators = 8
    static let degree = 3
    static let subgroups = 3

    /// Three complex numbers: a row or a column.
    struct Triple {
        let r0: SiteLane, i0: SiteLane, r1: SiteLane, i1: SiteLane, r2: SiteLane, i2: SiteLane

        @inline(__always)
        static func row(_ a: Source, _ k: Int) -> Triple {
            Triple(r0: a[6 * k], i0: a[6 * k + 1], r1: a[6 * k + 2], i1: a[6 * k + 3], r2: a[6 * k + 4], i2: a[6 * k + 5])
        }
        @inline(__always)
        static func column(_ a: Source, _ k: Int) -> Triple {
            Triple(r0: a[2 * k], i0: a[2 * k + 1], r1: a[2 * k + 6], i1: a[2 * k + 7], r2: a[2 * k + 12], i2: a[2 * k + 13])
        }
    }

    /// Σ a_k b_k.
    @inline(__always)
    static func dot(_ a: Triple, _ b: Triple) -> (re: SiteLane, im: SiteLane) {
        var re = a.r0 * b.r0
        var im = a.r0 * b.i0
        re = fnma(a.i0, b.i0, re)
        im = fma(a.i0, b.r0, im)
        re = fma(a.r1, b.r1, re)
        im = fma(a.r1, b.i1, im)
        re = fnma(a.i1, b.i1, re)
        im = fma(a.i1, b.r1, im)
        re = fma(a.r2, b.r2, re)
        im = fma(a.r2, b.i2, im)
        re = fnma(a.i2, b.i2, re)
        im = fma(a.i2, b.r2, im)
        return (re, im)
    }

    /// (re, im) + Σ a_k conj(b_k).
    @inline(__always)
    static func dotConjugate(_ a: Triple, _ b: Triple, _ re: SiteLane, _ im: SiteLane) -> (re: SiteLane, im: SiteLane) {
        var re = fma(a.r0, b.r0, re)
        var im = fma(a.i0, b.r0, im)
        re = fma(a.i0, b.i0, re)
        im = fnma(a.r0, b.i0, im)
        re = fma(a.r1, b.r1, re)
        im = fma(a.i1, b.r1, im)
        re = fma(a.i1, b.i1, re)
        im = fnma(a.r1, b.i1, im)
        re = fma(a.r2, b.r2, re)
        im = fma(a.i2, b.r2, im)
        re = fma(a.i2, b.i2, re)
        im = fnma(a.r2, b.i2, im)
        return (re, im)
    }

    /// (re, im) + conj Σ a_k b_k.
    @inline(__always)
    static func conjugateDot(_ a: Triple, _ b: Triple, _ re: SiteLane, _ im: SiteLane) -> (re: SiteLane, im: SiteLane) {
        var re = fma(a.r0, b.r0, re)
        var im = fnma(a.r0, b.i0, im)
        re = fnma(a.i0, b.i0, re)
        im = fnma(a.i0, b.r0, im)
        re = fma(a.r1, b.r1, re)
        im = fnma(a.r1, b.i1, im)
        re = fnma(a.i1, b.i1, re)
        im = fnma(a.i1, b.r1, im)
        re = fma(a.r2, b.r2, re)
        im = fnma(a.r2, b.i2, im)
        re = fnma(a.i2, b.i2, re)
        im = fnma(a.i2, b.r2, im)
        return (re, im)
    }

    @inline(__always)
    private static func store(_ out: Matrix, _ row: Int, _ column: Int, _ value: (re: SiteLane, im: SiteLane)) {
        out[6 * row + 2 * column] = value.re
        out[6 * row + 2 * column + 1] = value.im
    }

    @inline(__always)
    static func multiply(_ out: Matrix, _ a: Source, _ b: Source) {
        let (b0, b1, b2) = (Triple.column(b, 0), Triple.column(b, 1), Triple.column(b, 2))
        for i in 0..<3 {
            let row = Triple.row(a, i)
            store(out, i, 0, dot(row, b0))
            store(out, i, 1, dot(row, b1))
            store(out, i, 2, dot(row, b2))
        }
    }

    @inline(__always)
    static func multiplyAdjoint(_ out: Matrix, _ a: Source, _ b: Source) {
        let (b0, b1, b2) = (Triple.row(b, 0), Triple.row(b, 1), Triple.row(b, 2))
        for i in 0..<3 {
            let row = Triple.row(a, i)
            store(out, i, 0, dotConjugate(row, b0, wide(0), wide(0)))
            store(out, i, 1, dotConjugate(row, b1, wide(0), wide(0)))
            store(out, i, 2, dotConjugate(row, b2, wide(0), wide(0)))
        }
    }

    @inline(__always)
    static func addProductAdjoint(_ out: Matrix, _ a: Source, _ b: Source) {
        let (b0, b1, b2) = (Triple.row(b, 0), Triple.row(b, 1), Triple.row(b, 2))
        for i in 0..<3 {
            let row = Triple.row(a, i)
            store(out, i, 0, dotConjugate(row, b0, out[6 * i], out[6 * i + 1]))
            store(out, i, 1, dotConjugate(row, b1, out[6 * i + 2], out[6 * i + 3]))
            store(out, i, 2, dotConjugate(row, b2, out[6 * i + 4], out[6 * i + 5]))
        }
    }

    @inline(__always)
    static func addAdjointProduct(_ out: Matrix, _ a: Source, _ b: Source) {
        let (b0, b1, b2) = (Triple.column(b, 0), Triple.column(b, 1), Triple.column(b, 2))
        for i in 0..<3 {
            // Σ conj(a_ki) b_kj is the sum with the factors the other way round.
            let column = Triple.column(a, i)
            store(out, i, 0, dotConjugate(b0, column, out[6 * i], out[6 * i + 1]))
            store(out, i, 1, dotConjugate(b1, column, out[6 * i + 2], out[6 * i + 3]))
            store(out, i, 2, dotConjugate(b2, column, out[6 * i + 4], out[6 * i + 5]))
        }
    }

    @inline(__always)
    static func addAdjointOfProduct(_ out: Matrix, _ a: Source, _ b: Source) {
        for j in 0..<3 {
            let row = Triple.row(a, j)
            for i in 0..<3 { store(out, i, j, conjugateDot(row, .column(b, i), out[6 * i + 2 * j], out[6 * i + 2 * j + 1])) }
        }
    }

    @inline(__always)
    static func adjoint(_ out: Matrix, _ a: Source) {
        for i in 0..<3 {
            for j in 0..<3 {
                out[6 * i + 2 * j] = a[6 * j + 2 * i]
                out[6 * i + 2 * j + 1] = -a[6 * j + 2 * i + 1]
            }
        }
    }

    @inline(__always)
    static func setUnit(_ out: Matrix) {
        for k in 0..<18 { out[k] = wide(k % 8 == 0 ? 1 : 0) }
    }

    @inline(__always)
    static func realTrace(_ a: Source) -> SiteLane { a[0] + a[8] + a[16] }
    @inline(__always)
    static func imaginaryTrace(_ a: Source) -> SiteLane { a[1] + a[9] + a[17] }

    @inline(__always)
    static func realTraceAdjoint(_ a: Source, _ b: Source) -> SiteLane {
        var even = a[0] * b[0]
        var odd = a[1] * b[1]
        for k in 1..<9 {
            even = fma(a[2 * k], b[2 * k], even)
            odd = fma(a[2 * k + 1], b[2 * k + 1], odd)
        }
        return even + odd
    }

    private static let inverseRootThree = 0.577350269189625764509148780502

    /// Coefficients of the Gell-Mann matrices halved.
    @inline(__always)
    static func project(_ c: Matrix, _ a: Source) {
        c[0] = a[3] + a[7]
        c[1] = a[2] - a[6]
        c[2] = a[1] - a[9]
        c[3] = a[5] + a[13]
        c[4] = a[4] - a[12]
        c[5] = a[11] + a[15]
        c[6] = a[10] - a[14]
        c[7] = (a[1] + a[9] - (a[17] + a[17])) * wide(inverseRootThree)
    }

    /// By the theorem of Cayley and Hamilton: Taylor's series to the 24th power in the 1, A, A² of a traceless A (Lüscher, the
    /// program `chexp` of openQCD, does the same); below rounding for |step p| < 4.
    @inline(__always)
    static func exponential(_ out: Matrix, _ p: Source, _ step: Double) {
        let half = wide(0.5 * step)
        let (q1, q2, q3, q4) = (half * p[0], half * p[1], half * p[2], half * p[3])
        let (q5, q6, q7, q8) = (half * p[4], half * p[5], half * p[6], half * p[7] * wide(inverseRootThree))
        // A = iH. H's diagonal, and its elements (0,1), (0,2), (1,2): q1 - i q2, q4 - i q5, q6 - i q7.
        let (h0, h1, h2) = (q8 + q3, q8 - q3, -(q8 + q8))
        let s01 = fma(q1, q1, q2 * q2), s02 = fma(q4, q4, q5 * q5), s12 = fma(q6, q6, q7 * q7)
        // u = ½ tr A² and d with det A = i d.
        let u = -(fma(wide(0.5), fma(h0, h0, fma(h1, h1, h2 * h2)), s01 + s02 + s12))
        let cross = fma(fnma(q2, q7, q1 * q6), q4, fma(q1, q7, q2 * q6) * q5)
        let d = fma(h0, s12, fma(h1, s02, h2 * s01)) - fma(h0 * h1, h2, cross + cross)
        var (x0, y0) = (wide(ExponentialSeries.inverseFactorial(ExponentialSeries.terms)), wide(0))
        var (x1, y1, x2, y2) = (wide(0), wide(0), wide(0), wide(0))
        for n in stride(from: ExponentialSeries.terms - 1, through: 0, by: -1) {
            // Times A, with A³ = u A + i d.
            let (nx, ny) = (fnma(d, y2, wide(ExponentialSeries.inverseFactorial(n))), d * x2)
            let (mx, my) = (fma(u, x2, x0), fma(u, y2, y0))
            (x2, y2) = (x1, y1)
            (x1, y1) = (mx, my)
            (x0, y0) = (nx, ny)
        }
        // H² is Hermitian; A = iH, A² = -H²: element = q0 δ + i q1 H - q2 H².
        let g00 = fma(h0, h0, s01 + s02), g11 = fma(h1, h1, s01 + s12), g22 = fma(h2, h2, s02 + s12)
        // H²(0,1) = H01 (h0 + h1) + H02 conj(H12), and so on.
        let g01r = fma(q1, h0 + h1, fma(q4, q6, q5 * q7)), g01i = fnma(q2, h0 + h1, fnma(q5, q6, q4 * q7))
        let g02r = fma(q4, h0 + h2, fnma(q2, q7, q1 * q6)), g02i = fnma(q5, h0 + h2, -fma(q1, q7, q2 * q6))
        let g12r = fma(q6, h1 + h2, fma(q1, q4, q2 * q5)), g12i = fnma(q7, h1 + h2, fnma(q1, q5, q2 * q4))
        /// i q1 h - q2 g of complex h, g.
        @inline(__always)
        func element(_ at: Int, _ hr: SiteLane, _ hi: SiteLane, _ gr: SiteLane, _ gi: SiteLane) {
            // i q1 h = -(x1 hi + y1 hr) + i (x1 hr - y1 hi).
            out[at] = fnma(x1, hi, fnma(y1, hr, fnma(x2, gr, y2 * gi)))
            out[at + 1] = fma(x1, hr, fnma(y1, hi, fnma(x2, gi, -(y2 * gr))))
        }
        element(2, q1, -q2, g01r, g01i)
        element(6, q1, q2, g01r, -g01i)
        element(4, q4, -q5, g02r, g02i)
        element(12, q4, q5, g02r, -g02i)
        element(10, q6, -q7, g12r, g12i)
        element(14, q6, q7, g12r, -g12i)
        element(0, h0, wide(0), g00, wide(0))
        element(8, h1, wide(0), g11, wide(0))
        element(16, h2, wide(0), g22, wide(0))
        for k in stride(from: 0, through: 16, by: 8) {
            out[k] = out[k] + x0
            out[k + 1] = out[k + 1] + y0
        }
    }

    /// Gram and Schmidt on the first two rows, the third is the conjugate of their cross product.
    @inline(__always)
    static func normalize(_ a: Matrix) {
        normalizeRow(a, 0)
        let (re, im) = dotConjugate(.row(a, 1), .row(a, 0), wide(0), wide(0))
        for k in 0..<3 {
            // Row 1 less its part along row 0.
            a[6 + 2 * k] = fnma(re, a[2 * k], fma(im, a[2 * k + 1], a[6 + 2 * k]))
            a[7 + 2 * k] = fnma(re, a[2 * k + 1], fnma(im, a[2 * k], a[7 + 2 * k]))
        }
        normalizeRow(a, 1)
        for k in 0..<3 {
            let (i, j) = ((k + 1) % 3, (k + 2) % 3)
            let (re, im) = cross(a, i, j)
            a[12 + 2 * k] = re
            a[13 + 2 * k] = -im
        }
    }

    /// Row 0 element i times row 1 element j less the other way round.
    @inline(__always)
    private static func cross(_ a: Source, _ i: Int, _ j: Int) -> (SiteLane, SiteLane) {
        let (pr, pi, qr, qi) = (a[2 * i], a[2 * i + 1], a[6 + 2 * j], a[7 + 2 * j])
        let (sr, si, tr, ti) = (a[2 * j], a[2 * j + 1], a[6 + 2 * i], a[7 + 2 * i])
        return (
            fma(pr, qr, fnma(pi, qi, fnma(sr, tr, si * ti))), fma(pr, qi, fma(pi, qr, fnma(sr, ti, -(si * tr))))
        )
    }

    @inline(__always)
    private static func normalizeRow(_ a: Matrix, _ row: Int) {
        var sum = a[6 * row] * a[6 * row]
        for k in 1..<6 { sum = fma(a[6 * row + k], a[6 * row + k], sum) }
        let scale = wide(1) / squareRoot(sum)
        for k in 0..<6 { a[6 * row + k] = a[6 * row + k] * scale }
    }

    static func defect(_ a: Source) -> SiteLane {
        var largest = wide(0)
        func consider(_ re: SiteLane, _ im: SiteLane) {
            let size = squareRoot(fma(re, re, im * im))
            // A NaN stays.
            largest = size.replacing(with: largest, where: size .<= largest)
        }
        for i in 0..<3 {
            for j in 0..<3 {
                let (re, im) = dotConjugate(.row(a, i), .row(a, j), wide(0), wide(0))
                consider(re - wide(i == j ? 1 : 0), im)
            }
        }
        var (re, im) = (wide(-1), wide(0))
        for k in 0..<3 {
            let (cr, ci) = cross(a, (k + 1) % 3, (k + 2) % 3)
            re = fma(a[12 + 2 * k], cr, fnma(a[13 + 2 * k], ci, re))
            im = fma(a[12 + 2 * k], ci, fma(a[13 + 2 * k], cr, im))
        }
        consider(re, im)
        return largest
    }

    /// Rows of the subgroups.
    @inline(__always)
    private static func rows(_ index: Int) -> (Int, Int) { index == 0 ? (0, 1) : index == 1 ? (0, 2) : (1, 2) }

    @inline(__always)
    static func quaternion(_ a: Source, _ index: Int) -> Quaternion {
        let (i, j) = rows(index)
        let half = wide(0.5)
        let (ii, jj, ij, ji) = (8 * i, 8 * j, 6 * i + 2 * j, 6 * j + 2 * i)
        return Quaternion(
            w0: half * (a[ii] + a[jj]), w1: half * (a[ij + 1] + a[ji + 1]), w2: half * (a[ij] - a[ji]), w3: half * (a[ii + 1] - a[jj + 1]))
    }

    @inline(__always)
    static func rotate(_ a: Matrix, _ index: Int, _ g: Quaternion) {
        let (i, j) = rows(index)
        for k in 0..<3 {
            let (pr, pi) = (a[6 * i + 2 * k], a[6 * i + 2 * k + 1])
            let (qr, qi) = (a[6 * j + 2 * k], a[6 * j + 2 * k + 1])
            // Rows of g: (g0 + i g3, g2 + i g1), (-g2 + i g1, g0 - i g3).
            a[6 * i + 2 * k] = fma(g.w0, pr, fnma(g.w3, pi, fma(g.w2, qr, -(g.w1 * qi))))
            a[6 * i + 2 * k + 1] = fma(g.w0, pi, fma(g.w3, pr, fma(g.w2, qi, g.w1 * qr)))
            a[6 * j + 2 * k] = fma(g.w0, qr, fma(g.w3, qi, fnma(g.w2, pr, -(g.w1 * pi))))
            a[6 * j + 2 * k + 1] = fma(g.w0, qi, fnma(g.w3, qr, fnma(g.w2, pi, g.w1 * pr)))
        }
    }
}
