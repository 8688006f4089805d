import Glibc

/// A file open for writing, byte by byte as given: no buffer that a crash could lose. *Not collective.*
package final class OutputFile {
    package enum Mode {
        /// Start empty.
        case create
        /// Go on at the end; every write lands there whole, also beside another writer.
        case append
    }

    package let path: String
    private var descriptor: Int32

    package init(_ path: String, mode: Mode) throws {
        self.path = path
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (mode == .append ? O_APPEND : O_TRUNC)
        descriptor = open(path, flags, 0o666)
        guard descriptor >= 0 else { throw BatchError.system("write", path, number: errno) }
    }

    package func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw BatchError.system("write", path, number: errno) }
                rest = rest.dropFirst(count)
            }
        }
    }

    package func write(_ text: String) throws { try write(Array(text.utf8)) }

    /// Returns when what was written is on the disk.
    package func synchronize() throws {
        guard fsync(descriptor) == 0 else { throw BatchError.system("write", path, number: errno) }
    }

    /// Closes the file; a file system may report only now that there was no space.
    package func close() throws {
        guard descriptor >= 0 else { return }
        let code = Glibc.close(descriptor)
        descriptor = -1
        guard code == 0 else { throw BatchError.system("write", path, number: errno) }
    }

    deinit { if descriptor >= 0 { _ = Glibc.close(descriptor) } }
}
