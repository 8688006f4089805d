import Glibc

/// What ranks lose by waiting for each other on a machine that holds up single cores: from pieces of work that `scaling calibrate` timed.
///
/// A loss is a time, not a share: it grows with the length of a piece, but a hold-up that has been waited for is over.
public struct Waiting: Sendable, Equatable {
    /// Lengths of pieces and what waiting behind each costs, in s, the shortest first.
    let lengths: [Double]
    let losses: [Double]

    /// A machine that holds up nobody.
    public static let none = Waiting(lengths: [], losses: [])

    package init(lengths: [Double], losses: [Double]) {
        self.lengths = lengths
        self.losses = losses
    }

    /// The mean over calibrations, piece by piece; those of one rank, and older ones that timed no pieces, are left out.
    public init(measured calibrations: [Ceilings]) {
        let timed = calibrations.filter { !$0.lockstep.isEmpty }
        let count = timed.map(\.lockstep.count).min() ?? 0
        func mean(_ value: (Ceilings.Piece) -> Double) -> [Double] {
            (0..<count).map { k in timed.reduce(0) { $0 + value($1.lockstep[k]) } / Double(timed.count) }
        }
        lengths = mean(\.seconds)
        losses = mean { $0.efficiency > 0 ? max(0, $0.seconds / $0.efficiency - $0.seconds) : 0 }
    }

    /// Behind one piece of `length` s: straight lines between what was timed; the share of the shortest below it; above the longest it grows like the
    /// spread of a sum of independent hold-ups, with the square root.
    package func loss(_ length: Double) -> Double {
        guard let last = lengths.indices.last, length > 0 else { return 0 }
        if length <= lengths[0] { return losses[0] * length / lengths[0] }
        guard let next = lengths.firstIndex(where: { $0 >= length }) else { return losses[last] * (length / lengths[last]).squareRoot() }
        let part = (length - lengths[next - 1]) / (lengths[next] - lengths[next - 1])
        return losses[next - 1] + part * (losses[next] - losses[next - 1])
    }

    /// Of a step of so much `work`, s, in whose course ranks meet so often.
    package func seconds(work: Double, meetings: Int) -> Double { Double(meetings) * loss(meetings > 0 ? work / Double(meetings) : 0) }

    /// The work of a step that takes `total` s with its waiting.
    package func work(of total: Double, meetings: Int) -> Double {
        var (low, high) = (0.0, max(0, total))
        for _ in 0..<60 {
            let middle = 0.5 * (low + high)
            if middle + seconds(work: middle, meetings: meetings) < total { low = middle } else { high = middle }
        }
        return 0.5 * (low + high)
    }
}
