import Batch
import CInstructionSet
import Numerics

/// The most multiply-adds per second that one core can do: independent sums that never leave the registers.
enum PeakRate {
    /// flop/s in single precision: the best of `tries` measurements of some milliseconds, by wall time.
    static func single(tries: Int) -> Double {
        let rounds = 400_000
        return best(tries) {
            // As many chains as hide the latency and fit the registers: twelve of 32, or of 16, where a lane takes two.
            if didymos_vector_floats() == 16 {
                return (Double(rounds * 12 * 2 * laneWidth), Double(chains12(rounds)))
            }
            return (Double(rounds * 6 * 2 * laneWidth), Double(chains6(rounds)))
        }
    }

    /// The same in double precision, where a lane takes twice the registers.
    static func double(tries: Int) -> Double {
        let rounds = 400_000
        return best(tries) {
            if didymos_vector_floats() == 16 { return (Double(rounds * 6 * 2 * laneWidth), doubles6(rounds)) }
            return (Double(rounds * 3 * 2 * laneWidth), doubles3(rounds))
        }
    }

    private static func best(_ tries: Int, _ body: () -> (operations: Double, result: Double)) -> Double {
        var rate = 0.0
        for _ in 0..<tries {
            let start = Phases.now()
            let (operations, result) = body()
            let seconds = Phases.now() - start
            // Asks for the result, so that it is computed.
            if result == 0 { return 0 }
            rate = max(rate, operations / seconds)
        }
        return rate
    }

    private static let factor: Float = 0.5
    private static let term: Float = 0.25

    @inline(never)
    private static func chains12(_ rounds: Int) -> Float {
        let factor = Lane(repeating: factor), term = Lane(repeating: term)
        var sums = InlineArray<12, Lane>(repeating: term)
        for _ in 0..<rounds { for i in 0..<12 { sums[i] = LaneMath.fma(sums[i], factor, term) } }
        var total = Lane.zero
        for i in 0..<12 { total += sums[i] }
        return total.sum()
    }

    @inline(never)
    private static func chains6(_ rounds: Int) -> Float {
        let factor = Lane(repeating: factor), term = Lane(repeating: term)
        var sums = InlineArray<6, Lane>(repeating: term)
        for _ in 0..<rounds { for i in 0..<6 { sums[i] = LaneMath.fma(sums[i], factor, term) } }
        var total = Lane.zero
        for i in 0..<6 { total += sums[i] }
        return total.sum()
    }

    @inline(never)
    private static func doubles6(_ rounds: Int) -> Double {
        let factor = DoubleLane(repeating: Double(factor)), term = DoubleLane(repeating: Double(term))
        var sums = InlineArray<6, DoubleLane>(repeating: term)
        for _ in 0..<rounds { for i in 0..<6 { sums[i] = LaneMath.fma(sums[i], factor, term) } }
        var total = DoubleLane.zero
        for i in 0..<6 { total += sums[i] }
        return total.sum()
    }

    @inline(never)
    private static func doubles3(_ rounds: Int) -> Double {
        let factor = DoubleLane(repeating: Double(factor)), term = DoubleLane(repeating: Double(term))
        var sums = InlineArray<3, DoubleLane>(repeating: term)
        for _ in 0..<rounds { for i in 0..<3 { sums[i] = LaneMath.fma(sums[i], factor, term) } }
        var total = DoubleLane.zero
        for i in 0..<3 { total += sums[i] }
        return total.sum()
    }
}
