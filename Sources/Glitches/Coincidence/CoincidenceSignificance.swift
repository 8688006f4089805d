import Glibc

/// How unlikely coincidences of an auxiliary channel with the strain are by chance (hveto: Smith et al., Class. Quantum Grav. 28, 235005, 2011).
public enum CoincidenceSignificance {
    /// Coincidences expected by chance: `primaries` and `auxiliaries` within ±window/2 of each other in `livetime` seconds.
    public static func expected(primaries: Int, auxiliaries: Int, window: Double, livetime: Double) -> Double {
        Double(primaries) * Double(auxiliaries) * window / livetime
    }

    /// -log10 of the probability of `count` or more events where `expected` are on average (Poisson), equation (2).
    ///
    /// Right to 1e-9 also where the probability is far below the smallest double. `asHveto` gives what the hveto program prints there:
    /// the first term of the sum alone, up to 0.05 too large. 0 for a count of 0; infinite where nothing is expected.
    public static func significance(count: Int, expected: Double, asHveto: Bool = false) -> Double {
        guard count > 0, expected >= 0 else { return 0 }
        guard expected > 0 else { return .infinity }
        let n = Double(count)
        if expected > n {
            // Probability of fewer, from the largest term down.
            var term = exp(-expected + (n - 1) * log(expected) - lgamma(n))
            var fewer = term
            var k = n - 1
            while k > 0, term > fewer * 1e-18 {
                term *= k / expected
                fewer += term
                k -= 1
            }
            return max(0, -log1p(-min(fewer, 1)) / log(10))
        }
        let leading = (expected - n * log(expected) + lgamma(n + 1)) / log(10)
        var term = 1.0
        var sum = 1.0
        var k = n + 1
        while term > sum * 1e-18 {
            term *= expected / k
            sum += term
            k += 1
        }
        let significance = leading - log10(sum)
        // -log10 of the smallest double: there hveto's probability becomes 0 and it takes the leading term.
        return asHveto && significance > 323.306 ? leading : significance
    }
}
