import Glibc
import MessagePassing

/// The directory of one run: everything a job writes lies here, and only one job at a time holds it.
///
/// `lock` names the job that holds it; a file called `STOP`, made by anybody, asks the job to stop with a checkpoint, and so does `NAME.end` for a
/// directory called NAME, as users of openQCD are used to.
public final class RunDirectory {
    public let path: String
    private let lock: RunLock?
    /// The job that left its lock behind, now taken over; nil if there was none. On rank 0 only.
    public var takenOver: String? { lock?.takenOver }

    /// Makes the directory if it is missing, and locks it. *Collective.*
    ///
    /// Throws on every rank, with exit code 74, if it cannot be made or another job holds it.
    public init(path: String, communicator: Communicator) throws {
        self.path = path
        lock = try communicator.agree {
            guard communicator.isRoot else { return nil }
            try Files.makeDirectories(path)
            return try RunLock(directory: path)
        }
    }

    /// Makes the directory if it is missing, and locks it, for a program of one process. *Not collective.*
    public init(path: String) throws {
        self.path = path
        try Files.makeDirectories(path)
        lock = try RunLock(directory: path)
    }

    /// Path of the file `name` in this directory. *Not collective.*
    public func path(_ name: String) -> String { "\(path)/\(name)" }

    /// Replaces the file `name`: complete and on the disk when this returns, or untouched. *Not collective;* for one rank.
    public func writeAtomically(_ name: String, _ bytes: some Collection<UInt8>) throws {
        try Files.writeAtomically(path(name), bytes)
    }

    /// Replaces the text file `name`. *Not collective;* for one rank.
    public func writeAtomically(_ name: String, text: String) throws {
        try writeAtomically(name, Array(text.utf8))
    }

    /// The file by which somebody asks the job to stop, `STOP` or `NAME.end`; nil if there is none. It stays until its maker removes it. *Not collective.*
    public var stopFile: String? {
        [path("STOP"), path("\(path.split(separator: "/").last ?? "run").end")].first { Files.exists($0) }
    }

    /// Gives the directory free for other jobs. *Not collective.*
    public func close() { lock?.release() }
}
