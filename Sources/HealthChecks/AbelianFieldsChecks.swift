import AbelianFields
import LatticeFields
import MessagePassing
import Numerics

/// Compact U(1) in two dimensions on these ranks: the bits of one rank, and closed forms.
func abelianFieldsChecks() -> [SelfCheck] {
    [
        SelfCheck(name: "same-bits", run: checkAbelianBits),
        SelfCheck(name: "heat-bath", run: checkAbelianHeatBath),
        SelfCheck(name: "reversibility", run: checkAbelianReversibility),
    ]
}

private func dynamics(_ extents: [Int], _ communicator: Communicator, integrator: Integrator = .omelyan2) throws -> AbelianHybridMonteCarlo {
    let field = try AbelianField(LatticeGeometry(extents: extents, communicator: communicator))
    field.start(width: 0.7, seed: 5)
    return try AbelianHybridMonteCarlo(field: field, beta: 4, trajectoryLength: 1, steps: 6, integrator: integrator, seed: 5)
}

private func checkAbelianBits(_ world: Communicator) throws -> String {
    let alone = try world.split(color: world.rank, key: 0)
    let (one, all) = (try dynamics([8, 6], alone), try dynamics([8, 6], world))
    for index in 0..<20 { try expectEqual(try all.update(index), try one.update(index), "trajectory \(index)") }
    let (wanted, found) = (try one.field.measure(loops: 2), try all.field.measure(loops: 2))
    try expectEqual(found, wanted, "measurement")
    try alone.free()
    return "20 trajectories, the bits of one rank"
}

private func checkAbelianHeatBath(_ world: Communicator) throws -> String {
    let field = try AbelianField(LatticeGeometry(extents: [8, 8], communicator: world))
    let bath = try AbelianHeatBath(field: field, beta: 2, overRelaxation: 1, seed: 3)
    var (plaquettes, charges): ([Double], [Double]) = ([], [])
    for index in 0..<1100 {
        _ = try bath.update(index)
        guard index >= 100 else { continue }
        let found = try field.measure(loops: 1)
        plaquettes.append(found.plaquette)
        charges.append(found.charge * found.charge / 64)
    }
    let exact = ExactAbelian(beta: 2, volume: 64)
    return try [expectWithin(plaquettes, exact.plaquette, "plaquette"), expectWithin(charges, exact.topologicalSusceptibility, "<Q^2>/V")].joined(separator: ", ")
}

private func checkAbelianReversibility(_ world: Communicator) throws -> String {
    var worst = 0.0
    for integrator in Integrator.allCases {
        let found = try dynamics([6, 5], world, integrator: integrator).reversibility(trajectory: 3)
        try expect(found.field < 1e-11 && found.energy < 1e-9, "\(integrator.rawValue): angles \(found.field), energy \(found.energy)")
        worst = max(worst, found.field)
    }
    return "angles come back to \(worst)"
}
