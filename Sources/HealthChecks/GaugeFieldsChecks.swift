import GaugeFields
import GaugeKernels
import LatticeFields
import MessagePassing

/// Gauge fields on these ranks against the same on one rank: the same bits on every process grid.
func gaugeFieldsChecks() -> [SelfCheck] {
    [
        SelfCheck(name: "hybrid-monte-carlo", run: checkGaugeTrajectories),
        SelfCheck(name: "heat-bath", run: checkHeatBath),
        SelfCheck(name: "observables", run: checkGaugeObservables),
        SelfCheck(name: "open-boundaries", run: checkOpenBoundaries),
        SelfCheck(name: "gauge-invariance", run: checkGaugeInvariance),
        SelfCheck(name: "exact-plaquettes", run: checkExactPlaquettes),
        SelfCheck(name: "detailed-balance", run: checkDetailedBalance),
        SelfCheck(name: "reversibility", run: checkGaugeReversibility),
        SelfCheck(name: "force", run: checkGaugeForce),
        SelfCheck(name: "gradient-flow", run: checkGradientFlow),
    ]
}

private func field(
    _ extents: [Int], _ group: GaugeGroup, _ reach: Reach, grid: [Int]?, _ communicator: Communicator, boundary: TimeBoundary = .periodic
) throws -> GaugeField {
    let geometry = try LatticeGeometry(extents: extents, processGrid: grid, communicator: communicator)
    let field = try GaugeField(SiteOrder(geometry, reach: reach, boundary: boundary), group: group)
    field.startHot(seed: 77)
    return field
}

private func expectBlock(_ field: GaugeField, _ twin: GaugeField, _ what: String) throws {
    let perSite = field.order.geometry.dimension * field.group.components
    try expectEqual(bits(field.block()), bits(block(twin.block(), field.order.geometry, perSite: perSite)), what)
}

private func checkGaugeTrajectories(_ world: Communicator) throws -> String {
    let alone = try world.split(color: world.rank, key: 0)
    let cases: [(extents: [Int], group: GaugeGroup, rectangles: Double, integrator: Integrator)] = [
        ([8, 8], .su3, 0, .leapfrog), ([7, 5], .su2, -1.0 / 12, .omelyan2), ([4, 4, 4, 4], .su3, 0, .omelyan2), ([4, 3, 5], .su3, -0.331, .omelyan4),
        ([2, 4, 2, 6], .su2, 0, .omelyan4),
    ]
    var count = 0
    for (extents, group, rectangles, integrator) in cases {
        let action = try GaugeAction(group: group, beta: 3, rectangleCoefficient: rectangles)
        let dynamics = GaugeDynamics(trajectoryLength: 0.5, steps: 4, integrator: integrator)
        let twin = try GaugeHybridMonteCarlo(field(extents, group, action.reach, grid: nil, alone), action: action, dynamics: dynamics, seed: 5)
        let reports = try (0..<3).map { try twin.run(trajectory: $0) }
        for grid in grids(world.size, extents) {
            let hmc = try GaugeHybridMonteCarlo(field(extents, group, action.reach, grid: grid, world), action: action, dynamics: dynamics, seed: 5)
            for (index, wanted) in reports.enumerated() {
                try expectEqual(try hmc.run(trajectory: index), wanted, "trajectory \(index) of \(group.rawValue) on \(extents), grid \(grid)")
            }
            try expectBlock(hmc.field, twin.field, "links of \(group.rawValue) on \(extents), grid \(grid)")
            count += 1
        }
    }
    try alone.free()
    return "\(count) process grids, the bits of one rank"
}

private func checkHeatBath(_ world: Communicator) throws -> String {
    let alone = try world.split(color: world.rank, key: 0)
    var count = 0
    for (extents, group) in [([8, 6], GaugeGroup.su2), ([8, 8], .su3), ([4, 4, 4, 4], .su3), ([6, 4, 4], .su2), ([2, 4, 4, 6], .su3)] {
        let action = try GaugeAction(group: group, beta: 2.4)
        let twin = try HeatBath(field(extents, group, .plaquettes, grid: nil, alone), action: action, overrelaxation: 1, seed: 9)
        for index in 0..<3 { try twin.update(index) }
        for grid in grids(world.size, extents) {
            let bath = try HeatBath(field(extents, group, .plaquettes, grid: grid, world), action: action, overrelaxation: 1, seed: 9)
            for index in 0..<3 { try bath.update(index) }
            try expectBlock(bath.field, twin.field, "links of \(group.rawValue) on \(extents), grid \(grid)")
            count += 1
        }
    }
    try alone.free()
    return "\(count) process grids, the bits of one rank"
}

private func checkOpenBoundaries(_ world: Communicator) throws -> String {
    let alone = try world.split(color: world.rank, key: 0)
    var count = 0
    for (extents, group) in [([8, 6], GaugeGroup.su2), ([6, 4, 4], .su3), ([4, 4, 4, 4], .su3)] {
        func run(_ field: GaugeField) throws -> [Double] {
            let action = try GaugeAction(group: group, beta: 2.4)
            let bath = try HeatBath(field, action: action, overrelaxation: 1, seed: 9)
            let hmc = try GaugeHybridMonteCarlo(field, action: action, dynamics: GaugeDynamics(trajectoryLength: 0.5, steps: 4), seed: 5)
            for index in 0..<3 {
                try bath.update(index)
                _ = try hmc.run(trajectory: index)
            }
            return try numbers(field)
        }
        let twin = try field(extents, group, .plaquettes, grid: nil, alone, boundary: .open)
        let wanted = try run(twin)
        for grid in grids(world.size, extents) {
            let cut = try field(extents, group, .plaquettes, grid: grid, world, boundary: .open)
            try expectEqual(bits(try run(cut)), bits(wanted), "observables of \(group.rawValue) on \(extents), grid \(grid)")
            try expectBlock(cut, twin, "links of \(group.rawValue) on \(extents), grid \(grid)")
            count += 1
        }
    }
    try alone.free()
    return "\(count) process grids, the bits of one rank"
}

private func numbers(_ field: GaugeField) throws -> [Double] {
    let observables = try GaugeObservables(field)
    let plaquettes = try observables.plaquettes(), polyakov = try observables.polyakovLoop()
    let flow = try GradientFlow(field.order, group: field.group).run(from: field, step: 0.05, every: 2, count: 2)
    return try [plaquettes.all, plaquettes.time, polyakov.re, polyakov.im] + observables.wilsonLoops(size: 2).flatMap(\.self)
        + flow.flatMap { [$0.energy, $0.plaquetteEnergy, $0.charge] } + [observables.rectangle() ?? 0]
}

private func checkGaugeObservables(_ world: Communicator) throws -> String {
    let alone = try world.split(color: world.rank, key: 0)
    var count = 0
    for (extents, group, reach) in [([8, 6], GaugeGroup.su2, Reach.rectangles), ([4, 4, 4, 4], .su3, .plaquettes), ([3, 5, 4], .su3, .rectangles)] {
        let wanted = try numbers(field(extents, group, reach, grid: nil, alone))
        for grid in grids(world.size, extents) {
            let found = try numbers(field(extents, group, reach, grid: grid, world))
            try expectEqual(bits(found), bits(wanted), "observables of \(group.rawValue) on \(extents), grid \(grid)")
            count += 1
        }
    }
    try alone.free()
    return "\(count) process grids, the bits of one rank"
}

private func checkGaugeInvariance(_ world: Communicator) throws -> String {
    var worst = 0.0
    for (extents, group) in [([6, 8], GaugeGroup.su2), ([4, 4, 4, 4], .su3)] {
        let links = try field(extents, group, .rectangles, grid: nil, world)
        let before = try numbers(links)
        try links.transform(seed: 3)
        for (one, other) in zip(before, try numbers(links)) { worst = max(worst, abs(one - other)) }
    }
    guard worst < 1e-11 else { throw CheckFailure("a gauge transformation changes observables by \(worst)") }
    return "observables change by \(worst)"
}
