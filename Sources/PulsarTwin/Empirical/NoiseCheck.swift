import Numerics
import PulsarFrames

/// Made noise beside the recording's, channel by channel: what `generate` says about itself.
public struct NoiseCheck: Sendable {
    /// Of made frames that show nothing; 0 for channels that are not clean.
    public var means: [Double] = []
    public var deviations: [Double] = []
    public var correlations: [Double] = []
    /// Kolmogorov's distance between made and recorded numbers, and 1.63 / root of the effective count: what independent samples of one distribution exceed once in a hundred.
    public var distances: [Double] = []
    public var limit = 0.0
    /// Variance of the mean of all clean channels, in units of what independent channels give: made, and recorded.
    public var bandVariance = (made: 0.0, recorded: 0.0)
    public var channels = 0

    /// *Not collective.*
    init(_ source: EmpiricalFrames, learner: RecordingLearner, frames: Int) {
        let (axes, learned) = (source.axes, source.learned)
        let size = axes.channels * axes.samples
        var made = [Float](repeating: 0, count: frames * size)
        made.withUnsafeMutableBufferPointer { made in
            // Numbers that no file of frames has.
            for k in 0..<frames {
                _ = source.write(
                    frame: UInt64.max - UInt64(k), showing: [], into: UnsafeMutableBufferPointer(rebasing: made[k * size..<(k + 1) * size]))
            }
        }
        let clean = learner.clean
        channels = clean.count
        means = [Double](repeating: 0, count: axes.channels)
        (deviations, correlations, distances) = (means, means, means)
        var band = [Double](repeating: 0, count: frames * axes.samples)
        var smallest = Double.infinity
        for c in clean {
            var values: [Double] = []
            var (lagged, pairs) = (0.0, 0)
            for k in 0..<frames { values += made[k * size + c * axes.samples..<k * size + (c + 1) * axes.samples].map(Double.init) }
            let mean = Statistics.mean(values)
            let variance = Statistics.variance(values)
            for t in 1..<values.count where t % axes.samples != 0 {
                lagged += (values[t] - mean) * (values[t - 1] - mean)
                pairs += 1
            }
            (means[c], deviations[c]) = (mean, variance.squareRoot())
            correlations[c] = variance > 0 ? lagged / Double(max(1, pairs)) / variance : 0
            let recorded = learner.noise(c).map(Double.init)
            distances[c] = Statistics.kolmogorovSmirnov(values, recorded).statistic
            smallest = min(smallest, Double(values.count) * Double(recorded.count) / Double(values.count + recorded.count))
            for t in values.indices { band[t] += (values[t] - mean) / max(1e-30, deviations[c]) }
        }
        limit = 1.63 / smallest.squareRoot()
        let n = Double(clean.count)
        bandVariance = (Statistics.variance(band) / n, 1 + (n - 1) * learned.commonVariance)
    }

    /// Share of clean channels beyond the limit of the distance.
    public var shareBeyond: Double { Double(distances.count { $0 > limit }) / Double(max(1, channels)) }
}
