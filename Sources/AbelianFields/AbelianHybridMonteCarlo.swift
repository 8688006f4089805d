import AbelianKernels
import Glibc
import LatticeFields
import MessagePassing
import Numerics

/// What one trajectory or sweep did.
public struct AbelianUpdateReport: Sendable, Equatable {
    public let accepted: Bool
    /// H after minus H before; 0 for a heat bath.
    public let energyChange: Double
}

/// Hybrid Monte Carlo of compact U(1) on a cut 2D lattice (Duane, Kennedy, Pendleton, Roweth, Phys. Lett. B 195 (1987) 216).
///
/// The same bits on any process grid, for the reasons in `docs/decisions/same-bits-in-hmc.md`. After a trajectory angles are reduced to [-π, π].
public final class AbelianHybridMonteCarlo {
    public let field: AbelianField
    public let beta: Double
    public let trajectoryLength: Double
    public let integrator: Integrator
    public private(set) var steps: Int
    private let momentum: [UnsafeMutablePointer<Double>]
    private let saved: [UnsafeMutablePointer<Double>]
    private let cosines: UnsafeMutablePointer<Double>
    private var schedule: [Double]
    private let momenta: RandomStream
    private let decisions: RandomStream

    /// - Throws: `AbelianError` for a β that is negative or not finite, a trajectory length or steps out of range. *Collective.*
    public init(field: AbelianField, beta: Double, trajectoryLength: Double, steps: Int, integrator: Integrator, seed: UInt64) throws {
        guard beta >= 0, beta < 1e4 else { throw AbelianError("action.beta is \(beta), wanted 0 to 10000") }
        guard trajectoryLength > 0, trajectoryLength.isFinite else { throw AbelianError("trajectory length \(trajectoryLength): wanted a positive number") }
        guard (1...1_000_000).contains(steps) else { throw AbelianError("integration steps \(steps): wanted 1 to 1000000") }
        self.field = field
        self.beta = beta
        self.trajectoryLength = trajectoryLength
        self.integrator = integrator
        self.steps = steps
        let count = field.geometry.framedVolume
        func fresh() -> UnsafeMutablePointer<Double> {
            let pointer = UnsafeMutablePointer<Double>.allocate(capacity: count)
            pointer.initialize(repeating: 0, count: count)
            return pointer
        }
        momentum = [fresh(), fresh()]
        saved = [fresh(), fresh()]
        cosines = fresh()
        schedule = integrator.stages(steps: steps)
        momenta = RandomStream(seed: seed, purpose: .abelianMomentum)
        decisions = RandomStream(seed: seed, purpose: .abelianDecision)
    }

    deinit { for pointer in momentum + saved + [cosines] { pointer.deallocate() } }

    /// Changes the number of steps of the trajectories that follow; the same on every rank. *Not collective.*
    public func setSteps(_ steps: Int) {
        self.steps = max(1, steps)
        schedule = integrator.stages(steps: self.steps)
    }

    /// Runs trajectory number `index` and accepts or rejects it. *Collective.*
    /// - Throws: `AbelianError` naming the trajectory when the field it starts from has no energy.
    public func update(_ index: Int) throws -> AbelianUpdateReport {
        drawMomenta(UInt64(index))
        save()
        let before = try energy()
        guard before.isValid else { throw AbelianError("trajectory \(index): the action of the field it starts from is not a number", exitCode: 70) }
        try integrate()
        let after = try energy()
        let change = after.value - before.value
        let accepted = after.isValid && decisions.uniform(epoch: UInt64(index), index: 0, draw: 0) < exp(-change)
        if accepted { field.wrap() } else { restore() }
        return AbelianUpdateReport(accepted: accepted, energyChange: after.isValid ? change : .infinity)
    }

    /// Runs the dynamics forth and back with trajectory `index`'s momenta; returns the largest deviation of an angle and of H. *Collective.*
    public func reversibility(trajectory index: Int) throws -> (field: Double, energy: Double) {
        drawMomenta(UInt64(index))
        save()
        let before = try energy()
        try integrate()
        for pointer in momentum { for i in 0..<field.geometry.framedVolume { pointer[i] = -pointer[i] } }
        try integrate()
        let after = try energy()
        var worst = 0.0
        forEachSite { site in for mu in 0..<2 { worst = max(worst, abs(field.links[mu].storage[site] - saved[mu][site])) } }
        restore()
        return (try field.geometry.grid.communicator.allReduce(worst, .max), abs(after.value - before.value))
    }

    /// S of the present field. *Collective.*
    public func action() throws -> Double {
        for pointer in momentum { pointer.update(repeating: 0, count: field.geometry.framedVolume) }
        return try energy().value
    }

    /// ∂S/∂θ of one direction at this rank's sites, row after row: for tests. *Collective.*
    public func gradient(direction: Int) throws -> [Double] {
        for pointer in momentum { pointer.update(repeating: 0, count: field.geometry.framedVolume) }
        try kick(1)
        var result: [Double] = []
        forEachSite { result.append(-momentum[direction][$0]) }
        return result
    }

    private func forEachSite(_ body: (Int) -> Void) {
        for row in 0..<field.rows.rows {
            let start = (row + 1) * field.rows.stride + 1
            for site in start..<start + field.rows.columns { body(site) }
        }
    }

    private func drawMomenta(_ epoch: UInt64) {
        let geometry = field.geometry
        for row in 0..<field.rows.rows {
            let first = UInt64(geometry.globalIndex([geometry.localOffsets[0] + row, geometry.localOffsets[1]]))
            let start = (row + 1) * field.rows.stride + 1
            momenta.fillNormalPairs(
                momentum[0] + start, momentum[1] + start, epoch: epoch, indices: first..<first + UInt64(field.rows.columns), block: 0)
        }
    }

    private func save() { for mu in 0..<2 { saved[mu].update(from: field.links[mu].storage, count: field.geometry.framedVolume) } }
    private func restore() { for mu in 0..<2 { field.links[mu].storage.update(from: saved[mu], count: field.geometry.framedVolume) } }

    /// ½ Σ π² - β Σ cos P: a term a site, summed exactly.
    private func energy() throws -> ExactSum {
        try field.computePlaquettes()
        LinkRowKernel.sines(field.rows, plaquette: field.loops.storage, sine: field.loops.storage, cosine: cosines)
        var sums = [ExactSum()]
        forEachSite { site in
            let (a, b) = (momentum[0][site], momentum[1][site])
            sums[0].add(0.5 * (a * a + b * b) - beta * cosines[site])
        }
        try field.geometry.grid.communicator.allReduce(&sums)
        return sums[0]
    }

    private func integrate() throws {
        let size = trajectoryLength / Double(steps)
        for (stage, fraction) in schedule.enumerated() {
            if stage % 2 == 0 {
                try kick(fraction * size)
            } else {
                for mu in 0..<2 {
                    LinkRowKernel.drift(field.rows, field: field.links[mu].storage, momentum: momentum[mu], step: fraction * size)
                }
            }
        }
    }

    private func kick(_ step: Double) throws {
        try field.computeSines()
        LinkRowKernel.kick(
            field.rows, sine: field.loops.storage, firstMomentum: momentum[0], secondMomentum: momentum[1], step: beta * step)
    }
}
