import Numerics
import PulsarFrames
import PulsarKernels
import Pulsars
import RadioStreams

/// What the network `didymos` sees of a frame, in units of each channel's own noise, so that absolute signal to noise is kept:
///
///     image     [64][64]             blocks of the frame, in their standard deviation
///     paths     [trial][16]          best S/N of matched filters along dispersed paths, by arrival, after bursts and bad channels are taken out
///     channels  [5][channel]         level and scale against the neighbours', mean, power and correlation beyond noise
///     series    [6][sample]          sums over four sub-bands and over all channels, and power
///
/// One object serves one thread; a call allocates nothing.
public final class FrameFeatures {
    /// Rows and columns of the image.
    public static let side = 64
    /// Bins of arrival of a trial.
    public static let bins = 16
    public static let channelFeatures = 5
    public static let seriesFeatures = 6
    /// Boxcars of 1, 2, … `1 << filters` samples, and steps 1, 2, 1 of half of each from 2 on.
    static let filters = 6
    /// Sub-bands of which a burst has its own strength in each.
    static let burstBands = 16
    /// Samples before and after those of a burst that are taken out with it.
    static let burstMargin = 2
    /// Numbers beyond so many standard deviations are set to it.
    static let limit: Float = 5
    /// Paths through fewer channels than this count as if they were through so many.
    static let fewestChannels = 24
    /// Standard deviations beyond which a channel takes no part in the paths, and beyond which a burst is taken out.
    static let channelThreshold: Float = 8
    static let burstThreshold: Float = 4

    static let mostTrials = 512

    public let model: ClassifierModel
    /// Trial dispersion measures, pc cm^-3.
    public let measures: [Double]
    /// Numbers of a prepared frame.
    public let count: Int

    private let channels: Int
    private let samples: Int
    private let trialCount: Int
    private let rowStride: Int
    private let lead: Int
    private let sumStride: Int
    private let delays: [Int32]
    private let lanesPerBin: [Int]
    private let memory: FeatureMemory

    /// The grid of trials: the delay across the band grows by `trialStep` up to the length of the frame, from there on by the same share, because
    /// a frame then shows only that part of a path; a multiple of 8 trials.
    public static func trials(_ model: ClassifierModel) -> [Double] {
        let axes = model.axes
        let last = axes.firstFrequency + Double(axes.channels - 1) * axes.channelBandwidth
        let unit = model.constant.delay(dispersionMeasure: 1, frequency: last, reference: axes.firstFrequency) / axes.samplingTime
        var trials: [Double] = []
        var delay = 0.0
        while trials.count < mostTrials, trials.count % 8 != 0 || trials.isEmpty || delay <= model.largestMeasure * unit {
            trials.append(delay / unit)
            delay = delay < Double(axes.samples) ? delay + model.trialStep : delay * (1 + model.trialStep / Double(axes.samples))
        }
        return trials
    }

    /// - Throws: `ClassifierError` for axes that do not suit it, and for a dispersion measure whose sweep is longer than 65,536 samples.
    public init(_ model: ClassifierModel) throws {
        try model.validate()
        let (channels, samples) = (model.axes.channels, model.axes.samples)
        let measures = Self.trials(model)
        let trialCount = measures.count
        let axes = model.axes
        let delays = measures.flatMap { measure in
            (0..<channels).map { c -> Int32 in
                let delay = model.constant.delay(
                    dispersionMeasure: measure, frequency: axes.firstFrequency + Double(c) * axes.channelBandwidth, reference: axes.firstFrequency)
                return Int32(min(1e9, delay / axes.samplingTime).rounded())
            }
        }
        let spans = (0..<trialCount).map { Int(delays[$0 * channels + channels - 1]) }
        let longest = spans.max() ?? 0
        guard longest <= 1 << 16, trialCount < Self.mostTrials || measures.last ?? 0 >= model.largestMeasure else {
            throw ClassifierError(
                "model.dm_max: DM \(model.largestMeasure) sweeps the band in more than 65536 samples or needs more than \(Self.mostTrials) trials; lower it, or raise model.dm_step_samples")
        }
        var spread = 0
        for k in 0..<trialCount {
            for c in stride(from: 0, to: channels, by: 4) { spread = max(spread, Int(delays[k * channels + c + 3] - delays[k * channels + c])) }
        }
        self.model = model
        self.measures = measures
        (self.channels, self.samples, self.trialCount, self.delays) = (channels, samples, trialCount, delays)
        lanesPerBin = spans.map { (samples + $0 + laneWidth * Self.bins - 1) / (laneWidth * Self.bins) }
        lead = (spread + 2 * laneWidth - 1) / laneWidth * laneWidth
        // An odd number of lines keeps the rows apart in the sets of a cache.
        rowStride = ((samples + 2 * lead) / laneWidth | 1) * laneWidth
        let widest = (lanesPerBin.max() ?? 1) * laneWidth * Self.bins
        sumStride = widest + (1 << Self.filters) + laneWidth
        count = Self.side * Self.side + trialCount * Self.bins + Self.channelFeatures * channels + Self.seriesFeatures * samples
        memory = FeatureMemory(channels: channels, samples: samples, rowStride: rowStride, trials: trialCount, sumStride: sumStride)
        for k in 0..<trialCount { fillWeights(k, span: spans[k]) }
    }

    /// One over the root of the number of channels that a path crosses, the most of a boxcar's first paths.
    private func fillWeights(_ k: Int, span: Int) {
        let length = samples + span
        var change = [Int](repeating: 0, count: length + 1)
        for c in 0..<channels {
            let first = span - Int(delays[k * channels + c])
            change[first] += 1
            change[first + samples] -= 1
        }
        var crossed = [Int](repeating: 0, count: length)
        var number = 0
        for u in 0..<length {
            number += change[u]
            crossed[u] = number
        }
        for u in 0..<length {
            let most = crossed[u..<min(length, u + laneWidth)].max() ?? 0
            memory.weights[k * sumStride + u] = 1 / Float(max(Self.fewestChannels, most)).squareRoot()
        }
    }

    /// Prepares a frame. *Not collective.*
    /// - Parameters:
    ///   - frame: sample t of channel c at `c * stride + t`, channel 0 the highest frequency; finite numbers.
    ///   - out: room for `count` numbers: image, paths, channels, series.
    public func prepare(_ frame: UnsafePointer<Float>, stride: Int, into out: UnsafeMutablePointer<Float>) {
        let paths = out + Self.side * Self.side
        let profile = paths + trialCount * Self.bins
        let series = profile + Self.channelFeatures * channels
        normalise(frame, stride, image: out, profile: profile)
        fillSeries(series)
        let gain = clean(profile)
        fillPaths(paths, gain: gain)
    }

    /// Rows of unit noise, the image, and what is left of each channel's moments.
    private func normalise(_ frame: UnsafePointer<Float>, _ stride: Int, image: UnsafeMutablePointer<Float>, profile: UnsafeMutablePointer<Float>) {
        let (level, scale, margin) = (memory.level, memory.scale, FeatureMemory.margin)
        for c in 0..<channels {
            (level[margin + c], scale[margin + c]) = FrameStatisticsKernel.robust(frame + c * stride, count: samples)
        }
        repeatEnds(level)
        repeatEnds(scale)
        FrameStatisticsKernel.localMedian(level + margin, count: channels, into: memory.nearLevel)
        FrameStatisticsKernel.localMedian(scale + margin, count: channels, into: memory.nearScale)
        for i in 0..<(Self.burstBands + 1) * samples { memory.series[i] = 0 }
        let root = Float(samples).squareRoot()
        for c in 0..<channels {
            let width = scale[margin + c]
            let near = memory.nearScale[c]
            let moments = FrameStatisticsKernel.normalise(
                frame + c * stride, count: samples, location: level[margin + c], gain: width > 0 ? 1 / width : 0, limit: Self.limit,
                into: memory.rows + (c * rowStride + lead), series: memory.series + c * Self.burstBands / channels * samples,
                squares: memory.series + Self.burstBands * samples)
            profile[c] = near > 0 ? Self.clip((level[margin + c] - memory.nearLevel[c]) / near, 16) / 4 : 0
            profile[channels + c] = near > 0 ? Self.clip(width / near - 1, 4) * 4 : 0
            profile[2 * channels + c] = Self.clip(moments.first / root, 16) / 2
            profile[3 * channels + c] = Self.clip((moments.second - Float(samples)) / (1.414_213_6 * root), 64) / 4
            profile[4 * channels + c] = Self.clip(moments.lagged / root, 64) / 4
        }
        let (perRow, perColumn) = (channels / Self.side, samples / Self.side)
        let unit = 0.5 / Float(perRow * perColumn).squareRoot()
        for r in 0..<Self.side {
            let row = image + r * Self.side
            FrameStatisticsKernel.fold(
                memory.rows + (r * perRow * rowStride + lead), stride: rowStride, rows: perRow, count: samples, columns: perColumn,
                scratch: memory.scratch, into: row)
            for x in 0..<Self.side { row[x] = Self.clip(row[x] * unit, 4) }
        }
    }

    private func repeatEnds(_ values: UnsafeMutablePointer<Float>) {
        let margin = FeatureMemory.margin
        for i in 0..<margin {
            values[i] = values[margin]
            values[margin + channels + i] = values[margin + channels - 1]
        }
    }

    private func fillSeries(_ out: UnsafeMutablePointer<Float>) {
        let (band, squares) = (memory.series, memory.series + Self.burstBands * samples)
        let quarter = 1 / Float(channels / 4).squareRoot()
        let whole = 1 / Float(channels).squareRoot()
        var mean: Float = 0
        for t in 0..<samples { mean += squares[t] }
        mean /= Float(samples)
        let power = 1 / Float(2 * channels).squareRoot()
        let perQuarter = Self.burstBands / 4
        for t in 0..<samples {
            var total: Float = 0
            for b in 0..<4 {
                var sum: Float = 0
                for k in 0..<perQuarter { sum += band[(b * perQuarter + k) * samples + t] }
                total += sum
                out[b * samples + t] = Self.clip(sum * quarter, 16) / 4
            }
            out[4 * samples + t] = Self.clip(total * whole, 32) / 4
            out[5 * samples + t] = Self.clip((squares[t] - mean) * power, 32) / 4
            memory.burst[t] = abs(total * whole) > Self.burstThreshold ? 1 : 0
        }
    }

    /// Marks the samples of bursts and their neighbours with 0 in the mask, all others with 1; the number of these.
    private func markBursts() -> Int {
        let mask = memory.mask
        for t in 0..<samples { mask[t] = 1 }
        for t in 0..<samples where memory.burst[t] != 0 {
            for s in max(0, t - Self.burstMargin)...min(samples - 1, t + Self.burstMargin) { mask[s] = 0 }
        }
        var count = 0
        for t in 0..<samples where mask[t] != 0 { count += 1 }
        return count
    }

    /// Moments of each channel outside bursts, whose strength differs over the band: what channels are judged by, and their noise.
    private func measureOutsideBursts(_ count: Int, _ profile: UnsafeMutablePointer<Float>) {
        let root = Float(count).squareRoot()
        for c in 0..<channels {
            let moments = FrameStatisticsKernel.maskedMoments(memory.rows + (c * rowStride + lead), mask: memory.mask, count: samples)
            profile[2 * channels + c] = Self.clip(moments.first / root, 16) / 2
            profile[3 * channels + c] = Self.clip((moments.second - Float(count)) / (1.414_213_6 * root), 64) / 4
            profile[4 * channels + c] = Self.clip(moments.lagged / root, 64) / 4
            let mean = moments.first / Float(count)
            let variance = moments.second / Float(count) - mean * mean
            memory.mean[c] = mean
            memory.gain[c] = variance > 1e-6 ? 1 / variance.squareRoot() : 0
        }
    }

    /// Takes bursts out of the rows, and channels that hold more than noise; the factor by which what is left is worth more.
    private func clean(_ profile: UnsafeMutablePointer<Float>) -> Float {
        let quiet = markBursts()
        let hasBurst = quiet < samples
        // Noise from fewer samples would be worse than noise with bursts in it.
        let isMeasured = hasBurst && 4 * quiet >= samples
        if isMeasured { measureOutsideBursts(quiet, profile) }
        // In units of the features: mean, power and correlation beyond noise, less what all channels share.
        for c in 0..<channels { memory.isKept[c] = true }
        leaveOut(profile + 2 * channels, Self.channelThreshold / 2)
        leaveOut(profile + 3 * channels, Self.channelThreshold / 4)
        leaveOut(profile + 4 * channels, Self.channelThreshold / 4)
        var kept = 0
        for c in 0..<channels where memory.isKept[c] { kept += 1 }
        let takesOut = 4 * kept >= channels
        if !takesOut {
            for c in 0..<channels { memory.isKept[c] = true }
            kept = channels
        }
        for c in 0..<channels where !memory.isKept[c] { (memory.rows + (c * rowStride + lead)).update(repeating: 0, count: samples) }
        if hasBurst {
            for band in 0..<Self.burstBands { takeBurstsOut(band, isMeasured: isMeasured) }
            // Bursts over most of a frame widen every scale: what they leave is what noise is.
            if !isMeasured { measureWhatIsLeft() }
        }
        return (Float(channels) / Float(kept)).squareRoot()
    }

    /// Brings a sub-band's channels to unit noise outside bursts, and takes their mean out of them within.
    private func takeBurstsOut(_ band: Int, isMeasured: Bool) {
        let sums = memory.series + band * samples
        for t in 0..<samples { sums[t] = 0 }
        let range = band * channels / Self.burstBands..<(band + 1) * channels / Self.burstBands
        var kept: Float = 0
        for c in range where memory.isKept[c] {
            FrameStatisticsKernel.rescale(
                memory.rows + (c * rowStride + lead), count: samples, location: isMeasured ? memory.mean[c] : 0, gain: isMeasured ? memory.gain[c] : 1, adding: sums)
            kept += 1
        }
        guard kept > 0 else { return }
        for t in 0..<samples { sums[t] *= (1 - memory.mask[t]) / kept }
        for c in range where memory.isKept[c] { FrameStatisticsKernel.subtract(sums, from: memory.rows + (c * rowStride + lead), count: samples) }
    }

    /// Brings what bursts have left of the kept channels to unit noise.
    private func measureWhatIsLeft() {
        for t in 0..<samples { memory.mask[t] = 1 }
        for c in 0..<channels where memory.isKept[c] {
            let row = memory.rows + (c * rowStride + lead)
            let moments = FrameStatisticsKernel.maskedMoments(row, mask: memory.mask, count: samples)
            let mean = moments.first / Float(samples), variance = moments.second / Float(samples) - mean * mean
            FrameStatisticsKernel.rescale(row, count: samples, location: mean, gain: variance > 1e-6 ? 1 / variance.squareRoot() : 0, adding: memory.series)
        }
    }

    private func leaveOut(_ values: UnsafePointer<Float>, _ limit: Float) {
        for c in 0..<channels { memory.scratch[c] = values[c] }
        let middle = Selection.element(channels / 2, of: memory.scratch, count: channels)
        for c in 0..<channels where abs(values[c] - middle) > limit { memory.isKept[c] = false }
    }

    private func fillPaths(_ out: UnsafeMutablePointer<Float>, gain: Float) {
        let step = FrameDedispersionKernel.group
        delays.withUnsafeBufferPointer { delays in
            guard let delays = delays.baseAddress else { return }
            for first in stride(from: 0, to: trialCount, by: step) {
                let trials = min(step, trialCount - first)
                FrameDedispersionKernel.sum(
                    rows: memory.rows, stride: rowStride, lead: lead, channels: channels, samples: samples, delays: delays + first * channels,
                    trials: trials, sums: memory.sums, sumStride: sumStride)
                for k in 0..<trials {
                    let row = memory.sums + k * sumStride
                    let length = lanesPerBin[first + k] * laneWidth * Self.bins
                    memory.best.update(from: row, count: length)
                    for filter in 1...Self.filters {
                        BoxcarKernel.widenWithSteps(row, width: 1 << (filter - 1), best: memory.best, count: length)
                    }
                    FrameDedispersionKernel.binMaxima(
                        memory.best, weights: memory.weights + (first + k) * sumStride, lanesPerBin: lanesPerBin[first + k], bins: Self.bins,
                        factor: gain / 4, into: out + (first + k) * Self.bins)
                }
            }
        }
    }

    @inline(__always)
    static func clip(_ x: Float, _ limit: Float) -> Float { max(-limit, min(limit, x)) }
}

/// The memory of a feature stage.
final class FeatureMemory {
    /// Numbers before and after the channels that their local median reads.
    static let margin = 16
    let rows: UnsafeMutablePointer<Float>
    let sums: UnsafeMutablePointer<Float>
    let weights: UnsafeMutablePointer<Float>
    let best: UnsafeMutablePointer<Float>
    /// Sub-bands, then squares.
    let series: UnsafeMutablePointer<Float>
    /// 1 where the whole band is bright.
    let burst: UnsafeMutablePointer<Float>
    /// 0 in bursts and beside them, 1 elsewhere, and one number behind.
    let mask: UnsafeMutablePointer<Float>
    /// Mean and one over the deviation of each channel outside bursts.
    let mean: UnsafeMutablePointer<Float>
    let gain: UnsafeMutablePointer<Float>
    let level: UnsafeMutablePointer<Float>
    let scale: UnsafeMutablePointer<Float>
    let nearLevel: UnsafeMutablePointer<Float>
    let nearScale: UnsafeMutablePointer<Float>
    let scratch: UnsafeMutablePointer<Float>
    let isKept: UnsafeMutablePointer<Bool>
    private let all: [UnsafeMutablePointer<Float>]

    init(channels: Int, samples: Int, rowStride: Int, trials: Int, sumStride: Int) {
        var all: [UnsafeMutablePointer<Float>] = []
        func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * count, alignment: 64).bindMemory(to: Float.self, capacity: count)
            memory.initialize(repeating: 0, count: count)
            all.append(memory)
            return memory
        }
        // Four channels of a group may look one row's length behind the last row.
        rows = floats((channels + 1) * rowStride)
        sums = floats(FrameDedispersionKernel.group * sumStride)
        weights = floats(trials * sumStride)
        best = floats(sumStride)
        series = floats((FrameFeatures.burstBands + 1) * samples)
        burst = floats(samples)
        mask = floats(samples + 1)
        mean = floats(channels)
        gain = floats(channels)
        level = floats(channels + 2 * Self.margin)
        scale = floats(channels + 2 * Self.margin)
        nearLevel = floats(channels)
        nearScale = floats(channels)
        scratch = floats(max(channels, samples))
        isKept = .allocate(capacity: channels)
        isKept.initialize(repeating: true, count: channels)
        self.all = all
    }

    deinit {
        for memory in all { memory.deallocate() }
        isKept.deallocate()
    }
}
