import Batch
import GaugeKernels
import Glibc
import LatticeFields
import MessagePassing
import Numerics

/// How trajectories of a gauge field are run.
public struct GaugeDynamics: Sendable, Equatable {
    /// Molecular-dynamics time of a trajectory.
    public var trajectoryLength: Double
    public var steps: Int
    public var integrator: Integrator

    public init(trajectoryLength: Double = 1, steps: Int = 10, integrator: Integrator = .omelyan2) {
        self.trajectoryLength = trajectoryLength
        self.steps = steps
        self.integrator = integrator
    }
}

/// What one trajectory of a gauge field did.
public struct GaugeTrajectory: Sendable, Equatable {
    /// H after minus H before.
    public let energyChange: Double
    public let accepted: Bool
    /// S of the configuration kept.
    public let action: Double
}

/// Hybrid Monte Carlo of a gauge field on a cut lattice: H = Σ ½ p_a² + S(U), dU/dt = i p_a T_a U.
///
/// The configurations are the same bits on any process grid: momenta are functions of (seed, trajectory, site), energies are summed in
/// integers, each link's arithmetic is one expression. Halos travel while the links that need none are worked on.
/// After a trajectory that is accepted its links are brought back into the group, which rounding leaves by some 10⁻¹⁵.
public final class GaugeHybridMonteCarlo {
    public let field: GaugeField
    public let action: GaugeAction
    public private(set) var dynamics: GaugeDynamics
    private let order: SiteOrder
    private let momenta: UnsafeMutablePointer<SiteLane>
    private let saved: GaugeField
    private let rectangleStaples: [[LinkPath]]
    private let measuring: GaugeObservables
    private let momentumStream: RandomStream
    private let decisions: RandomStream
    private var schedule: [Double]
    /// Seconds spent waiting for halos and sums since the start.
    public private(set) var waitingSeconds = 0.0

    /// *Collective.* - Throws: `LatticeError` where settings are out of range or the field's order does not reach as far as the action.
    public init(_ field: GaugeField, action: GaugeAction, dynamics: GaugeDynamics, seed: UInt64) throws {
        guard action.group == field.group else {
            throw LatticeError("an action of \(action.group.rawValue) for a field of \(field.group.rawValue)", exitCode: 70)
        }
        try Self.validate(dynamics)
        self.field = field
        self.action = action
        self.dynamics = dynamics
        order = field.order
        momenta = SiteMemory.allocate(order.vectors * field.dimension * field.group.generators)
        saved = try GaugeField(order, group: field.group)
        rectangleStaples = action.isWilson ? [] : try order.rectangleStaples()
        measuring = try GaugeObservables(field)
        momentumStream = RandomStream(seed: seed, purpose: .gaugeMomentum)
        decisions = RandomStream(seed: seed, purpose: .gaugeMetropolis)
        schedule = dynamics.integrator.schedule(steps: dynamics.steps)
    }

    deinit { momenta.deallocate() }

    private static func validate(_ dynamics: GaugeDynamics) throws {
        guard dynamics.trajectoryLength > 0, dynamics.trajectoryLength.isFinite else {
            throw LatticeError("trajectory length \(dynamics.trajectoryLength): wanted a positive number")
        }
        guard (1...1_000_000).contains(dynamics.steps) else { throw LatticeError("integration steps \(dynamics.steps): wanted 1 to 1000000") }
    }

    /// Changes the number of steps of the trajectories that follow; the same on every rank. *Not collective.*
    public func setSteps(_ steps: Int) throws {
        var changed = dynamics
        changed.steps = steps
        try Self.validate(changed)
        dynamics = changed
        schedule = dynamics.integrator.schedule(steps: steps)
    }

    /// Runs trajectory number `index` and accepts or rejects it. *Collective.*
    /// - Throws: `LatticeError` naming the trajectory when the energy it starts from is not a number.
    public func run(trajectory index: Int) throws -> GaugeTrajectory {
        drawMomenta(UInt64(index))
        saved.copy(field)
        let before = try energies()
        guard before.isValid else { throw LatticeError("trajectory \(index): the action of the field it starts from is not a number", exitCode: 70) }
        try integrate()
        let after = try energies()
        let change = (after.kinetic - before.kinetic) + (after.action - before.action)
        // Dynamics that run away are rejected as any other: their energy is infinite.
        let isNumber = after.isValid && change.isFinite
        let accepted = isNumber && decisions.uniform(epoch: UInt64(index), index: 0, draw: 0) < exp(-change)
        if accepted { field.normalize() } else { field.copy(saved) }
        return GaugeTrajectory(
            energyChange: isNumber ? change : .infinity, accepted: accepted, action: accepted ? after.action : before.action)
    }

    /// Runs the dynamics forth and back with trajectory `index`'s momenta; returns the largest deviation of a link and of H, and the change of
    /// H on the way forth. The field stays. *Collective.*
    public func reversibility(trajectory index: Int) throws -> (field: Double, energy: Double, energyChange: Double) {
        drawMomenta(UInt64(index))
        saved.copy(field)
        let before = try energies()
        try integrate()
        let middle = try energies()
        for k in 0..<order.vectors * field.dimension * field.group.generators { momenta[k] = -momenta[k] }
        try integrate()
        let after = try energies()
        var worst = 0.0
        for (one, other) in zip(field.block(), saved.block()) { worst = max(worst, abs(one - other)) }
        field.copy(saved)
        return (
            try order.geometry.grid.communicator.allReduce(worst, .max),
            abs((after.kinetic - before.kinetic) + (after.action - before.action)),
            (middle.kinetic - before.kinetic) + (middle.action - before.action)
        )
    }

    /// S of the present field. *Collective.*
    public func actionValue() throws -> Double { try measuring.action(action).value }

    /// -∂S/∂(p_a direction) of every link of the block, `[site][direction][generator]` in lattice order. *Collective.*
    public func force() throws -> [Double] {
        for k in 0..<order.vectors * field.dimension * field.group.generators { momenta[k] = .zero }
        try kick(1)
        return momentumBlock()
    }

    /// Moves every link along the momenta of trajectory `index` for `step`, and returns them, `[site][direction][generator]`. *Not collective.*
    public func displace(step: Double, trajectory index: Int) -> [Double] {
        drawMomenta(UInt64(index))
        DynamicsKernel.drift(field.view, vectors: order.all, momenta: momenta, step: step)
        return momentumBlock()
    }

    /// One kick of every link, for timing. *Collective.*
    public func kickOnce() throws { try kick(1e-9) }

    private func momentumBlock() -> [Double] {
        let generators = field.group.generators
        var values: [Double] = []
        values.reserveCapacity(order.slots.count * field.dimension * generators)
        for slot in order.slots {
            for k in 0..<field.dimension * generators {
                values.append(momenta[(slot / siteLaneWidth) * field.dimension * generators + k][slot % siteLaneWidth])
            }
        }
        return values
    }

    private func drawMomenta(_ epoch: UInt64) {
        DynamicsKernel.fillMomenta(
            field.view, vectors: order.all, momenta: momenta, stream: momentumStream, epoch: epoch, sites: UnsafePointer(order.siteWords))
    }

    private func energies() throws -> (kinetic: Double, action: Double, isValid: Bool) {
        let start = Phases.now()
        try field.exchangeHalo()
        waitingSeconds += Phases.now() - start
        DynamicsKernel.kinetic(field.view, vectors: order.all, momenta: momenta, terms: field.terms)
        let kinetic = try order.sums(field.terms, perSite: 1)[0]
        let action = try measuring.actionOfFilledHalo(action)
        return (kinetic.value, action.value, kinetic.isValid && action.isValid)
    }

    private func integrate() throws {
        let size = dynamics.trajectoryLength / Double(dynamics.steps)
        for (stage, fraction) in schedule.enumerated() {
            if stage % 2 == 0 {
                try kick(fraction * size)
            } else {
                DynamicsKernel.drift(field.view, vectors: order.all, momenta: momenta, step: fraction * size)
            }
        }
    }

    /// p += ε F, the interior while the halo is on its way.
    private func kick(_ step: Double) throws {
        var start = Phases.now()
        try field.startHalo()
        waitingSeconds += Phases.now() - start
        kick(order.interior, step)
        start = Phases.now()
        try field.finishHalo()
        waitingSeconds += Phases.now() - start
        kick(order.boundary, step)
    }

    private func kick(_ vectors: SiteVectors, _ step: Double) {
        StapleKernel.kick(
            field.view, vectors: vectors, momenta: momenta, keep: 1, step: step * action.forceScale, plaquettes: action.plaquetteCoefficient,
            rectangles: rectangleStaples, rectangleWeight: action.rectangleCoefficient)
    }
}
