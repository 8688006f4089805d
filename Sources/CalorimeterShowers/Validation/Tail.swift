import Glibc
import Numerics

/// How many showers lie beyond the outermost hundredth of the reference's, on one side of an observable.
public struct Tail: Sendable, Equatable {
    public enum Side: String, CaseIterable, Sendable { case lower, upper }

    public let side: Side
    /// Where the tail begins: this value is not in it.
    public let threshold: Double
    /// Showers in the tail.
    public let sample: Int
    public let reference: Int
    /// Share of the sample's showers over that of the reference's, with the error of counting both.
    public let ratio: Estimate

    /// The reference's outermost hundredth, at least five showers.
    /// - Returns: nil where the reference has no such tail: too few showers, or too many of one value.
    public init?(_ side: Side, sample: [Double], reference: [Double]) {
        let sorted = reference.sorted()
        let wanted = max(5, Int((Double(sorted.count) / 100).rounded(.up)))
        guard !sample.isEmpty, sorted.count > 4 * wanted else { return nil }
        let threshold = side == .lower ? sorted[wanted] : sorted[sorted.count - 1 - wanted]
        func beyond(_ values: [Double]) -> Int { values.filter { side == .lower ? $0 < threshold : $0 > threshold }.count }
        let (found, own) = (beyond(sample), beyond(sorted))
        guard own > 0 else { return nil }
        let (share, ownShare) = (Double(found) / Double(sample.count), Double(own) / Double(sorted.count))
        // No shower found leaves an uncertainty as of one.
        let counted = Double(max(1, found))
        let relative = ((1 - share) / counted + (1 - ownShare) / Double(own)).squareRoot()
        (self.side, self.threshold, self.sample, self.reference) = (side, threshold, found, own)
        ratio = Estimate(value: share / ownShare, error: relative * counted / Double(sample.count) / ownShare)
    }
}

/// How far the places that two samples fill are the same.
public struct SupportOverlap: Sendable, Equatable {
    /// Share of the reference's entries that lie where the sample has entries, too.
    public let coverage: Double
    /// Share of the sample's entries that lie where the reference has none.
    public let outside: Double

    /// Entries by place, of one list of places.
    public init(sample: [Int64], reference: [Int64]) {
        precondition(sample.count == reference.count, "supports that are compared have one list of places")
        var (covered, outer) = (Int64(0), Int64(0))
        for (mine, other) in zip(sample, reference) {
            if mine > 0 { covered += other }
            if other == 0 { outer += mine }
        }
        let (all, own) = (reference.reduce(0, +), sample.reduce(0, +))
        coverage = all > 0 ? Double(covered) / Double(all) : 1
        outside = own > 0 ? Double(outer) / Double(own) : 0
    }
}
