/// The scalar action `S = Σ_x [-b Σ_μ φ_x φ_{x+μ} + c φ_x² + d φ_x⁴]` (sum over positive directions, periodic), to which every
/// convention of the literature reduces. A rescaling φ = s ψ takes (b, c, d) to (b s², c s², d s⁴).
public struct ScalarAction: Sendable, Equatable {
    public let b: Double
    public let c: Double
    public let d: Double

    /// - Throws: `LatticeError` unless the action is bounded below: d > 0, or d = 0 and c > b·dimension.
    public init(b: Double, c: Double, d: Double, dimension: Int) throws {
        guard b.isFinite, c.isFinite, d.isFinite, d >= 0 else {
            throw LatticeError("action: b \(b), c \(c), d \(d): wanted finite numbers with d not negative")
        }
        guard d > 0 || c > b.magnitude * Double(dimension) else {
            throw LatticeError(
                "action: without a quartic term it is bounded below only for c > \(b.magnitude * Double(dimension)); found c \(c)")
        }
        self.b = b
        self.c = c
        self.d = d
    }

    /// Albergo, Kanwar, Shanahan (arXiv:1904.12072), Gerdes et al. (arXiv:2207.00283): Σ (∂φ)² + m² φ² + λ φ⁴, without factors 1/2.
    public static func albergo(massSquared: Double, lambda: Double, dimension: Int) throws -> ScalarAction {
        try ScalarAction(b: 2, c: massSquared + 2 * Double(dimension), d: lambda, dimension: dimension)
    }

    /// normflow's `ScalarPhi4Action(kappa, m_sq, lambd)`.
    public static func normflow(kappa: Double, massSquared: Double, lambda: Double, dimension: Int) throws -> ScalarAction {
        try ScalarAction(b: kappa, c: (massSquared + 2 * kappa * Double(dimension)) / 2, d: lambda, dimension: dimension)
    }

    /// Del Debbio, Marsh Rossney, Wilson (arXiv:2105.12481), Bosetti et al. 2015: -β φφ' + (1 - 2λ) φ² + λ φ⁴.
    public static func bosetti(beta: Double, lambda: Double, dimension: Int) throws -> ScalarAction {
        try ScalarAction(b: beta, c: 1 - 2 * lambda, d: lambda, dimension: dimension)
    }

    /// Nicoli et al. (2020): hopping parameter κ, β = 2κ of `bosetti`.
    public static func nicoli(kappa: Double, lambda: Double, dimension: Int) throws -> ScalarAction {
        try bosetti(beta: 2 * kappa, lambda: lambda, dimension: dimension)
    }

    /// Σ ½(∂φ)² + ½ m² φ² + (g/4!) φ⁴.
    public static func standard(massSquared: Double, coupling: Double, dimension: Int) throws -> ScalarAction {
        try ScalarAction(b: 1, c: (2 * Double(dimension) + massSquared) / 2, d: coupling / 24, dimension: dimension)
    }

    /// The free field Σ ½(∂φ)² + ½ m² φ².
    public static func free(massSquared: Double, dimension: Int) throws -> ScalarAction {
        try standard(massSquared: massSquared, coupling: 0, dimension: dimension)
    }

    /// The action of ψ where φ = `factor` ψ.
    public func rescaled(by factor: Double, dimension: Int) throws -> ScalarAction {
        let square = factor * factor
        return try ScalarAction(b: b * square, c: c * square, d: d * square * square, dimension: dimension)
    }
}
