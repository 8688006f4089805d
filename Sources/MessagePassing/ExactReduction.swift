import Numerics

extension Communicator {
    /// Adds up exact sums over the ranks; every rank gets the same bits, whatever the number of ranks. *Collective.*
    public func allReduce(_ sums: inout [ExactSum]) throws {
        let width = SIMD8<Int64>.scalarCount
        var limbs = sums.flatMap { sum in (0..<width).map { sum.limbs[$0] } }
        try allReduce(&limbs, .sum)
        for k in sums.indices {
            var total = SIMD8<Int64>.zero
            for j in 0..<width { total[j] = limbs[k * width + j] }
            sums[k] = ExactSum(limbs: total)
        }
    }
}
