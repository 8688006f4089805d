import CParallelHDF5
import MessagePassing

/// A failed HDF5 call or a file that does not hold what was asked for; the message names file, object, call and cause.
public struct HDF5Error: Error, ExitCoded, CustomStringConvertible {
    /// The file.
    public let file: String
    /// Path of the object in the file, for example `/fields/phi`, with `@name` for an attribute; empty for the file itself.
    public let object: String
    /// What went wrong, with what was found and what was wanted.
    public let reason: String
    /// Whether an HDF5 call failed, after which HDF5 itself may not know what its file holds.
    let isFailedCall: Bool
    /// 65 if the file or the request is wrong, 74 if the operation failed.
    public let exitCode: Int32

    public var description: String {
        object.isEmpty ? "\(file): \(reason)" : "\(file): \(object): \(reason)"
    }

    init(file: String, object: String, reason: String, exitCode: Int32 = 65, isFailedCall: Bool = false) {
        self.file = file
        self.object = object
        self.reason = reason
        self.exitCode = exitCode
        self.isFailedCall = isFailedCall
    }

    /// A call that failed just now on this thread; takes HDF5's own explanation with it.
    static func failed(_ call: StaticString, file: String, object: String) -> HDF5Error {
        HDF5Error(file: file, object: object, reason: "\(call) failed: \(takeErrorStack())", exitCode: 74, isFailedCall: true)
    }

    private static func takeErrorStack() -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
            guard let text = buffer.baseAddress, phdf5_take_error_stack(text, buffer.count) > 0 else {
                return "HDF5 gave no reason"
            }
            return String(cString: text)
        }
    }
}
