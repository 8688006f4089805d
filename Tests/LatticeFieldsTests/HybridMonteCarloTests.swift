import Glibc
import LatticeFields
import MessagePassing
import Testing

extension OneRank {
    @Suite("Hybrid Monte Carlo of the scalar field")
    struct HybridMonteCarloTests {
        private func simulation(
            _ extents: [Int], lambda: Double = 6.975, integrator: Integrator = .omelyan2, steps: Int = 5
        ) throws -> HybridMonteCarlo {
            let geometry = try LatticeGeometry(extents: extents, communicator: MessagePassing.start())
            let action = try ScalarAction.albergo(massSquared: -4, lambda: lambda, dimension: extents.count)
            return try HybridMonteCarlo(
                geometry: geometry, settings: HybridMonteCarloSettings(action: action, steps: steps, integrator: integrator, seed: 11))
        }

        @Test("the dynamics are reversible to rounding", arguments: Integrator.allCases)
        func reversible(integrator: Integrator) throws {
            let hmc = try simulation([6, 5, 4], integrator: integrator)
            hmc.startHot(width: 0.4)
            let deviation = try hmc.reversibility(trajectory: 0)
            #expect(deviation.field < 1e-12)
            #expect(deviation.energy < 1e-9)
        }

        @Test("the energy violation falls as the integrator's order", arguments: Integrator.allCases)
        func order(integrator: Integrator) throws {
            // Root mean square over trajectories from one field: single violations may cancel.
            let change = { (steps: Int) throws -> Double in
                let hmc = try simulation([8, 8], integrator: integrator, steps: steps)
                var sum = 0.0
                for trajectory in 0..<20 {
                    hmc.startHot(width: 0.4)
                    let violation = try hmc.run(trajectory: trajectory).energyChange
                    sum += violation * violation
                }
                return sum.squareRoot()
            }
            let steps = integrator == .omelyan4 ? 8 : 16
            let ratio = try change(steps) / change(2 * steps)
            let expected = integrator.order == 4 ? 16.0 : 4.0
            #expect(ratio > 0.8 * expected && ratio < 1.25 * expected, "ratio \(ratio)")
        }

        @Test("at L=6 on the line of constant physics <exp(-dH)> is 1 and <φ²>, <φ⁴>, nn are those of the reference (false alarm 6e-7 each)")
        func reference() throws {
            let hmc = try simulation([6, 6])
            hmc.startHot(width: 0.4)
            let blocks = 60
            let perBlock = 200
            var means = [[Double]](repeating: [], count: 4)
            for trajectory in 0..<200 { _ = try hmc.run(trajectory: trajectory) }
            for block in 0..<blocks {
                var sums = [Double](repeating: 0, count: 4)
                for i in 0..<perBlock {
                    let report = try hmc.run(trajectory: 200 + block * perBlock + i)
                    let m = try hmc.field.measure()
                    for (k, value) in [exp(-report.energyChange), m.square, m.fourth, m.neighbour].enumerated() { sums[k] += value }
                }
                for k in 0..<4 { means[k].append(sums[k] / Double(perBlock)) }
            }
            for (k, truth) in [1, 0.161363, 0.052569, 0.058322].enumerated() {
                let mean = means[k].reduce(0, +) / Double(blocks)
                let variance = means[k].reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(blocks - 1)
                let error = (variance / Double(blocks)).squareRoot()
                #expect(abs(mean - truth) < 5 * error, "\(k): \(mean) +- \(error), reference \(truth)")
                #expect(error < 0.02 * truth)
            }
        }
    }
}
