import MessagePassing

/// What a classifier cannot do, and what to change.
public struct ClassifierError: Error, ExitCoded, CustomStringConvertible {
    public let description: String
    public var exitCode: Int32 { 65 }

    public init(_ description: String) { self.description = description }
}
