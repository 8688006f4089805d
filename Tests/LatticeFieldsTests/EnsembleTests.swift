import LatticeFields
import MessagePassing
import Testing

extension OneRank {
    /// Statistical tests: fixed seeds; each comparison at five standard errors, a false alarm of 6e-7.
    @Suite("Many chains: hybrid Monte Carlo in lanes and cluster updates")
    struct EnsembleTests {
        private func lanes(
            _ extents: [Int], _ action: ScalarAction, chains: Int, trajectories: Int, length: Double = 1,
            integrator: Integrator = .omelyan2
        ) throws -> [MeasurementSeries] {
            let ensemble = try EnsembleHybridMonteCarlo(
                extents: extents,
                settings: HybridMonteCarloSettings(
                    action: action, trajectoryLength: length, steps: 4, integrator: integrator, seed: 31),
                chains: chains, communicator: MessagePassing.start())
            ensemble.startHot(width: 0.4)
            try ensemble.thermalize(0..<200, targetAcceptance: 0.85)
            let series = try ensemble.run(trajectories: 200..<200 + trajectories)
            let acceptance = try ensemble.acceptance()
            // Whole steps: on small lattices the next number of steps may accept much more.
            #expect(acceptance.rate > 0.5, "acceptance \(acceptance)")
            #expect(abs(acceptance.exponential - 1) < 0.02, "<exp(-dH)> = \(acceptance.exponential)")
            return series
        }

        private func clusters(_ extents: [Int], _ action: ScalarAction, chains: Int, updates: Int) throws -> ([MeasurementSeries], [[Double]]) {
            let ensemble = try ClusterEnsemble(
                extents: extents, action: action, seed: 32, chains: chains, communicator: MessagePassing.start())
            ensemble.thermalize(updates: 200)
            ensemble.run(updates: updates)
            return try ensemble.measurements()
        }

        private func compare(_ table: ObservableTable, _ name: String, _ wanted: Double, wantedError: Double = 0) throws {
            let row = try #require(table[name])
            let error = (row.error * row.error + wantedError * wantedError).squareRoot()
            #expect(abs(row.value - wanted) < 5 * error, "\(name): \(row.value) +- \(row.error), wanted \(wanted) +- \(wantedError)")
        }

        @Test("interacting φ⁴ on 2 x 8 agrees with the transfer matrix, by both algorithms, two-point function included")
        func exact() throws {
            let action = try ScalarAction(b: 0.67, c: 0, d: 0.5, dimension: 2)
            let exact = try TransferMatrix(action: action, width: 2, length: 8)
            let extents = [8, 2]
            let (cluster, improved) = try clusters(extents, action, chains: 8, updates: 3000)
            for series in [try lanes(extents, action, chains: 32, trajectories: 1500), cluster] {
                let table = try ObservableTable(replicas: series, action: action, extents: extents)
                try compare(table, "square", exact.fieldSquared)
                try compare(table, "fourth", exact.fieldFourth)
                try compare(table, "susceptibility", exact.susceptibility)
                try compare(table, "schwinger_dyson", 1)
                try compare(table, "neighbour", (exact.temporalNeighbour + (exact.spatialNeighbour ?? .nan)) / 2)
                let function = try TwoPointFunction(series, extents: extents)
                for (t, estimate) in function.correlation.enumerated() {
                    #expect(abs(estimate.value - exact.zeroMomentumCorrelation[t]) < 5 * estimate.error, "C(\(t)): \(estimate)")
                }
            }
            let estimate = Batched.mean(improved)
            #expect(abs(estimate.mean - exact.susceptibility) < 5 * estimate.error, "improved susceptibility \(estimate)")
        }

        @Test("at L=8 on the line of constant physics both algorithms agree with the reference chain and with each other")
        func line() throws {
            let action = try ScalarAction.albergo(massSquared: -4, lambda: 6.008, dimension: 2)
            for series in [
                try lanes([8, 8], action, chains: 32, trajectories: 1500), try clusters([8, 8], action, chains: 4, updates: 2500).0,
            ] {
                let table = try ObservableTable(replicas: series, action: action, extents: [8, 8])
                try compare(table, "square", 0.183925, wantedError: 0.000030)
                try compare(table, "fourth", 0.066800, wantedError: 0.000020)
                try compare(table, "neighbour", 0.075618, wantedError: 0.000041)
                try compare(table, "action_density", 0.09886, wantedError: 0.00014)
                try compare(table, "absolute_magnetization", 0.142204, wantedError: 0.000153)
                try compare(table, "susceptibility", 1.8961, wantedError: 0.0035)
                try compare(table, "schwinger_dyson", 1)
                try compare(table, "correlation_length", 2, wantedError: 0.01)
            }
        }

        @Test("a free field in three dimensions has its closed forms", arguments: [Integrator.leapfrog, .omelyan4])
        func free(integrator: Integrator) throws {
            let extents = [4, 3, 5]
            let action = try ScalarAction.free(massSquared: 0.8, dimension: 3)
            let free = FreeField(extents: extents, massSquared: 0.8)
            // Of a free field, modes whose phase over a trajectory is a multiple of π never change their modulus; here ω ≤ 3.6 and ω · 0.7 < π.
            let series = try lanes(extents, action, chains: 32, trajectories: 600, length: 0.7, integrator: integrator)
            let table = try ObservableTable(replicas: series, action: action, extents: extents)
            try compare(table, "square", free.square)
            try compare(table, "neighbour", free.neighbour)
            try compare(table, "susceptibility", free.susceptibility)
            try compare(table, "action_density", 0.5)
            let function = try TwoPointFunction(series, extents: extents)
            for (n, estimate) in function.propagator.enumerated() {
                #expect(abs(estimate.value - free.propagator([n, 0, 0])) < 5 * estimate.error, "G(\(n)): \(estimate)")
            }
        }

        @Test("a chain's bits do not depend on how many chains there are")
        func independent() throws {
            let action = try ScalarAction.albergo(massSquared: -4, lambda: 5, dimension: 2)
            let fields = try [3, 40].map { chains -> [Double] in
                let ensemble = try EnsembleHybridMonteCarlo(
                    extents: [5, 4], settings: HybridMonteCarloSettings(action: action, seed: 3), chains: chains,
                    communicator: MessagePassing.start())
                ensemble.startHot(width: 0.5)
                for index in 0..<20 { ensemble.run(trajectory: index) }
                return ensemble.field(chain: 2)
            }
            #expect(fields[0].map(\.bitPattern) == fields[1].map(\.bitPattern))
        }

        @Test("the step tuning inverts acceptance = erfc(σ/√8): 4 steps of second order at 0.5 become 7 for 0.8, and stay for their own acceptance")
        func tuning() {
            #expect(StepTuning.steps(acceptance: 0.5, steps: 4, order: 2, target: 0.8) == 7)
            #expect(StepTuning.steps(acceptance: 0.8, steps: 7, order: 2, target: 0.8) == 7)
            #expect(StepTuning.steps(acceptance: 0, steps: 10, order: 4, target: 0.9) == 20)
            #expect(StepTuning.steps(acceptance: 1, steps: 1, order: 2, target: 0.7) == 1)
        }
    }
}

/// A mean over chains with the error from their scatter in blocks.
private enum Batched {
    static func mean(_ chains: [[Double]], blocks: Int = 10) -> (mean: Double, error: Double) {
        let means = chains.flatMap { chain in
            (0..<blocks).map { block in
                let part = chain[block * chain.count / blocks..<(block + 1) * chain.count / blocks]
                return part.reduce(0, +) / Double(part.count)
            }
        }
        let n = Double(means.count)
        let mean = means.reduce(0, +) / n
        return (mean, (means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n * (n - 1))).squareRoot())
    }
}
