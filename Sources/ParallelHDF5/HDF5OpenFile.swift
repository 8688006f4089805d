import CParallelHDF5
import Glibc
import MessagePassing
import Synchronization

/// The state that everything in one open file shares.
final class HDF5OpenFile {
    let path: String
    let communicator: Communicator?
    let isWritable: Bool
    /// Where large objects start: multiples of this, bytes.
    let alignment: Int
    var id: hid_t = -1
    var isOpen: Bool { id >= 0 }
    /// Bytes of the file that may be in use when all is written that was asked for, the same on all ranks.
    var promisedBytes = 0
    /// Bytes of the file that have their room on the disk, the same on all ranks.
    var reservedBytes = 0
    /// Whether some of the room could not be reserved. On the first rank.
    var hasUnreservedRoom = false
    var watch: DiskWatch?
    /// Whether a call on the file failed while it was being written: flushing or closing it may now hang or crash.
    private(set) var isBroken = false
    /// Whether any file of this process was given up, after which MPI cannot end in order.
    static let anyAbandoned = Atomic(false)

    init(path: String, communicator: Communicator?, isWritable: Bool, alignment: Int = 1) {
        self.path = path
        self.communicator = communicator
        self.isWritable = isWritable
        self.alignment = alignment
    }

    /// Whether this process does what one does for all.
    var isFirst: Bool { communicator?.isRoot ?? true }

    /// Runs `body`; if it fails on any rank, every rank throws the same. *Collective* on the file's ranks.
    ///
    /// A failed write may leave other ranks inside HDF5 for ever: a rank that fails while they do not come throws its error alone.
    func together<R>(_ body: () throws -> R) throws -> R {
        guard isWritable else { return try communicator?.agree(body) ?? body() }
        watch?.begin()
        defer { watch?.end() }
        let outcome = Result(catching: body)
        var failure: (any Error)?
        if case .failure(let error) = outcome { failure = error }
        let callFailed = (failure as? HDF5Error)?.isFailedCall ?? false
        guard let communicator else {
            isBroken = isBroken || callFailed
            return try outcome.get()
        }
        let verdict = try meet(communicator, callFailed ? .callFailed : failure == nil ? .good : .refused)
        if verdict == .callFailed || (verdict == nil && callFailed) { isBroken = true }
        guard let verdict else { return try outcome.get() }
        return verdict == .good ? try outcome.get() : try communicator.agree { try outcome.get() }
    }

    private enum Verdict: Int32 { case callFailed, refused, good }

    /// Seconds that a rank on which a call failed waits for ranks that may still be writing.
    private static let patience = 20.0

    /// The worst verdict of all ranks; nil if this rank failed and the others do not come.
    private func meet(_ communicator: Communicator, _ own: Verdict) throws -> Verdict? {
        let buffer = UnsafeMutableBufferPointer<Int32>.allocate(capacity: 1)
        buffer.initialize(repeating: own.rawValue)
        let request = try communicator.startAllReduce(buffer, .min)
        if own == .callFailed {
            var waited = 0.0
            while try !request.test() {
                // The buffer stays: MPI may still write to it.
                if waited > Self.patience { return nil }
                usleep(1000)
                waited += 0.001
            }
        } else {
            try request.wait()
        }
        defer { buffer.deallocate() }
        return Verdict(rawValue: buffer[0])
    }

    /// Leaves the file to the end of the process, unflushed, as it can no longer be closed.
    func abandon() {
        if isOpen { Self.anyAbandoned.store(true, ordering: .relaxed) }
        id = -1
    }

    /// Remembers that the file could not be closed. HDF5 keeps it open.
    func noteFailedClose() { Self.anyAbandoned.store(true, ordering: .relaxed) }

    deinit {
        watch?.finish()
        // A file of several ranks is not closed here: that is collective, and ranks may drop it at different times.
        if isOpen, communicator == nil, !isBroken { _ = H5Fclose(id) }
    }
}
