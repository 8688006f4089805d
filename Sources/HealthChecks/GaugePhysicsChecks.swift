import GaugeFields
import GaugeKernels
import Glibc
import LatticeFields
import MessagePassing
import Numerics

// Gauge fields against closed forms and themselves, cut over these ranks. Statistical checks have a fixed seed; 4.5 errors are a false alarm once in 150000.

private func hotField(_ extents: [Int], _ group: GaugeGroup, _ reach: Reach, _ world: Communicator) throws -> GaugeField {
    let field = try GaugeField(SiteOrder(LatticeGeometry(extents: extents, communicator: world), reach: reach), group: group)
    field.startHot(seed: 31)
    return field
}

/// Within 4.5 errors of `wanted`; the figure says how many errors.
func expectWithin(_ series: [Double], _ wanted: Double, _ what: String) throws -> String {
    let found = try GammaAnalysis(series: series)
    let distance = abs(found.mean - wanted) / found.error
    try expect(distance < 4.5, "\(what): found \(found.mean) ± \(found.error), wanted \(wanted)")
    return "\(what) \((distance * 10).rounded() / 10) errors from the closed form"
}

func checkExactPlaquettes(_ world: Communicator) throws -> String {
    try [GaugeGroup.su2, .su3].map { group in
        let field = try hotField([8, 8], group, .plaquettes, world)
        let bath = try HeatBath(field, action: GaugeAction(group: group, beta: 3), overrelaxation: 1, seed: 21)
        let observables = try GaugeObservables(field)
        var series: [Double] = []
        for index in 0..<550 {
            try bath.update(index)
            if index >= 50 { series.append(try observables.plaquettes().all) }
        }
        return try expectWithin(series, ExactPlaquette.twoDimensional(group, beta: 3), group.rawValue)
    }.joined(separator: ", ")
}

func checkDetailedBalance(_ world: Communicator) throws -> String {
    let action = try GaugeAction(group: .su3, beta: 3, rectangleCoefficient: -1.0 / 12)
    let hmc = try GaugeHybridMonteCarlo(
        hotField([8, 8], .su3, action.reach, world), action: action, dynamics: GaugeDynamics(trajectoryLength: 1, steps: 5, integrator: .omelyan2), seed: 4)
    var series: [Double] = []
    for index in 0..<350 {
        let change = try hmc.run(trajectory: index).energyChange
        if index >= 50 { series.append(exp(-change)) }
    }
    return try expectWithin(series, 1, "<exp(-dH)>")
}

func checkGaugeReversibility(_ world: Communicator) throws -> String {
    var worst = 0.0
    for (group, c1, integrator) in [(GaugeGroup.su2, 0.0, Integrator.leapfrog), (.su3, -1.0 / 12, .omelyan2), (.su3, 0, .omelyan4)] {
        let action = try GaugeAction(group: group, beta: 4, rectangleCoefficient: c1)
        let dynamics = GaugeDynamics(trajectoryLength: 0.5, steps: 20, integrator: integrator)
        let found = try GaugeHybridMonteCarlo(hotField([4, 4, 4], group, action.reach, world), action: action, dynamics: dynamics, seed: 8).reversibility(trajectory: 1)
        try expect(found.field < 1e-12 && found.energy < 1e-9, "\(group.rawValue), \(integrator.rawValue): links \(found.field), energy \(found.energy)")
        worst = max(worst, found.field)
    }
    return "links come back to \(worst)"
}

func checkGaugeForce(_ world: Communicator) throws -> String {
    var worst = 0.0
    for (group, c1) in [(GaugeGroup.su2, 0.0), (.su3, -1.0 / 12)] {
        let action = try GaugeAction(group: group, beta: 2.5, rectangleCoefficient: c1)
        let field = try hotField([4, 3, 4], group, action.reach, world)
        let hmc = try GaugeHybridMonteCarlo(field, action: action, dynamics: GaugeDynamics(), seed: 2)
        let start = field.block(), step = 1e-4
        let force = try hmc.force()
        func moved(_ step: Double) throws -> (action: Double, directions: [Double]) {
            field.setBlock(start)
            let directions = hmc.displace(step: step, trajectory: 0)
            return (try hmc.actionValue(), directions)
        }
        let up = try moved(step), down = try moved(-step)
        let slope = (up.action - down.action) / (2 * step)
        let product = try world.allReduce(zip(force, up.directions).reduce(0.0) { $0 + $1.0 * $1.1 }, .sum)
        try expect(abs(slope + product) < 1e-6 * max(1, abs(slope)), "\(group.rawValue): dS/dt \(slope), force times direction \(product)")
        worst = max(worst, abs(slope + product) / max(1, abs(slope)))
    }
    return "dS/dt to \(worst)"
}

func checkGradientFlow(_ world: Communicator) throws -> String {
    let field = try hotField([4, 4, 4, 4], .su3, .plaquettes, world)
    let flow = try GradientFlow(field.order, group: .su3)
    let points = try flow.run(from: field, step: 0.02, every: 5, count: 4)
    try expect(zip(points, points.dropFirst()).allSatisfy { $0.plaquetteEnergy > $1.plaquetteEnergy }, "the flow does not lower the action: \(points.map(\.plaquetteEnergy))")
    let defect = try flow.field.unitarityDefect()
    try expect(defect < 1e-12, "links leave the group by \(defect)")
    return "the action falls, links stay in the group to \(defect)"
}
