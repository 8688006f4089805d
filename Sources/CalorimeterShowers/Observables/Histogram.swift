import Glibc
import Numerics

/// Axis of a histogram: equal bins, linear or in log10; what lies outside is counted apart.
public struct BinAxis: Sendable, Equatable {
    public let name: String
    public let units: String
    public let bins: Int
    public let lower: Double
    public let upper: Double
    public let logarithmic: Bool

    public init(_ name: String, units: String, bins: Int, _ lower: Double, _ upper: Double, logarithmic: Bool = false) {
        precondition(bins > 0 && lower < upper && (!logarithmic || lower > 0), "an axis has bins over a range")
        (self.name, self.units, self.bins, self.lower, self.upper, self.logarithmic) = (name, units, bins, lower, upper, logarithmic)
    }

    /// One edge more than bins.
    public var edges: [Double] {
        (0...bins).map { i in
            let part = Double(i) / Double(bins)
            return logarithmic ? pow(10, log10(lower) + part * (log10(upper) - log10(lower))) : lower + part * (upper - lower)
        }
    }

    /// The bin of a value, -1 below the range and `bins` above it; a value that is not a number is above.
    public func bin(_ value: Double) -> Int {
        if logarithmic, value <= 0 { return -1 }
        let part = logarithmic ? (log10(value) - log10(lower)) / (log10(upper) - log10(lower)) : (value - lower) / (upper - lower)
        guard part < 1 else { return bins }
        return part < 0 ? -1 : min(bins - 1, Int(part * Double(bins)))
    }
}

/// Counts in the bins of an axis; integers, so that ranks add up exactly.
public struct Histogram: Sendable, Equatable {
    public let axis: BinAxis
    /// Underflow, the bins, overflow.
    public private(set) var all: [Int64]

    public init(_ axis: BinAxis) {
        self.axis = axis
        all = [Int64](repeating: 0, count: axis.bins + 2)
    }

    init(_ axis: BinAxis, all: [Int64]) {
        precondition(all.count == axis.bins + 2, "a histogram has its bins, underflow and overflow")
        (self.axis, self.all) = (axis, all)
    }

    public mutating func add(_ value: Double) { all[axis.bin(value) + 1] += 1 }

    public var counts: ArraySlice<Int64> { all[1...axis.bins] }
    public var total: Int64 { all.reduce(0, +) }
    /// Each bin over all entries, underflow and overflow included at the ends.
    public var fractions: [Double] {
        let sum = Double(max(1, total))
        return all.map { Double($0) / sum }
    }
    /// Counts a unit of the axis and entry.
    public var density: [Double] {
        let (edges, sum) = (axis.edges, Double(max(1, total)))
        return counts.enumerated().map { Double($1) / sum / (edges[$0 + 1] - edges[$0]) }
    }
}

/// How far two histograms are apart.
public enum HistogramDistance {
    /// Separation power (triangular discrimination): 1/2 sum (h1 - h2)^2/(h1 + h2), 0 for equal and 1 for disjoint ones, as the
    /// CaloChallenge has it (arXiv:2410.21611, eq. 6); underflow and overflow are bins too.
    public static func separation(_ first: Histogram, _ second: Histogram) -> Double {
        precondition(first.axis == second.axis, "histograms that are compared have one axis")
        return zip(first.fractions, second.fractions).reduce(0) { sum, pair in
            let total = pair.0 + pair.1
            return total > 0 ? sum + 0.5 * (pair.0 - pair.1) * (pair.0 - pair.1) / total : sum
        }
    }

    /// Separation that two samples of these sizes have on average if they come of one distribution: a quarter of (1/n1 + 1/n2) for each
    /// filled bin but one.
    public static func expectedSeparation(_ first: Histogram, _ second: Histogram) -> Double {
        let filled = zip(first.all, second.all).filter { $0 + $1 > 0 }.count
        guard first.total > 0, second.total > 0, filled > 1 else { return 0 }
        return Double(filled - 1) / 4 * (1 / Double(first.total) + 1 / Double(second.total))
    }

    /// Chi-squared of two histograms of independent entries, and the probability of a larger one.
    public static func chiSquared(_ first: Histogram, _ second: Histogram) -> (statistic: Double, probability: Double) {
        let (n, m) = (Double(first.total), Double(second.total))
        guard n > 0, m > 0 else { return (0, 1) }
        var (sum, filled) = (0.0, 0)
        for (a, b) in zip(first.all, second.all) where a + b > 0 {
            let difference = Double(a) * (m / n).squareRoot() - Double(b) * (n / m).squareRoot()
            sum += difference * difference / Double(a + b)
            filled += 1
        }
        let freedom = max(1, filled - 1)
        return (sum, Statistics.chiSquaredSurvival(sum, degreesOfFreedom: freedom))
    }
}
