import Numerics

/// How well scores separate two kinds: the area under the receiver's curve, and the curve.
public struct ReceiverCurve: Sendable {
    /// Chance that a random positive scores above a random negative, ties counting half; the error is that of DeLong et al.
    /// (Biometrics 44 (1988) 837), at least that of half a shower.
    public let area: Estimate
    /// Share of positives above the threshold that lets 0, 1, ..., 100 % of the negatives pass.
    public let accepted: [Double]

    /// - Precondition: scores of both kinds.
    public init(positives: [Double], negatives: [Double]) {
        precondition(!positives.isEmpty && !negatives.isEmpty, "a receiver's curve needs both kinds")
        let (x, y) = (positives.sorted(), negatives.sorted())
        // Of every shower: the share of the other kind on its right side.
        let above = x.map { Self.rank(of: $0, in: y) / Double(y.count) }
        let below = y.map { 1 - Self.rank(of: $0, in: x) / Double(x.count) }
        let mean = Statistics.mean(above)
        func part(_ values: [Double]) -> Double { values.count > 1 ? Statistics.variance(values) / Double(values.count) : 0.25 }
        let deviation = (part(above) + part(below)).squareRoot()
        area = Estimate(value: mean, error: max(deviation, 0.5 / Double(min(x.count, y.count))))
        accepted = (0...100).map { percent in
            guard percent > 0 else { return (Double(x.count) - Self.rank(of: y[y.count - 1], in: x, tieShare: 1)) / Double(x.count) }
            // The score that this share of the negatives exceeds.
            let passing = Int((Double(percent) / 100 * Double(y.count)).rounded())
            guard passing < y.count else { return 1 }
            return (Double(x.count) - Self.rank(of: y[y.count - 1 - passing], in: x, tieShare: 1)) / Double(x.count)
        }
    }

    /// How many of `sorted` are below `value`, and the given share of those equal to it.
    private static func rank(of value: Double, in sorted: [Double], tieShare: Double = 0.5) -> Double {
        let low = bound(sorted) { $0 < value }
        let high = bound(sorted) { $0 <= value }
        return Double(low) + tieShare * Double(high - low)
    }

    /// How many of the ascending values fulfil a condition that holds for the first ones only.
    private static func bound(_ sorted: [Double], _ holds: (Double) -> Bool) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if holds(sorted[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
