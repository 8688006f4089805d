import Glibc

/// One bin of a rational-quadratic spline in double precision: the plain twin of `FlowKernels.SiteSpline`, and the spline of the spectral density.
///
/// Source: Gregory and Delbourgo, IMA J. Numer. Anal. 2 (1982) 123; Durkan et al., arXiv:1906.04032, equations 4 and 5.
struct RationalQuadratic {
    let count: Int
    /// Knot positions, values and slopes, and their cotangents, one after the other, `count` each.
    let x: UnsafeMutablePointer<Double>
    let y: UnsafeMutablePointer<Double>
    let slope: UnsafeMutablePointer<Double>
    let knotGradient: UnsafeMutablePointer<Double>
    private let weights: UnsafeMutablePointer<Double>

    /// Doubles that a spline with `count` knots works in.
    static func doubleCount(_ count: Int) -> Int { 7 * count }

    /// A spline in memory of `doubleCount` doubles; `set` gives it its knots.
    init(count: Int, storage: UnsafeMutablePointer<Double>) {
        self.count = count
        x = storage
        y = storage + count
        slope = storage + 2 * count
        knotGradient = storage + 3 * count
        weights = storage + 6 * count
    }

    /// Knots from unconstrained parameters: softmax widths and heights that fill `span`, slopes log₂(1 + 2ʳ); zeros give the identity.
    func set(raw: UnsafePointer<Float>, span: Double) {
        setEdges(x, raw, span)
        setEdges(y, raw + (count - 1), span)
        for k in 0..<count { slope[k] = log2(1 + exp2(Double(raw[2 * (count - 1) + k]))) }
    }

    /// Unconstrained parameters of a spline with `count` knots.
    static func parameterCount(_ count: Int) -> Int { 3 * count - 2 }

    private func setSoftmax(_ raw: UnsafePointer<Float>) {
        var top = -Double.infinity, total = 0.0
        for k in 0..<count - 1 { top = max(top, Double(raw[k])) }
        for k in 0..<count - 1 {
            weights[k] = exp(Double(raw[k]) - top)
            total += weights[k]
        }
        for k in 0..<count - 1 { weights[k] /= total }
    }

    private func setEdges(_ edges: UnsafeMutablePointer<Double>, _ raw: UnsafePointer<Float>, _ span: Double) {
        setSoftmax(raw)
        var edge = 0.0
        edges[0] = 0
        for k in 0..<count - 1 {
            edge += span * weights[k]
            edges[k + 1] = edge
        }
        edges[count - 1] = span
    }

    func clearGradient() { knotGradient.update(repeating: 0, count: 3 * count) }

    /// Pulls the cotangents of the knots back to the unconstrained parameters, added to `gradient`.
    func pullBack(raw: UnsafePointer<Float>, span: Double, gradient: UnsafeMutablePointer<Float>) {
        for part in 0..<2 {
            let offset = part * (count - 1), cotangents = knotGradient + part * count
            setSoftmax(raw + offset)
            // Cotangent of each width: the sum over the edges to its right; the last edge is fixed.
            for j in stride(from: count - 3, through: 0, by: -1) { cotangents[j + 1] = span * cotangents[j + 1] + (j < count - 3 ? cotangents[j + 2] : 0) }
            var mean = 0.0
            for j in 0..<count - 1 { mean += weights[j] * (j < count - 2 ? cotangents[j + 1] : 0) }
            for j in 0..<count - 1 { gradient[offset + j] += Float(weights[j] * ((j < count - 2 ? cotangents[j + 1] : 0) - mean)) }
        }
        let offset = 2 * (count - 1)
        for k in 0..<count {
            let power = exp2(Double(raw[offset + k]))
            gradient[offset + k] += Float(knotGradient[2 * count + k] * power / (1 + power))
        }
    }

    private func bin(_ value: Double) -> Int {
        var i = 0
        while i + 2 < count && value >= x[i + 1] { i += 1 }
        return i
    }

    /// Value and slope at `u`.
    func value(at u: Double) -> (value: Double, slope: Double) {
        let i = bin(u)
        let w = x[i + 1] - x[i], h = y[i + 1] - y[i]
        let s = h / w, t = (u - x[i]) / w
        let q = t * (1 - t)
        let denominator = s + (slope[i] + slope[i + 1] - 2 * s) * q
        let value = y[i] + h * (s * t * t + slope[i] * q) / denominator
        let numerator = slope[i + 1] * t * t + 2 * s * q + slope[i] * (1 - t) * (1 - t)
        return (value, s * s * numerator / (denominator * denominator))
    }

    /// Adds `weight` · ∂value/∂(knots) at `u` to the knots' cotangents.
    func addValueGradient(at u: Double, weight: Double) {
        let n = count, gradient = knotGradient
        let i = bin(u)
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
