import Glibc
import Numerics

/// A rational-quadratic spline from (0, 0) in double precision: the plain twin of `FlowKernels.SiteSpline`, and the spline of the spectral density.
///
/// Source: Gregory and Delbourgo, IMA J. Numer. Anal. 2 (1982) 123; Durkan et al., arXiv:1906.04032, equations 4 and 5.
package struct RationalQuadratic {
    package let count: Int
    /// Knot positions, values and slopes, and their cotangents, one after the other, `count` each.
    package let x: UnsafeMutablePointer<Double>
    package let y: UnsafeMutablePointer<Double>
    package let slope: UnsafeMutablePointer<Double>
    package let knotGradient: UnsafeMutablePointer<Double>
    private let weights: UnsafeMutablePointer<Double>

    /// Doubles that a spline with `count` knots works in.
    package static func doubleCount(_ count: Int) -> Int { 7 * count }

    /// A spline in memory of `doubleCount` doubles; `set` gives it its knots.
    package init(count: Int, storage: UnsafeMutablePointer<Double>) {
        self.count = count
        x = storage
        y = storage + count
        slope = storage + 2 * count
        knotGradient = storage + 3 * count
        weights = storage + 6 * count
    }

    /// Knots from unconstrained parameters: softmax widths and heights that fill `span`, slopes log₂(1 + 2ʳ); zeros give the identity.
    package func set(raw: UnsafePointer<Float>, span: Double) {
        setEdges(x, raw, span)
        setEdges(y, raw + (count - 1), span)
        for k in 0..<count { slope[k] = log2(1 + exp2(Double(raw[2 * (count - 1) + k]))) }
    }

    /// Unconstrained parameters of a spline with `count` knots.
    package static func parameterCount(_ count: Int) -> Int { 3 * count - 2 }

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

    package func clearGradient() { knotGradient.update(repeating: 0, count: 3 * count) }

    /// Pulls the cotangents of the knots back to the unconstrained parameters, added to `gradient`.
    package func pullBack(raw: UnsafePointer<Float>, span: Double, gradient: UnsafeMutablePointer<Float>) {
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

    /// The bin that `u` lies in.
    private func index(_ edges: UnsafePointer<Double>, _ value: Double) -> Int {
        var i = 0
        while i + 2 < count && value >= edges[i + 1] { i += 1 }
        return i
    }

    private func bin(_ i: Int) -> RationalQuadraticBin {
        RationalQuadraticBin(x0: x[i], x1: x[i + 1], y0: y[i], y1: y[i + 1], d0: slope[i], d1: slope[i + 1])
    }

    /// Value and slope at `u`.
    package func value(at u: Double) -> (value: Double, slope: Double) { bin(index(x, u)).value(at: u) }

    /// u of a value, and the slope there.
    package func inverse(of value: Double) -> (u: Double, slope: Double) {
        let bin = bin(index(y, value))
        let u = bin.inverse(of: value)
        return (u, bin.value(at: u).slope)
    }

    /// d log(slope) / du at `u`.
    package func bend(at u: Double) -> Double { bin(index(x, u)).bend(at: u) }

    /// Adds `weight` · ∂value/∂(knots) at `u` to the knots' cotangents.
    package func addValueGradient(at u: Double, weight: Double) {
        let i = index(x, u)
        addKnotGradient(bin(i).valueGradient(at: u), bin: i, weight: weight)
    }

    /// Adds `weight` times derivatives by the six numbers of a bin to the knots' cotangents.
    package func addKnotGradient(_ derivatives: RationalQuadraticBin, bin i: Int, weight: Double) {
        let n = count, gradient = knotGradient + i
        gradient[0] += weight * derivatives.x0
        gradient[1] += weight * derivatives.x1
        gradient[n] += weight * derivatives.y0
        gradient[n + 1] += weight * derivatives.y1
        gradient[2 * n] += weight * derivatives.d0
        gradient[2 * n + 1] += weight * derivatives.d1
    }
}
