import CProcess
import Glibc

/// The file that keeps two jobs out of one run directory. *Not collective;* held by rank 0.
///
/// A lock is taken over only when its owner is known to be gone: its process on this machine has ended, or its batch
/// job has left the system, or it is an earlier run of this very job. Everything else needs a person.
package final class RunLock {
    package static let fileName = "lock"
    private let path: String
    /// What was found of an earlier owner that is gone, for the log.
    package let takenOver: String?

    struct Owner: Equatable {
        var host = "", job = "", started = ""
        var process = 0, ticks = 0, restarts = 0

        static func ofThisProcess() -> Owner {
            let process = Int(getpid())
            return Owner(
                host: HostInformation.name, job: Slurm.job ?? "", started: Format.timestamp(), process: process,
                ticks: HostInformation.startTicks(ofProcess: process) ?? 0, restarts: HostInformation.restartCount)
        }

        var text: String {
            """
            host: \(host)
            process: \(process)
            ticks: \(ticks)
            job: \(job)
            restarts: \(restarts)
            started: \(started)

            """
        }

        init(host: String, job: String, started: String, process: Int, ticks: Int, restarts: Int) {
            (self.host, self.job, self.started) = (host, job, started)
            (self.process, self.ticks, self.restarts) = (process, ticks, restarts)
        }

        init(text: String) {
            for line in text.split(whereSeparator: \.isNewline) {
                guard let colon = line.firstIndex(of: ":") else { continue }
                let value = String(line[line.index(after: colon)...].drop { $0 == " " })
                switch line[..<colon] {
                case "host": host = value
                case "process": process = Int(value) ?? 0
                case "ticks": ticks = Int(value) ?? 0
                case "job": job = value
                case "restarts": restarts = Int(value) ?? 0
                case "started": started = value
                default: break
                }
            }
        }

        var description: String {
            "process \(process) on \(host)\(job.isEmpty ? "" : ", job \(job)"), started \(started)"
        }

        /// Whether the owner is known to have ended.
        var isGone: Bool {
            if host == HostInformation.name {
                // The same number with another start is another process.
                guard let now = HostInformation.startTicks(ofProcess: process) else { return true }
                return ticks != 0 && now != ticks
            }
            guard !job.isEmpty else { return false }
            if job == Slurm.job { return restarts < HostInformation.restartCount }
            return Slurm.hasEnded(job: job) ?? false
        }
    }

    /// Takes the lock of `directory`; throws if another job holds it (exit code 74).
    package init(directory: String) throws {
        path = "\(directory)/\(Self.fileName)"
        // Serialises those who look at the same time; where a file system cannot, the link below still lets only one win.
        let guardian = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if guardian >= 0 { flock(guardian, LOCK_EX) }
        defer { if guardian >= 0 { close(guardian) } }

        let own = "\(path).\(HostInformation.name).\(getpid())"
        try Files.writeAtomically(own, Array(Owner.ofThisProcess().text.utf8))
        defer { unlink(own) }
        var gone: String?
        for _ in 0..<3 {
            // A hard link either makes the name or fails, also on network file systems.
            if link(own, path) == 0 {
                takenOver = gone
                return
            }
            let number = errno
            guard number == EEXIST else { throw BatchError.system("lock", path, number: number) }
            guard let bytes = try? Files.read(path, limit: 1 << 16) else { continue }
            let owner = Owner(text: String(decoding: bytes, as: UTF8.self))
            guard owner.isGone else {
                throw BatchError(
                    .inputOutput,
                    "\(directory) is in use by \(owner.description); wait for it, choose another run directory, "
                        + "or remove \(path) if that job is certainly gone")
            }
            gone = owner.description
            try Files.remove(path)
        }
        throw BatchError(.inputOutput, "\(path) changes while it is being taken; is another job starting here?")
    }

    /// Gives the directory free.
    package func release() { unlink(path) }
}
