import AbelianKernels
import LatticeFields
import Numerics

extension RandomPurpose {
    static let abelianEnsembleMomentum = RandomPurpose(rawValue: 212)
    static let abelianEnsembleDecision = RandomPurpose(rawValue: 213)
    static let abelianEnsembleStart = RandomPurpose(rawValue: 214)
    static let abelianEnsembleGauge = RandomPurpose(rawValue: 215)
}

/// Sixteen U(1) chains on whole 2D lattices, one in each element of a lane: hybrid Monte Carlo, and replacement by given plaquettes.
///
/// A chain's bits depend on (seed, chain) alone. *Not collective.*
public final class AbelianChainGroup {
    public let lattice: LinkLanes
    public let firstChain: Int
    /// Of the trajectories that follow.
    public var beta: Double
    /// Angles of the links: first directions of all sites, then second.
    public let links: UnsafeMutablePointer<DoubleLane>
    private let momentum: UnsafeMutablePointer<DoubleLane>
    private let saved: UnsafeMutablePointer<DoubleLane>
    private let sine: UnsafeMutablePointer<DoubleLane>
    private let proposed: UnsafeMutablePointer<DoubleLane>
    private let schedule: [Double]
    private let momenta: RandomStream
    private let decisions: RandomStream
    private let gauge: RandomStream
    /// Chains that accepted the last trajectory.
    public private(set) var accepted = SIMDMask<SIMD16<Int64>>(repeating: false)
    /// H after minus H before.
    public private(set) var energyChange = DoubleLane.zero

    /// Hot starts.
    public init(
        extents: [Int], beta: Double, trajectoryLength: Double, steps: Int, integrator: Integrator, seed: UInt64, firstChain: Int
    ) {
        lattice = LinkLanes(rows: extents[0], columns: extents[1])
        self.firstChain = firstChain
        self.beta = beta
        let sites = lattice.sites
        func fresh(_ count: Int) -> UnsafeMutablePointer<DoubleLane> {
            let pointer = UnsafeMutablePointer<DoubleLane>.allocate(capacity: count)
            pointer.initialize(repeating: .zero, count: count)
            return pointer
        }
        links = fresh(2 * sites)
        momentum = fresh(2 * sites)
        saved = fresh(2 * sites)
        proposed = fresh(2 * sites)
        sine = fresh(sites)
        let size = trajectoryLength / Double(max(1, steps))
        schedule = integrator.stages(steps: max(1, steps)).map { $0 * size }
        momenta = RandomStream(seed: seed, purpose: .abelianEnsembleMomentum)
        decisions = RandomStream(seed: seed, purpose: .abelianEnsembleDecision)
        gauge = RandomStream(seed: seed, purpose: .abelianEnsembleGauge)
        let start = RandomStream(seed: seed, purpose: .abelianEnsembleStart)
        for i in 0..<2 * sites { links[i] = angles(start, epoch: 0, draw: i) }
    }

    deinit { for pointer in [links, momentum, saved, proposed, sine] { pointer.deallocate() } }

    /// Uniform angles of the sixteen chains.
    private func angles(_ stream: RandomStream, epoch: UInt64, draw: Int) -> DoubleLane {
        let u = LaneMath.double(stream.uniformLane(epoch: epoch, firstIndex: UInt64(firstChain), draw: UInt32(draw)))
        return (u - 0.5) * (2 * Double.pi)
    }

    /// Runs trajectory number `index` of every chain.
    public func run(trajectory index: Int) {
        let sites = lattice.sites
        let epoch = UInt64(index)
        for site in 0..<sites {
            let pair = momenta.normalPairs(epoch: epoch, firstIndex: UInt64(firstChain), block: UInt32(site))
            momentum[site] = pair.0
            momentum[sites + site] = pair.1
        }
        saved.update(from: links, count: 2 * sites)
        let before = energy()
        for (stage, step) in schedule.enumerated() {
            if stage % 2 == 0 {
                LinkLaneKernel.sines(lattice, first: links, second: links + sites, sine: sine)
                LinkLaneKernel.kick(
                    lattice, sine: sine, firstMomentum: momentum, secondMomentum: momentum + sites, step: beta * step)
            } else {
                LinkLaneKernel.drift(links, momentum: momentum, count: 2 * sites, step: step)
            }
        }
        energyChange = energy() - before
        var uniform = DoubleLane.zero
        for lane in 0..<laneWidth { uniform[lane] = decisions.uniform(epoch: epoch, index: UInt64(firstChain + lane), draw: 0) }
        // A change that is not a number compares false: dynamics that run away are rejected.
        accepted = uniform .< LaneMath.exp(-energyChange)
        for i in 0..<2 * sites { links[i] = saved[i].replacing(with: Angle.wrapped(links[i]), where: accepted) }
    }

    private func energy() -> DoubleLane {
        let sites = lattice.sites
        return LinkLaneKernel.energies(
            lattice, first: links, second: links + sites, firstMomentum: momentum, secondMomentum: momentum + sites, beta: beta)
    }

    /// Where `mask` is set, the links become ones of the given plaquettes with uniform Polyakov phases in a uniform gauge.
    public func replace(
        where mask: SIMDMask<SIMD16<Int64>>, plaquettes: UnsafePointer<DoubleLane>, epoch: Int
    ) {
        guard any(mask) else { return }
        let sites = lattice.sites
        for site in 0..<sites { sine[site] = angles(gauge, epoch: UInt64(epoch), draw: site) }
        let phases = (angles(gauge, epoch: UInt64(epoch), draw: sites), angles(gauge, epoch: UInt64(epoch), draw: sites + 1))
        LinkLaneKernel.links(
            lattice, plaquette: plaquettes, phases: phases, gauge: sine, first: proposed, second: proposed + sites)
        for i in 0..<2 * sites { links[i] = links[i].replacing(with: proposed[i], where: mask) }
    }

    /// The plaquettes of every site, reduced to [-π, π].
    public func plaquettes(_ output: UnsafeMutablePointer<DoubleLane>) {
        let sites = lattice.sites
        LinkLaneKernel.plaquettes(lattice, first: links, second: links + sites, plaquette: output)
        for site in 0..<sites { output[site] = Angle.wrapped(output[site]) }
    }

    /// Mean of cos P, and the topological charge, of each chain.
    public func measure() -> (plaquette: DoubleLane, charge: DoubleLane) {
        let sites = lattice.sites
        let found = LinkLaneKernel.measure(lattice, first: links, second: links + sites)
        return (found.cosines / Double(sites), found.charge)
    }
}
