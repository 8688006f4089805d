import AbelianFields
import Glibc
import LatticeFields
import MessagePassing
import Numerics
import Testing

extension OneRank {
    @Suite("Dynamics of compact U(1)")
    struct AbelianDynamicsTests {
        private func dynamics(_ extents: [Int], beta: Double, integrator: Integrator = .omelyan2, steps: Int = 6) throws -> AbelianHybridMonteCarlo {
            let field = try AbelianField(LatticeGeometry(extents: extents, communicator: MessagePassing.start()))
            field.start(width: 0.7, seed: 5)
            return try AbelianHybridMonteCarlo(field: field, beta: beta, trajectoryLength: 1, steps: steps, integrator: integrator, seed: 5)
        }

        @Test("the dynamics are reversible to rounding", arguments: Integrator.allCases)
        func reversible(integrator: Integrator) throws {
            let deviation = try dynamics([6, 5], beta: 4, integrator: integrator).reversibility(trajectory: 3)
            #expect(deviation.field < 1e-11 && deviation.energy < 1e-10, "\(deviation)")
        }

        @Test("the force is the action's gradient")
        func force() throws {
            let hmc = try dynamics([4, 6], beta: 2.5)
            let geometry = hmc.field.geometry
            for (direction, site) in [(0, 0), (0, 23), (1, 5), (1, 18)] {
                let exact = try hmc.gradient(direction: direction)[site]
                let links = hmc.field.links[direction]
                let index = (site / 6 + 1) * geometry.strides[0] + site % 6 + 1
                let value = links.storage[index], step = 1e-5
                links.storage[index] = value + step
                let up = try hmc.action()
                links.storage[index] = value - step
                let down = try hmc.action()
                links.storage[index] = value
                #expect(abs((up - down) / (2 * step) - exact) < 1e-8, "direction \(direction), site \(site)")
            }
        }

        @Test("a gauge transformation changes no observable, and the charge of a constant field strength is its number of turns")
        func gauge() {
            let (rows, columns) = (4, 6)
            let stream = RandomStream(seed: 2, purpose: .test)
            func angle(_ site: Int, _ draw: UInt32) -> Double { 6 * stream.uniform(epoch: 0, index: UInt64(site), draw: draw) }
            let first = (0..<24).map { angle($0, 0) }, second = (0..<24).map { angle($0, 1) }
            let before = AbelianMeasurement(first: first, second: second, extents: [rows, columns], loops: 3)
            let moved = AbelianMeasurement(
                first: (0..<24).map { first[$0] + angle($0, 2) - angle(($0 + columns) % 24, 2) },
                second: (0..<24).map { second[$0] + angle($0, 2) - angle($0 / columns * columns + ($0 + 1) % columns, 2) }, extents: [rows, columns],
                loops: 3)
            #expect(before.charge == moved.charge)
            for (a, b) in zip([before.plaquette] + before.polyakov + before.loops, [moved.plaquette] + moved.polyakov + moved.loops) {
                #expect(abs(a - b) < 1e-12)
            }
            for turns in [-2.0, 0, 3] {
                let same = AbelianMeasurement(
                    plaquettes: [Double](repeating: 2 * Double.pi * turns / 24, count: 24), extents: [rows, columns], loops: 2)
                #expect(same.charge == turns)
                #expect(abs(same.loops[1] - cos(4 * 2 * Double.pi * turns / 24)) < 1e-12)
            }
        }

        @Test("hybrid Monte Carlo at β = 2: <exp(-dH)> is 1, plaquette, susceptibility and a loop are exact (within 4.5 errors, false alarm 7e-6 each)")
        func hybridMonteCarlo() throws {
            let hmc = try dynamics([8, 8], beta: 2)
            let exact = ExactAbelian(beta: 2, volume: 64)
            for trajectory in 0..<300 { _ = try hmc.update(trajectory) }
            try compare(exact, updates: 6000) { index in try hmc.update(300 + index) } field: { hmc.field }
        }

        @Test("heat bath with over-relaxation at β = 2: the same")
        func heatBath() throws {
            let field = try AbelianField(LatticeGeometry(extents: [8, 8], communicator: MessagePassing.start()))
            let heatBath = try AbelianHeatBath(field: field, beta: 2, overRelaxation: 1, seed: 3)
            for sweep in 0..<100 { _ = try heatBath.update(sweep) }
            try compare(ExactAbelian(beta: 2, volume: 64), updates: 4000) { index in try heatBath.update(100 + index) } field: { field }
        }

        private func compare(
            _ exact: ExactAbelian, updates: Int, update: (Int) throws -> AbelianUpdateReport, field: () -> AbelianField
        ) throws {
            var columns = [[Double]](repeating: [], count: 4)
            for index in 0..<updates {
                let report = try update(index)
                let m = try field().measure(loops: 2)
                for (k, value) in [exp(-report.energyChange), m.plaquette, m.charge * m.charge / 64, m.loops[1]].enumerated() { columns[k].append(value) }
            }
            let wanted = [1, exact.plaquette, exact.topologicalSusceptibility, exact.wilsonLoop(area: 4)]
            for (k, name) in ["exp(-dH)", "plaquette", "susceptibility", "2x2 loop"].enumerated() {
                let found = try GammaAnalysis(series: columns[k])
                #expect(abs(found.mean - wanted[k]) <= 4.5 * found.error, "\(name): \(found.mean) +- \(found.error), wanted \(wanted[k])")
                #expect(found.error < 0.06 * abs(wanted[k]) || k == 2 && found.error < 0.002)
            }
        }

        @Test("von Mises draws follow their density (Kolmogorov and Smirnov, false alarm 1e-6 each)", arguments: [0.0, 1e-6, 0.3, 2, 14, 200])
        func vonMises(concentration: Double) {
            let draws = VonMises(RandomStream(seed: 9, purpose: .test))
            let values = (0..<4000).map { draws.draw(concentration: concentration, epoch: 0, index: UInt64($0)) }
            // The cumulative distribution by the midpoint rule.
            let pieces = 20000
            var table = [0.0]
            for i in 0..<pieces {
                let angle = Double.pi * (2 * (Double(i) + 0.5) / Double(pieces) - 1)
                table.append(table[i] + exp(concentration * (cos(angle) - 1)))
            }
            let test = Statistics.kolmogorovSmirnov(values) { angle in
                let place = min(Double(pieces) - 1e-9, max(0, (angle / Double.pi + 1) / 2 * Double(pieces)))
                let low = Int(place)
                return (table[low] + (place - Double(low)) * (table[low + 1] - table[low])) / table[pieces]
            }
            #expect(test.probability > 1e-6, "\(test)")
        }

        @Test("an odd lattice is refused by the heat bath, a line by the field, with what was wanted")
        func refused() throws {
            let world = try MessagePassing.start()
            let odd = try AbelianField(LatticeGeometry(extents: [6, 5], communicator: world))
            let message = #expect(throws: AbelianError.self) { try AbelianHeatBath(field: odd, beta: 1, overRelaxation: 0, seed: 1) }
            #expect(message?.description.contains("wanted even numbers") == true)
            #expect(throws: AbelianError.self) { try AbelianField(LatticeGeometry(extents: [6], communicator: world)) }
        }
    }
}
