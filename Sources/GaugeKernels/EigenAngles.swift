import Glibc

/// Eigenangles of a matrix of SU(3), φ1 <= φ2 <= φ3 <= φ1 + 2π with the sum 0: the fundamental alcove, whose points are the conjugacy classes. Such angles are
/// the shortest logarithm of the matrix.
public struct EigenAngles: Sendable {
    public let first, second, third: Double

    /// Of angles known up to turns, whose sum is a whole number of turns.
    public init(_ a: Double, _ b: Double, _ c: Double) {
        var (low, middle, high) = (min(a, b), max(a, b), c)
        if middle > high { (middle, high) = (high, middle) }
        if low > middle { (low, middle) = (middle, low) }
        let turn = 2 * Double.pi
        // Angles in (-π, π] add up to -1, 0 or 1 turns.
        let turns = ((low + middle + high) / turn).rounded()
        if turns > 0 { (low, middle, high) = (high - turn, low, middle) }
        if turns < 0 { (low, middle, high) = (middle, high, low + turn) }
        if middle > high { (middle, high) = (high, middle) }
        if low > middle { (low, middle) = (middle, low) }
        let rest = (low + middle + high) / 3
        (first, second, third) = (low - rest, middle - rest, high - rest)
    }

    /// Of a matrix with a trace: the roots of λ³ - t λ² + t* λ - 1 by Cardano's formula. Two angles closer than 10⁻⁸ are found to about that.
    public init(trace t: (re: Double, im: Double)) {
        // λ = z + t/3 with z³ + p z + q = 0.
        let (sr, si) = (t.re * t.re - t.im * t.im, 2 * t.re * t.im)
        let (pr, pi) = (t.re - sr / 3, -t.im - si / 3)
        let (cr, ci) = (sr * t.re - si * t.im, sr * t.im + si * t.re)
        let (qr, qi) = ((t.re * t.re + t.im * t.im) / 3 - 2 * cr / 27 - 1, -2 * ci / 27)
        // Of -q/2 ± √(q²/4 + p³/27) the larger, whose cube root is w; z = w - p/(3w), and with w times the other cube roots of 1.
        let (ar, ai) = (pr * pr - pi * pi, 2 * pr * pi)
        let dr = (qr * qr - qi * qi) / 4 + (ar * pr - ai * pi) / 27, di = qr * qi / 2 + (ar * pi + ai * pr) / 27
        let size = (dr * dr + di * di).squareRoot()
        var rootReal = max(0, 0.5 * (size + dr)).squareRoot(), rootImaginary = copysign(max(0, 0.5 * (size - dr)).squareRoot(), di)
        if rootReal * qr + rootImaginary * qi > 0 { (rootReal, rootImaginary) = (-rootReal, -rootImaginary) }
        let (er, ei) = (rootReal - 0.5 * qr, rootImaginary - 0.5 * qi)
        let modulus = (er * er + ei * ei).squareRoot()
        guard modulus > 1e-300 else {
            // All three are t/3.
            let angle = atan2(t.im, t.re)
            self.init(angle, angle, angle)
            return
        }
        let radius = cbrt(modulus), angle = atan2(ei, er) / 3
        let (wr, wi) = (radius * cos(angle), radius * sin(angle))
        let (vr, vi) = (-(pr * wr + pi * wi) / (3 * radius * radius), -(pi * wr - pr * wi) / (3 * radius * radius))
        let half = 0.86602540378443864676
        /// The angle of t/3 + w c + v c* for a cube root c of 1.
        func root(_ c: Double, _ s: Double) -> Double {
            atan2(t.im / 3 + (wr * s + wi * c) + (vi * c - vr * s), t.re / 3 + (wr * c - wi * s) + (vr * c + vi * s))
        }
        let first = root(1, 0), second = root(-0.5, half)
        let rest = -(first + second)
        self.init(first, second, rest - 2 * Double.pi * (rest / (2 * Double.pi)).rounded())
    }

    /// The gaps φ2 - φ1 and φ3 - φ2, at least 0; the third is what is left of a turn.
    public var gaps: (Double, Double) { (max(0, second - first), max(0, third - second)) }

    /// Coefficients of h^t = α + β h + γ h², each as (re, im), for the matrix h of these angles and the logarithm that they are: Newton's interpolation through
    /// the eigenvalues, whose divided differences are quotients of sines, so that equal eigenvalues are no exception.
    func powerCoefficients(_ t: Double) -> (alpha: SIMD2<Double>, beta: SIMD2<Double>, gamma: SIMD2<Double>) {
        // Nodes a, b, c with a and c the farthest apart on the circle.
        var (a, b, c) = (first, second, third)
        let (d12, d23, d13) = (sin((second - first) / 2), sin((third - second) / 2), sin((third - first) / 2))
        var chord = abs(d13)
        if d12 > chord { (a, b, c, chord) = (first, third, second, d12) }
        if d23 > chord { (a, b, c, chord) = (second, first, third, d23) }
        let la = Self.unit(a), lb = Self.unit(b), lc = Self.unit(c)
        let ab = Self.difference(a, b, t), bc = Self.difference(b, c, t)
        // Where all three are one to seven digits the product that it multiplies is below rounding.
        let second = chord > 1e-7 ? Self.quotient(ab - bc, la - lc) : .zero
        // f(a) + ab (h - a) + second (h - a)(h - b).
        let alpha = Self.unit(t * a) - Self.product(ab, la) + Self.product(second, Self.product(la, lb))
        return (alpha, ab - Self.product(second, la + lb), second)
    }

    private static func unit(_ x: Double) -> SIMD2<Double> { SIMD2(cos(x), sin(x)) }
    private static func product(_ x: SIMD2<Double>, _ y: SIMD2<Double>) -> SIMD2<Double> {
        SIMD2(x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0])
    }
    private static func quotient(_ x: SIMD2<Double>, _ y: SIMD2<Double>) -> SIMD2<Double> {
        product(x, SIMD2(y[0], -y[1])) / (y[0] * y[0] + y[1] * y[1])
    }

    /// (e^{ita} - e^{itb}) / (e^{ia} - e^{ib}).
    private static func difference(_ a: Double, _ b: Double, _ t: Double) -> SIMD2<Double> {
        let half = (a - b) / 2
        let ratio = abs(half) > 1e-150 ? sin(t * half) / sin(half) : t
        return unit((t - 1) * (a + b) / 2) * ratio
    }
}
