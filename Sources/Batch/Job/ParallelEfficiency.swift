/// How well the ranks were used, by the additive-free part of the POP model (co-design.pop-coe.eu/metrics).
///
/// Taken over the parallel work alone: computing, waiting for halos and for sums; files and setting up are left out.
public struct ParallelEfficiency: Equatable, Sendable {
    /// Mean over largest useful time of a rank.
    public let loadBalance: Double
    /// Largest useful time over run time. Also holds what POP calls serialisation, which needs an ideal network to tell apart.
    public let communicationEfficiency: Double
    /// Mean useful time over run time; the product of the other two.
    public var parallelEfficiency: Double { loadBalance * communicationEfficiency }
    /// Mean over ranks of the seconds spent waiting for messages, not hidden behind work.
    public let exposedCommunication: Double

    /// - Parameters:
    ///   - useful: seconds each rank computed.
    ///   - communication: seconds each rank waited for others.
    /// Nil if nobody did anything.
    public init?(useful: [Double], communication: [Double]) {
        guard !useful.isEmpty, useful.count == communication.count else { return nil }
        let count = Double(useful.count)
        let longest = useful.max() ?? 0
        let run = zip(useful, communication).map { $0 + $1 }.max() ?? 0
        guard longest > 0, run > 0 else { return nil }
        loadBalance = useful.reduce(0, +) / count / longest
        communicationEfficiency = longest / run
        exposedCommunication = communication.reduce(0, +) / count
    }
}
