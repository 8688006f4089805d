import CProcess
import Glibc

/// Bytes in order: a file, a file that still grows, standard input, or memory. *Not collective.*
package final class ByteSource {
    package let name: String
    private let descriptor: Int32
    private let ownsDescriptor: Bool
    private let memory: [UInt8]
    /// Bytes that were looked at before anybody asked for them.
    private var ahead: [UInt8] = []
    /// Bytes given out so far.
    package private(set) var position = 0
    /// Whether the source can go back and has an end that is known.
    package let isSeekable: Bool
    /// Seconds to wait for more; 0 ends a file at its end and waits for a pipe without limit.
    private let patience: Double
    /// Whether the source was given up because nothing came in time.
    package private(set) var hasStalled = false

    /// Opens `path`, `-` for standard input.
    /// - Throws: `StreamError` with exit code 74.
    package init(path: String, patience: Double) throws {
        memory = []
        self.patience = patience
        if path == "-" {
            name = "standard input"
            descriptor = 0
            ownsDescriptor = false
            isSeekable = false
            return
        }
        name = path
        ownsDescriptor = true
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw StreamError(file: path, reason: "cannot read: \(String(cString: strerror(errno)))", exitCode: 74)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            throw StreamError(file: path, reason: "cannot read: a directory", exitCode: 74)
        }
        isSeekable = status.st_mode & S_IFMT == S_IFREG
    }

    /// Bytes in memory, by a name for messages.
    package init(bytes: [UInt8], name: String) {
        memory = bytes
        self.name = name
        descriptor = -1
        ownsDescriptor = false
        isSeekable = true
        patience = 0
    }

    deinit { if ownsDescriptor, descriptor >= 0 { close(descriptor) } }

    /// Size of the whole source now; nil for a pipe.
    package var size: Int? {
        guard isSeekable else { return nil }
        if descriptor < 0 { return memory.count }
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : nil
    }

    /// Whether more may come after the end.
    package var isGrowing: Bool { !isSeekable || patience > 0 }

    /// The next bytes without taking them, fewer at the end.
    package func peek(_ count: Int) throws -> [UInt8] {
        if ahead.count < count {
            var more = [UInt8](repeating: 0, count: count - ahead.count)
            let read = try more.withUnsafeMutableBytes { try readDirectly($0) }
            ahead += more[..<read]
        }
        return Array(ahead.prefix(count))
    }

    /// Fills `buffer`, or less of it at the end of the source; the number of bytes.
    package func read(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let done = min(ahead.count, buffer.count)
        if done > 0 {
            ahead.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<done])) }
            ahead.removeFirst(done)
            position += done
        }
        guard done < buffer.count else { return done }
        let more = try readDirectly(UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
        position += more
        return done + more
    }

    /// The next `count` bytes, or fewer at the end. For headers.
    package func take(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let read = try bytes.withUnsafeMutableBytes { try self.read($0) }
        return Array(bytes[..<read])
    }

    /// Goes to `offset`; the source must be seekable.
    package func seek(to offset: Int) throws {
        ahead = []
        position = offset
        if descriptor >= 0, lseek(descriptor, off_t(offset), SEEK_SET) < 0 {
            throw StreamError(file: name, place: "byte \(offset)", reason: "cannot go there: \(String(cString: strerror(errno)))", exitCode: 74)
        }
    }

    private func readDirectly(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard descriptor >= 0 else {
            let start = min(memory.count, position + ahead.count)
            let count = min(buffer.count, memory.count - start)
            memory.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + count])) }
            return count
        }
        var done = 0
        var lastByte = process_monotonic_seconds()
        while done < buffer.count {
            if !isSeekable, try !wait(since: lastByte) { break }
            let count = Glibc.read(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw StreamError(
                    file: name, place: "byte \(position + done)", reason: "cannot read: \(String(cString: strerror(errno)))", exitCode: 74)
            }
            if count == 0 {
                guard isSeekable, patience > 0 else { break }
                if process_monotonic_seconds() - lastByte > patience {
                    hasStalled = true
                    break
                }
                usleep(20_000)
                continue
            }
            done += count
            lastByte = process_monotonic_seconds()
        }
        return done
    }

    /// Whether a pipe has something, or its end, to read before patience runs out.
    private func wait(since start: Double) throws -> Bool {
        guard patience > 0 else { return true }
        while true {
            let left = start + patience - process_monotonic_seconds()
            guard left > 0 else {
                hasStalled = true
                return false
            }
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let found = poll(&request, 1, Int32(min(left * 1000 + 1, 1e6)))
            if found > 0 { return true }
            if found < 0, errno != EINTR {
                throw StreamError(file: name, reason: "cannot wait: \(String(cString: strerror(errno)))", exitCode: 74)
            }
        }
    }
}
