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
            for lane in 0..<laneWidth {
                let (angle, slope) = spline.value(at: atan2(sine[lane], cosine[lane]))
                let ratio = sine[lane] / sin(angle)
                total[lane] += log(ratio * ratio / slope)
                angles[2 * element][lane] = angle
                angles[2 * element + 1][lane] = -angle
            }
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
            for lane in 0..<laneWidth {
                let start = atan2(sine[lane], cosine[lane])
                let (angle, slope) = spline.value(at: start)
                let s = sin(angle), c = cos(angle)
                let ratio = sine[lane] / s
                total[lane] += log(ratio * ratio / slope)
                action[lane] -= beta * c
                let score = (2 * cosine[lane] / sine[lane] - spline.bend(at: start)) / slope - 2 * c / s
                spline.addValueGradient(at: start, weight: scale * (score + beta * s))
            }
        }
        spline.pullBack(raw: parameters, span: Double.pi, gradient: gradient)
        return (total, action)
    }
}
