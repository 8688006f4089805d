import PulsarFrames

/// Where a pulse lies in a frame, from the pulse alone, without noise.
enum PulseMask {
    /// Channels that show less than this share of what the strongest one shows, at their highest, do not count as showing the pulse: the faint, and those of whose
    /// pulse only a tail lies in the frame.
    static let faintest: Float = 0.2

    /// 1 where a channel shows at least half of its highest, 0 elsewhere.
    /// - Parameters:
    ///   - pulse: sample t of channel c at `c * samples + t`; no negative numbers.
    ///   - mask: room for as many numbers.
    static func write(_ pulse: UnsafePointer<Float>, channels: Int, samples: Int, into mask: UnsafeMutablePointer<Float>) {
        mask.update(repeating: 0, count: channels * samples)
        func highest(_ channel: Int) -> Float {
            let row = pulse + channel * samples
            var largest: Float = 0
            for t in 0..<samples { largest = max(largest, row[t]) }
            return largest
        }
        let heights = (0..<channels).map(highest)
        let limit = Self.faintest * (heights.max() ?? 0)
        for channel in 0..<channels where heights[channel] > 0 && heights[channel] >= limit {
            let (row, out, half) = (pulse + channel * samples, mask + channel * samples, heights[channel] / 2)
            for t in 0..<samples where row[t] >= half { out[t] = 1 }
        }
    }
}
