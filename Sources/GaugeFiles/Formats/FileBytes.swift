import Glibc

/// Bounded reading of a file's headers. *Not collective.*
final class FileBytes {
    let path: String
    let count: Int
    private let descriptor: Int32

    /// - Throws: `GaugeFileError` with code 74 and the system's reason.
    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw GaugeFileError(path, "cannot be read: \(String(cString: strerror(errno)))", exitCode: 74) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw GaugeFileError(path, "is not a regular file", exitCode: 74)
        }
        count = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Exactly `length` bytes at `offset`. - Throws: `GaugeFileError` when the file ends before.
    func bytes(_ offset: Int, _ length: Int, _ what: String) throws -> [UInt8] {
        guard offset >= 0, length >= 0, offset <= count, length <= count - offset else {
            throw error("\(what) at byte \(offset) takes \(length) bytes, the file has \(count); it is cut short")
        }
        var bytes = [UInt8](repeating: 0, count: length)
        var done = 0
        while done < length {
            let got = bytes.withUnsafeMutableBytes { buffer in
                buffer.baseAddress.map { pread(descriptor, $0 + done, length - done, off_t(offset + done)) } ?? 0
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw GaugeFileError(path, "byte \(offset + done) cannot be read", exitCode: 74) }
            done += got
        }
        return bytes
    }

    /// The first bytes, at most `length`.
    func head(_ length: Int) throws -> [UInt8] { try bytes(0, min(length, count), "the header") }

    func error(_ message: String) -> GaugeFileError { GaugeFileError(path, message) }
}

extension Array where Element == UInt8 {
    /// Bytes at `offset` as an integer. - Precondition: they are there.
    func integer<T: FixedWidthInteger>(_ offset: Int, isBigEndian: Bool) -> T {
        var value: T = 0
        let size = MemoryLayout<T>.size
        for k in 0..<size { value = value << 8 | T(truncatingIfNeeded: self[offset + (isBigEndian ? k : size - 1 - k)]) }
        return value
    }
}

extension FixedWidthInteger {
    /// The bytes, most significant first or last.
    func bytes(isBigEndian: Bool) -> [UInt8] {
        withUnsafeBytes(of: isBigEndian ? bigEndian : littleEndian) { Array($0) }
    }
}
