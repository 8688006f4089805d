/// Many trials for a short time, the best of them for longer, and so on.
///
/// Source: Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", arXiv:1502.07943, algorithm 1; the rungs
/// are those of Li et al., arXiv:1810.05934.
public struct SuccessiveHalving: Sendable, Equatable {
    public let rungs: Int
    /// One in so many trials goes on to the next rung, and trains so many times as long there.
    public let eta: Int
    /// Epochs at the end of the first rung.
    public let firstEpochs: Int

    public init(rungs: Int, eta: Int, firstEpochs: Int) {
        precondition(rungs > 0 && eta > 1 && firstEpochs > 0, "a search has rungs that grow")
        (self.rungs, self.eta, self.firstEpochs) = (rungs, eta, firstEpochs)
    }

    /// Epochs, from the first one on, that a trial has trained at the end of a rung.
    public func epochs(_ rung: Int) -> Int { (0..<rung).reduce(firstEpochs) { epochs, _ in epochs * eta } }

    /// The trials of the smallest scores that go on, ascending in number; of equals the first. A trial without a score has failed.
    public func promoted(_ scores: [(trial: Int, score: Double?)]) -> [Int] {
        let ranked = Self.ranked(scores)
        return ranked.prefix(max(1, scores.count / eta)).sorted()
    }

    /// Trials with a score, best first.
    static func ranked(_ scores: [(trial: Int, score: Double?)]) -> [Int] {
        scores.compactMap { entry in entry.score.map { (entry.trial, $0) } }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map(\.0)
    }
}
