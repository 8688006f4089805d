import Glibc
import LatticeFields

/// The best free field for a quartic action: the Gaussian of least reverse Kullback-Leibler divergence.
///
/// For S = Σ [-b Σ_μ φ_x φ_{x+μ} + c φ² + d φ⁴] it has the propagator 1/(b k̂² + m²) with the gap equation
/// m² = 2(c - bD) + 12 d <φ²>, <φ²> = V⁻¹ Σ_k 1/(b k̂² + m²), and bounds log Z from below (Feynman, Statistical Mechanics, 1972,
/// section 3.4).
public struct GapEquation: Sendable {
    public let squaredMass: Double
    /// <φ²> in the Gaussian.
    public let fieldVariance: Double
    /// A lower bound of log Z.
    public let logPartitionBound: Double

    /// Throws when no Gaussian bounds the action: b negative, or without a quartic term no positive mass.
    public init(action: ScalarAction, orbits: SpectralOrbits) throws {
        let momenta = orbits.momentumSquared
        let volume = Double(orbits.siteCount)
        func variance(_ squaredMass: Double) -> Double {
            var sum = 0.0
            for (orbit, k2) in momenta.enumerated() {
                sum += Double(orbits.multiplicity(orbit)) / (action.b * k2 + squaredMass)
            }
            return sum / volume
        }
        let bare = 2 * (action.c - action.b * Double(orbits.extents.count))
        // bare + 12 d <φ²>(m²) - m² falls with m²: bisection of the logarithm.
        var low = 1e-12
        var high = max(bare, 0) + (12 * action.d).squareRoot() + 1
        guard action.b >= 0, bare + 12 * action.d * variance(low) > low else {
            throw FlowError(
                "action b = \(action.b), c = \(action.c), d = \(action.d): no free field is near it; wanted b >= 0 and, without d, c > b·dimension")
        }
        for _ in 0..<100 {
            let middle = (low * high).squareRoot()
            if bare + 12 * action.d * variance(middle) > middle { low = middle } else { high = middle }
        }
        squaredMass = (low * high).squareRoot()
        fieldVariance = variance(squaredMass)
        // Entropy less energy.
        var quadratic = 0.0
        var logarithms = 0.0
        for (orbit, k2) in momenta.enumerated() {
            let count = Double(orbits.multiplicity(orbit))
            quadratic += count * 0.5 * (action.b * k2 + bare) / (action.b * k2 + squaredMass)
            logarithms += count * log(action.b * k2 + squaredMass)
        }
        let energy = quadratic + volume * 3 * action.d * fieldVariance * fieldVariance
        logPartitionBound = 0.5 * (volume * (1 + log(2 * Double.pi)) - logarithms) - energy
    }
}
