import Networks
import MessagePassing

/// A model, a data file or a training that cannot go on; equal on all ranks.
public struct ShowerNetworkError: Error, ExitCoded, CustomStringConvertible {
    public let description: String
    public let exitCode: Int32

    public init(_ description: String, exitCode: Int32 = 65) {
        self.description = description
        self.exitCode = exitCode
    }
}
