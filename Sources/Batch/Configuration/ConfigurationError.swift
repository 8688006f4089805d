import MessagePassing

/// What is wrong in a configuration and where, one line for each finding.
public struct ConfigurationError: Error, ExitCoded, CustomStringConvertible, Equatable {
    public let description: String

    /// Bad input.
    public var exitCode: Int32 { ExitCode.badInput.rawValue }

    public init(_ description: String) { self.description = description }
}
