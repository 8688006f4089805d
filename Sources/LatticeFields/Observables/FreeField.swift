import Glibc

/// Closed forms of the free field S = Σ ½(∂φ)² + ½ m² φ² on a periodic lattice.
///
/// Source: any text on lattice field theory, e.g. Montvay and Münster (1994), section 2.1; k̂² = Σ_μ 4 sin²(k_μ/2).
public struct FreeField: Sendable {
    public let extents: [Int]
    public let massSquared: Double
    private let momentaSquared: [Double]

    public init(extents: [Int], massSquared: Double) {
        self.extents = extents
        self.massSquared = massSquared
        var values = [0.0]
        for n in extents {
            values = values.flatMap { value in
                (0..<n).map { k in
                    let s = sin(Double.pi * Double(k) / Double(n))
                    return value + 4 * s * s
                }
            }
        }
        momentaSquared = values
    }

    private var volume: Double { Double(momentaSquared.count) }
    /// log of the partition function.
    public var logPartition: Double {
        0.5 * volume * log(2 * Double.pi) - 0.5 * momentaSquared.reduce(0) { $0 + log($1 + massSquared) }
    }
    /// <φ²>.
    public var square: Double { momentaSquared.reduce(0) { $0 + 1 / ($1 + massSquared) } / volume }
    /// <φ_x φ_{x+μ}>, averaged over the axes.
    public var neighbour: Double { (Double(2 * extents.count) * square - momentaSquared.reduce(0) { $0 + $1 / ($1 + massSquared) } / volume) / Double(2 * extents.count) }
    /// V <M²>.
    public var susceptibility: Double { 1 / massSquared }
    /// <S>/V.
    public var actionDensity: Double { 0.5 }
}
