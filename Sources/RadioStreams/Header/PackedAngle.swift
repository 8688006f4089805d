/// Angles as SIGPROC packs them: 53431.9 is 5 h 34 min 31.9 s, -123456.7 is -12° 34' 56.7".
public enum PackedAngle {
    /// From `hh:mm:ss.s`, with or without a sign; nil if the text is none.
    public static func packed(_ text: String) -> Double? {
        let isNegative = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" || $0 == "+" }.split(separator: ":")
        guard (1...3).contains(parts.count) else { return nil }
        let numbers = parts.compactMap { Double($0) }
        guard numbers.count == parts.count, numbers.allSatisfy({ $0 >= 0 && $0 < 1000 }) else { return nil }
        var value = 0.0
        for (number, weight) in zip(numbers, [10000.0, 100, 1]) { value += number * weight }
        return isNegative ? -value : value
    }

    /// `hh:mm:ss.ssss`, with a sign where `signed`.
    public static func text(_ packed: Double, signed: Bool) -> String {
        guard packed.isFinite, abs(packed) < 1e7 else { return signed ? "+00:00:00.0000" : "00:00:00.0000" }
        // In units of the last digit, so that nothing rounds up to sixty.
        let units = Int((abs(packed) * 10000).rounded())
        let (fields, fraction) = (units / 10000, units % 10000)
        func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
        let digits = String(String(10000 + fraction).dropFirst())
        let sign = packed < 0 ? "-" : signed ? "+" : ""
        return "\(sign)\(two(fields / 10000)):\(two(fields / 100 % 100)):\(two(fields % 100)).\(digits)"
    }
}
