import Glibc
import Numerics
import PulsarFrames
import PulsarKernels
import Pulsars

/// Learns from a part of a recording: which channels hold noise alone, how it is distributed and correlated, and what stands out of it.
///
/// A window is a frame long. Levels and deviations of a channel are medians over its windows, so that interference in less than half of them does not
/// count; what stands out by `threshold` deviations of the windows' own scatter is interference and leaves the noise.
final class RecordingLearner {
    let part: RecordingPart
    let settings: LearnSettings
    let windows: Int
    let window: Int
    private(set) var learned: LearnedRecording
    /// Of each channel and window: mean and variance.
    private var means: [Double] = []
    private var variances: [Double] = []
    /// Median over windows, of each channel.
    private(set) var levels: [Double] = []
    private(set) var spreads: [Double] = []
    private var isOccupied: [Bool] = []
    private var isImpulse: [Bool] = []

    /// - Throws: `TwinError` if no channel holds noise alone.
    init(_ part: RecordingPart, settings: LearnSettings, file: String) throws {
        self.part = part
        self.settings = settings
        window = part.axes.samples
        windows = part.count / window
        learned = LearnedRecording(axes: part.axes)
        learned.samples = part.count
        learned.rounds = part.rounds
        measureWindows()
        try chooseChannels(file)
        findImpulses()
        findCarriers()
        learnNoise()
        learnCommon()
        learnRanges()
    }

    private func measureWindows() {
        for c in 0..<part.axes.channels {
            let column = part.channel(c)
            let shift = column[0]
            for w in 0..<windows {
                let sums = ChannelKernel.sums(column + w * window, count: window, shift: shift)
                let mean = sums.first / Double(window)
                means.append(mean + Double(shift))
                variances.append(max(0, sums.second / Double(window) - mean * mean))
            }
        }
    }

    private func row(_ values: [Double], _ c: Int) -> [Double] { Array(values[c * windows..<(c + 1) * windows]) }

    private func chooseChannels(_ file: String) throws {
        let channels = part.axes.channels
        let moments = (0..<channels).map { ChannelCleaning.Moments(part.channel($0), count: part.count) }
        let kept = Set(settings.cleaning.kept(moments))
        for c in 0..<channels {
            levels.append(Robust.median(row(means, c)))
            spreads.append(Robust.median(row(variances, c)).squareRoot())
            learned.states.append(moments[c].kurtosis == nil || spreads[c] <= 0 ? .dead : kept.contains(c) ? .clean : .occupied)
        }
        let clean = (0..<channels).filter { learned.states[$0] == .clean }
        guard !clean.isEmpty else {
            throw TwinError("\(file): found no channel that holds noise alone; raise learn.cleaning.kurtosis and learn.cleaning.correlation")
        }
        learned.sources = (0..<channels).map { c in clean.min { abs($0 - c) < abs($1 - c) } ?? c }
    }

    /// Channels that hold noise alone.
    var clean: [Int] { learned.states.indices.filter { learned.states[$0] == .clean } }

    // MARK: What stands out

    /// The mean of the clean channels in units of their noise, times the root of their number.
    private func bandSeries() -> [Float] {
        var series = [Float](repeating: 0, count: part.count)
        let clean = clean
        for c in clean {
            let (column, level, gain) = (part.channel(c), Float(levels[c]), Float(1 / spreads[c]))
            for t in 0..<part.count { series[t] += (column[t] - level) * gain }
        }
        let scale = 1 / Float(clean.count).squareRoot()
        return series.map { $0 * scale }
    }

    private func findImpulses() {
        isImpulse = [Bool](repeating: false, count: part.count)
        let finder = ImpulseFinder(series: bandSeries(), threshold: settings.threshold)
        for found in finder.found {
            let end = min(part.count, found.start + found.width)
            for t in max(0, found.start - found.width)..<min(part.count, end + found.width) { isImpulse[t] = true }
            var heights = [Float](repeating: 0, count: LearnedImpulse.bands)
            var members = [Float](repeating: 0, count: LearnedImpulse.bands)
            for c in clean {
                let column = part.channel(c)
                var sum: Float = 0
                for t in found.start..<end { sum += column[t] - Float(levels[c]) }
                let band = c * LearnedImpulse.bands / part.axes.channels
                heights[band] += sum / Float(Double(end - found.start) * spreads[c])
                members[band] += 1
            }
            let mean = heights.reduce(0, +) / Float(clean.count)
            for b in heights.indices { heights[b] = members[b] > 0 ? max(0, heights[b] / members[b]) : mean }
            learned.impulses.append(LearnedImpulse(sample: found.start, width: found.width, signalToNoise: found.signalToNoise, heights: heights))
        }
    }

    private func findCarriers() {
        let channels = part.axes.channels
        isOccupied = [Bool](repeating: false, count: channels * windows)
        let clean = clean
        // What all channels do together is no carrier.
        let common = (0..<windows).map { w in Robust.median(clean.map { (means[$0 * windows + w] - levels[$0]) / spreads[$0] }) }
        var excess = [Double](repeating: 0, count: channels * windows)
        var unrest = excess
        for c in 0..<channels where learned.states[c] != .dead {
            let own = learned.states[c] == .clean ? c : learned.sources[c]
            for w in 0..<windows {
                excess[c * windows + w] = (means[c * windows + w] - levels[own]) / spreads[own] - common[w]
                unrest[c * windows + w] = variances[c * windows + w] / (spreads[own] * spreads[own]) - 1
            }
        }
        let floor = (1 / Double(window)).squareRoot()
        let scatters = clean.map { (max(floor, Robust.deviation(row(excess, $0))), max(2.0.squareRoot() * floor, Robust.deviation(row(unrest, $0)))) }
        let usual = (Robust.median(scatters.map { $0.0 }), Robust.median(scatters.map { $0.1 }))
        for c in 0..<channels where learned.states[c] != .dead {
            let limits = clean.firstIndex(of: c).map { scatters[$0] } ?? usual
            for w in 0..<windows {
                let i = c * windows + w
                isOccupied[i] = excess[i] > settings.threshold * limits.0 || unrest[i] > settings.threshold * limits.1
            }
        }
        for w in 0..<windows {
            var number = 0
            var c = 0
            while c < channels {
                guard isOccupied[c * windows + w] else {
                    c += 1
                    continue
                }
                let first = c
                while c < channels, isOccupied[c * windows + w] { c += 1 }
                // Where a third of the band stands out, it is no narrow band.
                guard c - first <= max(1, channels / 3) else { continue }
                number += 1
                learned.carriers.append(carrier(first..<c, w, excess, unrest, common[w]))
            }
            learned.carriersPerWindow.append(number)
        }
        let most = 4096
        if learned.carriers.count > most { learned.carriers = (0..<most).map { learned.carriers[$0 * learned.carriers.count / most] } }
    }

    private func carrier(_ channels: Range<Int>, _ w: Int, _ excess: [Double], _ unrest: [Double], _ common: Double) -> LearnedCarrier {
        let profile = channels.map { max(0, excess[$0 * windows + w]) }
        let mean = profile.reduce(0, +) / Double(channels.count)
        let variance = channels.reduce(0.0) { $0 + max(0, unrest[$1 * windows + w]) } / Double(channels.count)
        var envelope = [Double](repeating: 1, count: LearnedCarrier.segments)
        if mean > 0.05 {
            for k in envelope.indices {
                let range = k * window / LearnedCarrier.segments..<max(k * window / LearnedCarrier.segments + 1, (k + 1) * window / LearnedCarrier.segments)
                var sum = 0.0
                for c in channels {
                    let own = learned.states[c] == .clean ? c : learned.sources[c]
                    let column = part.channel(c) + w * window
                    for t in range { sum += (Double(column[t]) - levels[own]) / spreads[own] - common }
                }
                envelope[k] = sum / Double(range.count * channels.count) / mean
            }
            // Of what varies, noise has its share: it is shrunk to the rest.
            let noise = Double(LearnedCarrier.segments) / Double(window * channels.count) / (mean * mean)
            let seen = Statistics.variance(envelope)
            let share = seen > 0 ? max(0, 1 - noise / seen) : 0
            envelope = envelope.map { max(0, 1 + ($0 - 1) * share) }
        }
        let explained = mean * mean * Statistics.variance(envelope)
        return LearnedCarrier(
            firstChannel: channels.lowerBound, sample: w * window, profile: profile.map { Float($0) }, envelope: envelope.map { Float($0) },
            unrest: Float(max(0, variance - explained).squareRoot()))
    }

    // MARK: Noise

    /// The numbers of a clean channel that are noise alone, sorted.
    func noise(_ c: Int) -> [Float] {
        var values: [Float] = []
        values.reserveCapacity(part.count)
        let column = part.channel(c)
        for t in 0..<windows * window where !isOccupied[c * windows + t / window] && !isImpulse[t] { values.append(column[t]) }
        if values.count < window { values = (0..<part.count).map { column[$0] } }
        return values.sorted()
    }

    private func learnNoise() {
        let channels = part.axes.channels
        learned.means = levels
        learned.deviations = spreads
        learned.correlations = [Double](repeating: 0, count: channels)
        learned.fidelities = [Double](repeating: 1, count: channels)
        learned.tables = [Float](repeating: 0, count: channels * EmpiricalNoiseKernel.tableSize)
        for c in clean {
            let sorted = noise(c)
            let values = sorted.map(Double.init)
            let mean = Statistics.mean(values)
            learned.means[c] = mean
            learned.deviations[c] = Statistics.variance(values).squareRoot()
            learned.correlations[c] = correlation(c, mean: mean, variance: learned.deviations[c] * learned.deviations[c])
            set(c, LearnedRecording.table(sorted, rounds: learned.rounds))
        }
        for c in 0..<channels where learned.states[c] == .occupied {
            let own = learned.sources[c]
            (learned.means[c], learned.deviations[c]) = (learned.means[own], learned.deviations[own])
            (learned.correlations[c], learned.fidelities[c]) = (learned.correlations[own], learned.fidelities[own])
            let from = own * EmpiricalNoiseKernel.tableSize
            set(c, Array(learned.tables[from..<from + EmpiricalNoiseKernel.tableSize]))
        }
    }

    private func set(_ c: Int, _ table: [Float]) {
        let range = c * EmpiricalNoiseKernel.tableSize..<(c + 1) * EmpiricalNoiseKernel.tableSize
        learned.tables.replaceSubrange(range, with: table)
        learned.fidelities[c] = LearnedRecording.fidelity(learned.tables[range], rounds: learned.rounds)
    }

    private func correlation(_ c: Int, mean: Double, variance: Double) -> Double {
        let column = part.channel(c)
        var (sum, pairs) = (0.0, 0)
        for t in 0..<windows * window - 1 where !isOccupied[c * windows + t / window] && !isImpulse[t] && !isImpulse[t + 1] {
            sum += (Double(column[t]) - mean) * (Double(column[t + 1]) - mean)
            pairs += 1
        }
        return pairs > window && variance > 0 ? min(0.99, max(-0.99, sum / Double(pairs) / variance)) : 0
    }

    /// The mean over channels of what is in all of them: its variance beyond that of independent channels.
    private func learnCommon() {
        let clean = clean
        let n = Double(clean.count)
        let series = bandSeries().map { Double($0) / n.squareRoot() }
        let places = series.indices.filter { !isImpulse[$0] }
        guard places.count > 4 * window, clean.count > 1 else { return }
        let mean = places.reduce(0.0) { $0 + series[$1] } / Double(places.count)
        let variance = places.reduce(0.0) { $0 + (series[$1] - mean) * (series[$1] - mean) } / Double(places.count)
        let shared = (variance - 1 / n) / (1 - 1 / n)
        // Below the error of the variance there is nothing to see.
        guard shared > 3 * (2 / Double(places.count)).squareRoot() / n else { return }
        var (sum, pairs) = (0.0, 0)
        for t in places where t + 1 < series.count && !isImpulse[t + 1] {
            sum += (series[t] - mean) * (series[t + 1] - mean)
            pairs += 1
        }
        let own = clean.reduce(0.0) { $0 + learned.correlations[$1] } / n
        learned.commonVariance = min(0.9, shared)
        learned.commonCorrelation = min(0.999, max(0, (sum / Double(max(1, pairs)) - own / n) / shared))
    }

    private func learnRanges() {
        for c in 0..<part.axes.channels {
            if let codes = part.codes {
                learned.lowest.append(codes.lowerBound)
                learned.highest.append(codes.upperBound)
            } else if part.isBounded {
                let column = UnsafeBufferPointer(start: part.channel(c), count: part.count)
                learned.lowest.append(column.min() ?? 0)
                learned.highest.append(column.max() ?? 0)
            } else {
                learned.lowest.append(-.greatestFiniteMagnitude)
                learned.highest.append(.greatestFiniteMagnitude)
            }
        }
    }

    func setPulses(_ pulses: [LearnedPulse]) { learned.pulses = pulses }
}

/// Medians of a few numbers.
enum Robust {
    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        return (sorted[sorted.count / 2] + sorted[(sorted.count - 1) / 2]) / 2
    }

    /// 1.4826 times the median distance from the median.
    static func deviation(_ values: [Double]) -> Double {
        let middle = median(values)
        return 1.4826 * median(values.map { abs($0 - middle) })
    }
}

/// Maxima of boxcars of 1, 2, 4, 8 and 16 samples over a series less its running level, in units of what each boxcar scatters by.
struct ImpulseFinder {
    struct Impulse {
        var start: Int
        var width: Int
        var signalToNoise: Float
    }
    private(set) var found: [Impulse] = []
    static let block = 128

    init(series: [Float], threshold: Double) {
        let count = series.count
        // Levels of blocks, and straight lines between their middles.
        let levels = Swift.stride(from: 0, to: count, by: Self.block).map { start in Robust.median(series[start..<min(count, start + Self.block)].map(Double.init)) }
        var sums = [0.0]
        sums.reserveCapacity(count + 1)
        for t in 0..<count {
            let place = min(max((Double(t) + 0.5) / Double(Self.block) - 0.5, 0), Double(levels.count - 1))
            let i = min(Int(place), max(0, levels.count - 2))
            let level = levels.count > 1 ? levels[i] + (place - Double(i)) * (levels[i + 1] - levels[i]) : levels[0]
            sums.append(sums[t] + Double(series[t]) - level)
        }
        var events: [Impulse] = []
        for filter in 0..<5 {
            let width = 1 << filter
            guard count > 64 * width else { continue }
            let boxes = (0...count - width).map { sums[$0 + width] - sums[$0] }
            let noise = Robust.deviation(boxes)
            guard noise > 0 else { continue }
            for (t, box) in boxes.enumerated() where box > threshold * noise { events.append(Impulse(start: t, width: width, signalToNoise: Float(box / noise))) }
        }
        events.sort { ($0.signalToNoise, $1.start) > ($1.signalToNoise, $0.start) }
        var isTaken = [Bool](repeating: false, count: count)
        for event in events where found.count < 4096 {
            let range = max(0, event.start - event.width)..<min(count, event.start + 2 * event.width)
            guard !range.contains(where: { isTaken[$0] }) else { continue }
            for t in range { isTaken[t] = true }
            found.append(event)
        }
        found.sort { $0.start < $1.start }
    }
}
