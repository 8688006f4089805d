import CProcess
import MessagePassing

/// Why a job leaves before it is finished.
public enum StopReason: Equatable, Sendable, CustomStringConvertible {
    /// USR1, USR2 or TERM.
    case signal(String)
    /// The end of the allocated time is near.
    case deadline
    /// The file `STOP` or `NAME.end` in the run directory.
    case stopFile

    public var description: String {
        switch self {
        case .signal(let name): "signal \(name)"
        case .deadline: "the time limit is near"
        case .stopFile: "a file STOP or NAME.end in the run directory"
        }
    }
}

/// Tells a job between two steps whether it should write a checkpoint and leave.
///
/// The end of the time comes from `SLURM_JOB_END_TIME`, else from `squeue`, and from the user's time limit; the earlier counts. The job
/// stops when less is left than its slowest step, one and a half of its slowest checkpoint, and a margin. A signal reaches different
/// ranks with different launchers, so every rank only notes it, and one small all-reduce per step lets all take the same decision;
/// rank 0 decides about time and the `STOP` file.
public final class StopController {
    private let communicator: Communicator
    private let directory: RunDirectory?
    private let margin: Double
    /// End of the allocated time on the monotonic clock. On rank 0 only.
    private let deadline: Double?
    private var slowestStep = 0.0
    private var slowestCheckpoint = 0.0
    /// When the last step ended; nil before the first, whose time would include the setting up.
    private var lastStep: Double?
    private var checkpointSinceStep = 0.0
    private var lastLook = -Double.infinity
    /// Seconds from one `shouldStop` to the next on this rank, without checkpoints; the first step, with the setting up, is left out.
    public private(set) var stepTimes = StepTimes()

    /// Starts to watch signals. *Not collective,* though all ranks need one to call `shouldStop`.
    /// - Parameters:
    ///   - timeLimit: seconds from `start` on; nil for none.
    ///   - margin: seconds kept free for ending the job.
    ///   - start: when the job began, on the monotonic clock; now if not given.
    public init(
        communicator: Communicator, directory: RunDirectory?, timeLimit: Double?, margin: Double = 30, start: Double? = nil
    ) {
        self.communicator = communicator
        self.directory = directory
        self.margin = margin
        let now = process_monotonic_seconds()
        let limit = timeLimit.map { (start ?? now) + $0 }
        let end = communicator.isRoot ? Slurm.endTime().map { now + $0 - process_wall_seconds() } : nil
        deadline = [limit, end].compactMap(\.self).min()
        _ = process_watch_signals()
    }

    /// Seconds until the end of the allocated time; nil if there is none. Known on rank 0. *Not collective.*
    public var remainingSeconds: Double? { deadline.map { $0 - process_monotonic_seconds() } }

    /// Starts anew with no signal seen, for a program that goes on after a stop. *Not collective.*
    public static func forgetSignals() { process_forget_signals() }

    /// Notes how long a step took; `shouldStop` also measures from call to call. *Not collective.*
    public func observe(stepSeconds: Double) { slowestStep = max(slowestStep, stepSeconds) }

    /// Notes how long a checkpoint took, which is not part of a step. *Not collective.*
    public func observe(checkpointSeconds: Double) {
        slowestCheckpoint = max(slowestCheckpoint, checkpointSeconds)
        checkpointSinceStep += checkpointSeconds
    }

    /// Whether to write a checkpoint and leave now; the same answer on every rank. *Collective:* one integer is all-reduced.
    public func shouldStop(after step: Int) throws -> StopReason? {
        let now = process_monotonic_seconds()
        if let lastStep {
            let seconds = now - lastStep - checkpointSinceStep
            observe(stepSeconds: seconds)
            stepTimes.add(seconds)
        }
        let request = try communicator.allReduce(localRequest(now: now), .bitOr)
        // The wait for the others belongs to the step that follows, as it does for them.
        lastStep = now
        checkpointSinceStep = 0
        if request & Self.deadlineBit != 0 { return .deadline }
        if request & Int32(PROCESS_SIGNAL_TERM) != 0 { return .signal("TERM") }
        if request & Int32(PROCESS_SIGNAL_USR1) != 0 { return .signal("USR1") }
        if request & Int32(PROCESS_SIGNAL_USR2) != 0 { return .signal("USR2") }
        return request & Self.stopFileBit != 0 ? .stopFile : nil
    }

    private static let deadlineBit: Int32 = 1 << 8
    private static let stopFileBit: Int32 = 1 << 9

    private func localRequest(now: Double) -> Int32 {
        var request = process_signals_seen()
        guard communicator.isRoot else { return request }
        if let deadline, deadline - now < slowestStep + 1.5 * slowestCheckpoint + margin { request |= Self.deadlineBit }
        // A look at the file system each second is enough for a person, and cheap enough for a shared one.
        if now - lastLook >= 1, let directory {
            lastLook = now
            if directory.stopFile != nil { request |= Self.stopFileBit }
        }
        return request
    }
}
