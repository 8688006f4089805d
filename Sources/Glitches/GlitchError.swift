import MessagePassing

/// What a command of glitchgen cannot do, and what to change.
public struct GlitchError: Error, ExitCoded, CustomStringConvertible {
    public let description: String
    /// Bad input.
    public var exitCode: Int32 { 65 }

    public init(_ description: String) { self.description = description }
}
