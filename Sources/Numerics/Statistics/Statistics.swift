import Glibc

/// A value with its standard error.
public struct Estimate: Sendable, Equatable {
    public let value: Double
    public let error: Double

    public init(value: Double, error: Double) {
        self.value = value
        self.error = error
    }
}

/// The outcome of a test of a hypothesis.
public struct TestResult: Sendable, Equatable {
    public let statistic: Double
    /// The chance of a statistic at least as large where the hypothesis holds.
    public let probability: Double
}

/// Estimates from independent measurements; `GammaAnalysis` is for correlated ones. *Not collective.*
public enum Statistics {
    /// The arithmetic mean; NaN of nothing.
    public static func mean(_ x: [Double]) -> Double {
        var sum = 0.0
        for value in x { sum += value }
        return sum / Double(x.count)
    }

    /// The unbiased variance, about the measured mean; NaN of less than two values.
    public static func variance(_ x: [Double]) -> Double {
        let center = mean(x)
        var sum = 0.0
        for value in x { sum += (value - center) * (value - center) }
        return x.count > 1 ? sum / Double(x.count - 1) : .nan
    }

    /// The standard error of the mean of independent values.
    public static func standardError(_ x: [Double]) -> Double { (variance(x) / Double(x.count)).squareRoot() }

    /// The unbiased covariance of two series of equal length.
    public static func covariance(_ x: [Double], _ y: [Double]) -> Double {
        precondition(x.count == y.count, "a covariance is of series of equal length")
        let (a, b) = (mean(x), mean(y))
        var sum = 0.0
        for i in x.indices { sum += (x[i] - a) * (y[i] - b) }
        return x.count > 1 ? sum / Double(x.count - 1) : .nan
    }

    /// The mean of estimates weighted by 1 / error^2, and the chi-squared of their agreement.
    /// - Throws: `StatisticsError` where there is none, or an error is not positive and finite.
    public static func weightedMean(_ estimates: [Estimate]) throws -> (mean: Estimate, chiSquared: Double) {
        guard !estimates.isEmpty, estimates.allSatisfy({ $0.error > 0 && $0.error.isFinite && $0.value.isFinite }) else {
            throw StatisticsError("weighted mean: \(estimates.count) estimates; wanted at least one, with finite values and positive errors")
        }
        let weights = estimates.map { 1 / ($0.error * $0.error) }
        let total = weights.reduce(0, +)
        let value = zip(weights, estimates).reduce(0) { $0 + $1.0 * $1.1.value } / total
        let chiSquared = zip(weights, estimates).reduce(0) { $0 + $1.0 * ($1.1.value - value) * ($1.1.value - value) }
        return (Estimate(value: value, error: 1 / total.squareRoot()), chiSquared)
    }
}

// MARK: - Distributions and tests

extension Statistics {
    /// The chance that chi-squared of so many degrees of freedom is larger.
    public static func chiSquaredSurvival(_ chiSquared: Double, degreesOfFreedom: Int) -> Double {
        SpecialFunctions.gammaQ(Double(degreesOfFreedom) / 2, chiSquared / 2)
    }

    /// The chance that a standard normal number is below x.
    public static func normalDistribution(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }

    /// x with `normalDistribution(x)` = p.
    public static func normalQuantile(_ p: Double) -> Double { -2.0.squareRoot() * SpecialFunctions.erfcInverse(2 * p) }

    /// Kolmogorov and Smirnov: are the values drawn from the continuous distribution `cumulative`?
    /// The probability is Kolmogorov's limit with Stephens's correction for finite samples (J. R. Stat. Soc. B 32, 115, 1970).
    public static func kolmogorovSmirnov(_ values: [Double], _ cumulative: (Double) -> Double) -> TestResult {
        let n = Double(values.count)
        var distance = 0.0
        for (i, x) in values.sorted().enumerated() {
            let f = cumulative(x)
            distance = max(distance, f - Double(i) / n, Double(i + 1) / n - f)
        }
        return TestResult(statistic: distance, probability: kolmogorovSurvival(distance, effectiveCount: n))
    }

    /// Kolmogorov and Smirnov: are both samples drawn from one continuous distribution?
    public static func kolmogorovSmirnov(_ first: [Double], _ second: [Double]) -> TestResult {
        let (a, b) = (first.sorted(), second.sorted())
        var (i, j) = (0, 0)
        var distance = 0.0
        while i < a.count && j < b.count {
            let x = min(a[i], b[j])
            while i < a.count && a[i] <= x { i += 1 }
            while j < b.count && b[j] <= x { j += 1 }
            distance = max(distance, (Double(i) / Double(a.count) - Double(j) / Double(b.count)).magnitude)
        }
        let effective = Double(a.count) * Double(b.count) / Double(a.count + b.count)
        return TestResult(statistic: distance, probability: kolmogorovSurvival(distance, effectiveCount: effective))
    }

    private static func kolmogorovSurvival(_ distance: Double, effectiveCount n: Double) -> Double {
        let t = (n.squareRoot() + 0.12 + 0.11 / n.squareRoot()) * distance
        guard t > 0.2 else { return 1 }
        var sum = 0.0
        for k in 1...100 {
            let term = 2 * exp(-2 * t * t * Double(k * k))
            sum += k % 2 == 1 ? term : -term
            if term < 1e-17 { break }
        }
        return min(max(sum, 0), 1)
    }
}
