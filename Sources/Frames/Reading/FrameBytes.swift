import Glibc

/// The bytes of a frame file: of a regular file, read piece by piece, or given in memory.
///
/// A file is never mapped: one that another program cuts short ends a read with an error, not the process with a signal.
final class FrameBytes {
    let name: String
    let count: Int
    private let descriptor: Int32
    private let memory: [UInt8]

    init(path: String) throws {
        name = path
        memory = []
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FrameBytes.refused(path, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw FrameError(.system, file: path, "is not a regular file")
        }
        count = Int(status.st_size)
    }

    init(_ bytes: [UInt8], name: String) {
        (self.name, memory, count, descriptor) = (name, bytes, bytes.count, -1)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// `length` bytes from `offset`. Throws, before anything is allocated, if the file does not hold them.
    func read(at offset: Int, _ length: Int, _ what: String = "") throws -> [UInt8] {
        guard offset >= 0, length >= 0, offset <= count, length <= count - offset else {
            throw FrameError(
                file: name, offset: offset, structure: what,
                "found the end of the file at byte \(count), wanted \(length) bytes; the file is cut short or damaged")
        }
        if descriptor < 0 { return Array(memory[offset..<offset + length]) }
        return try [UInt8](unsafeUninitializedCapacity: length) { buffer, filled in
            while filled < length {
                let done = pread(descriptor, buffer.baseAddress.map { $0 + filled }, length - filled, off_t(offset + filled))
                if done < 0, errno == EINTR { continue }
                guard done >= 0 else { throw FrameBytes.refused(name, errno) }
                guard done > 0 else {
                    throw FrameError(file: name, offset: offset + filled, structure: what, "the file became shorter while it was read")
                }
                filled += done
            }
        }
    }

    private static func refused(_ path: String, _ number: Int32) -> FrameError {
        FrameError(.system, file: path, "cannot read: \(String(cString: strerror(number)))")
    }
}
