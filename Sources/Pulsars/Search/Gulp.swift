import Numerics
import PulsarKernels
import RadioStreams

/// A piece of the stream, turned into columns of channels of unit variance: as much as one search of all trials takes, and the samples
/// after it that the longest delay and the widest boxcar need.
final class Gulp {
    /// Times that this piece answers for, and times beyond that it looks ahead.
    let length: Int
    let overlap: Int
    let channels: Int
    /// Distance between columns; not a power of two, which would put all columns on the same sets of a cache.
    let stride: Int
    /// Sample of the stream at position 0.
    private(set) var firstSample = 0
    /// Samples held.
    private(set) var count = 0
    private(set) var hasEnded = false
    /// Channels that the last cleaning kept, ascending; column i of `clean` is channel `kept[i]`.
    private(set) var kept: [Int] = []
    let clean: UnsafeMutablePointer<Float>
    private let raw: UnsafeMutablePointer<Float>
    private var rows: [Float]
    private var scratch: [Float] = []
    private let rowsAtOnce: Int

    init(channels: Int, length: Int, overlap: Int, startingAt sample: Int) {
        self.channels = channels
        self.length = length
        self.overlap = overlap
        firstSample = sample
        let lines = (length + overlap + laneWidth - 1) / laneWidth + 2
        stride = (lines | 1) * laneWidth
        clean = .allocate(capacity: channels * stride)
        clean.initialize(repeating: 0, count: channels * stride)
        raw = .allocate(capacity: channels * stride)
        raw.initialize(repeating: 0, count: channels * stride)
        rowsAtOnce = max(1, min(length, (1 << 20) / channels))
        rows = [Float](repeating: 0, count: rowsAtOnce * channels)
    }

    deinit {
        clean.deallocate()
        raw.deallocate()
    }

    /// Bytes that a gulp takes.
    static func bytes(channels: Int, length: Int, overlap: Int) -> Double { 8 * Double(channels) * Double(length + overlap + 48) }

    /// Fills up from the stream.
    func fill(from reader: any StreamReader) throws {
        while count < length + overlap, !hasEnded {
            let wanted = min(rowsAtOnce, length + overlap - count)
            let got = try rows.withUnsafeMutableBufferPointer { rows in
                guard let rows = rows.baseAddress else { return 0 }
                let got = try reader.readIntensity(wanted, into: rows, scratch: &scratch)
                // What is no number would spread over everything it is added to.
                for i in 0..<got * channels where !rows[i].isFinite { rows[i] = 0 }
                ChannelKernel.transpose(rows, times: got, channels: channels, into: raw, stride: stride, start: count)
                return got
            }
            count += got
            hasEnded = got < wanted
        }
    }

    /// Chooses channels and brings them to mean 0 and variance 1, or to the root of that variance that each has in `weights`.
    func clean(_ cleaning: ChannelCleaning, weights: [Float]? = nil) {
        let moments = (0..<channels).map { ChannelCleaning.Moments(raw + $0 * stride, count: count) }
        kept = cleaning.kept(moments)
        for (i, channel) in kept.enumerated() {
            let column = clean + i * stride
            column.update(from: raw + channel * stride, count: count)
            ChannelKernel.normalise(column, count: count, mean: Float(moments[channel].mean), gain: Float(1 / moments[channel].deviation) * (weights?[channel] ?? 1))
            for t in count..<min(stride, count + 2 * laneWidth) { column[t] = 0 }
        }
    }

    /// Times that the gulp answers for now: all that is left once the stream has ended, so that no tail is too short for its own baseline.
    var answered: Int { hasEnded ? count : min(count, length) }

    /// Moves on by the times answered for, keeping what was ahead.
    func advance() {
        let rest = count - answered
        for channel in 0..<channels { (raw + channel * stride).update(from: raw + channel * stride + (count - rest), count: rest) }
        firstSample += count - rest
        count = rest
    }
}
