import LatticeFields
import MessagePassing
import ParallelHDF5

/// Lattice fields on these ranks against the same on one rank: the same bits on every process grid.
func latticeFieldsChecks() -> [SelfCheck] {
    [
        SelfCheck(name: "hybrid-monte-carlo", run: checkTrajectories),
        SelfCheck(name: "measurements", run: checkMeasurements),
        SelfCheck(name: "reversibility", run: checkReversibility),
        SelfCheck(name: "chain-ensemble", run: checkChainEnsemble),
        SelfCheck(name: "cluster-ensemble", run: checkClusterEnsemble),
        SelfCheck(name: "configurations", run: checkConfigurations),
        SelfCheck(name: "impossible-grids", run: checkImpossibleGrids),
    ]
}

private func action(_ dimension: Int) throws -> ScalarAction {
    try .albergo(massSquared: -4, lambda: 6.008, dimension: dimension)
}

private func simulation(_ geometry: LatticeGeometry, _ integrator: Integrator) throws -> HybridMonteCarlo {
    let hmc = try HybridMonteCarlo(
        geometry: geometry,
        settings: HybridMonteCarloSettings(action: action(geometry.dimension), steps: 4, integrator: integrator, seed: 2024))
    hmc.startHot(width: 0.4)
    return hmc
}

private func checkTrajectories(_ world: Communicator) throws -> String {
    let alone = try world.split(color: world.rank, key: 0)
    let cases: [(extents: [Int], integrator: Integrator, trajectories: Int)] = [
        ([8, 8], .omelyan2, 50), ([7, 9], .leapfrog, 50), ([16, 3], .omelyan4, 20), ([29], .omelyan2, 50), ([6, 5, 4], .omelyan2, 20),
        ([14, 3, 2], .leapfrog, 20), ([4, 3, 2, 5], .leapfrog, 20),
    ]
    var count = 0
    for (extents, integrator, trajectories) in cases {
        let twin = try simulation(LatticeGeometry(extents: extents, communicator: alone), integrator)
        let reports = try (0..<trajectories).map { try twin.run(trajectory: $0) }
        for grid in grids(world.size, extents) {
            let geometry = try LatticeGeometry(extents: extents, processGrid: grid, communicator: world)
            let hmc = try simulation(geometry, integrator)
            for (index, wanted) in reports.enumerated() {
                try expectEqual(try hmc.run(trajectory: index), wanted, "trajectory \(index) of \(extents) on grid \(grid)")
            }
            try expectEqual(bits(hmc.field.block()), bits(block(twin.field.block(), geometry)), "field of \(extents) on grid \(grid)")
            count += 1
        }
    }
    try alone.free()
    return "\(count) process grids, the bits of one rank"
}

private func checkMeasurements(_ world: Communicator) throws -> String {
    let alone = try world.split(color: world.rank, key: 0)
    var count = 0
    for extents in [[8, 8], [7, 9], [29], [6, 5, 4]] {
        let twin = try simulation(LatticeGeometry(extents: extents, communicator: alone), .omelyan2)
        let wanted = try twin.field.measure()
        let checksum = FieldChecksum.of(twin.field.block())
        for grid in grids(world.size, extents) {
            let hmc = try simulation(LatticeGeometry(extents: extents, processGrid: grid, communicator: world), .omelyan2)
            try expectEqual(try hmc.field.measure(), wanted, "measurement of \(extents) on grid \(grid)")
            try expectEqual(try hmc.field.checksum(), checksum, "checksum of \(extents) on grid \(grid)")
            count += 1
        }
    }
    try alone.free()
    return "\(count) process grids, the bits of one rank"
}

private func checkReversibility(_ world: Communicator) throws -> String {
    var worst = 0.0
    for integrator in Integrator.allCases {
        let hmc = try simulation(LatticeGeometry(extents: [9, 8], communicator: world), integrator)
        // Steps short enough that the dynamics of a hot start do not magnify rounding.
        try hmc.setSteps(16)
        let deviation = try hmc.reversibility(trajectory: 0)
        worst = max(worst, deviation.field)
        try expect(deviation.field < 1e-12 && deviation.energy < 1e-9, "\(integrator): field \(deviation.field), energy \(deviation.energy)")
    }
    return "largest deviation \(worst)"
}

private func checkChainEnsemble(_ world: Communicator) throws -> String {
    let alone = try world.split(color: world.rank, key: 0)
    func series(_ communicator: Communicator, chains: Int) throws -> [MeasurementSeries] {
        let ensemble = try EnsembleHybridMonteCarlo(
            extents: [5, 6], settings: HybridMonteCarloSettings(action: action(2), steps: 3, seed: 7), chains: chains,
            communicator: communicator)
        ensemble.startHot(width: 0.4)
        try ensemble.thermalize(0..<40, targetAcceptance: 0.8)
        return try ensemble.run(trajectories: 40..<60, measureEvery: 2)
    }
    let found = try series(world, chains: 70)
    try expectEqual(found.count, 70, "chains")
    try expectEqual(found, try series(alone, chains: 70), "measurements of 70 chains")
    try alone.free()
    return "70 chains, the bits of one rank"
}

private func checkClusterEnsemble(_ world: Communicator) throws -> String {
    let alone = try world.split(color: world.rank, key: 0)
    func run(_ communicator: Communicator) throws -> (series: [MeasurementSeries], improvedSusceptibility: [[Double]]) {
        let ensemble = try ClusterEnsemble(extents: [5, 6], action: action(2), seed: 7, chains: 11, communicator: communicator)
        ensemble.thermalize(updates: 20)
        ensemble.run(updates: 10)
        return try ensemble.measurements()
    }
    let found = try run(world)
    let wanted = try run(alone)
    try expectEqual(found.series, wanted.series, "measurements of 11 chains")
    try expectEqual(found.improvedSusceptibility, wanted.improvedSusceptibility, "improved susceptibilities of 11 chains")
    try expectEqual(found.series.count, 11, "chains")
    try alone.free()
    return "11 chains, the bits of one rank"
}

private func checkConfigurations(_ world: Communicator) throws -> String {
    let extents = [8, 9]
    let alone = try world.split(color: world.rank, key: 0)
    let half = try world.split(color: world.rank % 2, key: world.rank)
    let description = try EnsembleDescription(extents: extents, action: action(2), convention: "albergo", seed: 2024)
    let twin = try simulation(LatticeGeometry(extents: extents, communicator: alone), .omelyan2)
    var wholes: [[Double]] = []
    let count = try withScratch(world) { scratch -> Int in
        let path = "\(scratch)/configurations.h5"
        let hmc = try simulation(LatticeGeometry(extents: extents, communicator: world), .omelyan2)
        try HDF5File.with(HDF5File.create(path, communicator: world)) { file in
            let store = try ConfigurationStore.create(in: file, description, provenance: [("software", "selfcheck")])
            for index in 0..<3 {
                _ = try twin.run(trajectory: index)
                wholes.append(twin.field.block())
                _ = try hmc.run(trajectory: index)
                try store.append(hmc.field, trajectory: index)
            }
        }
        // Half of the ranks, on every grid that they can form, read what all wrote.
        for grid in grids(half.size, extents) {
            let field = try ScalarField(LatticeGeometry(extents: extents, processGrid: grid, communicator: half))
            try HDF5File.with(HDF5File.open(path, communicator: half)) { file in
                let store = try ConfigurationStore.open(in: file)
                try expectEqual(store.description, description, "description")
                for index in (0..<store.count).reversed() {
                    let record = try store.read(index, into: field)
                    try expectEqual(record.trajectory, index, "trajectory")
                    try expectEqual(bits(field.block()), bits(block(wholes[index], field.geometry)), "configuration \(index)")
                }
            }
        }
        // A single changed bit of one site is refused by name.
        try world.barrier()
        try HDF5File.with(HDF5File.open(path, communicator: world, writable: true)) { file in
            let values = try file.root.dataset("configurations/field").read(as: Double.self)
            let hurt = Double(bitPattern: values[100].bitPattern ^ 1)
            let speaks = world.isRoot
            try file.root.dataset("configurations/field").write(
                speaks ? [hurt] : [], offset: [1, 3, 1], count: speaks ? [1, 1, 1] : [0, 0, 0])
        }
        let field = try ScalarField(LatticeGeometry(extents: extents, communicator: world))
        try HDF5File.with(HDF5File.open(path, communicator: world)) { file in
            let store = try ConfigurationStore.open(in: file)
            try store.read(0, into: field)
            var message = ""
            do { try store.read(1, into: field) } catch { message = "\(error)" }
            try expect(message.contains("\(path): configuration 1 (chain 0, trajectory 1) is damaged"), "a damaged site was not refused: \(message)")
        }
        return 3
    }
    try half.free()
    try alone.free()
    return "\(count) configurations of all ranks read by half of them; a flipped bit refused"
}

private func checkImpossibleGrids(_ world: Communicator) throws -> String {
    let cases: [([Int], [Int], String)] = [
        ([4, 4], [world.size + 1, 1], "process grid"), ([4, 4], [world.size], "process grid"),
        ([1, 4], [1, 1], "lattice extents"), ([], [], "lattice extents"),
    ]
    for (extents, grid, words) in cases {
        var message = ""
        do { _ = try LatticeGeometry(extents: extents, processGrid: grid, communicator: world) } catch { message = "\(error)" }
        try expect(message.hasPrefix(words), "lattice \(extents) on grid \(grid): \(message.isEmpty ? "accepted" : message)")
    }
    return "\(cases.count) refused by name"
}
