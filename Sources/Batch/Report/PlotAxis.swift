import Glibc

extension SVGPlot {
    public enum Scale: Sendable { case linear, logarithmic }

    /// One axis of a plot: what it shows, in which unit, and how.
    public struct Axis: Sendable {
        public var label: String
        public var unit: String?
        public var scale: Scale
        /// Shown range; found from the data if nil.
        public var range: ClosedRange<Double>?
        /// Where to put labels, such as the lattice lengths that were simulated; round values if nil.
        public var ticks: [Double]?

        public init(
            _ label: String, unit: String? = nil, scale: Scale = .linear, range: ClosedRange<Double>? = nil, ticks: [Double]? = nil
        ) {
            self.label = label
            self.unit = unit
            self.scale = scale
            self.range = range
            self.ticks = ticks
        }

        var title: String { unit.map { "\(label) [\($0)]" } ?? label }
    }
}

/// A range of values laid along a length of the drawing, with ticks at round values.
struct PlotScale {
    struct Tick: Equatable {
        let value: Double
        /// Nil for a small tick.
        let label: String?
    }

    let logarithmic: Bool
    private let chosenTicks: [Double]?
    let lower: Double
    let upper: Double
    /// Place of `lower` and `upper` in the drawing.
    let start: Double
    let end: Double

    /// A scale that holds all finite `values` (all positive ones, if logarithmic) with some air around.
    ///
    /// `base`, where bars stand, gets no air: they start at the edge.
    init(axis: SVGPlot.Axis, values: [Double], start: Double, end: Double, tight: Bool = false, base: Double? = nil) {
        logarithmic = axis.scale == .logarithmic
        chosenTicks = axis.ticks
        self.start = start
        self.end = end
        if let range = axis.range, range.lowerBound < range.upperBound, axis.scale == .linear || range.lowerBound > 0 {
            (lower, upper) = (range.lowerBound, range.upperBound)
            return
        }
        let log = axis.scale == .logarithmic
        let usable = values.filter { $0.isFinite && abs($0) < 1e300 && (!log || $0 > 1e-300) }.map { log ? log10($0) : $0 }
        var (low, high) = (usable.min() ?? (log ? -1 : 0), usable.max() ?? 1)
        if high - low <= 1e-12 * max(abs(low), abs(high)) {
            let air = log ? 0.5 : (low == 0 ? 1 : abs(low) * 0.1)
            (low, high) = (low - air, high + air)
        } else if !tight {
            let air = 0.04 * (high - low)
            (low, high) = (low == base ? low : low - air, high == base ? high : high + air)
        }
        (lower, upper) = log ? (pow(10, low), pow(10, high)) : (low, high)
    }

    /// Place of a value; nil for what the scale cannot show, such as zero on a logarithmic one.
    func place(_ value: Double) -> Double? {
        guard value.isFinite, !logarithmic || value > 0 else { return nil }
        let t = logarithmic ? log(value / lower) / log(upper / lower) : (value - lower) / (upper - lower)
        // Far outside the picture is as good as just outside, and keeps the numbers of the drawing small.
        return start + max(-20, min(21, t)) * (end - start)
    }

    /// Ticks, and the power of ten that all labels are to be multiplied with (0 for none).
    func ticks(count: Int) -> (ticks: [Tick], exponent: Int) {
        if let chosenTicks {
            let inside = chosenTicks.filter { $0 >= lower && $0 <= upper }
            return (inside.map { Tick(value: $0, label: Self.minus(Format.general($0))) }, 0)
        }
        return logarithmic && upper / lower >= 4 ? (logarithmicTicks(count: count), 0) : linearTicks(count: count)
    }

    private func linearTicks(count: Int) -> ([Tick], Int) {
        let raw = (upper - lower) / Double(max(1, count))
        let magnitude = pow(10, floor(log10(raw)))
        let (factor, parts) = [(1.0, 5), (2, 4), (2.5, 5), (5, 5), (10, 5)].first { raw <= $0.0 * magnitude * 1.0001 } ?? (10, 5)
        let step = factor * magnitude
        guard step > 0, step.isFinite, abs(upper / step) < 1e9, abs(lower / step) < 1e9 else { return ([], 0) }

        let largest = max(abs(lower), abs(upper))
        let order = Int(floor(log10(largest)))
        let exponent = order >= 5 || order <= -4 ? order : 0
        let unit = pow(10, Double(exponent))
        // The last digit of a step of 2.5 is one further.
        let decimals = max(0, -Int(floor(log10(step / unit) + 1e-9)) + (factor == 2.5 ? 1 : 0))
        var ticks: [Tick] = []
        let small = step / Double(parts)
        for k in Int((lower / small).rounded(.up))...max(Int((lower / small).rounded(.up)), Int((upper / small).rounded(.down))) {
            let value = Double(k) * small
            guard value >= lower - 1e-9 * step, value <= upper + 1e-9 * step else { continue }
            let shown = k == 0 ? 0 : value / unit
            ticks.append(Tick(value: value, label: k % parts == 0 ? Self.minus(Format.fixed(shown, decimals: decimals)) : nil))
        }
        return (ticks, exponent)
    }

    private func logarithmicTicks(count: Int) -> [Tick] {
        let first = Int(floor(log10(lower) + 1e-9))
        let last = Int(ceil(log10(upper) - 1e-9))
        let decades = log10(upper / lower)
        let every = max(1, Int((decades / Double(max(1, count))).rounded(.up)))
        var ticks: [Tick] = []
        for decade in first...max(first, last) {
            for digit in 1...9 {
                let value = Double(digit) * pow(10, Double(decade))
                guard value >= lower * (1 - 1e-9), value <= upper * (1 + 1e-9) else { continue }
                let labelled = digit == 1 ? decade % every == 0 : decades < 2 && (digit == 2 || digit == 5)
                if !labelled, every > 1 { continue }
                ticks.append(Tick(value: value, label: labelled ? Self.power(digit, decade) : nil))
            }
        }
        return ticks
    }

    private static func power(_ digit: Int, _ exponent: Int) -> String {
        if (-3...3).contains(exponent) {
            return Format.general(Double(digit) * pow(10, Double(exponent)))
        }
        return (digit == 1 ? "" : "\(digit)×") + "10" + superscript(exponent)
    }

    /// `⁻³` for -3.
    static func superscript(_ n: Int) -> String {
        let digits: [Character: Character] = [
            "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹",
        ]
        return String("\(n)".map { digits[$0] ?? $0 })
    }

    /// With the minus sign of mathematics.
    private static func minus(_ text: String) -> String { text.hasPrefix("-") ? "−" + text.dropFirst() : text }
}
