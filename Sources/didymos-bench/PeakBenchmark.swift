import CInstructionSet
import Glibc
import Numerics

/// The most multiply-adds per second that one core can do: twelve independent sums that never leave the registers.
enum PeakBenchmark {
    static func run() throws {
        let rates = (0..<20).map { _ in gigaflops() }
        print("\(Stopwatch.processor): \(Stopwatch.median(rates)) GF/s, f32, one core, at best \(rates.max() ?? 0)")
    }

    /// One measurement of about 2 ms, in GF/s.
    static func gigaflops() -> Double {
        let rounds = 500_000
        let wide = didymos_vector_floats() == 16
        let seconds = Stopwatch.time(calls: 1) {
            if wide { keep(chains(Lane(repeating: 0.5), Lane(repeating: 0.25), rounds).sum()) } else {
                keep(chains(SIMD8<Float>(repeating: 0.5), SIMD8<Float>(repeating: 0.25), rounds).sum())
            }
        }
        return Double(rounds * 12 * 2 * (wide ? 16 : 8)) / seconds * 1e-9
    }

    @inline(never)
    private static func keep(_ value: Float) { if value == 0 { print() } }

    @inline(__always)
    private static func chains<Vector: SIMD>(_ factor: Vector, _ start: Vector, _ rounds: Int) -> Vector where Vector.Scalar == Float {
        var sums = InlineArray<12, Vector>(repeating: start)
        var round = 0
        while round < rounds {
            for i in 0..<12 { sums[i].addProduct(factor, start) }
            round &+= 1
        }
        var total = Vector.zero
        for i in 0..<12 { total += sums[i] }
        return total
    }
}
