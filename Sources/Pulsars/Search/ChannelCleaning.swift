import PulsarKernels

/// Finds channels that hold something else than noise, by moments that noise of any bandpass and gain shares.
///
/// A channel is left out if its excess kurtosis is further than `kurtosis` from the median of all channels, or its correlation
/// from sample to sample exceeds `correlation`, or it does not vary.
public struct ChannelCleaning: Sendable {
    public var kurtosis: Double
    public var correlation: Double
    public var isOn: Bool

    public init(kurtosis: Double = 0.5, correlation: Double = 0.1, isOn: Bool = true) {
        self.kurtosis = kurtosis
        self.correlation = correlation
        self.isOn = isOn
    }

    /// Moments of one channel.
    public struct Moments: Sendable {
        public let mean: Double
        public let deviation: Double
        /// Fourth standardised moment less 3; nil where the channel does not vary.
        public let kurtosis: Double?
        public let correlation: Double

        public init(_ channel: UnsafeBufferPointer<Float>) {
            var nothing: Float = 0
            self = channel.baseAddress.map { Moments($0, count: channel.count) } ?? Moments(&nothing, count: 0)
        }

        public init(_ channel: UnsafePointer<Float>, count: Int) {
            let shift = count > 0 && channel[0].isFinite ? channel[0] : 0
            let sums = ChannelKernel.sums(channel, count: count, shift: shift)
            let n = Double(max(1, count))
            let m = sums.first / n
            let variance = sums.second / n - m * m
            mean = m + Double(shift)
            guard variance.isFinite, variance > 1e-12 * sums.second / n, variance > 0 else {
                (deviation, kurtosis, correlation) = (0, nil, 0)
                return
            }
            deviation = variance.squareRoot()
            let fourth = sums.fourth / n - 4 * m * sums.third / n + 6 * m * m * sums.second / n - 3 * m * m * m * m
            kurtosis = fourth / (variance * variance) - 3
            correlation = (sums.lagged / max(1, n - 1) - m * m) / variance
        }
    }

    /// The channels to keep, ascending.
    public func kept(_ moments: [Moments]) -> [Int] {
        let known = moments.compactMap(\.kurtosis).sorted()
        guard !known.isEmpty else { return [] }
        let median = known.count % 2 == 1 ? known[known.count / 2] : (known[known.count / 2 - 1] + known[known.count / 2]) / 2
        return moments.indices.filter { index in
            guard let found = moments[index].kurtosis, found.isFinite else { return false }
            return !isOn || (abs(found - median) < kurtosis && abs(moments[index].correlation) < correlation)
        }
    }
}
