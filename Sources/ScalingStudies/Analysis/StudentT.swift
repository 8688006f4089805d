import Glibc
import Numerics

/// Student's distribution and what follows from it for the mean of few measurements.
public enum StudentT {
    /// P(T ≤ t) for `degreesOfFreedom` > 0. Source: Abramowitz and Stegun, 26.7.1, by the incomplete beta function.
    public static func cumulative(_ t: Double, degreesOfFreedom n: Double) -> Double {
        let tail = 0.5 * incompleteBeta(n / 2, 0.5, n / (n + t * t))
        return t > 0 ? 1 - tail : tail
    }

    /// The t that P(T ≤ t) = `p` for, by bisection; `p` in 0.5..<1.
    public static func quantile(_ p: Double, degreesOfFreedom n: Double) -> Double {
        var low = 0.0, high = 1.0
        while cumulative(high, degreesOfFreedom: n) < p, high < 1e12 { high *= 2 }
        for _ in 0..<200 {
            let middle = (low + high) / 2
            if cumulative(middle, degreesOfFreedom: n) < p { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// I_x(a, b) by Lentz's continued fraction. Source: Numerical Recipes, third edition, section 6.4.
    static func incompleteBeta(_ a: Double, _ b: Double, _ x: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
        return x < (a + 1) / (a + b + 2) ? front * fraction(a, b, x) / a : 1 - front * fraction(b, a, 1 - x) / b
    }

    private static func fraction(_ a: Double, _ b: Double, _ x: Double) -> Double {
        let tiny = 1e-300
        func safe(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
        var c = 1.0, d = 1 / safe(1 - (a + b) * x / (a + 1))
        var h = d
        for m in 1...500 {
            let k = Double(m)
            let even = k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k))
            d = 1 / safe(1 + even * d)
            c = safe(1 + even / c)
            h *= d * c
            let odd = -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1))
            d = 1 / safe(1 + odd * d)
            c = safe(1 + odd / c)
            h *= d * c
            if abs(d * c - 1) < 1e-15 { break }
        }
        return h
    }
}
