import Glibc

/// One bin of a rational-quadratic spline in double precision: the plain twin of `FlowKernels.SiteSpline`, and the spline of the spectral density.
///
/// Source: Gregory and Delbourgo, IMA J. Numer. Anal. 2 (1982) 123; Durkan et al., arXiv:1906.04032, equations 4 and 5.
struct RationalQuadratic {
    /// Knot positions, values and slopes.
    var x: [Double]
    var y: [Double]
    var slope: [Double]

    /// Knots from unconstrained parameters: softmax widths and heights that fill `span`, slopes log₂(1 + 2ʳ); zeros give the identity.
    init(raw: UnsafePointer<Float>, count: Int, span: Double) {
        x = Self.edges(raw, count: count, span: span)
        y = Self.edges(raw + (count - 1), count: count, span: span)
        slope = (0..<count).map { log2(1 + exp2(Double(raw[2 * (count - 1) + $0]))) }
    }

    /// Unconstrained parameters of a spline with `count` knots.
    static func parameterCount(_ count: Int) -> Int { 3 * count - 2 }

    private static func softmax(_ raw: UnsafePointer<Float>, count: Int) -> [Double] {
        let values = (0..<count).map { Double(raw[$0]) }
        let top = values.max() ?? 0
        let weights = values.map { exp($0 - top) }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }

    private static func edges(_ raw: UnsafePointer<Float>, count: Int, span: Double) -> [Double] {
        var edge = 0.0
        var edges = [0.0]
        for weight in softmax(raw, count: count - 1) {
            edge += span * weight
            edges.append(edge)
        }
        edges[count - 1] = span
        return edges
    }

    /// Pulls cotangents of the knots (x, y, slope: 3 x count) back to the unconstrained parameters, added to `gradient`.
    static func pullBack(
        raw: UnsafePointer<Float>, count: Int, span: Double, knotGradient: [Double], gradient: UnsafeMutablePointer<Float>
    ) {
        for part in 0..<2 {
            let offset = part * (count - 1)
            let weights = softmax(raw + offset, count: count - 1)
            // Cotangent of each width: the sum over the edges to its right; the last edge is fixed.
            var suffix = [Double](repeating: 0, count: count - 1)
            var running = 0.0
            for j in stride(from: count - 3, through: 0, by: -1) {
                running += span * knotGradient[part * count + j + 1]
                suffix[j] = running
            }
            let mean = zip(weights, suffix).reduce(0) { $0 + $1.0 * $1.1 }
            for j in 0..<count - 1 { gradient[offset + j] += Float(weights[j] * (suffix[j] - mean)) }
        }
        let offset = 2 * (count - 1)
        for k in 0..<count {
            let power = exp2(Double(raw[offset + k]))
            gradient[offset + k] += Float(knotGradient[2 * count + k] * power / (1 + power))
        }
    }

    private func bin(_ value: Double, _ edges: [Double]) -> Int {
        var i = 0
        while i + 2 < edges.count && value >= edges[i + 1] { i += 1 }
        return i
    }

    /// Value and slope at `u`.
    func value(at u: Double) -> (value: Double, slope: Double) {
        let i = bin(u, x)
        let w = x[i + 1] - x[i], h = y[i + 1] - y[i]
        let s = h / w, t = (u - x[i]) / w
        let q = t * (1 - t)
        let denominator = s + (slope[i] + slope[i + 1] - 2 * s) * q
        let value = y[i] + h * (s * t * t + slope[i] * q) / denominator
        let numerator = slope[i + 1] * t * t + 2 * s * q + slope[i] * (1 - t) * (1 - t)
        return (value, s * s * numerator / (denominator * denominator))
    }

    /// Adds `weight` · ∂value/∂(knots) at `u` to a 3 x count gradient.
    func addValueGradient(at u: Double, weight: Double, to gradient: inout [Double]) {
        let n = x.count
        let i = bin(u, x)
        let w = x[i + 1] - x[i], h = y[i + 1] - y[i]
        let s = h / w, t = (u - x[i]) / w
        let q = t * (1 - t)
        let (d0, d1) = (slope[i], slope[i + 1])
        let denominator = s + (d0 + d1 - 2 * s) * q
        let shape = s * t * t + d0 * q
        let dShape = weight * h / denominator
        let dDenominator = -weight * h * shape / (denominator * denominator)
        let ds = dShape * t * t + dDenominator * (1 - 2 * q)
        let dq = dShape * d0 + dDenominator * (d0 + d1 - 2 * s)
        let dt = dShape * 2 * s * t + dq * (1 - 2 * t)
        let dh = weight * shape / denominator + ds / w
        let dw = -dt * t / w - ds * s / w
        gradient[i] += -dt / w - dw
        gradient[i + 1] += dw
        gradient[n + i] += weight - dh
        gradient[n + i + 1] += dh
        gradient[2 * n + i] += (dShape + dDenominator) * q
        gradient[2 * n + i + 1] += dDenominator * q
    }
}
