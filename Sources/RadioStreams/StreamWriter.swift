import Glibc

/// A recording that is being written, in constant memory: under `FILE.part` until it is complete. *Not collective;* for one rank.
///
/// A writer that finds a `FILE.part` with the same header goes on after its last whole sample.
public protocol StreamWriter: AnyObject {
    /// Samples in the file.
    var samplesWritten: Int { get }
    /// Numbers that the width could not hold and that were set to the nearest code.
    var clampedCount: Int { get }
    /// Appends `count` time samples `[time][polarisation][channel]`.
    /// - Throws: `StreamError` with exit code 74.
    func append(_ samples: UnsafePointer<Float>, count: Int) throws
    /// Makes the file complete and gives it its name.
    func finish() throws
}

extension StreamWriter {
    /// Appends whole samples.
    public func append(_ samples: [Float], rowCount: Int) throws {
        precondition(rowCount > 0 && samples.count % rowCount == 0, "whole samples wanted")
        try samples.withUnsafeBufferPointer { buffer in
            if let base = buffer.baseAddress { try append(base, count: samples.count / rowCount) }
        }
    }
}

extension RecordedStream {
    /// A writer of `header`'s bits. PSRFITS tables have one channel width only where the channels are equidistant; PSRDADA cannot say anything else.
    /// - Parameter resume: whether to go on with a part that an earlier writer left.
    /// - Throws: `StreamError`.
    public static func create(_ path: String, format: StreamFormat, header: StreamHeader, resume: Bool = false) throws -> any StreamWriter {
        try header.validate(file: path)
        switch format {
        case .sigproc:
            return try PackedWriter(path, header: header, encoded: SIGPROCFormat.encoded(header), resume: resume)
        case .psrdada:
            guard header.isNearlyUniform else {
                throw StreamError(file: path, place: "channels", reason: "PSRDADA has one channel width; wanted equidistant channels, or another format")
            }
            return try PackedWriter(path, header: header, encoded: DADAFormat.encoded(header), resume: resume)
        case .psrfits:
            return try PSRFITSWriter(path, header: header, resume: resume)
        }
    }
}

extension StreamHeader {
    /// Whether the channels are equidistant to a thousandth of their width.
    var isNearlyUniform: Bool {
        guard let first = frequencies.first else { return false }
        return frequencies.enumerated().allSatisfy {
            abs($0.element - (first + Double($0.offset) * channelWidth)) <= 1e-3 * abs(channelWidth)
        }
    }
}

/// Gives a complete file its name, on the disk first.
func publish(_ part: String, as path: String) throws {
    let descriptor = open(part, O_RDONLY | O_CLOEXEC)
    let flushed = descriptor >= 0 && fsync(descriptor) == 0
    let number = errno
    if descriptor >= 0 { close(descriptor) }
    guard flushed else { throw StreamError(file: part, reason: "cannot write: \(String(cString: strerror(number)))", exitCode: 74) }
    guard rename(part, path) == 0 else {
        throw StreamError(file: path, reason: "cannot write: \(String(cString: strerror(errno)))", exitCode: 74)
    }
}
