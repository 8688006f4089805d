import PulsarKernels
import RadioStreams

/// What a classifier of candidates looks at: 256 times by 256 frequencies dedispersed, and 256 dispersion measures from 0 to twice the
/// candidate's by 256 times (Agarwal et al. 2020, arXiv:1902.06343).
struct CandidateImage {
    static let size = 256
    /// `[time][frequency]`, highest frequency first.
    let frequencyTime: [Float]
    /// `[dispersion measure][time]`.
    let dispersionTime: [Float]
    /// Samples of a time bin.
    let samplesPerBin: Int

    /// Reads the surroundings of a candidate. Time bins are half a boxcar; where that is more than 8 samples, the recording is averaged to an
    /// eighth of a bin before it is dedispersed. *Not collective;* the reader must be able to seek.
    init(_ candidate: Candidate, reader: any StreamReader, plan: DispersionPlan, cleaning: ChannelCleaning) throws {
        let size = Self.size
        let width = 1 << candidate.strongest.filter
        let bin = max(1, width / 2)
        let average = max(1, bin / 8)
        let perBin = bin / average
        let measure = plan.trials[candidate.strongest.trial]
        let step = plan.samplingTime * Double(average)
        func delay(_ measure: Double, _ channel: Int) -> Int {
            let seconds = plan.constant.delay(dispersionMeasure: measure, frequency: plan.frequencies[channel], reference: plan.reference)
            return Int((seconds / step).rounded())
        }
        let channels = plan.frequencies.count
        let longest = plan.frequencies.indices.map { delay(2 * measure, $0) }.max() ?? 0
        let window = Window(
            first: candidate.strongest.peak - size / 2 * bin, times: size * perBin + longest + 1, average: average, channels: channels)
        let columns = try window.read(reader, cleaning: cleaning)

        let byFrequency = plan.frequencies.indices.sorted { (plan.frequencies[$0], $1) > (plan.frequencies[$1], $0) }
        var frequencyTime = [Float](repeating: 0, count: size * size)
        var dispersionTime = frequencyTime
        for (order, channel) in byFrequency.enumerated() {
            guard let column = columns[channel] else { continue }
            // Fewer channels than rows are repeated, more are added up.
            let rows = order * size / channels..<max(order * size / channels + 1, channels < size ? (order + 1) * size / channels : 0)
            let start = delay(measure, channel)
            for t in 0..<size {
                let sum = Self.sum(column, start + t * perBin, perBin)
                for row in rows { frequencyTime[t * size + row] += sum }
            }
            for k in 0..<size {
                let start = delay(2 * measure * Double(k) / Double(size - 1), channel)
                for t in 0..<size { dispersionTime[k * size + t] += Self.sum(column, start + t * perBin, perBin) }
            }
        }
        (self.frequencyTime, self.dispersionTime, samplesPerBin) = (frequencyTime, dispersionTime, bin)
    }

    @inline(__always)
    private static func sum(_ column: [Float], _ start: Int, _ count: Int) -> Float {
        var sum: Float = 0
        for i in start..<start + count { sum += column[i] }
        return sum
    }

    /// Samples around a candidate, averaged in time; what lies outside the recording counts as baseline.
    private struct Window {
        let first: Int
        let times: Int
        let average: Int
        let channels: Int

        /// One column of variance 1 for each channel that the cleaning keeps.
        func read(_ reader: any StreamReader, cleaning: ChannelCleaning) throws -> [[Float]?] {
            var columns = [[Float]](repeating: [Float](repeating: 0, count: times), count: channels)
            let skipped = max(0, (-first + average - 1) / average)
            let begin = first + skipped * average
            guard begin < reader.header.sampleCount ?? 0 else { return [[Float]?](repeating: nil, count: channels) }
            try reader.seek(toSample: begin)
            var row = [Float](repeating: 0, count: average * channels)
            var scratch: [Float] = []
            var end = skipped
            while end < times {
                let got = try row.withUnsafeMutableBufferPointer { try $0.baseAddress.map { try reader.readIntensity(average, into: $0, scratch: &scratch) } ?? 0 }
                guard got == average else { break }
                for c in 0..<channels {
                    var sum: Float = 0
                    for k in 0..<average where row[k * channels + c].isFinite { sum += row[k * channels + c] }
                    columns[c][end] = sum
                }
                end += 1
            }
            let held = skipped..<max(skipped, end)
            let moments = columns.map { column in Array(column[held]).withUnsafeBufferPointer { ChannelCleaning.Moments($0) } }
            let kept = Set(cleaning.kept(moments))
            return columns.indices.map { c in
                guard kept.contains(c) else { return nil }
                let gain = Float(1 / moments[c].deviation)
                for t in held { columns[c][t] = (columns[c][t] - Float(moments[c].mean)) * gain }
                return columns[c]
            }
        }
    }
}
