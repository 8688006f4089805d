import GaugeFields
import GaugeKernels
import LatticeFields
import Numerics
import Testing

extension OneRank {
    /// Statistical tests have a fixed seed; a deviation of 4.5 standard errors is a false alarm once in 150000.
    @Suite("Physics of gauge fields")
    struct GaugePhysicsTests {
        private func expectWithin(_ series: [Double], _ wanted: Double, error: Double = 0, _ what: String) throws {
            let analysis = try GammaAnalysis(series: series)
            let sigma = (analysis.error * analysis.error + error * error).squareRoot()
            #expect(abs(analysis.mean - wanted) < 4.5 * sigma, "\(what): \(analysis.mean) ± \(analysis.error), wanted \(wanted) ± \(error)")
        }

        @Test("trajectories are reversible and their energy violation falls with the order of the integrator", arguments: [GaugeGroup.su2, .su3])
        func reversibility(group: GaugeGroup) throws {
            for (integrator, c1) in [(Integrator.leapfrog, 0), (.omelyan2, -1.0 / 12), (.omelyan4, 0)] {
                let action = try GaugeAction(group: group, beta: 4, rectangleCoefficient: c1)
                let field = try OneRank.field([4, 4, 4], group, reach: action.reach)
                func change(_ steps: Int) throws -> Double {
                    let dynamics = GaugeDynamics(trajectoryLength: 0.5, steps: steps, integrator: integrator)
                    let found = try GaugeHybridMonteCarlo(field, action: action, dynamics: dynamics, seed: 8).reversibility(trajectory: 1)
                    #expect(found.field < 2e-13 && found.energy < 2e-10, "\(found)")
                    return abs(found.energyChange)
                }
                let ratio = try change(20) / change(40)
                #expect(abs(ratio / (integrator.order == 4 ? 16 : 4) - 1) < 0.25, "\(integrator.rawValue): \(ratio)")
            }
        }

        @Test("plaquettes in two dimensions are exact, by heat bath", arguments: [GaugeGroup.su2, .su3])
        func exactByHeatBath(group: GaugeGroup) throws {
            // A small β goes through Creutz's way of drawing, a large one through Kennedy and Pendleton's.
            for beta in [1.0, 5] {
                let field = try OneRank.field([8, 8], group, reach: .plaquettes)
                let bath = try HeatBath(field, action: GaugeAction(group: group, beta: beta), overrelaxation: 1, seed: 21)
                let observables = try GaugeObservables(field)
                var series: [Double] = []
                for index in 0..<1100 {
                    try bath.update(index)
                    if index >= 100 { series.append(try observables.plaquettes().all) }
                }
                try expectWithin(series, ExactPlaquette.twoDimensional(group, beta: beta), "\(group) at β \(beta)")
            }
        }

        @Test("plaquettes in two dimensions are exact and <exp(-ΔH)> is 1, by hybrid Monte Carlo", arguments: [GaugeGroup.su2, .su3])
        func exactByHybridMonteCarlo(group: GaugeGroup) throws {
            let action = try GaugeAction(group: group, beta: 3)
            let field = try OneRank.field([8, 8], group, reach: .plaquettes)
            let dynamics = GaugeDynamics(trajectoryLength: 1, steps: 5, integrator: .omelyan2)
            let hmc = try GaugeHybridMonteCarlo(field, action: action, dynamics: dynamics, seed: 4)
            let observables = try GaugeObservables(field)
            var plaquettes: [Double] = [], exponentials: [Double] = []
            for index in 0..<1300 {
                let report = try hmc.run(trajectory: index)
                guard index >= 100 else { continue }
                plaquettes.append(try observables.plaquettes().all)
                exponentials.append(exponential(-report.energyChange))
            }
            try expectWithin(plaquettes, ExactPlaquette.twoDimensional(group, beta: 3), "\(group)")
            try expectWithin(exponentials, 1, "<exp(-ΔH)>")
            #expect(try field.unitarityDefect() < 1e-14)
        }

        @Test("4D SU(3) on 4^4: strong coupling and β = 5.7 of another program", arguments: [(1.0, 0.05993, 0.00015), (5.7, 0.56014, 0.00044)])
        func fourDimensions(beta: Double, plaquette: Double, error: Double) throws {
            let field = try OneRank.field([4, 4, 4, 4], .su3, reach: .plaquettes)
            let bath = try HeatBath(field, action: GaugeAction(group: .su3, beta: beta), overrelaxation: 2, seed: 6)
            let observables = try GaugeObservables(field)
            var series: [Double] = []
            for index in 0..<300 {
                try bath.update(index)
                if index >= 60 { series.append(try observables.plaquettes().all) }
            }
            try expectWithin(series, plaquette, error: error, "β \(beta)")
        }

        @Test("hybrid Monte Carlo with rectangles and without agrees with itself at another step size, and has <exp(-ΔH)> = 1")
        func improved() throws {
            let action = try GaugeAction(group: .su3, beta: 4, rectangleCoefficient: -1.0 / 12)
            var found: [GammaAnalysis] = []
            for (steps, integrator) in [(6, Integrator.omelyan2), (3, .omelyan4)] {
                let field = try OneRank.field([6, 6], .su3)
                let hmc = try GaugeHybridMonteCarlo(
                    field, action: action, dynamics: GaugeDynamics(trajectoryLength: 1, steps: steps, integrator: integrator), seed: 12)
                let observables = try GaugeObservables(field)
                var rectangles: [Double] = [], exponentials: [Double] = []
                for index in 0..<600 {
                    let report = try hmc.run(trajectory: index)
                    guard index >= 50 else { continue }
                    rectangles.append(try #require(try observables.rectangle()))
                    exponentials.append(exponential(-report.energyChange))
                }
                try expectWithin(exponentials, 1, "<exp(-ΔH)>")
                found.append(try GammaAnalysis(series: rectangles))
            }
            let sigma = (found[0].error * found[0].error + found[1].error * found[1].error).squareRoot()
            #expect(abs(found[0].mean - found[1].mean) < 4.5 * sigma, "\(found[0].mean) \(found[1].mean) ± \(sigma)")
        }

        @Test("Bessel functions give the plaquettes of the tables")
        func closedForms() {
            let su2 = [(1.0, 0.240193723870), (2.2, 0.464479025270), (8, 0.819249410356)]
            let su3 = [(1.0, 0.060126554834), (3, 0.203075050030), (5, 0.353954436705), (8, 0.535753990214)]
            for (beta, wanted) in su2 { #expect(abs(ExactPlaquette.twoDimensional(.su2, beta: beta) - wanted) < 1e-11) }
            for (beta, wanted) in su3 { #expect(abs(ExactPlaquette.twoDimensional(.su3, beta: beta) - wanted) < 1e-10) }
        }
    }
}
