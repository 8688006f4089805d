import MessagePassing

/// What is wrong with a shower file or a request for showers: names file, dataset, what was found and what is wanted.
public struct ShowerError: Error, ExitCoded, CustomStringConvertible, Equatable {
    public let description: String
    /// 65 for bad input, 70 for a failed computation.
    public let exitCode: Int32

    public init(_ description: String, exitCode: Int32 = 65) {
        self.description = description
        self.exitCode = exitCode
    }
}
