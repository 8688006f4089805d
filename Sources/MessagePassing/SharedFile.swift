import CMessagePassing

/// A stretch of bytes of a file.
public struct ByteRun: Hashable, Sendable {
    public var offset: Int
    public var count: Int

    public init(offset: Int, count: Int) {
        self.offset = offset
        self.count = count
    }
}

/// A file that all ranks of a communicator read or write together, through MPI-IO.
///
/// Each rank passes the runs of bytes that are its own, in rising order; the library joins the ranks' requests into large ones.
/// Errors are the same on all ranks and name the file.
public final class SharedFile {
    private let file: OpaquePointer
    private let communicator: Communicator
    private let path: String

    /// *Collective.* - Throws: `AgreedError` naming the file.
    public static func open(_ path: String, writing: Bool, communicator: Communicator) throws -> SharedFile {
        var file: OpaquePointer?
        let code = mp_file_open(communicator.fortranHandle, path, writing ? 1 : 0, &file)
        return try communicator.agree {
            try Self.check(code, "MPI_File_open", path)
            guard let file else { throw SharedFileError(path: path, reason: "MPI_File_open gave no file") }
            return SharedFile(file, path, communicator)
        }
    }

    private init(_ file: OpaquePointer, _ path: String, _ communicator: Communicator) {
        self.file = file
        self.path = path
        self.communicator = communicator
    }

    /// Makes the file this long. *Collective.*
    public func setSize(_ bytes: Int) throws {
        let code = mp_file_set_size(file, Int64(bytes))
        try communicator.agree { try Self.check(code, "MPI_File_set_size", path) }
    }

    /// Fills `buffer` with this rank's runs, one after the other. *Collective.*
    /// - Precondition: `buffer` holds the sum of the runs' counts.
    public func read(_ runs: [ByteRun], into buffer: UnsafeMutableRawBufferPointer) throws {
        try transfer(runs, buffer.baseAddress, buffer.count, writing: false)
    }

    /// Writes this rank's runs from `buffer`. *Collective.*
    /// - Precondition: `buffer` holds the sum of the runs' counts.
    public func write(_ runs: [ByteRun], from buffer: UnsafeRawBufferPointer) throws {
        try transfer(runs, UnsafeMutableRawPointer(mutating: buffer.baseAddress), buffer.count, writing: true)
    }

    /// Closes the file; `synchronize` waits until its bytes are on the disk. It must not be used afterwards. *Collective.*
    public func close(synchronize: Bool = false) throws {
        let code = mp_file_close(file, synchronize ? 1 : 0)
        try communicator.agree { try Self.check(code, "MPI_File_close", path) }
    }

    private func transfer(_ runs: [ByteRun], _ buffer: UnsafeMutableRawPointer?, _ capacity: Int, writing: Bool) throws {
        precondition(runs.reduce(0) { $0 + $1.count } == capacity, "a buffer as long as its runs")
        let offsets = runs.map { Int64($0.offset) }, counts = runs.map { Int64($0.count) }
        let code = mp_file_transfer(file, writing ? 1 : 0, offsets, counts, Int64(runs.count), buffer)
        try communicator.agree { try Self.check(code, writing ? "MPI_File_write_at_all" : "MPI_File_read_at_all", path) }
    }

    private static func check(_ code: Int32, _ call: StaticString, _ path: String) throws {
        do { try requireSuccess(code, call) } catch { throw SharedFileError(path: path, reason: "\(error)") }
    }
}

/// A file that MPI could not open, read or write.
public struct SharedFileError: Error, ExitCoded, CustomStringConvertible {
    public let description: String
    /// A file that cannot be read or written.
    public var exitCode: Int32 { 74 }

    init(path: String, reason: String) { description = "\(path): \(reason)" }
}
