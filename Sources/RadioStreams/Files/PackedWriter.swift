import Glibc

/// Writes a header and samples after it: SIGPROC and PSRDADA.
final class PackedWriter: StreamWriter {
    private(set) var samplesWritten = 0
    private(set) var clampedCount = 0
    private let path: String
    private let header: StreamHeader
    private let coding: SampleCoding
    private let descriptor: Int32
    private var bytes: [UInt8] = []
    private var isOpen = true
    private var part: String { path + ".part" }

    init(_ path: String, header: StreamHeader, encoded: [UInt8], resume: Bool) throws {
        self.path = path
        self.header = header
        coding = SampleCoding(bits: header.bits, isSigned: header.isSigned)
        descriptor = open(path + ".part", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw StreamError(file: path, reason: "cannot write: \(String(cString: strerror(errno)))", exitCode: 74)
        }
        var found = [UInt8](repeating: 0, count: encoded.count)
        let isSame = resume && Glibc.read(descriptor, &found, found.count) == found.count && found == encoded
        if isSame {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw refused() }
            samplesWritten = (Int(status.st_size) - encoded.count) / header.rowBytes
        }
        let end = encoded.count + samplesWritten * header.rowBytes
        guard ftruncate(descriptor, off_t(isSame ? end : 0)) == 0, lseek(descriptor, off_t(isSame ? end : 0), SEEK_SET) >= 0 else { throw refused() }
        if !isSame { try encoded.withUnsafeBytes { try write($0) } }
    }

    deinit { if isOpen { close(descriptor) } }

    func append(_ samples: UnsafePointer<Float>, count: Int) throws {
        let rowCount = header.rowCount
        let rowBytes = header.rowBytes
        let atOnce = max(1, (1 << 20) / rowBytes)
        var done = 0
        while done < count {
            let rows = min(atOnce, count - done)
            if bytes.count < rows * rowBytes { bytes = [UInt8](repeating: 0, count: rows * rowBytes) }
            try bytes.withUnsafeMutableBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                clampedCount += coding.pack(samples + done * rowCount, count: rows * rowCount, into: base)
                try write(UnsafeRawBufferPointer(rebasing: bytes[..<(rows * rowBytes)]))
            }
            done += rows
            samplesWritten += rows
        }
    }

    func finish() throws {
        guard isOpen else { return }
        isOpen = false
        guard close(descriptor) == 0 else { throw refused() }
        try publish(part, as: path)
    }

    private func write(_ buffer: UnsafeRawBufferPointer) throws {
        var rest = buffer[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw refused() }
            rest = rest.dropFirst(count)
        }
    }

    private func refused() -> StreamError {
        StreamError(file: part, reason: "cannot write: \(String(cString: strerror(errno)))", exitCode: 74)
    }
}
