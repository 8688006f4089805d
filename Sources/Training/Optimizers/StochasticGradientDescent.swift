import Numerics

/// Stochastic gradient descent, with momentum (Polyak 1964) or Nesterov's momentum (Sutskever et al. 2013, eq. 3-4,
/// in the form of `torch.optim.SGD`).
public struct StochasticGradientDescent: Optimizer {
    public var momentum: Double
    public var nesterov: Bool
    public var weightDecay: Double

    public init(momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0) {
        self.momentum = momentum
        self.nesterov = nesterov
        self.weightDecay = weightDecay
    }

    public var name: String { "sgd" }
    public var momentCount: Int { momentum == 0 ? 0 : 1 }

    public func update(
        parameters: UnsafeMutablePointer<Lane>, gradient: UnsafePointer<Lane>, moments: UnsafeMutablePointer<Lane>,
        lanes: Int, step: Int, learningRate: Double, gradientFactor: Float
    ) {
        let rate = Float(learningRate)
        let pull = Float(weightDecay)
        if momentum == 0 {
            for i in 0..<lanes {
                let p = parameters[i]
                parameters[i] = p - rate * (gradient[i] * gradientFactor + pull * p)
            }
        } else {
            let inertia = Float(momentum)
            // Nesterov looks ahead along the new velocity: direction = own * g + inertia * velocity.
            let own: Float = nesterov ? 1 : 0
            let along: Float = nesterov ? inertia : 1
            for i in 0..<lanes {
                let p = parameters[i]
                let g = gradient[i] * gradientFactor + pull * p
                let b = moments[i] * inertia + g
                moments[i] = b
                parameters[i] = p - rate * (own * g + along * b)
            }
        }
    }
}

/// The customary short name.
public typealias SGD = StochasticGradientDescent
