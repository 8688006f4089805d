import CMessagePassing
import Glibc
import Synchronization

/// The life of the message-passing library: started once, finished once, aborted only when a rank cannot go on.
///
/// All calls into this module must come from the thread that started it (MPI_THREAD_FUNNELED).
public enum MessagePassing {
    private static let world = Mutex<Communicator?>(nil)

    /// Starts MPI and returns a communicator of all ranks of the job; later calls return the same one.
    ///
    /// The communicator is a duplicate, so nothing in this program shares tags with a library that uses MPI
    /// on its own. *Collective* on the first call. Throws if MPI cannot start or was already finished.
    public static func start() throws -> Communicator {
        try world.withLock { existing in
            if let existing { return existing }
            var handle: Int32 = 0
            try check(mp_start(&handle), "MPI_Init_thread")
            let communicator = try Communicator(handle: handle)
            existing = communicator
            return communicator
        }
    }

    /// Finishes MPI; no communication is possible afterwards. *Collective.* Does nothing if MPI is not running.
    public static func finish() {
        world.withLock { $0 = nil }
        _ = mp_finish()
    }

    /// Ends the whole job with exit code `code`, wherever the other ranks are. *Not collective.*
    ///
    /// The way out when one rank fails where the others cannot be told, for example inside a collective call.
    public static func abort(code: Int32) -> Never {
        fflush(nil)
        mp_abort(code)
        exit(code)
    }

    /// Name and version of the MPI library in use, one line. *Not collective.*
    public static var libraryVersion: String {
        let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 8192) { buffer in
            _ = mp_library_version(buffer.baseAddress, Int32(buffer.count))
            return buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
        return text.split(whereSeparator: \.isNewline).first.map(String.init) ?? text
    }

    /// Largest element count of a single MPI call; 0 restores the default of 2^30. Lets a test see the splitting.
    package static func setMaximumCount(_ count: Int32) {
        mp_set_maximum_count(count)
    }
}
