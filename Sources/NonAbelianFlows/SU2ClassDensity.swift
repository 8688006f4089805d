import Flows
import Glibc
import Networks
import Numerics

/// SU(2): the eigenangle θ in [0, π] is a monotone rational-quadratic spline of θ₀, that of Haar's measure, (2/π) sin²θ₀ dθ₀.
///
/// q = (sin θ₀ / sin θ)² / θ'(θ₀), which is even and smooth at both ends.
package final class SU2ClassDensity: ClassDensity {
    package let layout: ParameterLayout
    private let spline: RationalQuadratic
    private let storage: UnsafeMutablePointer<Double>

    package init(bins: Int) {
        var layout = ParameterLayout()
        layout.add("class.angle", shape: [RationalQuadratic.parameterCount(bins + 1)])
        self.layout = layout
        let doubles = RationalQuadratic.doubleCount(bins + 1)
        storage = .allocate(capacity: doubles)
        storage.initialize(repeating: 0, count: doubles)
        spline = RationalQuadratic(count: bins + 1, storage: storage)
    }

    deinit { storage.deallocate() }

    package var operations: Double { 130 }

    package func prepare(_ parameters: UnsafePointer<Float>) { spline.set(raw: parameters, span: Double.pi) }

    /// sin and cos of θ₀ of sixteen samples: the real part of a point of the unit disk has the density of cos θ₀.
    @inline(__always)
    private func base(_ stream: RandomStream, _ epoch: UInt64, _ firstSample: UInt64, _ element: Int) -> (sine: DoubleLane, cosine: DoubleLane) {
        let w = stream.wordLanes(epoch: epoch, firstIndex: firstSample, draw: UInt32(truncatingIfNeeded: element))
        let u = RandomStream.uniformDoubles(w.0, w.1)
        let (s, c) = LaneMath.sincosOfTurns(RandomStream.uniformDoubles(w.2, w.3))
        // 1 - u c² without cancellation.
        return (LaneMath.sqrt((1 - u) + u * s * s), LaneMath.sqrt(u) * c)
    }

    package func draw(_ angles: UnsafeMutablePointer<DoubleLane>, count: Int, stream: RandomStream, epoch: UInt64, firstSample: UInt64) -> DoubleLane {
        var total = DoubleLane.zero
        for element in 0..<count {
            let (sine, cosine) = base(stream, epoch, firstSample, element)
            var (angle, slope) = (DoubleLane.zero, DoubleLane.zero)
            for lane in 0..<laneWidth { (angle[lane], slope[lane]) = spline.value(at: atan2(sine[lane], cosine[lane])) }
            let ratio: DoubleLane = sine / LaneMath.sincosOfTurns(angle * (0.5 / Double.pi)).0
            total += LaneMath.log(ratio * ratio / slope)
            angles[2 * element] = angle
            angles[2 * element + 1] = -angle
        }
        return total
    }

    package func logDensity(trace: (re: Double, im: Double)) -> Double {
        let cosine = 0.5 * trace.re
        let sine = max(0, (1 - cosine) * (1 + cosine)).squareRoot()
        let (start, slope) = spline.inverse(of: atan2(sine, cosine))
        let ratio = sin(start) / sine
        return log(ratio * ratio / slope)
    }

    package func train(
        count: Int, stream: RandomStream, epoch: UInt64, firstSample: UInt64, beta: Double, scale: Double, parameters: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>
    ) -> (logDensity: DoubleLane, action: DoubleLane) {
        var (total, action) = (DoubleLane.zero, DoubleLane.zero)
        spline.clearGradient()
        for element in 0..<count {
            let (sine, cosine) = base(stream, epoch, firstSample, element)
            var (start, angle, slope) = (DoubleLane.zero, DoubleLane.zero, DoubleLane.zero)
            for lane in 0..<laneWidth {
                start[lane] = atan2(sine[lane], cosine[lane])
                (angle[lane], slope[lane]) = spline.value(at: start[lane])
            }
            let (s, c) = LaneMath.sincosOfTurns(angle * (0.5 / Double.pi))
            let ratio: DoubleLane = sine / s
            total += LaneMath.log(ratio * ratio / slope)
            action -= beta * c
            // Without the spline's part: log q by θ, and S.
            let inner: DoubleLane = (cosine + cosine) / sine, outer: DoubleLane = beta * s - (c + c) / s
            for lane in 0..<laneWidth {
                let score = (inner[lane] - spline.bend(at: start[lane])) / slope[lane]
                spline.addValueGradient(at: start[lane], weight: scale * (score + outer[lane]))
            }
        }
        spline.pullBack(raw: parameters, span: Double.pi, gradient: gradient)
        return (total, action)
    }
}
