import Numerics

/// Noise with the distribution of a recorded channel: a normal series, correlated from sample to sample and with a part that all channels
/// share, becomes the channel's own numbers by a table of its quantiles at normal scores (a Gaussian copula; Nelsen 2006, section 5.1).
/// Signals are added before the digitiser.
public enum EmpiricalNoiseKernel {
    /// Normal scores of the table: from -reach to reach.
    public static let reach: Float = 4.5
    public static let stepsPerUnit = 32
    public static let tableSize = 289

    /// How the scores of a channel become numbers.
    public struct Channel: Sendable, Equatable {
        /// Share of the score that is common to all channels; the rest is the channel's own, and the squares of both add up to 1.
        public var commonShare: Float
        /// Numbers of one unit of signal.
        public var deviation: Float
        public var lowest: Float
        public var highest: Float
        /// Whether numbers are rounded to integers, ties to even.
        public var rounds: Bool

        public init(commonShare: Float, deviation: Float, lowest: Float, highest: Float, rounds: Bool) {
            self.commonShare = commonShare
            self.deviation = deviation
            self.lowest = lowest
            self.highest = highest
            self.rounds = rounds
        }
    }

    /// A stationary normal series of variance 1, each sample `correlation` times the one before and new noise: numbers of (epoch, series `number`).
    public static func series(
        _ out: UnsafeMutablePointer<Float>, count: Int, correlation: Float, stream: RandomStream, epoch: UInt64, number: UInt64
    ) {
        let fresh = (1 - correlation * correlation).squareRoot()
        var last: Float = 0
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * laneWidth) { buffer in
            guard let base = buffer.baseAddress else { return }
            let raw = UnsafeMutableRawPointer(base)
            var t = 0
            while t < count {
                let index = number &<< 32 | UInt64(truncatingIfNeeded: t / 2)
                let (even, odd) = stream.normalLanePair(epoch: epoch, firstIndex: index, block: 0)
                raw.storeBytes(of: even, as: Lane.self)
                raw.storeBytes(of: odd, toByteOffset: 64, as: Lane.self)
                let end = min(2 &* laneWidth, count &- t)
                for k in 0..<end {
                    last = t &+ k == 0 ? base[k] : correlation * last + fresh * base[k]
                    out[t &+ k] = last
                }
                t &+= 2 &* laneWidth
            }
        }
    }

    /// `values[t]`, a signal in the channel's deviations, becomes the number that is recorded.
    /// - Parameter table: `tableSize` quantiles at the scores -reach, -reach + 1 / stepsPerUnit, …
    public static func detect(
        _ values: UnsafeMutablePointer<Float>, count: Int, own: UnsafePointer<Float>, common: UnsafePointer<Float>, channel: Channel,
        table: UnsafePointer<Float>
    ) {
        let share = channel.commonShare
        let rest = (1 - share * share).squareRoot()
        let last = Float(tableSize - 1) - 1e-3
        for t in 0..<count {
            let score = rest * own[t] + share * common[t]
            let place = max(0, min(last, (score + reach) * Float(stepsPerUnit)))
            let i = Int(place)
            let low = table[i]
            let noise = low + (place - Float(i)) * (table[i &+ 1] - low)
            let value = max(channel.lowest, min(channel.highest, noise + channel.deviation * values[t]))
            values[t] = channel.rounds ? (value + 0x1.8p23) - 0x1.8p23 : value
        }
    }

    // MARK: References

    public static func referenceSeries(count: Int, correlation: Double, stream: RandomStream, epoch: UInt64, number: UInt64) -> [Double] {
        var last = 0.0
        return (0..<count).map { t in
            let first = number << 32 | UInt64(t / 32 * 16)
            let pair = stream.normalLanePair(epoch: epoch, firstIndex: first, block: 0)
            let z = Double(t % 32 < 16 ? pair.0[t % 16] : pair.1[t % 16])
            last = t == 0 ? z : correlation * last + (1 - correlation * correlation).squareRoot() * z
            return last
        }
    }

    public static func referenceDetect(_ signal: [Float], own: [Float], common: [Float], channel: Channel, table: [Float]) -> [Double] {
        signal.indices.map { t in
            let share = Double(channel.commonShare)
            let score = (1 - share * share).squareRoot() * Double(own[t]) + share * Double(common[t])
            let place = min(max((score + Double(reach)) * Double(stepsPerUnit), 0), Double(tableSize - 1))
            let i = min(tableSize - 2, Int(place))
            let noise = Double(table[i]) + (place - Double(i)) * (Double(table[i + 1]) - Double(table[i]))
            let held = min(max(noise + Double(channel.deviation) * Double(signal[t]), Double(channel.lowest)), Double(channel.highest))
            return channel.rounds ? held.rounded(.toNearestOrEven) : held
        }
    }
}
