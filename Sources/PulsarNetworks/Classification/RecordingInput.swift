import Numerics
import PulsarFrames
import PulsarKernels
import RadioStreams

/// Overlapping frames of a recording, in memory for one share of a block. Neighbouring channels and samples are added up where the recording is
/// finer than the model, polarisations to total intensity; the last frame ends with the recording.
final class RecordingInput: FrameInput {
    let reader: any StreamReader
    /// Samples of the recording in one of a frame.
    let timeFactor: Int
    /// First sample of a frame to the first of the next, samples of frames.
    let hop: Int
    private let axes: FrameAxes
    private let channelFactor: Int
    private let isAscending: Bool
    /// Samples of the recording `[time][polarisation][channel]` from `rowStart` on.
    private var rows: UnsafeMutablePointer<Float>
    private var rowCapacity: Int
    private var rowStart = 0
    private var rowsHeld = 0
    /// The same as frames see them, `[channel][columnStride]`, from `windowStart` on.
    private var columns: UnsafeMutablePointer<Float>
    private var columnStride = 0
    private var windowStart = 0
    private var windowCount = 0
    private var starts: [Int] = []
    /// Numbers that were none and count as the level of their channel.
    private(set) var notNumbers = 0

    var truths: [FrameTruth]? { nil }
    var expectedFrames: Int? {
        reader.header.sampleCount.map { count in
            let samples = count / timeFactor
            return samples < axes.samples ? 0 : (samples - axes.samples + hop - 1) / hop + 1
        }
    }

    /// - Throws: `ClassifierError` if the recording's band and times are not the model's.
    init(_ reader: any StreamReader, axes: FrameAxes, overlap: Double) throws {
        self.reader = reader
        self.axes = axes
        hop = max(1, Int((Double(axes.samples) * (1 - overlap)).rounded()))
        let header = reader.header
        func wrong(_ reason: String) -> ClassifierError { ClassifierError("\(reader.file): \(reason); train a model for this recording") }
        guard header.channels >= axes.channels, header.channels % axes.channels == 0 else {
            throw wrong("found \(header.channels) channels, the model is for \(axes.channels) or multiples of them")
        }
        channelFactor = header.channels / axes.channels
        guard let first = header.frequencies.first, let last = header.frequencies.last else { throw wrong("found no channel") }
        isAscending = header.channels > 1 && last > first
        let step = header.channels > 1 ? abs(last - first) / Double(header.channels - 1) : abs(header.channelWidth)
        for (c, frequency) in header.frequencies.enumerated() where !(abs(frequency - (first + (isAscending ? step : -step) * Double(c))) <= 0.5 * step) {
            throw wrong("found channel \(c) at \(frequency) MHz, wanted channels at equal distances")
        }
        let ratio = axes.samplingTime / header.samplingTime
        guard ratio.isFinite, ratio >= 0.5, ratio < 65536 else {
            throw wrong("found a sampling time of \(header.samplingTime) s, the model is for \(axes.samplingTime) s")
        }
        timeFactor = max(1, Int(ratio.rounded()))
        let seen = FrameAxes(
            channels: axes.channels, samples: axes.samples, firstFrequency: max(first, last) - step * Double(channelFactor - 1) / 2,
            channelBandwidth: -step * Double(channelFactor), samplingTime: header.samplingTime * Double(timeFactor))
        if let reason = axes.difference(from: seen) { throw wrong(reason) }
        rows = .allocate(capacity: 1)
        columns = .allocate(capacity: 1)
        rowCapacity = 0
    }

    deinit {
        rows.deallocate()
        columns.deallocate()
    }

    func load(_ frames: Range<Int>) throws -> (starts: [Int], hasEnded: Bool) {
        starts = []
        guard !frames.isEmpty else { return ([], false) }
        // A last frame that ends with the recording may begin before the first of the range.
        let begin = max(0, frames.lowerBound * hop - axes.samples)
        let end = (frames.upperBound - 1) * hop + axes.samples
        let hasEnded = try fill(begin..<end)
        for frame in frames where frame * hop + axes.samples <= windowStart + windowCount { starts.append(frame * hop) }
        if hasEnded {
            let covered = frames.lowerBound + starts.count == 0 ? 0 : (frames.lowerBound + starts.count - 1) * hop + axes.samples
            let total = windowStart + windowCount
            if total > covered, total >= axes.samples { starts.append(total - axes.samples) }
        }
        transpose()
        return (starts.map { $0 * timeFactor }, hasEnded)
    }

    func loaded(_ i: Int) -> (values: UnsafePointer<Float>, stride: Int) { (UnsafePointer(columns + (starts[i] - windowStart)), columnStride) }

    /// The frame that begins at sample `start` of the recording, `[channel][sample]`.
    func fetch(start: Int, into values: UnsafeMutablePointer<Float>) throws {
        let first = start / timeFactor
        _ = try fill(first..<first + axes.samples)
        guard windowCount == axes.samples else { throw ClassifierError("\(reader.file): found \(windowCount) samples from \(start) on, wanted \(axes.samples)") }
        transpose()
        for c in 0..<axes.channels { (values + c * axes.samples).update(from: columns + c * columnStride, count: axes.samples) }
    }

    /// Samples `range` of the recording if they are in memory, `[time][polarisation][channel]`.
    func held(_ range: Range<Int>) -> UnsafePointer<Float>? {
        guard range.lowerBound >= rowStart, range.upperBound <= rowStart + rowsHeld else { return nil }
        return UnsafePointer(rows + (range.lowerBound - rowStart) * reader.header.rowCount)
    }

    /// Brings the frames' samples `window` into memory; whether the recording ends before the last.
    private func fill(_ window: Range<Int>) throws -> Bool {
        let rowCount = reader.header.rowCount
        let (from, to) = (window.lowerBound * timeFactor, window.upperBound * timeFactor)
        // What a block shares with the one before is still there.
        let kept = from >= rowStart && from < rowStart + rowsHeld && reader.position == rowStart + rowsHeld ? rowStart + rowsHeld - from : 0
        if rowCapacity < to - from {
            let larger = UnsafeMutablePointer<Float>.allocate(capacity: (to - from) * rowCount)
            larger.initialize(repeating: 0, count: (to - from) * rowCount)
            if kept > 0 { larger.update(from: rows + (from - rowStart) * rowCount, count: kept * rowCount) }
            rows.deallocate()
            rows = larger
            rowCapacity = to - from
        } else if kept > 0 {
            rows.update(from: rows + (from - rowStart) * rowCount, count: kept * rowCount)
        }
        (rowStart, rowsHeld) = (from, kept)
        let hasRoom = try go(to: from + kept)
        if hasRoom, to > from + kept { rowsHeld += try reader.read(to - from - kept, into: rows + kept * rowCount) }
        windowStart = window.lowerBound
        windowCount = rowsHeld / timeFactor
        return rowsHeld < to - from
    }

    /// Moves the reader to a sample; false if the recording ends before it.
    private func go(to sample: Int) throws -> Bool {
        if reader.position == sample { return true }
        if reader.isSeekable {
            if let count = reader.header.sampleCount, sample >= count { return false }
            try reader.seek(toSample: sample)
            return true
        }
        guard sample > reader.position else { throw ClassifierError("\(reader.file): sample \(sample) has gone by and cannot be read again") }
        // A stream that is given again from its start: what was classified before is read over.
        let piece = max(1, (1 << 18) / reader.header.rowCount)
        var skipped = [Float](repeating: 0, count: piece * reader.header.rowCount)
        while reader.position < sample {
            let wanted = min(piece, sample - reader.position)
            let got = try skipped.withUnsafeMutableBufferPointer { try $0.baseAddress.map { try reader.read(wanted, into: $0) } ?? 0 }
            if got < wanted { return false }
        }
        return true
    }

    /// From rows of the recording to columns of frames.
    private func transpose() {
        let lines = (windowCount + laneWidth - 1) / laneWidth + 1
        // Odd numbers of lines keep columns apart in the sets of a cache.
        let stride = (lines | 1) * laneWidth
        if stride > columnStride {
            columns.deallocate()
            columns = .allocate(capacity: axes.channels * stride)
            columns.initialize(repeating: 0, count: axes.channels * stride)
            columnStride = stride
        }
        let header = reader.header
        if timeFactor == 1, channelFactor == 1, !isAscending, header.polarisation.count == 1 {
            ChannelKernel.transpose(rows, times: windowCount, channels: axes.channels, into: columns, stride: columnStride, start: 0)
        } else {
            addUp(header)
        }
        for c in 0..<axes.channels {
            let column = columns + c * columnStride
            var sum: Float = 0
            for t in 0..<windowCount { sum += column[t] * 0 }
            if sum != 0 || sum.isNaN { repair(column) }
        }
    }

    private func addUp(_ header: StreamHeader) {
        let terms = header.polarisation.intensityTerms
        for t in 0..<windowCount {
            for c in 0..<axes.channels {
                let group = isAscending ? axes.channels - 1 - c : c
                var sum: Float = 0
                for k in 0..<timeFactor {
                    for p in 0..<terms {
                        let row = rows + (t * timeFactor + k) * header.rowCount + p * header.channels + group * channelFactor
                        for i in 0..<channelFactor { sum += row[i] }
                    }
                }
                columns[c * columnStride + t] = sum
            }
        }
    }

    /// What is no number becomes the channel's mean.
    private func repair(_ column: UnsafeMutablePointer<Float>) {
        var (sum, count) = (0.0, 0)
        for t in 0..<windowCount where column[t].isFinite {
            sum += Double(column[t])
            count += 1
        }
        let mean = count > 0 ? Float(sum / Double(count)) : 0
        for t in 0..<windowCount where !column[t].isFinite {
            column[t] = mean
            notNumbers += 1
        }
    }
}
