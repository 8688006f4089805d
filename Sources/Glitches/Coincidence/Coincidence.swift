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

/// How one channel's triggers go with the strain's.
public struct ChannelCoincidence: Sendable {
    /// Seconds in which both were analysed.
    public let livetime: Double
    public let primaries, auxiliaries: Int
    /// Primaries with an auxiliary trigger within the window, and pairs.
    public let coincident, paired: Int
    /// Coincident primaries by chance: primaries x auxiliaries x window / livetime.
    public let expected: Double
    /// -log10 of the Poisson probability of so many.
    public let significance: Double
    /// Coincident primaries with the auxiliary channel's triggers slid along the livetime.
    public let slides: [Int]

    /// Coincident primaries over all primaries (ANNALISA's correlation).
    public var ratio: Double { primaries == 0 ? 0 : Double(coincident) / Double(primaries) }
    /// Pairs over all triggers of both, a pair being one.
    public var intersectionOverUnion: Double {
        let union = primaries + auxiliaries - paired
        return union == 0 ? 0 : Double(paired) / Double(union)
    }
    /// Chance of at least so many, by the slides: (1 + as many as this) / (1 + slides).
    public var slideProbability: Double { Double(1 + slides.count { $0 >= coincident }) / Double(1 + slides.count) }
    public var slideMean: Double { slides.isEmpty ? .nan : Double(slides.reduce(0, +)) / Double(slides.count) }

    /// - Parameters:
    ///   - primaries: places of the strain's triggers along the livetime that both channels share, seconds from its beginning, ascending.
    ///   - auxiliaries: the same of the channel's.
    ///   - window: full width, seconds.
    ///   - slides: how many, as far as the livetime holds steps of more than five windows.
    public init(primaries: [Double], auxiliaries: [Double], livetime: Double, window: Double, slides wanted: Int) {
        func whole(_ x: Double) -> Int64 { Int64((x * 1e9).rounded()) }
        let (first, second) = (primaries.map(whole), auxiliaries.map(whole))
        let (length, reach) = (whole(livetime), whole(window / 2))
        self.livetime = livetime
        (self.primaries, self.auxiliaries) = (first.count, second.count)
        coincident = Coincidence.count(first, second, reach: reach)
        paired = Coincidence.pairs(first, second, reach: reach)
        expected = livetime > 0 ? CoincidenceSignificance.expected(primaries: first.count, auxiliaries: second.count, window: window, livetime: livetime) : 0
        significance = coincident == 0 ? 0 : CoincidenceSignificance.significance(count: coincident, expected: expected)
        let steps = min(wanted, max(0, Int(livetime / (5 * window)) - 1))
        slides = (0..<steps).map { step in
            let shift = Int64(Double(length) * Double(step + 1) / Double(steps + 1))
            let slid = second.map { ($0 + shift) % max(1, length) }.sorted()
            return Coincidence.count(first, slid, reach: reach)
        }
    }
}
