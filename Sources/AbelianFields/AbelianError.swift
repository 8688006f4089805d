import MessagePassing

/// What went wrong with a U(1) field or its simulation, in one sentence that names the field, what was found and what was wanted.
public struct AbelianError: Error, ExitCoded, CustomStringConvertible, Equatable {
    public let description: String
    /// 65 for bad input, 70 for a failed computation.
    public let exitCode: Int32

    public init(_ description: String, exitCode: Int32 = 65) {
        self.description = description
        self.exitCode = exitCode
    }
}
