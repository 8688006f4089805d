import Glibc

/// Which triggers of two lists belong together. Times are in the order of time, in nanoseconds or any other unit.
public enum Coincidence {
    /// For each time of `primaries`, whether one of `others` is at most `reach` away.
    public static func flags(_ primaries: [Int64], _ others: [Int64], reach: Int64) -> [Bool] {
        var j = 0
        return primaries.map { time in
            while j < others.count, others[j] < time - reach { j += 1 }
            return j < others.count && others[j] <= time + reach
        }
    }

    /// How many of `primaries` have one of `others` at most `reach` away.
    public static func count(_ primaries: [Int64], _ others: [Int64], reach: Int64) -> Int {
        var (j, total) = (0, 0)
        for time in primaries {
            while j < others.count, others[j] < time - reach { j += 1 }
            if j < others.count, others[j] <= time + reach { total += 1 }
        }
        return total
    }

    /// Most pairs at most `reach` apart with no time in two of them.
    public static func pairs(_ primaries: [Int64], _ others: [Int64], reach: Int64) -> Int {
        var (i, j, total) = (0, 0, 0)
        while i < primaries.count, j < others.count {
            if others[j] < primaries[i] - reach {
                j += 1
            } else if primaries[i] < others[j] - reach {
                i += 1
            } else {
                (i, j, total) = (i + 1, j + 1, total + 1)
            }
        }
        return total
    }
}

/// How one channel's triggers go with the strain's: at the window, of several, in which they are least likely to by chance.
public struct ChannelCoincidence: Sendable {
    /// Seconds in which both were analysed.
    public let livetime: Double
    public let primaries, auxiliaries: Int
    /// Full width of the window, seconds.
    public let window: Double
    /// Primaries with an auxiliary trigger within the window, and pairs.
    public let coincident, paired: Int
    /// Coincident primaries by chance: primaries x auxiliaries x window / livetime.
    public let expected: Double
    /// -log10 of the Poisson probability of so many, less log10 of the number of windows that were tried.
    public let significance: Double
    /// Significance with the auxiliary channel's triggers slid along the livetime, each at its own best window.
    public let slides: [Double]
    /// Mean of the slides' coincident primaries in `window`; NaN without slides.
    public let slideMean: Double

    /// Coincident primaries over all primaries (ANNALISA's correlation).
    public var ratio: Double { primaries == 0 ? 0 : Double(coincident) / Double(primaries) }
    /// Pairs over all triggers of both, a pair being one.
    public var intersectionOverUnion: Double {
        let union = primaries + auxiliaries - paired
        return union == 0 ? 0 : Double(paired) / Double(union)
    }
    /// Chance of at least this significance, by the slides: (1 + as many as this) / (1 + slides).
    public var slideProbability: Double { Double(1 + slides.count { $0 >= significance }) / Double(1 + slides.count) }

    /// - Parameters:
    ///   - primaries: places of the strain's triggers along the livetime that both channels share, seconds from its beginning, ascending.
    ///   - auxiliaries: the same of the channel's.
    ///   - windows: full widths to try, seconds; at least one.
    ///   - slides: how many, as far as the livetime holds steps of more than five windows.
    public init(primaries: [Double], auxiliaries: [Double], livetime: Double, windows: [Double], slides wanted: Int) {
        func whole(_ x: Double) -> Int64 { Int64((x * 1e9).rounded()) }
        let (first, second) = (primaries.map(whole), auxiliaries.map(whole))
        let length = max(1, whole(livetime))
        let trials = log10(Double(max(1, windows.count)))
        func best(_ others: [Int64]) -> (window: Double, count: Int, expected: Double, significance: Double) {
            var best = (window: windows.first ?? 0, count: 0, expected: 0.0, significance: 0.0)
            for (index, window) in windows.enumerated() {
                let count = Coincidence.count(first, others, reach: whole(window / 2))
                let expected = livetime > 0 ? CoincidenceSignificance.expected(primaries: first.count, auxiliaries: others.count, window: window, livetime: livetime) : 0
                let significance = count == 0 ? 0 : max(0, CoincidenceSignificance.significance(count: count, expected: expected) - trials)
                if index == 0 || significance > best.significance { best = (window, count, expected, significance) }
            }
            return best
        }
        let found = best(second)
        self.livetime = livetime
        (self.primaries, self.auxiliaries) = (first.count, second.count)
        (window, coincident, expected, significance) = (found.window, found.count, found.expected, found.significance)
        let reach = whole(found.window / 2)
        paired = Coincidence.pairs(first, second, reach: reach)
        let steps = min(wanted, max(0, Int(livetime / (5 * max(1e-9, windows.max() ?? 0))) - 1))
        var (significances, total) = ([Double](), 0)
        for step in 0..<steps {
            let shift = Int64(Double(length) * Double(step + 1) / Double(steps + 1))
            let slid = second.map { ($0 + shift) % length }.sorted()
            significances.append(best(slid).significance)
            total += Coincidence.count(first, slid, reach: reach)
        }
        slides = significances
        slideMean = steps > 0 ? Double(total) / Double(steps) : .nan
    }
}
