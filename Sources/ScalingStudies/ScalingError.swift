import Batch
import MessagePassing

/// A study, record or measurement that cannot be used, and what to do about it.
public struct ScalingError: Error, ExitCoded, CustomStringConvertible {
    public let description: String
    public let code: ExitCode

    public var exitCode: Int32 { code.rawValue }

    public init(_ description: String, code: ExitCode = .badInput) {
        self.description = description
        self.code = code
    }
}
