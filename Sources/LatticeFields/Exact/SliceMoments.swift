import Glibc

/// Moments `∫ dφ_0 dφ_1 φ_0^j φ_1^k exp(-Σ (c φ² + d φ⁴) + 2b φ_0 φ_1)` of a slice of two sites bonded twice, or of one site.
///
/// By the trapezoidal rule on a uniform grid, which converges faster than any power for an integrand that is analytic and decays
/// at both ends.
struct SliceMoments {
    let sites: Int
    let maximumDegree: Int
    private var table: [Double]

    init(action: ScalarAction, sites: Int, maximumDegree: Int) {
        self.sites = sites
        self.maximumDegree = maximumDegree
        let cut = Self.reach(action, degree: maximumDegree)
        let points = 400
        let h = 2 * cut / Double(points)
        let phi = (0...points).map { -cut + Double($0) * h }
        let weight = phi.map { Glibc.exp(-action.c * $0 * $0 - action.d * $0 * $0 * $0 * $0) * h }
        let width = maximumDegree + 1
        if sites == 1 {
            table = (0..<width).map { j in
                zip(phi, weight).reduce(0) { $0 + Glibc.pow($1.0, Double(j)) * $1.1 }
            }
            return
        }
        // Inner sum over φ_1 for each φ_0, then the outer one: (points · degree) + (points · degree²) work.
        table = [Double](repeating: 0, count: width * width)
        for (i, x) in phi.enumerated() {
            var inner = [Double](repeating: 0, count: width)
            for (j, y) in phi.enumerated() {
                var term = weight[j] * Glibc.exp(2 * action.b * x * y)
                for k in 0..<width {
                    inner[k] += term
                    term *= y
                }
            }
            var power = weight[i]
            for j in 0..<width {
                for k in 0..<width { table[j * width + k] += power * inner[k] }
                power *= x
            }
        }
    }

    /// Where the integrand of the highest moment has fallen below 1e-40 of its largest value.
    private static func reach(_ action: ScalarAction, degree: Int) -> Double {
        // The slice bond costs at most 2b φ_0 φ_1 <= b (φ_0² + φ_1²).
        let square = action.c - action.b.magnitude
        func exponent(_ x: Double) -> Double { Double(degree) * Glibc.log(x) - square * x * x - action.d * x * x * x * x }
        var x = 0.25
        var best = exponent(x)
        while exponent(x) > best - 92 {
            best = max(best, exponent(x))
            x *= 1.02
        }
        return x
    }

    subscript(_ j: Int, _ k: Int) -> Double {
        sites == 1 ? table[j] : table[j * (maximumDegree + 1) + k]
    }
}
