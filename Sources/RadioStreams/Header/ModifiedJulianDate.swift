/// A time as day and second of the day (UTC), because one Double holds a modified Julian date to a microsecond only.
public struct ModifiedJulianDate: Equatable, Sendable {
    /// Whole days.
    public let day: Int
    /// 0 ..< 86400.
    public let seconds: Double

    /// `seconds` may lie outside the day; nil if the numbers are no date (outside ±10 million days).
    public init?(day: Int, seconds: Double) {
        guard seconds.isFinite, abs(seconds) < 1e11, abs(day) < 10_000_000 else { return nil }
        let days = (seconds / 86400).rounded(.down)
        self.day = day + Int(days)
        self.seconds = max(0, seconds - days * 86400)
    }

    /// From one number of days; nil if it is no date.
    public init?(_ days: Double) {
        guard days.isFinite, abs(days) < 1e7 else { return nil }
        let whole = days.rounded(.down)
        self.init(day: Int(whole), seconds: (days - whole) * 86400)
    }

    /// From civil date and time, `yyyy-mm-dd-hh:mm:ss[.s]` or with a `T`; nil if the text is none.
    public init?(civil text: String) {
        let parts = text.split(whereSeparator: { "-T:".contains($0) })
        guard parts.count == 6, let year = Int(parts[0]), let month = Int(parts[1]), let dayOfMonth = Int(parts[2]),
            let hour = Int(parts[3]), let minute = Int(parts[4]), let second = Double(parts[5]),
            (1...9999).contains(year), (1...12).contains(month), (1...31).contains(dayOfMonth),
            (0...23).contains(hour), (0...59).contains(minute), second >= 0, second < 61
        else { return nil }
        // Days from 1 March of the year 0, where a leap day ends the year.
        let y = month > 2 ? year : year - 1
        let m = (month + 9) % 12
        let days = 365 * y + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10 + dayOfMonth - 1
        self.init(day: days - 678_881, seconds: Double(hour * 3600 + minute * 60) + second)
    }

    /// Days in one number.
    public var days: Double { Double(day) + seconds / 86400 }

    /// This time and so many seconds; nil if that is no date.
    public func adding(_ more: Double) -> ModifiedJulianDate? { ModifiedJulianDate(day: day, seconds: seconds + more) }

    /// Date and time to the whole second before, with `separator` between them: `yyyy-mm-dd-hh:mm:ss`.
    public func civil(separator: String) -> String {
        var rest = day + 678_881
        let era = (rest >= 0 ? rest : rest - 146_096) / 146_097
        rest -= era * 146_097
        let yearOfEra = (rest - rest / 1460 + rest / 36524 - rest / 146_096) / 365
        let dayOfYear = rest - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let m = (5 * dayOfYear + 2) / 153
        let month = m < 10 ? m + 3 : m - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let second = min(86399, Int(seconds))
        func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
        let digits = String(abs(year))
        let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return "\(year < 0 ? "-" : "")\(padded)-\(two(month))-\(two(dayOfYear - (153 * m + 2) / 5 + 1))\(separator)"
            + "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
    }
}
