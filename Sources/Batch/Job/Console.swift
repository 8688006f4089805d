import CProcess
import Glibc
import Synchronization

/// Standard error and the log file of a job: whole lines, and a bar below them if standard error is a terminal.
package final class Console: Sendable {
    private struct State {
        var bar = ""
        var file: OutputFile?
    }

    private let state = Mutex(State())
    package let isTerminal = process_is_terminal(2) != 0

    package init() {}

    /// Also appends all lines to the file at `path` from now on.
    package func open(_ path: String) throws {
        try state.withLock { $0.file = try OutputFile(path, mode: .append) }
    }

    /// Prints a line, above the bar if there is one.
    package func print(_ line: String) {
        state.withLock { state in
            Self.writeToError(state.bar.isEmpty ? line + "\n" : "\r\u{1B}[K\(line)\n\(state.bar)")
            // A log that cannot be written, on a full disk say, must not stop the job that can still tell so.
            try? state.file?.write(line + "\n")
        }
    }

    /// Adds a line to the log file alone.
    package func printToFile(_ line: String) {
        state.withLock { try? $0.file?.write(line + "\n") }
    }

    /// Replaces the bar at the bottom of a terminal; empty removes it.
    package func showBar(_ text: String) {
        guard isTerminal else { return }
        state.withLock { state in
            state.bar = text
            Self.writeToError("\r\u{1B}[K\(text)")
        }
    }

    /// Writes to standard error in one piece, so that lines of different processes do not mix.
    package static func writeToError(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(2, bytes, bytes.count)
    }
}
