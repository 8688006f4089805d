import Flows
import GaugeKernels
import Glibc
import Networks
import Numerics

/// SU(3): of the eigenangles φ₁ <= φ₂ <= φ₃ the distance s = φ₃ - φ₁ in [0, 2π] is a spline of s₀, and r = (φ₂ - φ₁)/s in [0, 1] is one of r₀ whose knots are a
/// function of s₀; (s₀, r₀) are those of Haar's measure, (16/3π²) Π sin²(g/2) s ds dr over the gaps g = rs, (1-r)s, 2π - s.
///
/// The knots are blended from a table by quadratic B-splines of s₀, whose weights are positive and add up to one, so that blended knots are in order again.
/// The map commutes with r → 1 - r, charge conjugation. It is triangular: q = (h s)(s₀, r₀) / [(h s)(s, r) s'(s₀) ∂r/∂r₀], h the product of the squared sines.
package final class SU3ClassDensity: ClassDensity {
    package let layout: ParameterLayout
    private let spread: RationalQuadratic
    private let shapes: ShapeTable
    private let storage: UnsafeMutablePointer<Double>
    private static let turn = 2 * Double.pi

    package init(bins: Int, shapeBins: Int, nodes: Int) {
        var layout = ParameterLayout()
        layout.add("class.spread", shape: [RationalQuadratic.parameterCount(bins + 1)])
        shapes = ShapeTable(bins: shapeBins, nodes: nodes, layout: &layout)
        self.layout = layout
        let doubles = RationalQuadratic.doubleCount(bins + 1)
        storage = .allocate(capacity: doubles)
        storage.initialize(repeating: 0, count: doubles)
        spread = RationalQuadratic(count: bins + 1, storage: storage)
    }

    deinit { storage.deallocate() }

    package var operations: Double { 480 }

    package func prepare(_ parameters: UnsafePointer<Float>) {
        spread.set(raw: parameters, span: Self.turn)
        shapes.prepare(parameters)
    }

    /// A point of the alcove with the sines of its half gaps.
    private struct Point {
        let s, r: Double
        let first, second, whole: Double

        init(s: Double, r: Double) {
            (self.s, self.r) = (s, r)
            first = sin(0.5 * r * s)
            second = sin(0.5 * (1 - r) * s)
            whole = sin(0.5 * s)
        }

        /// √(h s).
        var weight: Double { first * second * whole * s.squareRoot() }

        /// Derivatives of log(h s) by s and r.
        var slopes: (s: Double, r: Double) {
            let a = cos(0.5 * r * s) / first, b = cos(0.5 * (1 - r) * s) / second
            return (r * a + (1 - r) * b + cos(0.5 * s) / whole + 1 / s, s * (a - b))
        }
    }

    /// Traces of Haar's measure, by the Verblunsky coefficients of its characteristic polynomial: tr = α₀* - α₀ α₁* - α₁, |α₀|² = 1 - √u, |α₁|² uniform
    /// (Killip, Nenciu, Int. Math. Res. Not. 2004, 2665, with the last coefficient fixed by det = 1).
    @inline(__always)
    private func base(_ stream: RandomStream, _ epoch: UInt64, _ firstSample: UInt64, _ element: Int) -> (re: DoubleLane, im: DoubleLane) {
        let v = stream.wordLanes(epoch: epoch, firstIndex: firstSample, draw: UInt32(truncatingIfNeeded: 2 * element))
        let w = stream.wordLanes(epoch: epoch, firstIndex: firstSample, draw: UInt32(truncatingIfNeeded: 2 * element + 1))
        let (s0, c0) = LaneMath.sincosOfTurns(RandomStream.uniformDoubles(v.2, v.3))
        let (s1, c1) = LaneMath.sincosOfTurns(RandomStream.uniformDoubles(w.2, w.3))
        let m0 = LaneMath.sqrt(1 - LaneMath.sqrt(RandomStream.uniformDoubles(v.0, v.1)))
        let m1 = LaneMath.sqrt(RandomStream.uniformDoubles(w.0, w.1))
        let (ar, ai, br, bi) = (m0 * c0, m0 * s0, m1 * c1, m1 * s1)
        let re: DoubleLane = ar - (ar * br + ai * bi) - br
        let im: DoubleLane = -ai - (ai * br - ar * bi) - bi
        return (re, im)
    }

    /// The alcove without its edges, where sines would be zero; what is left out has a probability below 10⁻²⁴.
    @inline(__always)
    private static func inside(_ angles: EigenAngles) -> (s: Double, r: Double) {
        let (first, second) = angles.gaps
        let s = min(max(first + second, 1e-9), turn - 1e-9)
        return (s, min(max(first / s, 1e-9), 1 - 1e-9))
    }

    package func draw(_ angles: UnsafeMutablePointer<DoubleLane>, count: Int, stream: RandomStream, epoch: UInt64, firstSample: UInt64) -> DoubleLane {
        var total = DoubleLane.zero
        for element in 0..<count {
            let (re, im) = base(stream, epoch, firstSample, element)
            for lane in 0..<laneWidth {
                let (s0, r0) = Self.inside(EigenAngles(trace: (re[lane], im[lane])))
                let (s, slope) = spread.value(at: s0)
                let shape = ShapeTable.Place(shapes, s0).value(at: r0)
                let ratio = Point(s: s0, r: r0).weight / Point(s: s, r: shape.value).weight
                total[lane] += log(ratio * ratio / (slope * shape.slope))
                let first = -(1 + shape.value) * s / 3, middle = (2 * shape.value - 1) * s / 3
                angles[3 * element][lane] = first
                angles[3 * element + 1][lane] = middle
                angles[3 * element + 2][lane] = -(first + middle)
            }
        }
        return total
    }

    package func logDensity(trace: (re: Double, im: Double)) -> Double {
        let (s, r) = Self.inside(EigenAngles(trace: trace))
        let (s0, slope) = spread.inverse(of: s)
        let shape = ShapeTable.Place(shapes, s0).inverse(of: r)
        let ratio = Point(s: s0, r: shape.r0).weight / Point(s: s, r: r).weight
        return log(ratio * ratio / (slope * shape.slope))
    }

    package func train(
        count: Int, stream: RandomStream, epoch: UInt64, firstSample: UInt64, beta: Double, scale: Double, parameters: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>
    ) -> (logDensity: DoubleLane, action: DoubleLane) {
        var (total, action) = (DoubleLane.zero, DoubleLane.zero)
        let coupling = beta / 3
        spread.clearGradient()
        shapes.clearGradient()
        for element in 0..<count {
            let (re, im) = base(stream, epoch, firstSample, element)
            for lane in 0..<laneWidth {
                let (s0, r0) = Self.inside(EigenAngles(trace: (re[lane], im[lane])))
                let (s, slope) = spread.value(at: s0)
                let place = ShapeTable.Place(shapes, s0)
                let shape = place.value(at: r0)
                let r = shape.value
                let start = Point(s: s0, r: r0), end = Point(s: s, r: r)
                let ratio = start.weight / end.weight
                total[lane] += log(ratio * ratio / (slope * shape.slope))
                // φ₁ = -(1 + r)s/3, φ₂ = (2r - 1)s/3, φ₃ = (2 - r)s/3.
                let (a, b, c) = (-(1 + r) * s / 3, (2 * r - 1) * s / 3, (2 - r) * s / 3)
                let (sa, sb, sc) = (sin(a), sin(b), sin(c))
                action[lane] -= coupling * (cos(a) + cos(b) + cos(c))
                let bySpread = coupling * ((2 - r) * sc + (2 * r - 1) * sb - (1 + r) * sa) / 3
                let byShape = coupling * s * (2 * sb - sa - sc) / 3
                // log q as a function of (s, r): through s₀ and r₀, ds = s' ds₀, dr = ∂r/∂r₀ dr₀ + ∂r/∂s₀ ds₀.
                let (inner, outer) = (start.slopes, end.slopes)
                let pull = place.derivatives(at: r0)
                let scoreShape = (inner.r - pull.bend) / shape.slope
                let scoreSpread = (inner.s - spread.bend(at: s0) - pull.logSlopeBySpread - scoreShape * pull.valueBySpread) / slope
                spread.addValueGradient(at: s0, weight: scale * (scoreSpread - outer.s + bySpread))
                shapes.add(pull, place, weight: scale * (scoreShape - outer.r + byShape))
            }
        }
        spread.pullBack(raw: parameters, span: Self.turn, gradient: gradient)
        shapes.pullBack(parameters, gradient: gradient)
        return (total, action)
    }
}
