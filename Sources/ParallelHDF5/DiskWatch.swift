import CParallelHDF5
import Glibc
import Synchronization

/// Ends a job whose file system fills up while HDF5 writes a file that could have no reserved room.
///
/// A rank that cannot write and one that can then wait for each other inside HDF5 for ever, and neither returns to say so. One thread on the
/// first rank looks: when a call has lasted for `patience` and the disk is full, it removes the file, says why, and ends the process with
/// code 74, upon which a launcher ends the others.
final class DiskWatch: Sendable {
    private static let patience = 10
    private static let idle = 0
    private static let finished = -1

    private let path: String
    /// When the call began, seconds on the monotonic clock; `idle`, or `finished`.
    private let busySince = Atomic(DiskWatch.idle)

    /// Starts to look at the disk of `path`; nil where no thread can be had.
    init?(_ path: String) {
        self.path = path
        var thread = pthread_t()
        let mine = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<DiskWatch>.fromOpaque(context).takeRetainedValue().look() }
                return nil
            }, mine.toOpaque())
        guard code == 0 else {
            mine.release()
            return nil
        }
        pthread_detach(thread)
    }

    func begin() { busySince.store(Self.now, ordering: .relaxed) }
    func end() { busySince.store(Self.idle, ordering: .relaxed) }
    func finish() { busySince.store(Self.finished, ordering: .relaxed) }

    private static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return max(1, time.tv_sec)
    }

    private func look() {
        while true {
            usleep(100_000)
            let since = busySince.load(ordering: .relaxed)
            if since == Self.finished { return }
            guard since != Self.idle, Self.now - since > Self.patience, DiskSpace.isFull(at: path) else { continue }
            unlink(path)
            let message = Array("\(DiskSpace.filledUp(path))\n".utf8)
            _ = write(2, message, message.count)
            _exit(74)
        }
    }
}
