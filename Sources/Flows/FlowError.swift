import MessagePassing

/// What went wrong in a flow, in one sentence that names the field, the value found and the value wanted.
public struct FlowError: Error, ExitCoded, CustomStringConvertible, Equatable {
    public let description: String
    /// 65 for bad input, 70 for a failed computation.
    public let exitCode: Int32

    public init(_ description: String, exitCode: Int32 = 65) {
        self.description = description
        self.exitCode = exitCode
    }
}
