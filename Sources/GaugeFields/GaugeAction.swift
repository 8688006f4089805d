import GaugeKernels
import LatticeFields

/// S = β Σ_plaquettes c0 (1 - Re tr P / N) + β Σ_rectangles c1 (1 - Re tr R / N), c0 = 1 - 8 c1.
///
/// c1 = 0 is Wilson's action (Phys. Rev. D 10 (1974) 2445), -1/12 that of Lüscher and Weisz (Commun. Math. Phys. 97 (1985) 59), -0.331 Iwasaki's,
/// -1.4088 DBW2.
public struct GaugeAction: Sendable, Equatable {
    public let group: GaugeGroup
    public let beta: Double
    public let rectangleCoefficient: Double

    /// - Throws: `LatticeError` unless β and c1 are finite.
    public init(group: GaugeGroup, beta: Double, rectangleCoefficient: Double = 0) throws {
        guard beta.isFinite, rectangleCoefficient.isFinite else {
            throw LatticeError("gauge action: beta \(beta) and rectangle coefficient \(rectangleCoefficient); wanted finite numbers")
        }
        self.group = group
        self.beta = beta
        self.rectangleCoefficient = rectangleCoefficient
    }

    public var plaquetteCoefficient: Double { 1 - 8 * rectangleCoefficient }
    public var isWilson: Bool { rectangleCoefficient == 0 }
    /// How far the force reaches.
    public var reach: Reach { isWilson ? .plaquettes : .rectangles }
    /// β / 2N: dp/dt is this times the projection of a link's closed staples.
    var forceScale: Double { beta / Double(2 * group.degree) }
}
