/// Something that happened to a stream while it was read; the rest was used.
public struct StreamIncident: Equatable, Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        /// The stream ends where it should not: inside a sample, or before the length that its header gives.
        case ends
        /// Nothing came for longer than the patience given.
        case stalls
        /// Time is missing between two samples.
        case skips
    }

    public let kind: Kind
    /// The first sample after it, counted as read.
    public let sample: Int
    /// Seconds that are missing before that sample; 0 for other kinds.
    public let missingSeconds: Double
    public let text: String

    public var description: String { "\(text) (\(kind.rawValue) at sample \(sample))" }
}

/// A recording as blocks of time samples, in constant memory. *Not collective;* every rank may hold one of the same file.
public protocol StreamReader: AnyObject {
    var file: String { get }
    var header: StreamHeader { get }
    /// What happened so far.
    var incidents: [StreamIncident] { get }
    /// Samples read so far, or where `seek` went.
    var position: Int { get }
    /// Whether `seek` may be called.
    var isSeekable: Bool { get }
    /// Reads the next `count` time samples as `[time][polarisation][channel]` into room for `count * header.rowCount` numbers; how many
    /// there were. Fewer than asked for means that the stream has ended.
    /// - Throws: `StreamError` if the system refuses; damage is an incident instead.
    func read(_ count: Int, into samples: UnsafeMutablePointer<Float>) throws -> Int
    /// Goes to a sample; the stream must be seekable and the sample in it.
    func seek(toSample sample: Int) throws
}

extension StreamReader {
    /// The next `count` samples as total intensity `[time][channel]`; how many there were. `scratch` grows as needed.
    public func readIntensity(_ count: Int, into samples: UnsafeMutablePointer<Float>, scratch: inout [Float]) throws -> Int {
        let polarisations = header.polarisation.count
        if polarisations == 1 { return try read(count, into: samples) }
        let channels = header.channels
        let terms = header.polarisation.intensityTerms
        // In pieces, so that four polarisations do not need four times the memory.
        let piece = max(1, min(count, (1 << 18) / header.rowCount))
        if scratch.count < piece * header.rowCount { scratch = [Float](repeating: 0, count: piece * header.rowCount) }
        var done = 0
        while done < count {
            let wanted = min(piece, count - done)
            let got = try scratch.withUnsafeMutableBufferPointer { rows in
                guard let rows = rows.baseAddress else { return 0 }
                let got = try read(wanted, into: rows)
                for t in 0..<got {
                    let row = rows + t * channels * polarisations
                    let sum = samples + (done + t) * channels
                    for c in 0..<channels { sum[c] = terms == 2 ? row[c] + row[c &+ channels] : row[c] }
                }
                return got
            }
            done += got
            if got < wanted { break }
        }
        return done
    }

    /// The next `count` samples as an array `[time][polarisation][channel]`, shorter at the end.
    public func read(_ count: Int) throws -> [Float] {
        let rows = min(count, header.sampleCount.map { max(0, $0 - position) } ?? count)
        return try [Float](unsafeUninitializedCapacity: rows * header.rowCount) { buffer, initialized in
            guard let base = buffer.baseAddress else { return }
            base.initialize(repeating: 0, count: buffer.count)
            initialized = try read(rows, into: base) * header.rowCount
        }
    }
}

/// The formats of recordings.
public enum StreamFormat: String, CaseIterable, Sendable {
    case sigproc, psrfits, psrdada

    /// The usual format of a file of that name; nil if the ending says nothing.
    public init?(fileName: String) {
        if fileName.hasSuffix(".fil") {
            self = .sigproc
        } else if fileName.hasSuffix(".sf") || fileName.hasSuffix(".fits") {
            self = .psrfits
        } else if fileName.hasSuffix(".dada") {
            self = .psrdada
        } else {
            return nil
        }
    }
}

public enum RecordedStream {
    /// Opens a recording of any format, known by its first bytes; `-` is standard input.
    /// - Parameter patience: seconds to wait for a file to grow, or for a pipe to give more; 0 does not wait for a file and waits for a pipe
    ///   without limit.
    /// - Throws: `StreamError`.
    public static func open(_ path: String, patience: Double = 0) throws -> any StreamReader {
        let source = try ByteSource(path: path, patience: patience)
        let start = try source.peek(80)
        guard !start.isEmpty else { throw StreamError(file: source.name, reason: "found nothing, wanted a recording") }
        if start.starts(with: "SIMPLE  =".utf8) {
            guard source.isSeekable else {
                throw StreamError(file: source.name, reason: "found PSRFITS, which is read in random order: wanted a file; convert it, or name it")
            }
            return try PSRFITSReader(path: path)
        }
        if start.starts(with: [12, 0, 0, 0] + Array("HEADER_START".utf8)) { return try SIGPROCFormat.open(source) }
        return try DADAFormat.open(source)
    }

    /// As `open`, of bytes in memory, for every format but PSRFITS.
    package static func open(bytes: [UInt8], name: String) throws -> any StreamReader {
        let source = ByteSource(bytes: bytes, name: name)
        return bytes.starts(with: [12, 0, 0, 0]) ? try SIGPROCFormat.open(source) : try DADAFormat.open(source)
    }
}
