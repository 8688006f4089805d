import Frames
import Glitches

/// Runs `body`; what a frame file does not hold as it should becomes a `GlitchError` with the same message.
func namingFrames<R>(_ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as FrameError { throw GlitchError(error.description) }
}
