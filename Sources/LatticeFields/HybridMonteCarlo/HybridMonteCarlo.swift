import Glibc
import LatticeKernels
import MessagePassing
import Numerics

/// How trajectories are run.
public struct HybridMonteCarloSettings: Sendable, Equatable {
    public var action: ScalarAction
    /// Molecular-dynamics time of a trajectory.
    public var trajectoryLength: Double
    public var steps: Int
    public var integrator: Integrator
    public var seed: UInt64

    public init(action: ScalarAction, trajectoryLength: Double = 1, steps: Int = 10, integrator: Integrator = .omelyan2, seed: UInt64 = 1) {
        self.action = action
        self.trajectoryLength = trajectoryLength
        self.steps = steps
        self.integrator = integrator
        self.seed = seed
    }

    func validate() throws {
        guard trajectoryLength > 0, trajectoryLength.isFinite else {
            throw LatticeError("trajectory length \(trajectoryLength): wanted a positive number")
        }
        guard (1...1_000_000).contains(steps) else { throw LatticeError("integration steps \(steps): wanted 1 to 1000000") }
    }
}

/// What one trajectory did.
public struct TrajectoryReport: Sendable, Equatable {
    public let trajectory: Int
    /// H after minus H before.
    public let energyChange: Double
    public let accepted: Bool
    /// S of the configuration kept.
    public let action: Double
}

/// Hybrid Monte Carlo of a scalar field on a cut lattice (Duane, Kennedy, Pendleton, Roweth, Phys. Lett. B 195 (1987) 216).
///
/// The configurations are the same bits on any process grid: momenta are functions of (seed, trajectory, site), energies are summed
/// in integers, and each site's arithmetic is one expression. Halos travel while the interior is worked on.
public final class HybridMonteCarlo {
    public private(set) var settings: HybridMonteCarloSettings
    public let field: ScalarField
    private let geometry: LatticeGeometry
    private let momentum: UnsafeMutablePointer<Double>
    private let saved: UnsafeMutablePointer<Double>
    private let terms: UnsafeMutablePointer<Double>
    private var schedule: [Double] = []
    private let momenta: RandomStream
    private let decisions: RandomStream
    /// Seconds spent waiting for halos and sums since the start, for the job's summary.
    public private(set) var waitingSeconds = 0.0

    /// Starts from the zero field. *Collective.*
    /// - Throws: `LatticeError` for settings out of range.
    public init(geometry: LatticeGeometry, settings: HybridMonteCarloSettings) throws {
        try settings.validate()
        self.settings = settings
        self.geometry = geometry
        field = try ScalarField(geometry)
        momentum = .allocate(capacity: geometry.framedVolume)
        momentum.initialize(repeating: 0, count: geometry.framedVolume)
        saved = .allocate(capacity: geometry.framedVolume)
        saved.initialize(repeating: 0, count: geometry.framedVolume)
        terms = .allocate(capacity: field.rows.length)
        terms.initialize(repeating: 0, count: field.rows.length)
        momenta = RandomStream(seed: settings.seed, purpose: .momentum)
        decisions = RandomStream(seed: settings.seed, purpose: .metropolis)
        schedule = settings.integrator.schedule(steps: settings.steps)
    }

    deinit {
        momentum.deallocate()
        saved.deallocate()
        terms.deallocate()
    }

    /// Changes the number of steps of the trajectories that follow; the same on every rank. *Not collective.*
    public func setSteps(_ steps: Int) throws {
        var changed = settings
        changed.steps = steps
        try changed.validate()
        settings = changed
        schedule = settings.integrator.schedule(steps: steps)
    }

    /// Sets every site to a normal number of the given width: a hot start. *Not collective.*
    public func startHot(width: Double = 1) {
        field.fillNormals(RandomStream(seed: settings.seed, purpose: .startingField), epoch: 0)
        for row in 0..<field.rows.count {
            let phi = field.storage + field.rows.starts[row]
            for x in 0..<field.rows.length { phi[x] *= width }
        }
    }

    /// Runs trajectory number `index` and accepts or rejects it. *Collective.*
    /// - Throws: `LatticeError` naming the trajectory when an energy is not a number.
    public func run(trajectory index: Int) throws -> TrajectoryReport {
        drawMomenta(UInt64(index))
        saved.update(from: field.storage, count: geometry.framedVolume)
        try exchange()
        let before = try energies()
        try integrate()
        try exchange()
        let after = try energies()
        let change = (after.kinetic - before.kinetic) + (after.action - before.action)
        guard before.isValid else {
            throw LatticeError("trajectory \(index): the action of the field it starts from is not a number", exitCode: 70)
        }
        // Dynamics that run away are rejected as any other: their energy is infinite.
        let accepted = after.isValid && decisions.uniform(epoch: UInt64(index), index: 0, draw: 0) < exp(-change)
        if !accepted { field.storage.update(from: saved, count: geometry.framedVolume) }
        return TrajectoryReport(
            trajectory: index, energyChange: after.isValid ? change : .infinity, accepted: accepted,
            action: accepted ? after.action : before.action)
    }

    /// Runs the dynamics forth and back with trajectory `index`'s momenta; returns the largest deviation of the field and of H. *Collective.*
    public func reversibility(trajectory index: Int) throws -> (field: Double, energy: Double) {
        drawMomenta(UInt64(index))
        saved.update(from: field.storage, count: geometry.framedVolume)
        try exchange()
        let before = try energies()
        try integrate()
        for i in 0..<geometry.framedVolume { momentum[i] = -momentum[i] }
        try integrate()
        try exchange()
        let after = try energies()
        var worst = 0.0
        for row in 0..<field.rows.count {
            let start = field.rows.starts[row]
            for x in start..<start + field.rows.length { worst = max(worst, abs(field.storage[x] - saved[x])) }
        }
        field.storage.update(from: saved, count: geometry.framedVolume)
        return (
            try geometry.grid.communicator.allReduce(worst, .max),
            abs((after.kinetic - before.kinetic) + (after.action - before.action))
        )
    }

    /// S of the present field. *Collective.*
    public func action() throws -> Double {
        try exchange()
        return try energies().action
    }

    private struct Energies {
        let kinetic: Double
        let action: Double
        let isValid: Bool
    }

    private func drawMomenta(_ epoch: UInt64) {
        let rows = field.rows
        for row in 0..<rows.count {
            let first = UInt64(rows.firstSites[row])
            ScalarFieldKernel.fillNormals(
                momentum + rows.starts[row], stream: momenta, epoch: epoch, sites: first..<first + UInt64(rows.length))
        }
    }

    private func exchange() throws {
        let start = monotonicSeconds()
        try field.exchangeHalo()
        waitingSeconds += monotonicSeconds() - start
    }

    private func energies() throws -> Energies {
        let rows = field.rows.all
        let action = settings.action
        var sums = [ExactSum(), ExactSum()]
        for row in 0..<rows.count {
            ScalarFieldKernel.kineticTerms(rows, row: row, momentum: momentum, terms: terms)
            sums[0].add(contentsOf: UnsafeBufferPointer(start: terms, count: field.rows.length))
            ScalarFieldKernel.actionTerms(rows, row: row, field: field.storage, b: action.b, c: action.c, d: action.d, terms: terms)
            sums[1].add(contentsOf: UnsafeBufferPointer(start: terms, count: field.rows.length))
        }
        let start = monotonicSeconds()
        try geometry.grid.communicator.allReduce(&sums)
        waitingSeconds += monotonicSeconds() - start
        return Energies(kinetic: sums[0].value, action: sums[1].value, isValid: sums[0].isValid && sums[1].isValid)
    }

    private func integrate() throws {
        let size = settings.trajectoryLength / Double(settings.steps)
        if geometry.grid.communicator.size == 1 { return try integrateWhole(size) }
        if let slice = field.rows.slice, field.rows.innerCount > 2 * slice { return try integrateSlab(size, slice) }
        for (stage, fraction) in schedule.enumerated() {
            if stage % 2 == 0 {
                try kick(fraction * size)
            } else {
                ScalarFieldKernel.drift(field.rows.all, field: field.storage, momentum: momentum, step: fraction * size)
            }
        }
    }

    /// The same bits where nothing is to be waited for: kicks and drifts in one pass over memory.
    private func integrateWhole(_ size: Double) throws {
        let action = settings.action
        let rows = field.rows.all
        let lag = geometry.dimension == 1 ? 0 : rows.count / geometry.extents[0]
        for stage in stride(from: 0, to: schedule.count - 1, by: 2) {
            try field.exchangeHalo()
            ScalarFieldKernel.kickAndDrift(
                rows, lag: lag, drifting: 0..<rows.count, field: field.storage, momentum: momentum, b: action.b, c: action.c, d: action.d,
                kick: schedule[stage] * size, drift: schedule[stage + 1] * size)
        }
        try field.exchangeHalo()
        kick(rows, schedule[schedule.count - 1] * size)
    }

    /// The same bits on a lattice cut along its first axis: while the halo is on its way the interior is kicked and, where its neighbours
    /// are kicked with it, drifts in the same pass; what touches the halo follows.
    private func integrateSlab(_ size: Double, _ slice: Int) throws {
        let action = settings.action
        let rows = field.rows, edges = rows.innerEdges(slice)
        for stage in stride(from: 0, to: schedule.count - 1, by: 2) {
            let drift = schedule[stage + 1] * size
            var start = monotonicSeconds()
            try field.startHalo()
            waitingSeconds += monotonicSeconds() - start
            ScalarFieldKernel.kickAndDrift(
                rows.interior, lag: slice, drifting: slice..<rows.innerCount - slice, field: field.storage, momentum: momentum, b: action.b, c: action.c,
                d: action.d, kick: schedule[stage] * size, drift: drift)
            start = monotonicSeconds()
            try field.finishHalo()
            waitingSeconds += monotonicSeconds() - start
            kick(rows.boundaryRows, schedule[stage] * size)
            ScalarFieldKernel.drift(edges.first, field: field.storage, momentum: momentum, step: drift)
            ScalarFieldKernel.drift(edges.last, field: field.storage, momentum: momentum, step: drift)
            ScalarFieldKernel.drift(rows.boundaryRows, field: field.storage, momentum: momentum, step: drift)
        }
        try kick(schedule[schedule.count - 1] * size)
    }

    /// π += ε F, the interior while the halo is on its way.
    private func kick(_ step: Double) throws {
        let rows = field.rows
        var start = monotonicSeconds()
        try field.startHalo()
        waitingSeconds += monotonicSeconds() - start
        kick(rows.interior, step)
        start = monotonicSeconds()
        try field.finishHalo()
        waitingSeconds += monotonicSeconds() - start
        kick(rows.boundaryRows, step)
        kick(rows.firstColumn, step)
        kick(rows.lastColumn, step)
    }

    private func kick(_ rows: LatticeRows, _ step: Double) {
        guard rows.count > 0, !rows.columns.isEmpty else { return }
        let action = settings.action
        ScalarFieldKernel.kick(
            rows, field: field.storage, momentum: momentum, b: action.b, c: action.c, d: action.d, step: step)
    }
}
