import CMessagePassing

/// A call into MPI that failed, with MPI's own explanation.
public struct MessagePassingError: Error, CustomStringConvertible {
    /// The MPI function, for example `MPI_Allreduce`.
    public let call: String
    /// MPI's error code; negative for failures found by this module.
    public let code: Int32
    public let description: String

    init(call: String, code: Int32, reason: String) {
        self.call = call
        self.code = code
        description = "\(call) failed: \(reason)"
    }
}

/// The one place where an MPI error code becomes a Swift error.
func check(_ code: Int32, _ call: StaticString) throws {
    guard code != 0 else { return }
    let reason = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer in
        _ = mp_error_string(code, buffer.baseAddress, Int32(buffer.count))
        return buffer.baseAddress.map { String(cString: $0) } ?? "error \(code)"
    }
    throw MessagePassingError(call: "\(call)", code: code, reason: reason)
}

/// `check` for types that have a member of that name.
func requireSuccess(_ code: Int32, _ call: StaticString) throws { try check(code, call) }
