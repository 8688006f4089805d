import Frames
import MessagePassing

/// What a command of glitchgen cannot do, and what to change.
public struct GlitchError: Error, ExitCoded, CustomStringConvertible {
    public let description: String
    /// Bad input.
    public var exitCode: Int32 { 65 }

    public init(_ description: String) { self.description = description }
}

extension GlitchError {
    /// Runs `body`; what a frame file does not hold as it should becomes a `GlitchError` with the same message.
    static func ofFrames<R>(_ body: () throws -> R) throws -> R {
        do { return try body() } catch let error as FrameError { throw GlitchError(error.description) }
    }
}
