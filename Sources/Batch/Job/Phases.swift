import CProcess

/// What a rank spends its time on.
public enum Phase: Int, CaseIterable, Sendable {
    /// Everything that was not measured as something else.
    case other
    /// Useful work.
    case compute
    /// Waiting for the neighbours' sites.
    case halo
    /// Waiting for a sum over all ranks.
    case allreduce
    /// Writing or reading checkpoints.
    case checkpoint
    /// Other files.
    case io

    public var name: String { "\(self)" }
}

/// Where this rank's time went; phases may nest, and each second counts for the innermost one only. *Not collective.*
///
/// A class, because a phase that is being measured measures others inside.
public final class Phases {
    private var seconds = [Double](repeating: 0, count: Phase.allCases.count)
    private var current = Phase.other
    private var since: Double

    public init() { since = process_monotonic_seconds() }

    /// Runs `body` and counts its time for `phase`, without what it measures as other phases itself.
    @inline(__always)
    public func measure<R>(_ phase: Phase, _ body: () throws -> R) rethrows -> R {
        let outer = begin(phase)
        defer { end(outer) }
        return try body()
    }

    /// Counts for `phase` from now on; returns the phase before, for `end`.
    public func begin(_ phase: Phase) -> Phase {
        let outer = current
        change(to: phase)
        return outer
    }

    /// Goes back to `outer`, the phase that `begin` returned.
    public func end(_ outer: Phase) { change(to: outer) }

    /// Counts `amount` seconds, measured elsewhere, for another phase than the one they fell into.
    public func move(_ amount: Double, from: Phase, to: Phase) {
        seconds[from.rawValue] -= amount
        seconds[to.rawValue] += amount
    }

    /// Seconds of a clock that never jumps.
    public static func now() -> Double { process_monotonic_seconds() }

    /// Seconds spent in a phase so far.
    public func seconds(_ phase: Phase) -> Double {
        change(to: current)
        return seconds[phase.rawValue]
    }

    private func change(to phase: Phase) {
        let now = process_monotonic_seconds()
        seconds[current.rawValue] += now - since
        since = now
        current = phase
    }
}
