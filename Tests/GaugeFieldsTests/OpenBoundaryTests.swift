import GaugeFields
import GaugeKernels
import LatticeFields
import MessagePassing
import Numerics
import Testing

extension OneRank {
    /// Statistical tests have a fixed seed; a deviation of 4.5 standard errors is a false alarm once in 150000.
    @Suite("Open boundaries of gauge fields")
    struct OpenBoundaryTests {
        private func field(_ extents: [Int], _ group: GaugeGroup, seed: UInt64 = 11) throws -> GaugeField {
            let geometry = try LatticeGeometry(extents: extents, communicator: MessagePassing.start())
            let field = try GaugeField(SiteOrder(geometry, boundary: .open), group: group)
            field.startHot(seed: seed)
            return field
        }

        private func within(_ series: [Double], _ wanted: Double, error: Double = 0, _ what: String) throws {
            let found = try GammaAnalysis(series: series)
            let sigma = (found.error * found.error + error * error).squareRoot()
            #expect(abs(found.mean - wanted) < 4.5 * sigma, "\(what): \(found.mean) ± \(found.error), wanted \(wanted) ± \(error)")
        }

        /// Σ w (1 - Re tr P / N) by the plain definition: no plaquette beyond the ends, those of space on the ends by half.
        private func plainAction(_ field: GaugeField, beta: Double) -> Double {
            let plain = PlainLinks(field), last = plain.extents[0] - 1
            var sum = 0.0
            for site in 0..<plain.sites {
                let x = plain.coordinates(site)
                for mu in 1...plain.dimension {
                    for nu in mu + 1..<plain.dimension + 1 where !(mu == 1 && x[0] == last) {
                        let weight = mu > 1 && (x[0] == 0 || x[0] == last) ? 0.5 : 1
                        sum += weight * (1 - plain.path(x, [mu, nu, -mu, -nu]).trace.re / Double(plain.group.degree))
                    }
                }
            }
            return beta * sum
        }

        @Test("the action is that of the definition, its force its gradient, whatever the gauge", arguments: [(GaugeGroup.su2, [4, 3, 4]), (.su3, [5, 4]), (.su3, [3, 2, 2, 4])])
        func action(group: GaugeGroup, extents: [Int]) throws {
            let field = try field(extents, group)
            let action = try GaugeAction(group: group, beta: 2.5)
            let hmc = try GaugeHybridMonteCarlo(field, action: action, dynamics: GaugeDynamics(), seed: 2)
            let value = try hmc.actionValue()
            #expect(abs(value - plainAction(field, beta: 2.5)) < 1e-11 * value)
            #expect(try field.unitarityDefect() < 1e-13)
            let start = field.block(), step = 1e-4
            let force = try hmc.force()
            func moved(_ step: Double) throws -> (action: Double, directions: [Double]) {
                field.setBlock(start)
                let directions = hmc.displace(step: step, trajectory: 0)
                return (try hmc.actionValue(), directions)
            }
            let up = try moved(step), down = try moved(-step)
            let slope = (up.action - down.action) / (2 * step)
            #expect(abs(slope + zip(force, up.directions).reduce(0) { $0 + $1.0 * $1.1 }) < 1e-6 * max(1, abs(slope)))
            field.setBlock(start)
            let observables = try GaugeObservables(field)
            let before = try observables.plaquettes(), clovers = try observables.cloverEnergyAndCharge(), loops = try observables.wilsonLoops(size: 2)
            try field.transform(seed: 3)
            let after = try observables.plaquettes(), later = try observables.cloverEnergyAndCharge()
            #expect(abs(before.all - after.all) < 1e-13 && abs(clovers.energy - later.energy) < 1e-12 && abs(clovers.charge - later.charge) < 1e-12)
            #expect(zip(loops.joined(), try observables.wilsonLoops(size: 2).joined()).allSatisfy { abs($0 - $1) < 1e-13 })
            #expect(abs(loops[0][0] - before.time) < 1e-13)
        }

        @Test("trajectories are reversible", arguments: [GaugeGroup.su2, .su3])
        func reversible(group: GaugeGroup) throws {
            let dynamics = GaugeDynamics(trajectoryLength: 0.5, steps: 20, integrator: .omelyan2)
            let found = try GaugeHybridMonteCarlo(field([4, 4, 4], group), action: GaugeAction(group: group, beta: 4), dynamics: dynamics, seed: 8)
                .reversibility(trajectory: 1)
            #expect(found.field < 2e-13 && found.energy < 2e-10, "\(found)")
        }

        /// Between open ends all plaquettes of two dimensions are independent: the closed form of one holds on any lattice.
        @Test("two dimensions: the plaquette of one plaquette, on lattices as small as 4 x 2, by heat bath and by hybrid Monte Carlo", arguments: [GaugeGroup.su2, .su3])
        func exact(group: GaugeGroup) throws {
            let action = try GaugeAction(group: group, beta: 2)
            let exact = ExactPlaquette.twoDimensional(group, beta: 2)
            let (one, two) = (try field([4, 2], group), try field([4, 4], group, seed: 3))
            let bath = try HeatBath(one, action: action, overrelaxation: 1, seed: 21)
            let hmc = try GaugeHybridMonteCarlo(two, action: action, dynamics: GaugeDynamics(trajectoryLength: 1, steps: 5, integrator: .omelyan2), seed: 4)
            var (heated, moved, exponentials): ([Double], [Double], [Double]) = ([], [], [])
            for index in 0..<1600 {
                try bath.update(index)
                let change = try hmc.run(trajectory: index).energyChange
                guard index >= 100 else { continue }
                heated.append(try GaugeObservables(one).plaquettes().all)
                moved.append(try GaugeObservables(two).plaquettes().all)
                exponentials.append(exponential(-change))
            }
            try within(heated, exact, "heat bath")
            try within(moved, exact, "hybrid Monte Carlo")
            try within(exponentials, 1, "<exp(-ΔH)>")
        }

        @Test("four dimensions: heat bath and hybrid Monte Carlo agree, on the ends too")
        func fourDimensions() throws {
            let action = try GaugeAction(group: .su3, beta: 5.5)
            let (one, two) = (try field([4, 4, 4, 4], .su3), try field([4, 4, 4, 4], .su3, seed: 3))
            let bath = try HeatBath(one, action: action, overrelaxation: 1, seed: 21)
            let hmc = try GaugeHybridMonteCarlo(two, action: action, dynamics: GaugeDynamics(trajectoryLength: 1, steps: 6, integrator: .omelyan4), seed: 4)
            var found: [[[Double]]] = [[[], []], [[], []]]
            for index in 0..<260 {
                try bath.update(index)
                _ = try hmc.run(trajectory: index)
                guard index >= 60 else { continue }
                for (k, field) in [one, two].enumerated() {
                    let plaquettes = try GaugeObservables(field).plaquettes()
                    found[k][0].append(plaquettes.space)
                    found[k][1].append(plaquettes.time)
                }
            }
            for k in 0..<2 {
                let other = try GammaAnalysis(series: found[1][k])
                try within(found[0][k], other.mean, error: other.error, k == 0 ? "space" : "time")
            }
        }

        @Test("the flow between open ends lowers the action, is of third order, and links stay in the group")
        func flow() throws {
            let field = try field([4, 4, 4, 4], .su3)
            let flow = try GradientFlow(field.order, group: .su3)
            let points = try flow.run(from: field, step: 0.02, every: 10, count: 4)
            #expect(zip(points, points.dropFirst()).allSatisfy { $0.plaquetteEnergy > $1.plaquetteEnergy })
            #expect(try flow.field.unitarityDefect() < 1e-13)
            let smooth = try GaugeField(field.order, group: .su3)
            smooth.setBlock(flow.field.block())
            func energy(_ step: Double, _ count: Int) throws -> Double { try #require(try flow.run(from: smooth, step: step, every: count, count: 1).last).plaquetteEnergy }
            let (coarse, middle, fine) = try (energy(0.05, 8), energy(0.025, 16), energy(0.0125, 32))
            #expect(abs((coarse - middle) / (middle - fine) / 8 - 1) < 0.25, "\((coarse - middle) / (middle - fine))")
        }

        @Test("what has no meaning between open ends is refused by name")
        func refused() throws {
            let world = try MessagePassing.start()
            #expect(throws: LatticeError.self) { try SiteOrder(LatticeGeometry(extents: [2, 4], communicator: world), boundary: .open) }
            #expect(throws: LatticeError.self) { try SiteOrder(LatticeGeometry(extents: [4, 4], communicator: world), reach: .rectangles, boundary: .open) }
            let field = try field([4, 4, 4, 4], .su3)
            let message = #expect(throws: LatticeError.self) { try field.fileLinks() }
            #expect("\(message.map { "\($0)" } ?? "")".contains("open boundaries"))
        }
    }
}
