import Batch
import CInstructionSet
import Numerics

/// The most multiply-adds per second that one core can do: independent sums that never leave the registers.
package enum PeakRate {
    /// flop/s in single precision: the best of `tries` measurements of some milliseconds, by wall time.
    package static func single(tries: Int) -> Double {
        best(tries) {
            didymos_vector_floats() == 16
                ? chains(Lane(repeating: 0.5), Lane(repeating: 0.25)) : chains(SIMD8<Float>(repeating: 0.5), SIMD8<Float>(repeating: 0.25))
        }
    }

    /// The same in double precision.
    package static func double(tries: Int) -> Double {
        best(tries) {
            didymos_vector_floats() == 16
                ? chains(SIMD8<Double>(repeating: 0.5), SIMD8<Double>(repeating: 0.25))
                : chains(SIMD4<Double>(repeating: 0.5), SIMD4<Double>(repeating: 0.25))
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

    /// Twelve chains hide the latency and fit sixteen registers.
    @inline(__always)
    private static func chains<Vector: SIMD>(_ factor: Vector, _ start: Vector) -> (operations: Double, result: Double)
    where Vector.Scalar: BinaryFloatingPoint {
        let rounds = 400_000
        var sums = InlineArray<12, Vector>(repeating: start)
        var round = 0
        while round < rounds {
            for i in 0..<12 { sums[i].addProduct(factor, start) }
            round &+= 1
        }
        var total = Vector.zero
        for i in 0..<12 { total += sums[i] }
        return (Double(rounds * 12 * 2 * Vector.scalarCount), Double(total.sum()))
    }
}
