import Glibc
import Numerics

/// The orthonormal separable Hartley transform of a real periodic field over lanes: `H[j,k] = cas(2πjk/n)/√n` along each dimension.
///
/// `H` is symmetric and its own inverse. A real filter that is even in every momentum component is diagonal in this basis, so a
/// spectral layer needs no complex arithmetic. Cost: 2·Σₘ Lₘ flop a site and transform, on data that stay in cache.
public enum HartleyTransform {
    /// The `n` x `n` matrix, row-major. *Not collective.*
    public static func matrix(_ n: Int) -> [Float] {
        (0..<n * n).map { index in
            let phase = 2 * Double.pi * Double((index / n) * (index % n) % n) / Double(n)
            return Float((cos(phase) + sin(phase)) / Double(n).squareRoot())
        }
    }

    /// `Σ_μ 4 sin²(π n_μ / L_μ)` of each mode, the last axis fastest. *Not collective.*
    public static func momentumSquared(_ extents: [Int]) -> [Double] {
        var values = [0.0]
        for n in extents {
            let axis = (0..<n).map { mode in
                let s = sin(Double.pi * Double(mode) / Double(n))
                return 4 * s * s
            }
            values = values.flatMap { value in axis.map { value + $0 } }
        }
        return values
    }

    /// Transforms one axis: for every outer and inner index, `output[j] = Σₖ H[j,k] input[k]`.
    ///
    /// - Parameters:
    ///   - input: `outer` x `extent` x `inner` lanes.
    ///   - output: the same shape, not overlapping `input`.
    public static func axis(
        _ matrix: UnsafePointer<Float>, extent n: Int, outer: Int, inner: Int,
        input: UnsafePointer<Lane>, output: UnsafeMutablePointer<Lane>
    ) {
        for o in 0..<outer {
            let x = input + o * n * inner
            let y = output + o * n * inner
            for i in 0..<inner {
                var j = 0
                while j + 4 <= n {
                    var a0 = Lane.zero
                    var a1 = Lane.zero
                    var a2 = Lane.zero
                    var a3 = Lane.zero
                    let m = matrix + j * n
                    for k in 0..<n {
                        let v = x[k * inner + i]
                        a0.addProduct(v, m[k])
                        a1.addProduct(v, m[n + k])
                        a2.addProduct(v, m[2 * n + k])
                        a3.addProduct(v, m[3 * n + k])
                    }
                    y[j * inner + i] = a0
                    y[(j + 1) * inner + i] = a1
                    y[(j + 2) * inner + i] = a2
                    y[(j + 3) * inner + i] = a3
                    j += 4
                }
                while j < n {
                    var a = Lane.zero
                    for k in 0..<n { a.addProduct(x[k * inner + i], matrix[j * n + k]) }
                    y[j * inner + i] = a
                    j += 1
                }
            }
        }
    }
}
