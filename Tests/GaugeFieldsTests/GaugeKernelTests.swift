import GaugeFields
import GaugeKernels
import LatticeFields
import Testing

extension OneRank {
    @Suite("Kernels of gauge fields against the plain way")
    struct GaugeKernelTests {
        /// Extents that fill the lanes by sub-lattices, in part, and not at all; odd ones too.
        static let cases: [(extents: [Int], group: GaugeGroup)] = [
            ([8, 8], .su2), ([5, 7], .su3), ([4, 6, 3], .su2), ([4, 4, 4], .su3), ([4, 2, 3, 4], .su2), ([4, 4, 2, 3], .su3),
        ]

        @Test("momenta move links by the exponential, in the group", arguments: [GaugeGroup.su2, .su3])
        func exponential(group: GaugeGroup) throws {
            let field = try OneRank.field([4, 4, 2], group)
            let before = PlainLinks(field)
            let hmc = try GaugeHybridMonteCarlo(field, action: GaugeAction(group: group, beta: 1), dynamics: GaugeDynamics(), seed: 2)
            let step = 0.37
            let momenta = hmc.displace(step: step, trajectory: 4)
            let after = PlainLinks(field)
            var worst = 0.0
            for (k, matrix) in before.matrices.enumerated() {
                let p = Array(momenta[k * group.generators..<(k + 1) * group.generators])
                let wanted = (step * PlainMatrix.generator(p)).exponential * matrix
                for (one, other) in zip(wanted.elements, after.matrices[k].elements) { worst = max(worst, (one - other).modulus) }
            }
            #expect(worst < 4e-15, "\(worst)")
            #expect(try field.unitarityDefect() < 4e-15)
            // Normal numbers: mean and variance within 5 standard errors (false alarm 1e-6).
            let count = Double(momenta.count)
            #expect(abs(momenta.reduce(0, +) / count) < 5 / count.squareRoot())
            #expect(abs(momenta.reduce(0) { $0 + $1 * $1 } / count - 1) < 5 * (2 / count).squareRoot())
        }

        @Test("actions and loops are those of plain sums over sites", arguments: cases.indices)
        func sums(index: Int) throws {
            let (extents, group) = Self.cases[index]
            let field = try OneRank.field(extents, group)
            let plain = PlainLinks(field), observables = try GaugeObservables(field)
            for c1 in [0, -1.0 / 12, -1.4088] {
                let action = try GaugeAction(group: group, beta: 5.5, rectangleCoefficient: c1)
                let wanted = plain.action(action), found = try observables.action(action).value
                #expect(abs(found - wanted) < 1e-12 * abs(wanted), "\(found) \(wanted)")
            }
            let v = Double(plain.sites * group.degree)
            let time = [Int](repeating: 1, count: extents[0])
            let polyakov = try observables.polyakovLoop()
            let wanted = plain.sum(time)
            #expect(abs(polyakov.re - wanted.re / v) < 1e-13 && abs(polyakov.im - wanted.im / v) < 1e-13)
            let loops = try observables.wilsonLoops(size: 3)
            for (r, t) in [(1, 1), (2, 1), (1, 3), (3, 2)] {
                let wanted = (2...extents.count).reduce(0.0) { sum, axis in
                    func line(_ step: Int, _ n: Int) -> [Int] { [Int](repeating: step, count: n) }
                    return sum + plain.sum(line(axis, r) + line(1, t) + line(-axis, r) + line(-1, t)).re
                }
                #expect(abs(loops[r - 1][t - 1] - wanted / (v * Double(extents.count - 1))) < 1e-13, "W(\(r),\(t))")
            }
        }

        @Test("the force is the gradient of the action", arguments: cases.indices)
        func force(index: Int) throws {
            let (extents, group) = Self.cases[index]
            for c1 in [0, -1.0 / 12] {
                let field = try OneRank.field(extents, group)
                let action = try GaugeAction(group: group, beta: 5.5, rectangleCoefficient: c1)
                let hmc = try GaugeHybridMonteCarlo(field, action: action, dynamics: GaugeDynamics(), seed: 3)
                let start = field.block()
                let force = try hmc.force()
                func moved(_ step: Double) throws -> (value: Double, direction: [Double]) {
                    field.setBlock(start)
                    let direction = hmc.displace(step: step, trajectory: 0)
                    return (try hmc.actionValue(), direction)
                }
                let h = 1e-3
                let direction = try moved(h).direction
                // The five-point rule: h⁴ of truncation, and rounding of S ~ 1e3 by 1e-13 / h.
                let slope = try (8 * (moved(h).value - moved(-h).value) - (moved(2 * h).value - moved(-2 * h).value)) / (12 * h)
                let predicted = -zip(force, direction).reduce(0) { $0 + $1.0 * $1.1 }
                #expect(abs(slope - predicted) < 1e-7 * abs(predicted) + 1e-7, "\(slope), by the force \(predicted)")
            }
        }

        @Test("over-relaxation leaves the action as it is and changes the links", arguments: [GaugeGroup.su2, .su3])
        func overrelaxation(group: GaugeGroup) throws {
            let field = try OneRank.field([4, 4, 4, 4], group, reach: .plaquettes)
            let action = try GaugeAction(group: group, beta: 6)
            let bath = try HeatBath(field, action: action, overrelaxation: 0, seed: 1)
            let observables = try GaugeObservables(field)
            let before = try observables.action(action).value, links = field.block()
            try bath.overrelax()
            let after = try observables.action(action).value
            #expect(abs(after - before) < 1e-11 * before, "\(after - before)")
            #expect(zip(field.block(), links).map { abs($0 - $1) }.max() ?? 0 > 0.1)
        }

        @Test("links that have drifted out of the group come back", arguments: [GaugeGroup.su2, .su3])
        func normalization(group: GaugeGroup) throws {
            let field = try OneRank.field([4, 4], group)
            let good = field.block()
            field.setBlock(good.enumerated().map { $1 + 1e-6 * Double($0 % 7 - 3) })
            #expect(try field.unitarityDefect() > 1e-7)
            field.normalize()
            #expect(try field.unitarityDefect() < 2e-15)
            #expect(zip(field.block(), good).map { abs($0 - $1) }.max() ?? 1 < 1e-4)
        }

        @Test("heat bath refuses odd extents and rectangles, files refuse other groups and dimensions")
        func errors() throws {
            let field = try OneRank.field([5, 4], .su2, reach: .plaquettes)
            #expect(throws: LatticeError.self) { try HeatBath(field, action: GaugeAction(group: .su2, beta: 1), overrelaxation: 0, seed: 1) }
            let even = try OneRank.field([4, 4], .su2)
            #expect(throws: LatticeError.self) {
                try HeatBath(even, action: GaugeAction(group: .su2, beta: 1, rectangleCoefficient: -0.1), overrelaxation: 0, seed: 1)
            }
            #expect(throws: LatticeError.self) { try even.fileLinks() }
        }
    }
}
