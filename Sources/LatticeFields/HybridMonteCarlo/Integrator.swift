/// A symplectic, reversible integrator of the molecular dynamics as a palindrome of kicks (π += ε F) and drifts (φ += ε π).
public enum Integrator: String, CaseIterable, Sendable {
    /// Second order, one force a step.
    case leapfrog
    /// Second order with minimal norm of the error, two forces a step. Omelyan, Mryglod, Folk, CPC 151 (2003) 272, equation 31.
    case omelyan2
    /// Fourth order with minimal norm (4MN5FV), five forces a step. The same, equation 71.
    case omelyan4

    /// One step's kicks and drifts in turn, kick first, as fractions of the step.
    var fractions: [Double] {
        switch self {
        case .leapfrog:
            return [0.5, 1, 0.5]
        case .omelyan2:
            let lambda = 0.1931833275037836
            return [lambda, 0.5, 1 - 2 * lambda, 0.5, lambda]
        case .omelyan4:
            let (r1, r2, r3, r4) = (0.08398315262876693, 0.2539785108410595, 0.6822365335719091, -0.03230286765269967)
            let half = [r1, r2, r3, r4, 0.5 - r1 - r3]
            return half + [1 - 2 * (r2 + r4)] + half.reversed()
        }
    }

    /// Order of the energy violation of a trajectory in the step size.
    public var order: Int { self == .omelyan4 ? 4 : 2 }

    /// Forces a step.
    public var forcesPerStep: Int { fractions.count / 2 }

    /// Kicks and drifts of a whole trajectory, the kicks between steps merged.
    public func schedule(steps: Int) -> [Double] {
        var result = fractions
        for _ in 1..<max(1, steps) {
            result[result.count - 1] += fractions[0]
            result += fractions.dropFirst()
        }
        return result
    }
}
