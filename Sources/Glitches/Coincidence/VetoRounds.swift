import Segments

/// Ranks auxiliary channels by how well their triggers foretell the strain's, round by round: each round the most significant channel, at its best
/// threshold and window, vetoes its times, and the next round goes on without them (Smith et al., Class. Quantum Grav. 28, 235005, 2011).
public struct VetoRounds: Sendable {
    /// What one channel has: times in nanoseconds, ascending, with the signal to noise of each.
    public struct Channel: Sendable {
        public let name: String
        public let times: [Int64]
        public let signalToNoise: [Double]

        public init(name: String, times: [Int64], signalToNoise: [Double]) { (self.name, self.times, self.signalToNoise) = (name, times, signalToNoise) }
    }

    public struct Round: Sendable {
        public let channel: String
        /// Signal to noise from which on its triggers veto, and the full width of a veto in seconds.
        public let threshold, window: Double
        public let significance, expected: Double
        public let coincident, auxiliaries: Int
        /// Vetoed primaries and vetoed time, of what the round began with.
        public let efficiency, deadtime: Double
        /// The same of what there was before the first round, all rounds so far together.
        public let cumulativeEfficiency, cumulativeDeadtime: Double
        /// Part of its triggers that have a primary within the window.
        public let usePercentage: Double
        public let vetoes: SegmentList

        public var efficiencyOverDeadtime: Double { deadtime > 0 ? efficiency / deadtime : .infinity }
    }

    public struct Settings: Sendable {
        public var thresholds: [Double] = [6, 7, 7.75, 8, 8.5, 9, 10, 11, 12, 15, 20, 40, 100, 300]
        public var windows: [Double] = [0.1, 0.2, 0.4, 0.8, 1]
        /// A round whose winner has less is not made.
        public var significance = 5.0
        public var most = 20

        public init() {}
    }

    public let rounds: [Round]

    /// - Parameters:
    ///   - primaries: the strain's triggers, nanoseconds, ascending.
    ///   - analysed: times in which all were looked at.
    public init(primaries: [Int64], channels: [Channel], analysed: SegmentList, settings: Settings) {
        func inside(_ list: SegmentList) -> (Int64) -> Bool { { time in GPSTime(nanoseconds: time).map(list.contains) ?? false } }
        var left = analysed
        var strain = primaries.filter(inside(analysed))
        let (allPrimaries, allTime) = (strain.count, analysed.duration)
        var rest = channels.map { channel -> Channel in
            let kept = channel.times.indices.filter { inside(analysed)(channel.times[$0]) }
            return Channel(name: channel.name, times: kept.map { channel.times[$0] }, signalToNoise: kept.map { channel.signalToNoise[$0] })
        }
        var rounds: [Round] = []
        while rounds.count < settings.most, !strain.isEmpty, left.duration > 0 {
            guard let best = Self.best(strain, rest, Double(left.duration) * 1e-9, settings), best.significance >= settings.significance else { break }
            let channel = rest[best.channel]
            let reach = Int64((best.window * 5e8).rounded())
            let loud = channel.times.indices.filter { channel.signalToNoise[$0] >= best.threshold }.map { channel.times[$0] }
            let vetoes = SegmentList(
                loud.compactMap { time in
                    guard let middle = GPSTime(nanoseconds: time) else { return nil }
                    return Segment(middle.advanced(byNanoseconds: -reach), middle.advanced(byNanoseconds: reach + 1))
                }).intersection(left)
            let used = Coincidence.count(loud, strain, reach: reach)
            let isVetoed = inside(vetoes)
            let kept = strain.filter { !isVetoed($0) }
            let remaining = left.subtracting(vetoes)
            rounds.append(
                Round(
                    channel: channel.name, threshold: best.threshold, window: best.window, significance: best.significance, expected: best.expected,
                    coincident: best.coincident, auxiliaries: loud.count,
                    efficiency: Double(strain.count - kept.count) / Double(strain.count),
                    deadtime: Double(vetoes.duration) / Double(left.duration),
                    cumulativeEfficiency: Double(allPrimaries - kept.count) / Double(allPrimaries),
                    cumulativeDeadtime: Double(allTime - remaining.duration) / Double(allTime),
                    usePercentage: loud.isEmpty ? 0 : Double(used) / Double(loud.count), vetoes: vetoes))
            (strain, left) = (kept, remaining)
            rest = rest.map { channel in
                let kept = channel.times.indices.filter { !isVetoed(channel.times[$0]) }
                return Channel(name: channel.name, times: kept.map { channel.times[$0] }, signalToNoise: kept.map { channel.signalToNoise[$0] })
            }
        }
        self.rounds = rounds
    }

    private typealias Best = (channel: Int, threshold: Double, window: Double, significance: Double, expected: Double, coincident: Int)

    /// The most significant of all channels, thresholds and windows; of equals the first.
    private static func best(_ strain: [Int64], _ channels: [Channel], _ livetime: Double, _ settings: Settings) -> Best? {
        var best: Best?
        for (index, channel) in channels.enumerated() {
            for threshold in settings.thresholds {
                let loud = channel.times.indices.filter { channel.signalToNoise[$0] >= threshold }.map { channel.times[$0] }
                if loud.isEmpty { continue }
                for window in settings.windows {
                    let count = Coincidence.count(strain, loud, reach: Int64((window * 5e8).rounded()))
                    if count == 0 { continue }
                    let expected = CoincidenceSignificance.expected(primaries: strain.count, auxiliaries: loud.count, window: window, livetime: livetime)
                    let significance = CoincidenceSignificance.significance(count: count, expected: expected)
                    if significance > best?.significance ?? 0 { best = (index, threshold, window, significance, expected, count) }
                }
            }
        }
        return best
    }
}
