import Numerics

/// RMSprop: Tieleman and Hinton, "Neural networks for machine learning", lecture 6.5 (2012), with momentum as in
/// Graves, arXiv:1308.0850, but not centred.
public struct RMSprop: Optimizer {
    public var decay: Double
    public var epsilon: Double
    public var momentum: Double
    public var weightDecay: Double

    public init(decay: Double = 0.99, epsilon: Double = 1e-8, momentum: Double = 0, weightDecay: Double = 0) {
        self.decay = decay
        self.epsilon = epsilon
        self.momentum = momentum
        self.weightDecay = weightDecay
    }

    public var name: String { "rmsprop" }
    public var momentCount: Int { momentum == 0 ? 1 : 2 }

    public func update(
        parameters: UnsafeMutablePointer<Lane>, gradient: UnsafePointer<Lane>, moments: UnsafeMutablePointer<Lane>,
        lanes: Int, step: Int, learningRate: Double, gradientFactor: Float
    ) {
        let square = moments
        let keep = Float(decay)
        let rest = Float(1 - decay)
        let epsilon = Float(self.epsilon)
        let rate = Float(learningRate)
        let pull = Float(weightDecay)
        if momentum == 0 {
            for i in 0..<lanes {
                let p = parameters[i]
                let g = gradient[i] * gradientFactor + pull * p
                let v = square[i] * keep + g * g * rest
                square[i] = v
                parameters[i] = p - rate * (g / (LaneMath.sqrt(v) + epsilon))
            }
        } else {
            let velocity = moments + lanes
            let inertia = Float(momentum)
            for i in 0..<lanes {
                let p = parameters[i]
                let g = gradient[i] * gradientFactor + pull * p
                let v = square[i] * keep + g * g * rest
                let b = velocity[i] * inertia + g / (LaneMath.sqrt(v) + epsilon)
                square[i] = v
                velocity[i] = b
                parameters[i] = p - rate * b
            }
        }
    }
}
