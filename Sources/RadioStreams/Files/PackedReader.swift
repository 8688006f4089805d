/// Samples that follow a header one after the other: SIGPROC and PSRDADA.
final class PackedReader: StreamReader {
    let header: StreamHeader
    private(set) var incidents: [StreamIncident] = []
    private(set) var position = 0
    private let source: ByteSource
    private let dataStart: Int
    private let coding: SampleCoding
    /// Whether polarisations alternate inside a channel (PSRDADA's TFP) and have to be taken apart.
    private let isInterleaved: Bool
    private let rowsAtOnce: Int
    private var bytes: [UInt8]
    private var row: [Float] = []
    private var hasEnded = false

    var file: String { source.name }
    var isSeekable: Bool { source.isSeekable }

    /// The source stands at the first sample. Throws if there is not one whole sample.
    init(_ source: ByteSource, header: StreamHeader, isInterleaved: Bool) throws {
        try header.validate(file: source.name)
        self.source = source
        self.isInterleaved = isInterleaved && header.polarisation.count > 1
        dataStart = source.position
        coding = SampleCoding(bits: header.bits, isSigned: header.isSigned)
        var header = header
        if let size = source.size, !source.isGrowing {
            let found = max(0, size - dataStart) / header.rowBytes
            guard found > 0 else {
                throw StreamError(
                    file: source.name, place: "byte \(dataStart)",
                    reason: "found \(max(0, size - dataStart)) bytes of samples, wanted at least one sample of \(header.rowBytes) bytes")
            }
            if let promised = header.sampleCount, promised > found {
                incidents.append(
                    StreamIncident(
                        kind: .ends, sample: found, missingSeconds: 0, text: "the file holds \(found) samples, its header promises \(promised)"))
            }
            header.sampleCount = found
        }
        self.header = header
        rowsAtOnce = max(1, (1 << 20) / header.rowBytes)
        bytes = []
    }

    func read(_ count: Int, into samples: UnsafeMutablePointer<Float>) throws -> Int {
        let rowBytes = header.rowBytes
        let rowCount = header.rowCount
        var done = 0
        while done < count, !hasEnded {
            let wanted = min(rowsAtOnce, count - done)
            if bytes.count < wanted * rowBytes { bytes = [UInt8](repeating: 0, count: wanted * rowBytes) }
            let got = try bytes.withUnsafeMutableBytes { try source.read(UnsafeMutableRawBufferPointer(rebasing: $0[..<(wanted * rowBytes)])) }
            let rows = got / rowBytes
            unpack(rows, into: samples + done * rowCount)
            done += rows
            position += rows
            if got < wanted * rowBytes { end(remainder: got - rows * rowBytes) }
        }
        return done
    }

    private func end(remainder: Int) {
        hasEnded = true
        if remainder > 0 {
            incidents.append(
                StreamIncident(
                    kind: .ends, sample: position, missingSeconds: 0,
                    text: "the stream ends \(remainder) bytes into a sample of \(header.rowBytes) bytes, at byte \(source.position)"))
        }
        if source.hasStalled {
            incidents.append(StreamIncident(kind: .stalls, sample: position, missingSeconds: 0, text: "nothing more came within the patience given"))
        }
    }

    private func unpack(_ rows: Int, into samples: UnsafeMutablePointer<Float>) {
        let rowCount = header.rowCount
        bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            guard isInterleaved else { return coding.unpack(base, count: rows * rowCount, into: samples) }
            let (channels, polarisations) = (header.channels, header.polarisation.count)
            if row.count < rowCount { row = [Float](repeating: 0, count: rowCount) }
            row.withUnsafeMutableBufferPointer { row in
                guard let row = row.baseAddress else { return }
                for t in 0..<rows {
                    coding.unpack(base + t * header.rowBytes, count: rowCount, into: row)
                    for p in 0..<polarisations {
                        let out = samples + t * rowCount + p * channels
                        for c in 0..<channels { out[c] = row[c * polarisations + p] }
                    }
                }
            }
        }
    }

    func seek(toSample sample: Int) throws {
        precondition(isSeekable && sample >= 0, "seek in a stream that cannot")
        try source.seek(to: dataStart + sample * header.rowBytes)
        position = sample
        hasEnded = false
    }
}
