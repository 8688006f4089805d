import PulsarKernels
import RadioStreams

/// The surroundings of a pulse: channels of variance 1, as they were recorded, not dedispersed.
struct PulseWindow {
    /// Sample of the recording at the columns' beginning.
    let firstSample: Int
    let samplingTime: Double
    /// MHz, of the channels that hold noise alone, and their width.
    let frequencies: [Double]
    let channelWidth: Double
    /// `[channel][count]`.
    let columns: [[Float]]
    let count: Int

    /// Reads the recording around a candidate. *Not collective;* the reader must be able to seek.
    /// - Throws: `SearchError` if the surroundings would take more than 8 GiB.
    init(_ candidate: CandidateRow, reader: any StreamReader, constant: DispersionConstant, cleaning: ChannelCleaning) throws {
        let header = reader.header
        let width = 1 << candidate.filter
        let reference = header.frequencies.max() ?? 1
        let delays = header.frequencies.map {
            constant.delay(dispersionMeasure: candidate.dispersionMeasure, frequency: $0, reference: reference) / header.samplingTime
        }
        let longest = Int((delays.max() ?? 0).rounded(.up))
        let margin = max(512, 24 * width)
        let first = max(0, candidate.sample - margin)
        let wanted = candidate.sample + longest + margin - first
        guard candidate.sample >= 0, candidate.sample < header.sampleCount ?? .max else {
            throw SearchError("\(reader.file): found a candidate at sample \(candidate.sample), wanted one of the recording's \(header.sampleCount ?? 0) samples")
        }
        guard Double(wanted) * Double(header.channels) < 0x1p31 else {
            throw SearchError("\(reader.file): the surroundings of the candidate at sample \(candidate.sample), DM \(candidate.dispersionMeasure), are \(wanted) samples; average the recording first")
        }
        try reader.seek(toSample: first)
        var columns = [[Float]](repeating: [Float](repeating: 0, count: wanted), count: header.channels)
        var scratch: [Float] = []
        let piece = max(1, (1 << 20) / header.channels)
        var rows = [Float](repeating: 0, count: piece * header.channels)
        var done = 0
        while done < wanted {
            let asked = min(piece, wanted - done)
            let got = try rows.withUnsafeMutableBufferPointer { try $0.baseAddress.map { try reader.readIntensity(asked, into: $0, scratch: &scratch) } ?? 0 }
            for c in 0..<header.channels {
                for t in 0..<got {
                    let value = rows[t * header.channels + c]
                    columns[c][done + t] = value.isFinite ? value : 0
                }
            }
            done += got
            if got < asked { break }
        }
        let pulse = delays.map { delay -> Range<Int> in
            let start = candidate.sample - first + Int(delay)
            return max(0, start - 3 * width)..<max(0, start + 8 * width)
        }
        self.init(
            columns: columns.map { Array($0[..<done]) }, pulse: pulse, frequencies: header.frequencies, channelWidth: abs(header.channelWidth),
            samplingTime: header.samplingTime, firstSample: first, cleaning: cleaning)
    }

    /// Brings columns to mean 0 and variance 1 of what lies outside `pulse`, and drops those that hold more than noise.
    init(
        columns: [[Float]], pulse: [Range<Int>], frequencies: [Double], channelWidth: Double, samplingTime: Double, firstSample: Int, cleaning: ChannelCleaning
    ) {
        // A pulse may make a channel look like interference: it is judged by what surrounds the pulse, where that is long enough.
        let outside = columns.enumerated().map { c, column -> [Float] in
            let inside = pulse[c].clamped(to: 0..<column.count)
            guard column.count - inside.count >= 64 else { return column }
            return Array(column[..<inside.lowerBound]) + Array(column[inside.upperBound...])
        }
        let moments = outside.map { column in column.withUnsafeBufferPointer { ChannelCleaning.Moments($0) } }
        // Few samples scatter more than the limits: four standard errors are no interference.
        let count = Double(max(1, outside.map(\.count).min() ?? 1))
        var cleaning = cleaning
        cleaning.kurtosis = max(cleaning.kurtosis, 4 * (24 / count).squareRoot())
        cleaning.correlation = max(cleaning.correlation, 4 / count.squareRoot())
        let kept = cleaning.kept(moments)
        // The level is that of the pulse's neighbourhood, as receivers drift; the deviation is better known from all.
        self.columns = kept.map { c in
            let inside = pulse[c].clamped(to: 0..<columns[c].count)
            let before = columns[c][max(0, inside.lowerBound - 2 * inside.count)..<inside.lowerBound]
            let behind = columns[c][inside.upperBound..<min(columns[c].count, inside.upperBound + 2 * inside.count)]
            let near = before.count + behind.count
            let sum = before.reduce(0.0) { $0 + Double($1) } + behind.reduce(0.0) { $0 + Double($1) }
            let (mean, gain) = (Float(near >= 32 ? sum / Double(near) : moments[c].mean), Float(1 / moments[c].deviation))
            return columns[c].map { ($0 - mean) * gain }
        }
        self.frequencies = kept.map { frequencies[$0] }
        self.channelWidth = channelWidth
        self.samplingTime = samplingTime
        self.firstSample = firstSample
        self.count = columns.first?.count ?? 0
    }
}
