import Batch
import Glibc

/// eˣ, for callers that do not see the C library.
func exponential(_ x: Double) -> Double { exp(x) }

/// Seconds of the monotonic clock.
func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}

extension ObservableEstimate: CustomStringConvertible {
    public var description: String {
        "\(name) = \(Format.value(value, error: error)), tau_int \(Format.value(integratedTime, error: integratedTimeError))"
    }
}

extension RunSummary {
    /// Sets each observable with its error, and its integrated autocorrelation time in measurements.
    public mutating func set(_ table: ObservableTable) {
        for row in table.rows {
            set(row.name, row.value, error: row.error)
            set("tau_int_\(row.name)", row.integratedTime, error: row.integratedTimeError)
        }
    }
}
