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
            if wide { keep(chains(Lane(repeating: 0.5), Lane(repeating: 1), rounds).sum()) } else {
                keep(chains(SIMD8<Float>(repeating: 0.5), SIMD8<Float>(repeating: 1), rounds).sum())
            }
        }
        return Double(rounds * 12 * 2 * (wide ? 16 : 8)) / seconds * 1e-9
    }

    @inline(never)
    private static func keep(_ value: Float) { if value == 0 { print() } }

    @inline(__always)
    private static func chains<Vector: SIMD>(_ factor: Vector, _ start: Vector, _ rounds: Int) -> Vector where Vector.Scalar == Float {
        var a = start, b = start + 1, c = start + 2, d = start + 3, e = start + 4, f = start + 5
        var g = start + 6, h = start + 7, i = start + 8, j = start + 9, k = start + 10, l = start + 11
        var round = 0
        while round < rounds {
            a = start.addingProduct(a, factor)
            b = start.addingProduct(b, factor)
            c = start.addingProduct(c, factor)
            d = start.addingProduct(d, factor)
            e = start.addingProduct(e, factor)
            f = start.addingProduct(f, factor)
            g = start.addingProduct(g, factor)
            h = start.addingProduct(h, factor)
            i = start.addingProduct(i, factor)
            j = start.addingProduct(j, factor)
            k = start.addingProduct(k, factor)
            l = start.addingProduct(l, factor)
            round &+= 1
        }
        return ((a + b) + (c + d)) + ((e + f) + (g + h)) + ((i + j) + (k + l))
    }
}
