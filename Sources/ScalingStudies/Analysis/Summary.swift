import Glibc
import Numerics

/// Several measurements of one cost: all of them, mean and median, and 95 % intervals that hold for few.
public struct CostSummary: Sendable, Equatable {
    public let values: [Double]

    /// Needs at least one value.
    public init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        self.values = values
    }

    public var mean: Double { values.reduce(0, +) / Double(values.count) }
    public var median: Double { Self.median(values) }
    public var standardError: Double? { values.count > 1 ? Statistics.standardError(values) : nil }

    /// Student's interval of the mean at 95 %, for a normal distribution; nil for a single value.
    public var meanInterval: ClosedRange<Double>? {
        guard let error = standardError, error.isFinite else { return nil }
        let half = error * StudentT.quantile(0.975, degreesOfFreedom: Double(values.count - 1))
        return mean - half...mean + half
    }

    /// Interval of the median from order statistics, for any distribution; at least 95 %, so nil for fewer than six values.
    /// Source: Le Boudec, Performance Evaluation of Computer and Communication Systems (2010), section 2.2.
    public var medianInterval: ClosedRange<Double>? {
        let n = values.count
        guard n >= 6 else { return nil }
        // The largest k with P(fewer than k of n coins show heads) ≤ 2.5 %.
        var term = exp(-Double(n) * log(2)), below = 0.0, k = 0
        while k < n / 2, below + term <= 0.025 {
            below += term
            k += 1
            term *= Double(n - k + 1) / Double(k)
        }
        guard k >= 1 else { return nil }
        let sorted = values.sorted()
        return sorted[k - 1]...sorted[n - k]
    }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return .nan }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    /// p-value of Jarque and Bera's test for a normal distribution (1987), from skewness and kurtosis; nil below 20 values, where its
    /// asymptotic distribution does not hold.
    public static func normality(_ values: [Double]) -> Double? {
        guard values.count >= 20 else { return nil }
        let n = Double(values.count), mean = values.reduce(0, +) / n
        func moment(_ k: Int) -> Double { values.reduce(0) { $0 + pow($1 - mean, Double(k)) } / n }
        let variance = moment(2)
        guard variance > 0 else { return nil }
        let skewness = moment(3) / pow(variance, 1.5), kurtosis = moment(4) / (variance * variance)
        let statistic = n / 6 * (skewness * skewness + (kurtosis - 3) * (kurtosis - 3) / 4)
        return Statistics.chiSquaredSurvival(statistic, degreesOfFreedom: 2)
    }
}

/// A ratio of two mean costs with its 95 % interval.
public struct Ratio: Sendable, Equatable {
    public let value: Double
    public let interval: ClosedRange<Double>?

    /// `factor` · mean(`numerator`) / mean(`denominator`).
    ///
    /// The interval is Student's for the difference of logarithms, with Welch's degrees of freedom: both costs are far from zero, where a
    /// logarithm of a mean is as normal as the mean. The same layout over itself is exact.
    public init(factor: Double = 1, _ numerator: CostSummary, over denominator: CostSummary, same: Bool = false) {
        value = factor * numerator.mean / denominator.mean
        guard !same else {
            interval = value...value
            return
        }
        guard let a = numerator.standardError, let b = denominator.standardError else {
            interval = nil
            return
        }
        let u = pow(a / numerator.mean, 2), v = pow(b / denominator.mean, 2)
        let freedom = pow(u + v, 2) / (u * u / Double(numerator.values.count - 1) + v * v / Double(denominator.values.count - 1))
        guard freedom.isFinite, freedom > 0 else {
            interval = u + v == 0 ? value...value : nil
            return
        }
        let half = StudentT.quantile(0.975, degreesOfFreedom: freedom) * (u + v).squareRoot()
        interval = value * exp(-half)...value * exp(half)
    }
}
