/// How a recording becomes another.
public struct StreamConversion: Sendable {
    public enum Levels: String, CaseIterable, Sendable {
        /// Numbers as they are, rounded to the nearest code.
        case copy
        /// Each channel's mean to the middle of the codes and its standard deviation to a set number of codes, both from the first block.
        case fit
    }

    public var format: StreamFormat
    /// Bits of the output; nil as the input.
    public var bits: Int?
    public var levels: Levels
    /// Whether to add the polarisations up to total intensity.
    public var intensity: Bool
    /// Samples that levels are taken from.
    public static let levelSamples = 16384

    public init(format: StreamFormat, bits: Int? = nil, levels: Levels = .copy, intensity: Bool = false) {
        self.format = format
        self.bits = bits
        self.levels = levels
        self.intensity = intensity
    }

    public struct Outcome: Sendable {
        public let samples: Int
        /// Numbers that no code could hold.
        public let clamped: Int
        /// Samples of an earlier attempt that were kept.
        public let resumed: Int
    }

    /// Codes for one standard deviation, where little is lost (Jenet & Anderson 1998 for few bits; 24 of 256 and 1024 of 65536 leave room for pulses).
    static func deviationCodes(_ bits: Int) -> Float {
        switch bits {
        case 1: 0.5
        case 2: 1
        case 4: 2.5
        case 8: 24
        default: 1024
        }
    }

    /// The header that the output will have.
    public func header(for input: StreamHeader) -> StreamHeader {
        var header = input
        header.bits = bits ?? input.bits
        if intensity { header.polarisation = .intensity }
        header.sampleCount = nil
        if header.bits != 8, header.bits != 16 { header.isSigned = false }
        if format == .psrfits { header.isSigned = header.bits == 16 }
        return header
    }

    /// Reads `reader` to its end into the file `path`, going on with a part that was left there if the reader can seek. *Not collective.*
    /// - Throws: `StreamError`.
    public func run(_ reader: any StreamReader, to path: String, progress: (Int) -> Void = { _ in }) throws -> Outcome {
        let header = header(for: reader.header)
        let rowCount = header.rowCount
        let block = max(1, min(Self.levelSamples, (1 << 24) / reader.header.rowCount))
        var samples = [Float](repeating: 0, count: block * rowCount)
        var scratch: [Float] = []
        func next(_ samples: UnsafeMutablePointer<Float>) throws -> Int {
            try intensity ? reader.readIntensity(block, into: samples, scratch: &scratch) : reader.read(block, into: samples)
        }
        let writer = try RecordedStream.create(path, format: format, header: header, resume: reader.isSeekable)
        let resumed = writer.samplesWritten
        if let count = reader.header.sampleCount, resumed > count {
            throw StreamError(file: "\(path).part", reason: "found \(resumed) samples of an earlier attempt, \(reader.file) has only \(count); remove it")
        }
        var levels: LevelTable?
        return try samples.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return Outcome(samples: 0, clamped: 0, resumed: 0) }
            if self.levels == .fit, header.bits < 32 {
                let count = try next(base)
                levels = LevelTable(base, count: count, rowCount: rowCount, coding: SampleCoding(bits: header.bits, isSigned: header.isSigned))
                if resumed == 0 {
                    levels?.apply(base, count: count)
                    try writer.append(base, count: count)
                }
            }
            if resumed > 0 { try reader.seek(toSample: resumed) }
            while true {
                let count = try next(base)
                levels?.apply(base, count: count)
                try writer.append(base, count: count)
                progress(writer.samplesWritten)
                if count < block { break }
            }
            try writer.finish()
            return Outcome(samples: writer.samplesWritten, clamped: writer.clampedCount, resumed: resumed)
        }
    }
}

/// A gain and an offset for each number of a sample.
struct LevelTable {
    private var gain: [Float]
    private var offset: [Float]

    init(_ samples: UnsafePointer<Float>, count: Int, rowCount: Int, coding: SampleCoding) {
        gain = [Float](repeating: 0, count: rowCount)
        let codes = coding.codes ?? 0...0
        let middle = (codes.lowerBound + codes.upperBound) / 2
        offset = [Float](repeating: middle, count: rowCount)
        for i in 0..<rowCount where count > 0 {
            var (sum, squares) = (0.0, 0.0)
            let shift = Double(samples[i])
            for t in 0..<count {
                let x = Double(samples[t * rowCount + i]) - shift
                sum += x
                squares += x * x
            }
            let mean = sum / Double(count)
            let deviation = max(0, squares / Double(count) - mean * mean).squareRoot()
            guard deviation.isFinite, deviation > 0 else { continue }
            gain[i] = StreamConversion.deviationCodes(coding.bits) / Float(deviation)
            offset[i] = middle - Float(mean + shift) * gain[i]
        }
    }

    func apply(_ samples: UnsafeMutablePointer<Float>, count: Int) {
        let rowCount = gain.count
        for t in 0..<count {
            for i in 0..<rowCount { samples[t * rowCount + i] = samples[t * rowCount + i] * gain[i] + offset[i] }
        }
    }
}
