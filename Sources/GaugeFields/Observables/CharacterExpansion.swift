import GaugeKernels
import Glibc
import Numerics

/// Wilson's action in two dimensions on a torus of V plaquettes, exactly: sums over the irreducible representations r that wrap it.
///
/// With w = exp(β/N Re tr U) and a_r = ∫ dU w χ_r* / d_r, links of normalised Haar measure: Z = Σ a_r^V, and a loop around A plaquettes has
/// <Re tr W>/N = Σ_r Σ_s a_r^{V-A} a_s^A d_s / (N d_r) / Z, s running over what r times the fundamental representation holds.
/// Sources: Migdal, Sov. Phys. JETP 42 (1975) 413; Rusakov, Mod. Phys. Lett. A 5 (1990) 693. ∫ w χ_r* of SU(2) is 2 d I_d(β)/β; of SU(3) Σ_n det I_{λ_j - j + i + n}(β/3)
/// with λ the lengths of the Young diagram's rows (Gross, Witten, Phys. Rev. D 21 (1980) 446; Bars, J. Math. Phys. 21 (1980) 2678).
public struct CharacterExpansion: Sendable {
    public let group: GaugeGroup
    public let beta: Double
    public let volume: Int
    /// log of what all coefficients are divided by: ∫ dU w.
    public let logOnePlaquette: Double
    /// a_r / a_0 by (p, q), lengths of the diagram's columns: of SU(2) `[p][0]`, of SU(3) p, q <= `order`.
    private let coefficients: [[Double]]
    private let order: Int

    /// - Parameters:
    ///   - beta: 0 to 200, where the sums are good to ten digits.
    ///   - volume: plaquettes of the torus; `Int.max` is infinite volume.
    public init(group: GaugeGroup, beta: Double, volume: Int) {
        self.group = group
        self.beta = beta
        self.volume = volume
        // (a_r/a_0)^V is about exp(-V N C/β), C the Casimir operator, at least a quarter of the square of the order.
        let order = volume == .max ? 2 : min(80, 6 + Int((100 * beta.magnitude / Double(volume)).squareRoot()))
        self.order = order
        switch group {
        case .su2:
            let bessel = SpecialFunctions.scaledBesselI(through: order + 3, beta)
            // I_{d-1} - I_{d+1} = 2 d I_d / β.
            let a = (1...order + 1).map { d -> Double in
                let difference = beta.magnitude > 1 ? 2 * Double(d) * bessel[d] / beta : bessel[d - 1] - bessel[d + 1]
                return difference / Double(d)
            }
            logOnePlaquette = beta.magnitude + log(a[0])
            coefficients = a.map { [$0 / a[0]] }
        case .su3:
            let x = beta / 3
            let turns = 20 + Int((80 * x.magnitude).squareRoot())
            let bessel = SpecialFunctions.scaledBesselI(through: turns + 2 * order + 4, x)
            func character(_ p: Int, _ q: Int) -> Double {
                var sum = 0.0
                for n in -turns - order...turns {
                    // λ_j - j + n of the three columns.
                    let (a, b, c) = (p + q + n, q - 1 + n, n - 2)
                    func m(_ i: Int, _ column: Int) -> Double { bessel[abs(column + i)] }
                    let first: Double = m(0, a) * (m(1, b) * m(2, c) - m(1, c) * m(2, b))
                    let second: Double = m(0, b) * (m(1, a) * m(2, c) - m(1, c) * m(2, a))
                    let third: Double = m(0, c) * (m(1, a) * m(2, b) - m(1, b) * m(2, a))
                    sum += first - second + third
                }
                return sum
            }
            let first = character(0, 0)
            logOnePlaquette = 3 * x.magnitude + log(first)
            coefficients = (0...order).map { p in
                (0...order).map { q in p + q > order ? 0 : character(p, q) / first / Self.dimension(.su3, p, q) }
            }
        }
    }

    private static func dimension(_ group: GaugeGroup, _ p: Int, _ q: Int) -> Double {
        guard group == .su3 else { return Double(p + 1) }
        let product = (p + 1) * (q + 1) * (p + q + 2)
        return Double(product) / 2
    }

    private func coefficient(_ p: Int, _ q: Int) -> Double { coefficients.indices.contains(p) && coefficients[p].indices.contains(q) ? coefficients[p][q] : 0 }

    /// Representations in the product with the fundamental one.
    private func neighbours(_ p: Int, _ q: Int) -> [(Int, Int)] {
        (group == .su2 ? [(p + 1, 0), (p - 1, 0)] : [(p + 1, q), (p - 1, q + 1), (p, q - 1)]).filter { $0.0 >= 0 && $0.1 >= 0 }
    }

    private func sum(_ term: (Int, Int) -> Double) -> Double {
        var total = 0.0
        for p in coefficients.indices {
            for q in coefficients[p].indices where p + q <= order { total += term(p, q) }
        }
        return total
    }

    /// x^V, 0 to the power 0 being 1.
    private func power(_ x: Double, _ exponent: Int) -> Double { exponent == 0 ? 1 : pow(x, Double(exponent)) }

    private var partition: Double { sum { power(coefficient($0, $1), volume) } }

    /// log Z of the torus, with exp(β/N Σ Re tr P) the weight.
    public var logPartition: Double { Double(volume) * logOnePlaquette + log(partition) }

    /// <Re tr P> / N.
    public var plaquette: Double { wilsonLoop(area: 1) }

    /// <Re tr W> / N around so many plaquettes, at most V.
    public func wilsonLoop(area: Int) -> Double {
        let total = sum { p, q in
            let outside = power(coefficient(p, q), volume - area)
            guard outside != 0 else { return 0 }
            let own = Self.dimension(group, p, q) * Double(group.degree)
            return neighbours(p, q).reduce(0) { $0 + outside * power(coefficient($1.0, $1.1), area) * Self.dimension(group, $1.0, $1.1) / own }
        }
        return total / partition
    }
}
