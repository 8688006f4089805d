import CalorimeterShowers
import Testing

@Suite("Sharing the showers of a file among ranks")
struct BlockPlanTests {
    @Test("every shower has one owner, and no two ranks share a chunk", arguments: [1, 15, 16, 17, 100, 165], [1, 2, 3, 7])
    func owners(count: Int, ranks: Int) {
        let plan = BlockPlan(count: count, ranks: ranks)
        var owner = [Int?](repeating: nil, count: count)
        for round in 0..<plan.rounds {
            for rank in 0..<ranks {
                let range = plan.range(round: round, rank: rank)
                #expect(range.isEmpty || range.lowerBound % 16 == 0)
                for i in range {
                    #expect(owner[i] == nil)
                    owner[i] = rank
                }
            }
        }
        #expect(!owner.contains(nil))
        // What the ranks collected in their own order comes back in the file's.
        let gathered = (0..<ranks).map { rank in (0..<plan.rounds).flatMap { Array(plan.range(round: $0, rank: rank)) } }
        #expect(plan.inOrder(gathered) == Array(0..<count))
    }
}
