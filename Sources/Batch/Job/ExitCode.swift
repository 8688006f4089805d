/// How a command ends, for job scripts; the numbers are those of `sysexits.h`.
///
/// Only 75 asks for another submission of the same command line; every other code but 0 means that a person must look.
public enum ExitCode: Int32, Sendable {
    /// Everything asked for is done.
    case finished = 0
    /// The command line is wrong.
    case usage = 64
    /// A configuration, data file or checkpoint cannot be used as it is.
    case badInput = 65
    /// A defect of this program, or of a library under it.
    case internalError = 70
    /// A file cannot be read or written: no space, no permission, or a run directory that another job holds.
    case inputOutput = 74
    /// Stopped early with a good checkpoint: submit the same command again.
    case continueMe = 75
}
