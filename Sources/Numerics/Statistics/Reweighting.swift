import Glibc

// Expectations under p from samples of q, through log weights log p - log q that are known up to a constant.

extension Statistics {
    /// log(sum of exp(x)) without overflow; -infinity of nothing.
    public static func logSumExp(_ x: [Double]) -> Double {
        guard let largest = x.max(), largest > -.infinity else { return x.contains(where: \.isNaN) ? .nan : -.infinity }
        guard largest < .infinity else { return .infinity }
        var sum = 0.0
        for value in x { sum += exp(value - largest) }
        return largest + log(sum)
    }

    /// Kish's effective sample size as a fraction of the sample: (mean w)^2 / mean(w^2), from 1/N to 1.
    public static func effectiveSampleSize(logWeights: [Double]) -> Double {
        let first = logSumExp(logWeights)
        let second = logSumExp(logWeights.map { 2 * $0 })
        return exp(2 * first - second) / Double(logWeights.count)
    }

    /// The effective sample size with its error by the jackknife over blocks.
    public static func effectiveSampleSize(logWeights: [Double], blocks: Int) throws -> Estimate {
        let w = try relativeWeights(logWeights)
        return try jackknife([w, w.map { $0 * $0 }], blocks: blocks) { $0[0] * $0[0] / $0[1] }
    }

    /// log of the mean weight (log Z of p over Z of q) with its error by the jackknife over blocks.
    public static func logMeanWeight(_ logWeights: [Double], blocks: Int) throws -> Estimate {
        let largest = logWeights.max() ?? 0
        let estimate = try jackknife([try relativeWeights(logWeights)], blocks: blocks) { log($0[0]) }
        return Estimate(value: estimate.value + largest, error: estimate.error)
    }

    /// The mean of `values` under p, with its error by the jackknife over blocks.
    public static func reweightedMean(_ values: [Double], logWeights: [Double], blocks: Int) throws -> Estimate {
        let w = try relativeWeights(logWeights)
        guard w.count == values.count else {
            throw StatisticsError("reweighting: \(values.count) values and \(w.count) weights; wanted as many")
        }
        return try jackknife([zip(values, w).map { $0 * $1 }, w], blocks: blocks) { $0[0] / $0[1] }
    }

    /// The same with its error by the bootstrap.
    public static func reweightedMean(
        _ values: [Double], logWeights: [Double], resamples: Int, seed: UInt64
    ) throws -> Estimate {
        let w = try relativeWeights(logWeights)
        guard w.count == values.count else {
            throw StatisticsError("reweighting: \(values.count) values and \(w.count) weights; wanted as many")
        }
        return try bootstrap([zip(values, w).map { $0 * $1 }, w], resamples: resamples, seed: seed) { $0[0] / $0[1] }
    }

    /// Weights over the largest one.
    private static func relativeWeights(_ logWeights: [Double]) throws -> [Double] {
        guard let largest = logWeights.max(), largest.isFinite, !logWeights.contains(where: \.isNaN) else {
            throw StatisticsError("reweighting: \(logWeights.count) log weights, the largest \(logWeights.max() ?? .nan); wanted some, finite or -infinity")
        }
        return logWeights.map { exp($0 - largest) }
    }
}
