import Glibc
import Numerics

/// A file that appears under its name only when it is complete and on the disk.
final class FrameOutput {
    let path: String
    private let temporary: String
    private var descriptor: Int32
    private(set) var count = 0
    private(set) var checksum = PosixChecksum()

    init(_ path: String) throws {
        self.path = path
        temporary = "\(path).tmp-\(getpid())"
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw refused("write", temporary) }
    }

    private func refused(_ action: String, _ path: String) -> FrameError {
        FrameError(.system, file: path, "cannot \(action): \(String(cString: strerror(errno)))")
    }

    func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { buffer in
            checksum.update(buffer)
            var rest = buffer[...]
            while !rest.isEmpty {
                let done = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if done < 0, errno == EINTR { continue }
                guard done >= 0 else { throw refused("write", temporary) }
                rest = rest.dropFirst(done)
            }
        }
        count += bytes.count
    }

    func finish() throws {
        guard fsync(descriptor) == 0 else { throw refused("write", temporary) }
        let code = close(descriptor)
        descriptor = -1
        guard code == 0 else { throw refused("write", temporary) }
        guard rename(temporary, path) == 0 else { throw refused("rename to", path) }
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        // The name is on the disk, too. Some parallel file systems refuse to flush a directory; they commit names by themselves.
        let parent = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if parent >= 0 {
            fsync(parent)
            close(parent)
        }
        isFinished = true
    }

    private var isFinished = false

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if !isFinished { unlink(temporary) }
    }
}
