import Glibc
import LatticeFields
import MessagePassing
import Numerics

/// Heat bath with over-relaxation of compact U(1) on a cut 2D lattice: every link from its exact conditional density, or reflected in it.
///
/// Links of one direction on every second line are independent given the others; a sweep goes through four such sets, after `overRelaxation`
/// sweeps of reflections (Adler, Phys. Rev. D 23 (1981) 2901; Creutz, Phys. Rev. D 36 (1987) 515). The same bits on any process grid.
public final class AbelianHeatBath {
    public let field: AbelianField
    public let beta: Double
    public let overRelaxation: Int
    private let draws: VonMises

    /// - Throws: `AbelianError` for an odd extent, whose lines cannot be coloured with two colours, or a β out of range. *Collective.*
    public init(field: AbelianField, beta: Double, overRelaxation: Int, seed: UInt64) throws {
        guard beta >= 0, beta < 1e4 else { throw AbelianError("action.beta is \(beta), wanted 0 to 10000") }
        guard field.geometry.extents.allSatisfy({ $0 % 2 == 0 }) else {
            throw AbelianError("lattice.extents is \(field.geometry.extents): the heat bath works on every second line, wanted even numbers")
        }
        self.field = field
        self.beta = beta
        self.overRelaxation = overRelaxation
        draws = VonMises(RandomStream(seed: seed, purpose: .abelianHeatBath))
    }

    /// Sweep number `index`. *Collective.*
    public func update(_ index: Int) throws -> AbelianUpdateReport {
        for _ in 0..<overRelaxation { try sweep { center, _, _, theta in 2 * center - theta } }
        try sweep { center, concentration, link, _ in
            center + draws.draw(concentration: concentration, epoch: UInt64(index), index: link)
        }
        field.wrap()
        return AbelianUpdateReport(accepted: true, energyChange: 0)
    }

    /// Replaces every link; `change` gets the angle at which its weight exp(κ cos(θ - angle)) is largest, κ, the link's number and θ.
    private func sweep(_ change: (Double, Double, UInt64, Double) -> Double) throws {
        let geometry = field.geometry
        let stride = field.rows.stride
        for direction in 0..<2 {
            // The neighbour plaquette lies across the link, and its links of the same direction on the line before it.
            let back = direction == 0 ? 1 : stride
            for parity in 0..<2 {
                try field.computePlaquettes()
                try field.loops.exchangeHalo()
                let plaquette = field.loops.storage
                let theta = field.links[direction].storage
                for row in 0..<field.rows.rows {
                    for column in 0..<field.rows.columns {
                        let place = [geometry.localOffsets[0] + row, geometry.localOffsets[1] + column]
                        guard place[1 - direction] % 2 == parity else { continue }
                        let site = (row + 1) * stride + 1 + column
                        // θ enters P(x) with one sign and the plaquette behind with the other: cos(θ - a) + cos(θ - b).
                        let own = theta[site]
                        let sign = direction == 0 ? 1.0 : -1.0
                        let a = own - sign * plaquette[site]
                        let b = own + sign * plaquette[site - back]
                        let x = cos(a) + cos(b), y = sin(a) + sin(b)
                        let link = UInt64(2 * geometry.globalIndex(place) + direction)
                        theta[site] = change(atan2(y, x), beta * (x * x + y * y).squareRoot(), link, own)
                    }
                }
            }
        }
    }
}
