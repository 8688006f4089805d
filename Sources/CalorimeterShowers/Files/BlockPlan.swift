/// How ranks share the showers of a file: in rounds of one block a rank, each block a whole number of chunks.
public struct BlockPlan: Sendable {
    public let count: Int
    public let block: Int
    public let ranks: Int

    public init(count: Int, block: Int = ShowerLayout.chunk, ranks: Int) {
        precondition(count >= 0 && block > 0 && ranks > 0, "a plan needs blocks and ranks")
        (self.count, self.block, self.ranks) = (count, block, ranks)
    }

    /// Rounds until every shower had its turn.
    public var rounds: Int { (count + block * ranks - 1) / (block * ranks) }

    /// The showers of `rank` in `round`, empty where none are left.
    public func range(round: Int, rank: Int) -> Range<Int> {
        let start = min(count, (round * ranks + rank) * block)
        return start..<min(count, start + block)
    }

    /// Showers done after `round`.
    public func done(after round: Int) -> Int { min(count, (round + 1) * ranks * block) }

    /// Puts one value a shower, gathered from the ranks in the order of their rounds, into the order of the file.
    public func inOrder<T>(_ gathered: [[T]]) -> [T] {
        var starts = [Int](repeating: 0, count: ranks)
        var result: [T] = []
        for round in 0..<rounds {
            for rank in 0..<ranks {
                let length = range(round: round, rank: rank).count
                result += gathered[rank][starts[rank]..<starts[rank] + length]
                starts[rank] += length
            }
        }
        return result
    }
}
