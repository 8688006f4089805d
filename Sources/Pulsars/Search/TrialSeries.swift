import PulsarKernels
import Numerics

/// What one trial found around one maximum.
public struct SearchEvent: Equatable, Sendable {
    public var signalToNoise: Float
    /// Middle of the boxcar, samples from the start of the stream.
    public var peak: Int
    /// First sample above the threshold and the one after the last.
    public var begin: Int
    public var end: Int
    /// The boxcar is `1 << filter` samples wide.
    public var filter: Int
    public var trial: Int

    public init(signalToNoise: Float, peak: Int, begin: Int, end: Int, filter: Int, trial: Int) {
        self.signalToNoise = signalToNoise
        self.peak = peak
        self.begin = begin
        self.end = end
        self.filter = filter
        self.trial = trial
    }
}

/// Turns a dedispersed series into events: baseline and noise by median and median deviation, boxcars, maxima above a threshold.
struct TrialSeries {
    let filters: Int
    let threshold: Float
    private var best: [Float]
    private var which: [Int32]
    private var sorted: [Float]

    /// For series of up to `capacity` samples and boxcars of 1 to `1 << filters`.
    init(capacity: Int, filters: Int, threshold: Float) {
        self.filters = filters
        self.threshold = threshold
        let room = capacity + 2 * laneWidth
        best = [Float](repeating: 0, count: room)
        which = [Int32](repeating: 0, count: room)
        sorted = [Float](repeating: 0, count: room)
    }

    /// Samples below which a baseline means nothing.
    static let shortest = 64

    /// Room that a series of `count` samples needs.
    static func room(_ count: Int, filters: Int) -> Int { count + 1 << filters + 2 * laneWidth }

    /// Median and 1.4826 times the median distance from it.
    mutating func baseline(_ series: UnsafePointer<Float>, count: Int) -> (median: Float, noise: Float) {
        sorted.withUnsafeMutableBufferPointer { buffer in
            guard let values = buffer.baseAddress, count > 0 else { return (0, 0) }
            for t in 0..<count { values[t] = series[t] }
            let median = Self.median(values, count)
            for t in 0..<count { values[t] = abs(series[t] - median) }
            return (median, 1.4826 * Self.median(values, count))
        }
    }

    private static func median(_ values: UnsafeMutablePointer<Float>, _ count: Int) -> Float {
        let upper = Selection.element(count / 2, of: values, count: count)
        if count % 2 == 1 { return upper }
        var lower = -Float.infinity
        for t in 0..<count / 2 { lower = max(lower, values[t]) }
        return (lower + upper) / 2
    }

    /// Events whose boxcar begins in the first `starts` of `count` samples; the series is overwritten and needs `room` numbers.
    mutating func events(_ series: UnsafeMutablePointer<Float>, count: Int, starts: Int, trial: Int, firstSample: Int) -> [SearchEvent] {
        guard count >= Self.shortest else { return [] }
        let (median, noise) = baseline(series, count: count)
        guard noise > 0, noise.isFinite, median.isFinite else { return [] }
        let gain = 1 / noise
        for t in 0..<count { series[t] = (series[t] - median) * gain }
        // Beyond the end lies baseline: a boxcar that reaches out only loses.
        for t in count..<Self.room(count, filters: filters) { series[t] = 0 }
        let starts = min(starts, count)
        let (threshold, filters) = (threshold, filters)
        return best.withUnsafeMutableBufferPointer { best in
            which.withUnsafeMutableBufferPointer { which in
                guard let best = best.baseAddress, let which = which.baseAddress else { return [] }
                let padded = (starts + laneWidth - 1) / laneWidth * laneWidth
                for t in 0..<padded { (best[t], which[t]) = (series[t], 0) }
                for filter in 1..<filters + 1 {
                    let width = 1 << (filter - 1)
                    // Starts that later widths still need are widened too.
                    BoxcarKernel.widen(
                        series, width: width, weight: 1 / Float(2 * width).squareRoot(), filter: Int32(filter), best: best, filters: which,
                        count: starts)
                    Self.widenTail(series, from: padded, width: width, to: Self.room(count, filters: filters))
                }
                return Self.maxima(best, which, starts, threshold, trial, firstSample)
            }
        }
    }

    /// Goes on where the kernel stopped: the sums behind the last start, which wider boxcars take in.
    private static func widenTail(_ series: UnsafeMutablePointer<Float>, from: Int, width: Int, to end: Int) {
        for t in from..<max(from, end - width) { series[t] += series[t + width] }
    }

    private static func maxima(
        _ best: UnsafePointer<Float>, _ which: UnsafePointer<Int32>, _ count: Int, _ threshold: Float, _ trial: Int, _ firstSample: Int
    ) -> [SearchEvent] {
        var events: [SearchEvent] = []
        var t = 0
        while t < count {
            guard best[t] >= threshold else {
                t += 1
                continue
            }
            let begin = t
            var top = t
            while t < count, best[t] >= threshold {
                if best[t] > best[top] { top = t }
                t += 1
            }
            let filter = Int(which[top])
            events.append(
                SearchEvent(
                    signalToNoise: best[top], peak: firstSample + top + (1 << filter) / 2, begin: firstSample + begin,
                    end: firstSample + t - 1 + 1 << Int(which[t - 1]), filter: filter, trial: trial))
        }
        return events
    }
}
