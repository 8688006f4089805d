import Glibc
import Glitches
import Segments

/// What vetoes and subtraction have done, against what is true and against the strain itself.
public struct Evaluation: Sendable {
    public struct Family: Sendable {
        public let name: String
        public let isCoupled: Bool
        /// Glitches in the time looked at; those loud enough to count for the veto, and how many of these are vetoed.
        public var glitches = 0, loud = 0, vetoed = 0
        /// Sum of the energy above the noise's, in squares of signal to noise.
        public var excessBefore = 0.0, excessAfter = 0.0

        public var removed: Double { excessBefore > 0 ? 1 - excessAfter / excessBefore : .nan }
        public var efficiency: Double { loud > 0 ? Double(vetoed) / Double(loud) : .nan }
    }

    public struct Point: Sendable {
        public let threshold, efficiency, deadtime: Double
        /// Part of the moments in which the veto is what the strain is.
        public let accuracy: Double
    }

    /// Moments of about one probability, and in what part of them the strain had a glitch.
    public struct Reliability: Sendable {
        public let probability, observed: Double
        public let moments: Int
    }

    public struct Chunk: Sendable {
        public let start: Int64
        /// Mpc.
        public let before, after: Double
    }

    public var families: [Family] = []
    public var points: [Point] = []
    public var reliability: [Reliability] = []
    public var chunks: [Chunk] = []
    /// Signal to noise of glitches that no witness sees, before and after.
    public var signals: [(before: Double, after: Double)] = []
    /// Hz, and amplitude densities, of the mean over the chunks.
    public var frequencies: [Double] = [], densityBefore: [Double] = [], densityAfter: [Double] = []

    public var excessRemoved: Double {
        let coupled = families.filter(\.isCoupled)
        let before = coupled.reduce(0) { $0 + $1.excessBefore }
        return before > 0 ? 1 - coupled.reduce(0) { $0 + $1.excessAfter } / before : .nan
    }
    public var rangeBefore: Double { chunks.reduce(0) { $0 + $1.before } / Double(chunks.count) }
    public var rangeAfter: Double { chunks.reduce(0) { $0 + $1.after } / Double(chunks.count) }
    /// Sum of the signals' signal to noise afterwards over that before.
    public var signalRatio: Double { signals.reduce(0) { $0 + $1.after } / signals.reduce(0) { $0 + $1.before } }
    /// Of a threshold, the nearest there is.
    public func point(_ threshold: Double) -> Point? { points.min { abs($0.threshold - threshold) < abs($1.threshold - threshold) } }

    static let thresholds = (1...19).map { Double($0) * 0.05 } + [0.01, 0.02, 0.97, 0.98, 0.99, 0.995, 0.999]

    /// Glitches of the truth: what is left of their energy, whether they are vetoed. Glitches that overlap one that no witness sees are not counted for energies.
    mutating func add(_ truth: Truth, pair: StrainPair, isCleaned: Bool, whitening: PredictionErrorFilter, table: VetoTable?, threshold: Double, least: Double) {
        families = truth.families.enumerated().map { Family(name: $1, isCoupled: truth.isCoupled[$0]) }
        let (known, active) = (table?.known ?? SegmentList(), table?.active(threshold) ?? SegmentList())
        let uncoupled = truth.events.filter { !truth.isCoupled[$0.family] }
        let coupled = truth.events.filter { truth.isCoupled[$0.family] }
        func overlaps(_ a: Truth.Event, _ b: Truth.Event) -> Bool { abs(Double(a.time - b.time)) * 1e-9 < min(a.reach, 2) + min(b.reach, 2) + 0.1 }
        for event in truth.events {
            guard let range = pair.samples(event.time, reach: min(event.reach, 2)) else { continue }
            let isCoupled = truth.isCoupled[event.family]
            families[event.family].glitches += 1
            if let time = GPSTime(nanoseconds: event.time), known.contains(time), event.strainSignalToNoise >= least {
                families[event.family].loud += 1
                if active.contains(time) { families[event.family].vetoed += 1 }
            }
            if isCoupled, !uncoupled.contains(where: { overlaps($0, event) }) {
                let noise = Double(range.count)
                families[event.family].excessBefore += pair.before[range].reduce(0) { $0 + $1 * $1 } - noise * pair.quietBefore
                families[event.family].excessAfter += pair.after[range].reduce(0) { $0 + $1 * $1 } - noise * pair.quietAfter
            }
            if isCleaned, !isCoupled, event.strainSignalToNoise >= least, !coupled.contains(where: { overlaps($0, event) }) {
                let time = Double(event.time - pair.span.lowerBound * 1_000_000_000) * 1e-9
                func ratio(_ series: [Double]) -> Double {
                    StrainMeasures.signalToNoise(
                        series, rate: Double(pair.rate), whitening: whitening, time: time, frequency: event.frequency, quality: event.quality)
                }
                let (before, after) = (ratio(pair.before), ratio(pair.after))
                if before > 0 { signals.append((before, after)) }
            }
        }
    }

    /// Efficiency and deadtime by threshold; accuracy and reliability against the strain's tiles.
    mutating func add(_ table: VetoTable, pair: StrainPair, truth: Truth?, labels: [Int64: [Bool]], least: Double) {
        let span = Segment(GPSTime(seconds: pair.span.lowerBound) ?? .epoch, GPSTime(seconds: pair.span.upperBound) ?? .epoch)
        let known = table.known.intersection(SegmentList([span].compactMap(\.self)))
        let wanted = (truth?.events ?? []).filter { event in
            truth?.isCoupled[event.family] == true && event.strainSignalToNoise >= least && GPSTime(nanoseconds: event.time).map(known.contains) == true
        }
        let moments = zip(table.seconds, table.probabilities).flatMap { second, values -> [(Double, Bool)] in
            guard let list = labels[second] else { return [] }
            return zip(values, list).map { ($0, $1) }
        }
        for threshold in Self.thresholds.sorted() {
            let active = table.active(threshold).intersection(known)
            let vetoed = wanted.count { event in GPSTime(nanoseconds: event.time).map(active.contains) == true }
            points.append(
                Point(
                    threshold: threshold, efficiency: wanted.isEmpty ? .nan : Double(vetoed) / Double(wanted.count),
                    deadtime: known.isEmpty ? 0 : Double(active.duration) / Double(known.duration),
                    accuracy: moments.isEmpty ? .nan : Double(moments.count { ($0.0 >= threshold) == $0.1 }) / Double(moments.count)))
        }
        let edges = [0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97, 1.0001]
        for (low, high) in zip(edges, edges.dropFirst()) {
            let inside = moments.filter { $0.0 >= low && $0.0 < high }
            if inside.isEmpty { continue }
            reliability.append(
                Reliability(
                    probability: inside.reduce(0) { $0 + $1.0 } / Double(inside.count), observed: Double(inside.count { $0.1 }) / Double(inside.count),
                    moments: inside.count))
        }
    }

    /// Ranges and densities, 64 s at a time.
    mutating func addRanges(before: WindowReader, after: WindowReader, span: Range<Int64>, rate: Double, lowest: Double) throws {
        let length = min(64, span.count)
        guard length >= 16 else { return }
        var (sumBefore, sumAfter, step) = ([Double](), [Double](), 0.25)
        for start in stride(from: span.lowerBound, through: span.upperBound - Int64(length), by: length) {
            let (x, y) = (try before.read(0, from: start, seconds: length), try after.read(0, from: start, seconds: length))
            guard x.allSatisfy(\.isFinite), y.allSatisfy(\.isFinite) else { continue }
            let (p, q) = (try StrainMeasures.power(x, rate: rate), try StrainMeasures.power(y, rate: rate))
            step = p.step
            chunks.append(
                Chunk(
                    start: start, before: StrainMeasures.inspiralRange(power: p.power, step: step, lowest: lowest),
                    after: StrainMeasures.inspiralRange(power: q.power, step: step, lowest: lowest)))
            sumBefore = sumBefore.isEmpty ? p.power : zip(sumBefore, p.power).map { $0 + $1 }
            sumAfter = sumAfter.isEmpty ? q.power : zip(sumAfter, q.power).map { $0 + $1 }
        }
        guard !chunks.isEmpty else { return }
        // 60 points a decade are enough for a drawing.
        var low = lowest
        while low < rate / 2 / 1.04 {
            let bins = Int((low / step).rounded(.up))...max(Int((low / step).rounded(.up)), Int(low * 1.04 / step))
            if bins.upperBound >= sumBefore.count { break }
            func density(_ sum: [Double]) -> Double { (sum[bins].reduce(0, +) / Double(bins.count) / Double(chunks.count)).squareRoot() }
            frequencies.append(low * 1.02)
            densityBefore.append(density(sumBefore))
            densityAfter.append(density(sumAfter))
            low *= 1.04
        }
    }
}
