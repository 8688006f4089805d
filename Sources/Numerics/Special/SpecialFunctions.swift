import Glibc

/// Functions of statistics and of lattice models that libm does not have.
public enum SpecialFunctions {
    /// The inverse of erf: x with erf(x) = y, for -1 < y < 1; infinite at the ends, NaN outside. Relative error below 1e-15.
    public static func erfInverse(_ y: Double) -> Double {
        guard y.magnitude < 1 else { return y.magnitude == 1 ? .infinity * y : .nan }
        if y == 0 { return y }
        return y.magnitude < 0.5 ? rootOfErf(y) : copysign(erfcInverse(1 - y.magnitude), y)
    }

    /// x with erfc(x) = q, 0 < q < 2: precise for the smallest q too.
    public static func erfcInverse(_ q: Double) -> Double {
        guard q > 0 && q < 2 else { return q == 0 ? .infinity : q == 2 ? -.infinity : .nan }
        if q > 1.5 { return -erfcInverse(2 - q) }
        if q > 0.5 { return rootOfErf(1 - q) }
        // Start from the leading asymptotic term, then Newton on log erfc, which is nearly a parabola.
        let logQ = log(q)
        var x = (max(0.05, -logQ - 0.5 * log(.pi * max(0.3, -logQ)))).squareRoot()
        for _ in 0..<60 {
            let value = erfc(x)
            let slope = -2 / Double.pi.squareRoot() * exp(-x * x) / value
            let step = (log(value) - logQ) / slope
            x -= step
            if step.magnitude <= 1e-16 * x { break }
        }
        return x
    }

    /// Halley's method on erf from its odd series, for |y| <= 1/2.
    private static func rootOfErf(_ y: Double) -> Double {
        let z = y * Double.pi.squareRoot() / 2
        var x = z * (1 + z * z / 3)
        for _ in 0..<6 {
            let newton = (erf(x) - y) / (2 / Double.pi.squareRoot() * exp(-x * x))
            x -= newton / (1 + x * newton)
        }
        return x
    }

    /// The regularised lower incomplete gamma function P(a, x), a > 0, x >= 0; NaN outside. Relative error below 1e-13 unless
    /// the result is tiny.
    public static func gammaP(_ a: Double, _ x: Double) -> Double {
        guard a > 0, x >= 0 else { return .nan }
        return x < a + 1 ? gammaSeries(a, x) : 1 - gammaFraction(a, x)
    }

    /// The regularised upper incomplete gamma function Q(a, x) = 1 - P(a, x), without cancellation.
    public static func gammaQ(_ a: Double, _ x: Double) -> Double {
        guard a > 0, x >= 0 else { return .nan }
        return x < a + 1 ? 1 - gammaSeries(a, x) : gammaFraction(a, x)
    }

    /// x^a exp(-x) / Gamma(a).
    private static func gammaPrefactor(_ a: Double, _ x: Double) -> Double {
        if a > 30 {
            // Stirling's series (Abramowitz & Stegun 6.1.41) takes the large terms out before they can cancel.
            let m = (x - a) / a
            let b = 1 / (a * a)
            let series = (1.0 / 12 - b * (1.0 / 360 - b * (1.0 / 1260 - b / 1680))) / a
            return (a / (2 * .pi)).squareRoot() * exp(a * (log1p(m) - m) - series)
        }
        var sign: Int32 = 0
        return exp(a * log(x) - x - lgamma_r(a, &sign))
    }

    /// Abramowitz & Stegun 6.5.29.
    private static func gammaSeries(_ a: Double, _ x: Double) -> Double {
        if x == 0 { return 0 }
        var term = 1 / a
        var sum = term
        var n = a
        while term > sum * 1e-17 {
            n += 1
            term *= x / n
            sum += term
        }
        return sum * gammaPrefactor(a, x)
    }

    /// The continued fraction of Abramowitz & Stegun 6.5.31 in its even form, by Lentz's method.
    private static func gammaFraction(_ a: Double, _ x: Double) -> Double {
        if x == .infinity { return 0 }
        var b = x + 1 - a
        var c = 1e300
        var d = 1 / b
        var h = d
        for i in 1..<100_000 {
            let n = -Double(i) * (Double(i) - a)
            b += 2
            d = 1 / (n * d + b)
            c = b + n / c
            h *= c * d
            if (c * d - 1).magnitude < 1e-16 { break }
        }
        return h * gammaPrefactor(a, x)
    }

    /// exp(-|x|) I_n(x) for n = 0 ... `order`, the modified Bessel functions of integer order: the Fourier coefficients of
    /// exp(x cos t - |x|), whatever the size of x.
    ///
    /// Miller's backward recurrence I_{n-1} = I_{n+1} + (2n / x) I_n, normalised by I_0 + 2 sum I_n = exp(x)
    /// (Abramowitz & Stegun 9.6.26 and 9.6.37).
    public static func scaledBesselI(through order: Int, _ x: Double) -> [Double] {
        precondition(order >= 0, "the order of a Bessel function is not negative here")
        guard x.isFinite else { return [Double](repeating: .nan, count: order + 1) }
        let a = x.magnitude
        var result = [Double](repeating: 0, count: order + 1)
        guard a > 1e-150 else {
            result[0] = 1
            return result
        }
        // I_n / I_0 falls below 1e-30 at about n = sqrt(140 x), and faster than 1/n! for small x.
        let start = order + Int((140 * a).squareRoot()) + 40
        var above = 0.0
        var current = 1e-250
        var sum = 0.0
        for n in stride(from: start, through: 0, by: -1) {
            if n <= order { result[n] = current }
            sum += n == 0 ? current : 2 * current
            let below = above + 2 * Double(n) / a * current
            above = current
            current = below
            if current > 1e200 {
                current *= 1e-200
                above *= 1e-200
                sum *= 1e-200
                for k in result.indices { result[k] *= 1e-200 }
            }
        }
        for n in result.indices { result[n] *= (x < 0 && n % 2 == 1 ? -1 : 1) / sum }
        return result
    }

    /// I_n(x), n >= 0; infinite beyond x = 713.
    public static func besselI(_ order: Int, _ x: Double) -> Double {
        scaledBesselI(through: order, x)[order] * exp(x.magnitude)
    }
}
