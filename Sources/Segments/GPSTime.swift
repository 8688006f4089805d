/// A time of the GPS scale: exact nanoseconds since 1980-01-06T00:00:00 UTC, without leap seconds.
///
/// Values lie within 4.6e9 s of the epoch, so the difference of two of them always fits 64 bits.
public struct GPSTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Nanoseconds since the epoch.
    public let nanoseconds: Int64

    /// The largest distance from the epoch, in nanoseconds.
    static let limit: Int64 = 4_600_000_000_000_000_000

    public static let epoch = GPSTime(exactly: 0)

    private init(exactly nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// nil if it is too far from the epoch.
    public init?(nanoseconds: Int64) {
        guard nanoseconds >= -Self.limit, nanoseconds <= Self.limit else { return nil }
        self.nanoseconds = nanoseconds
    }

    /// nil if it is too far from the epoch.
    public init?(seconds: Int64, nanoseconds: Int64 = 0) {
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = scaled.addingReportingOverflow(nanoseconds)
        guard !overflow, !carry else { return nil }
        self.init(nanoseconds: sum)
    }

    /// The nearest nanosecond; nil if `seconds` is not finite or too far from the epoch.
    public init?(seconds: Double) {
        let scaled = (seconds * 1e9).rounded()
        guard scaled.isFinite, abs(scaled) <= Double(Self.limit) else { return nil }
        self.init(nanoseconds: Int64(scaled))
    }

    /// Decimal seconds, `1126259462.4219`, exact: a tenth decimal that is not zero, an exponent or anything else gives nil.
    public init?(_ text: some StringProtocol) {
        var digits = Substring(text)
        let negative = digits.first == "-"
        if negative || digits.first == "+" { digits = digits.dropFirst() }
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let seconds = Int64(whole.isEmpty ? "0" : String(whole)), !digits.isEmpty, digits != "."
        else { return nil }
        var fraction: Int64 = 0
        if parts.count == 2 {
            let decimals = Array(parts[1].utf8)
            guard decimals.dropFirst(9).allSatisfy({ $0 == 48 }) else { return nil }
            for place in 0..<9 { fraction = fraction * 10 + (place < decimals.count ? Int64(decimals[place]) - 48 : 0) }
        }
        self.init(seconds: negative ? -seconds : seconds, nanoseconds: negative ? -fraction : fraction)
    }

    /// Whole seconds, rounded down.
    public var seconds: Int64 { (nanoseconds - remainder) / 1_000_000_000 }
    /// Nanoseconds beyond `seconds`, 0 to 999,999,999.
    public var remainder: Int64 {
        let rest = nanoseconds % 1_000_000_000
        return rest < 0 ? rest + 1_000_000_000 : rest
    }

    /// Seconds as a floating-point number: about 0.1 microseconds of rounding today.
    public var value: Double { Double(seconds) + Double(remainder) * 1e-9 }

    /// This time and `nanoseconds` more, kept within the range.
    public func advanced(byNanoseconds nanoseconds: Int64) -> GPSTime {
        let (sum, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        if overflow { return GPSTime(exactly: nanoseconds < 0 ? -Self.limit : Self.limit) }
        return GPSTime(exactly: max(-Self.limit, min(sum, Self.limit)))
    }

    public static func < (a: GPSTime, b: GPSTime) -> Bool { a.nanoseconds < b.nanoseconds }

    /// Decimal seconds, as few decimals as are exact.
    public var description: String {
        let size = nanoseconds.magnitude
        let whole = size / 1_000_000_000
        var fraction = String(size % 1_000_000_000 + 1_000_000_000).dropFirst()
        while fraction.last == "0" { fraction = fraction.dropLast() }
        return (nanoseconds < 0 ? "-" : "") + "\(whole)" + (fraction.isEmpty ? "" : ".\(fraction)")
    }
}
