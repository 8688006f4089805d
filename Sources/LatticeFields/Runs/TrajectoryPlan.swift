import Batch

extension SimulationSettings {
    /// What a trajectory with its measurement asks of a machine. *Not collective.*
    ///
    /// Operations and bytes are those of the dynamics (`ScalarFieldKernel`), of blocks that are cut along the first axis; momenta, energies
    /// and measurements are left out.
    public func plan(extents: [Int]) -> StepPlan {
        let volume = Double(extents.reduce(1, *)), dimension = extents.count
        let drifts = steps * integrator.forcesPerStep
        // A halo for each force, each of the two energies and the measurement; sums of 64 bytes for each term of these, and the word that stops a run.
        return StepPlan(
            size: extents.reduce(1, *), unit: "sites", work: .lattice(extents), operations: Double(drifts) * volume * Double(2 * dimension + 8),
            bytes: Double(drifts) * volume * 32, halos: drifts + 4, bytesPerSite: 8,
            sums: [.init(count: 2, bytes: 128), .init(count: 1, bytes: 64 * (4 + 2 * dimension + extents[0])), .init(count: 1, bytes: 4)],
            checkpointBytes: 8 * volume, checkpointEvery: checkpointEvery)
    }
}
