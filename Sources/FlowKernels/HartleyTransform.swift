import Glibc

/// Plain formulas of the Hartley transform.
public enum HartleyTransform {
    /// The orthonormal `n` x `n` matrix `cas(2πjk/n)/√n`, row-major: the reference for the fast transform. *Not collective.*
    public static func matrix(_ n: Int) -> [Double] {
        (0..<n * n).map { index in
            let phase = 2 * Double.pi * Double((index / n) * (index % n) % n) / Double(n)
            return (cos(phase) + sin(phase)) / Double(n).squareRoot()
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
}
