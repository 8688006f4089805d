import Batch

/// An observable's estimate beside its exact value, where that is known.
public struct ComparedEstimate: Sendable {
    public let estimate: ObservableEstimate
    public let exact: Double?

    public init(_ estimate: ObservableEstimate, exact: Double?) { (self.estimate, self.exact) = (estimate, exact) }

    /// How many standard errors lie between the two; 0 without an exact value or an error.
    public var deviation: Double {
        guard let exact, estimate.error > 0 else { return 0 }
        return (estimate.value - exact) / estimate.error
    }
}

extension ComparedEstimate: CustomStringConvertible {
    public var description: String {
        guard let exact else { return estimate.description }
        return "\(estimate.description), exact \(Format.general(exact, digits: 8)) (\(Format.fixed(deviation, decimals: 1)) errors away)"
    }
}

extension RunSummary {
    /// Sets each observable with its error, its integrated autocorrelation time in measurements, and the exact value.
    public mutating func set(_ rows: [ComparedEstimate]) {
        for row in rows {
            set(row.estimate.name, row.estimate.value, error: row.estimate.error)
            set("tau_int_\(row.estimate.name)", row.estimate.integratedTime, error: row.estimate.integratedTimeError)
            if let exact = row.exact { set("exact_\(row.estimate.name)", exact) }
        }
    }
}
