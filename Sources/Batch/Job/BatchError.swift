import Glibc
import MessagePassing
import ParallelHDF5

/// Something a job could not do, and the code it ends with because of it.
public struct BatchError: Error, ExitCoded, CustomStringConvertible {
    public let code: ExitCode
    public let description: String

    public var exitCode: Int32 { code.rawValue }

    public init(_ code: ExitCode, _ description: String) {
        self.code = code
        self.description = description
    }

    /// A file operation that the system refused with `number`, an errno.
    static func system(_ action: String, _ path: String, number: Int32) -> BatchError {
        let text = "cannot \(action) \(path): \(String(cString: strerror(number)))"
        guard number == ENOSPC || number == EDQUOT else { return BatchError(.inputOutput, text) }
        let free = DiskSpace.freeBytes(at: path).map { ", \($0) bytes are free" } ?? ""
        return BatchError(.inputOutput, "\(text)\(free); make room there or choose a directory on another file system")
    }
}
