import RadioStreams
import TestSupport

/// Small recordings whose numbers are all codes of their width.
enum Recordings {
    static func header(bits: Int, channels: Int = 16, polarisation: Polarisation = .intensity, isSigned: Bool = false) -> StreamHeader {
        let width = -1.25
        var header = StreamHeader(
            frequencies: (0..<channels).map { 1529.375 + Double($0) * width }, channelWidth: width, samplingTime: 102.4e-6,
            start: ModifiedJulianDate(58543.330362)!, bits: bits)
        header.source = "J0534+2200"
        header.telescope = "Effelsberg"
        header.rightAscension = 53431.9
        header.declination = 220052.0
        header.polarisation = polarisation
        header.isSigned = isSigned
        return header
    }

    static func samples(_ header: StreamHeader, count: Int, seed: UInt64 = 7) -> [Float] {
        var random = SplitMix(state: seed)
        return (0..<count * header.rowCount).map { _ in
            let word = random.next()
            switch header.bits {
            case 32: return Float(Int32(truncatingIfNeeded: word)) / 65536
            case 16 where header.isSigned: return Float(Int16(truncatingIfNeeded: word))
            case 8 where header.isSigned: return Float(Int8(truncatingIfNeeded: word))
            default: return Float(word & (1 << UInt64(header.bits) - 1))
            }
        }
    }

    /// Writes a recording; the samples it holds.
    @discardableResult
    static func write(_ path: String, _ format: StreamFormat, _ header: StreamHeader, count: Int) throws -> [Float] {
        let values = samples(header, count: count)
        let writer = try RecordedStream.create(path, format: format, header: header)
        // In uneven pieces, as a stream comes.
        var done = 0
        for piece in [1, 7, count] where done < count {
            let number = min(piece, count - done)
            try writer.append(Array(values[done * header.rowCount..<(done + number) * header.rowCount]), rowCount: header.rowCount)
            done += number
        }
        try writer.finish()
        return values
    }

    /// Widths and signs that a format has.
    static func variants(_ format: StreamFormat) -> [(bits: Int, isSigned: Bool)] {
        switch format {
        case .psrfits: [(1, false), (2, false), (4, false), (8, false), (16, true), (32, false)]
        case .sigproc, .psrdada: [(1, false), (2, false), (4, false), (8, false), (8, true), (16, false), (16, true), (32, false)]
        }
    }
}
