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

    /// Points of the alcove of sixteen samples, with sines and cosines of their half gaps.
    private struct Points {
        let s, r: DoubleLane
        private let first, second, whole: (sin: DoubleLane, cos: DoubleLane)

        @inline(__always)
        init(s: DoubleLane, r: DoubleLane) {
            (self.s, self.r) = (s, r)
            // Half a gap in turns.
            let turns: DoubleLane = s * (0.25 / Double.pi)
            let part: DoubleLane = r * turns
            first = LaneMath.sincosOfTurns(part)
            second = LaneMath.sincosOfTurns(turns - part)
            whole = LaneMath.sincosOfTurns(turns)
        }

        /// h s.
        var weight: DoubleLane {
            let product: DoubleLane = first.sin * second.sin * whole.sin
            return product * product * s
        }

        /// Derivatives of log(h s) by s and r.
        var slopes: (s: DoubleLane, r: DoubleLane) {
            let a: DoubleLane = first.cos / first.sin, b: DoubleLane = second.cos / second.sin
            let mixed: DoubleLane = b + r * (a - b)
            return (mixed + whole.cos / whole.sin + 1 / s, s * (a - b))
        }
    }

    /// Of sixteen samples the start, and the place that the map takes it to, with the slopes of both splines.
    private struct Mapped {
        var s0 = DoubleLane.zero, r0 = DoubleLane.zero, s = DoubleLane.zero, r = DoubleLane.zero
        var slope = DoubleLane.zero, shapeSlope = DoubleLane.zero
    }

    @inline(__always)
    private func map(_ stream: RandomStream, _ epoch: UInt64, _ firstSample: UInt64, _ element: Int) -> Mapped {
        let (re, im) = base(stream, epoch, firstSample, element)
        var mapped = Mapped()
        for lane in 0..<laneWidth {
            let (s0, r0) = Self.inside(EigenAngles(trace: (re[lane], im[lane])))
            let shape = ShapeTable.Place(shapes, s0).value(at: r0)
            (mapped.s0[lane], mapped.r0[lane]) = (s0, r0)
            (mapped.s[lane], mapped.slope[lane]) = spread.value(at: s0)
            (mapped.r[lane], mapped.shapeSlope[lane]) = shape
        }
        return mapped
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
            let m = map(stream, epoch, firstSample, element)
            let start = Points(s: m.s0, r: m.r0).weight, end = Points(s: m.s, r: m.r).weight
            total += LaneMath.log(start / (end * m.slope * m.shapeSlope))
            let third: DoubleLane = m.s / 3
            let first: DoubleLane = -(1 + m.r) * third, middle: DoubleLane = (m.r + m.r - 1) * third
            angles[3 * element] = first
            angles[3 * element + 1] = middle
            angles[3 * element + 2] = -(first + middle)
        }
        return total
    }

    package func logDensity(trace: (re: Double, im: Double)) -> Double {
        let (s, r) = Self.inside(EigenAngles(trace: trace))
        let (s0, slope) = spread.inverse(of: s)
        let shape = ShapeTable.Place(shapes, s0).inverse(of: r)
        let start = Points(s: .init(repeating: s0), r: .init(repeating: shape.r0)).weight[0], end = Points(s: .init(repeating: s), r: .init(repeating: r)).weight[0]
        return log(start / (end * slope * shape.slope))
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
            let m = map(stream, epoch, firstSample, element)
            let start = Points(s: m.s0, r: m.r0), end = Points(s: m.s, r: m.r)
            total += LaneMath.log(start.weight / (end.weight * m.slope * m.shapeSlope))
            // φ₁ = -(1 + r)s/3, φ₂ = (2r - 1)s/3, φ₃ = (2 - r)s/3.
            let turns: DoubleLane = m.s * (1 / (6 * Double.pi))
            let (a, b, c): (DoubleLane, DoubleLane, DoubleLane) = (1 + m.r, m.r + m.r - 1, 2 - m.r)
            let (sa, ca) = LaneMath.sincosOfTurns(-(a * turns)), (sb, cb) = LaneMath.sincosOfTurns(b * turns), (sc, cc) = LaneMath.sincosOfTurns(c * turns)
            action -= coupling * (ca + cb + cc)
            let pulled: DoubleLane = c * sc + b * sb - a * sa, across: DoubleLane = sb + sb - sa - sc
            let (inner, outer) = (start.slopes, end.slopes)
            let bySpread: DoubleLane = pulled * (coupling / 3) - outer.s
            let byShape: DoubleLane = across * m.s * (coupling / 3) - outer.r
            for lane in 0..<laneWidth {
                // log q as a function of (s, r): through s₀ and r₀, ds = s' ds₀, dr = ∂r/∂r₀ dr₀ + ∂r/∂s₀ ds₀.
                let s0 = m.s0[lane]
                let place = ShapeTable.Place(shapes, s0)
                let pull = place.derivatives(at: m.r0[lane])
                let scoreShape = (inner.r[lane] - pull.bend) / m.shapeSlope[lane]
                let scoreSpread = (inner.s[lane] - spread.bend(at: s0) - pull.logSlopeBySpread - scoreShape * pull.valueBySpread) / m.slope[lane]
                spread.addValueGradient(at: s0, weight: scale * (scoreSpread + bySpread[lane]))
                shapes.add(pull, place, weight: scale * (scoreShape + byShape[lane]))
            }
        }
        spread.pullBack(raw: parameters, span: Self.turn, gradient: gradient)
        shapes.pullBack(parameters, gradient: gradient)
        return (total, action)
    }
}
