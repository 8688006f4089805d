import CProcess
import Glibc

/// Numbers and times as text, the same in every locale.
public enum Format {
    /// At most `digits` significant digits, `1.5e-07` style where that is shorter.
    public static func general(_ x: Double, digits: Int = 6) -> String { print("%.*g", digits, x) }

    /// Exactly `decimals` digits after the point.
    public static func fixed(_ x: Double, decimals: Int) -> String { print("%.*f", decimals, x) }

    private static func print(_ format: String, _ digits: Int, _ x: Double) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            withVaList([Int32(clamping: digits), x]) { _ = vsnprintf(start, buffer.count, format, $0) }
            return String(cString: start)
        }
    }

    /// A value with the uncertainty of its last digits, `0.4523(12)`; two digits of error as particle physicists print.
    public static func value(_ value: Double, error: Double) -> String {
        guard value.isFinite, error.isFinite, error > 0 else { return general(value) }
        // The error's leading digit is at 10^exponent; two digits are shown.
        var exponent = Int(floor(log10(error)))
        if (error / pow(10, Double(exponent - 1))).rounded() >= 100 { exponent += 1 }
        let decimals = 1 - exponent
        if decimals > 12 || decimals < -4 {
            let scale = Int(floor(log10(max(abs(value), error))))
            // An error beyond the digits of a double: nothing that scaling could show.
            if scale == 0 { return general(value, digits: 15) }
            let factor = pow(10, Double(scale))
            return "\(Format.value(value / factor, error: error / factor))e\(scale)"
        }
        if decimals <= 0 {
            let unit = pow(10, Double(-decimals))
            return "\(fixed((value / unit).rounded() * unit, decimals: 0))(\(fixed((error / unit).rounded() * unit, decimals: 0)))"
        }
        let digits = (error * pow(10, Double(decimals))).rounded()
        let shown = exponent >= 0 ? fixed(error, decimals: decimals) : fixed(digits, decimals: 0)
        return "\(fixed(value, decimals: decimals))(\(shown))"
    }

    /// A length of time for people: `850 ms`, `42 s`, `12:05`, `3:02:10`, `2 d 03:00:00`.
    public static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e10 else { return "unknown" }
        if seconds < 1 { return "\(fixed(max(0, seconds) * 1000, decimals: 0)) ms" }
        if seconds < 60 { return "\(general(seconds, digits: 3)) s" }
        let whole = Int(seconds.rounded())
        func pad(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
        let clock = "\(pad(whole / 60 % 60)):\(pad(whole % 60))"
        let hours = whole / 3600
        if hours == 0 { return "\(whole / 60):\(pad(whole % 60))" }
        return hours < 24 ? "\(hours):\(clock)" : "\(hours / 24) d \(pad(hours % 24)):\(clock)"
    }

    /// A size in bytes for people, in powers of 1024.
    public static func bytes(_ count: Double) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var value = count
        var index = 0
        while value >= 1024, index < units.count - 1 {
            value /= 1024
            index += 1
        }
        return "\(general(value, digits: 4)) \(units[index])"
    }

    /// A time in UTC, `2026-11-24T11:40:12Z`; `seconds` since 1970.
    public static func timestamp(_ seconds: Double = process_wall_seconds()) -> String {
        var time = time_t(max(-6e10, min(seconds, 2e11)))
        var parts = tm()
        gmtime_r(&time, &parts)
        func pad(_ n: Int32) -> String { n < 10 ? "0\(n)" : "\(n)" }
        return "\(parts.tm_year + 1900)-\(pad(parts.tm_mon + 1))-\(pad(parts.tm_mday))"
            + "T\(pad(parts.tm_hour)):\(pad(parts.tm_min)):\(pad(parts.tm_sec))Z"
    }

    /// Seconds of `90`, `90s`, `15m`, `2h`, `1d`, `MM:SS`, `HH:MM:SS` or `D-HH:MM:SS`; nil if it is none of them.
    public static func seconds(of text: String) -> Double? {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        if let last = text.last, let unit = units[last] { return number(text.dropLast()).map { $0 * unit } }
        var days = 0.0
        var clock = text[...]
        if let dash = text.firstIndex(of: "-") {
            guard let count = number(text[..<dash]), text[dash...].contains(":") else { return nil }
            days = count
            clock = text[text.index(after: dash)...]
        }
        let parts = clock.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count) else { return nil }
        var total = 0.0
        for part in parts {
            guard let value = number(part) else { return nil }
            total = total * 60 + value
        }
        return days * 86_400 + total
    }

    private static func number(_ text: Substring) -> Double? {
        guard let value = Double(text), value.isFinite, value >= 0 else { return nil }
        return value
    }
}
