import Glibc
import Numerics

/// Adam: Kingma and Ba, arXiv:1412.6980, algorithm 1; with decoupled weight decay it is AdamW: Loshchilov and
/// Hutter, arXiv:1711.05101, algorithm 2.
public struct Adam: Optimizer {
    public var firstDecay: Double
    public var secondDecay: Double
    public var epsilon: Double
    public var weightDecay: Double
    /// Whether weight decay shrinks the parameters directly rather than through the gradient.
    public var decoupled: Bool

    public init(
        firstDecay: Double = 0.9, secondDecay: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0,
        decoupled: Bool = false
    ) {
        self.firstDecay = firstDecay
        self.secondDecay = secondDecay
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.decoupled = decoupled
    }

    /// AdamW with its customary decay of 0.01.
    public static func withDecoupledDecay(
        firstDecay: Double = 0.9, secondDecay: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0.01
    ) -> Adam {
        Adam(firstDecay: firstDecay, secondDecay: secondDecay, epsilon: epsilon, weightDecay: weightDecay, decoupled: true)
    }

    public var name: String { decoupled ? "adamw" : "adam" }
    public var momentCount: Int { 2 }

    public func update(
        parameters: UnsafeMutablePointer<Lane>, gradient: UnsafePointer<Lane>, moments: UnsafeMutablePointer<Lane>,
        lanes: Int, step: Int, learningRate: Double, gradientFactor: Float
    ) {
        let first = moments
        let second = moments + lanes
        let rest = Float(1 - firstDecay)
        let keepSecond = Float(secondDecay)
        let restSecond = Float(1 - secondDecay)
        let stepSize = Float(learningRate / (1 - pow(firstDecay, Double(step))))
        let correction = Float((1 - pow(secondDecay, Double(step))).squareRoot())
        let epsilon = Float(self.epsilon)
        let shrink = decoupled ? Float(1 - learningRate * weightDecay) : 1
        let pull = decoupled ? 0 : Float(weightDecay)
        for i in 0..<lanes {
            var p = parameters[i] * shrink
            let g = gradient[i] * gradientFactor + pull * p
            let m = first[i] + (g - first[i]) * rest
            let v = second[i] * keepSecond + g * g * restSecond
            p -= stepSize * (m / (LaneMath.sqrt(v) / correction + epsilon))
            first[i] = m
            second[i] = v
            parameters[i] = p
        }
    }
}
