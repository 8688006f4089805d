import Glibc
import LatticeKernels
import MessagePassing
import Numerics

extension RandomPurpose {
    static let ensembleMomentum = RandomPurpose(rawValue: 20)
    static let ensembleDecision = RandomPurpose(rawValue: 21)
    static let ensembleStart = RandomPurpose(rawValue: 22)
}

/// Hybrid Monte Carlo of many independent chains of a small lattice, sixteen in a vector, shared among ranks by groups of sixteen.
///
/// A chain's bits depend on (settings, chain) alone: not on the number of ranks, nor on how many chains there are. For producing
/// configurations this is several times the rate of one chain a core: no arithmetic crosses lanes.
public final class EnsembleHybridMonteCarlo {
    public let lattice: PeriodicLattice
    public private(set) var settings: HybridMonteCarloSettings
    public let chains: Int
    private let communicator: Communicator
    private let groups: [ChainGroup]
    private let neighbours: UnsafeMutablePointer<Int32>
    private let topology: ChainLaneTopology
    private let momenta: RandomStream
    private let decisions: RandomStream
    private var schedule: [Double] = []
    /// Trajectories of this rank's chains, those accepted, and Σ min(1, exp(-ΔH)) and Σ exp(-ΔH), since the last `acceptance()`.
    private var trajectories: Int64 = 0
    private var acceptances: Int64 = 0
    private var probability = ExactSum()
    private var exponential = ExactSum()

    /// - Throws: `LatticeError` for a lattice or settings out of range, or fewer than 1 or more than 2²⁰ chains. *Collective.*
    public init(extents: [Int], settings: HybridMonteCarloSettings, chains: Int, communicator: Communicator) throws {
        try settings.validate()
        guard (1...1 << 20).contains(chains) else { throw LatticeError("chains \(chains): wanted 1 to 1048576") }
        lattice = try PeriodicLattice(extents: extents)
        self.settings = settings
        self.chains = chains
        self.communicator = communicator
        let sites = lattice.sites
        let share = CartesianGrid.share(
            of: (chains + laneWidth - 1) / laneWidth, parts: communicator.size, part: communicator.rank)
        groups = share.map { ChainGroup(firstChain: $0 * laneWidth, sites: sites) }
        neighbours = .allocate(capacity: lattice.neighbours.count)
        neighbours.initialize(from: lattice.neighbours, count: lattice.neighbours.count)
        topology = ChainLaneTopology(sites: sites, links: 2 * extents.count, neighbours: neighbours)
        momenta = RandomStream(seed: settings.seed, purpose: .ensembleMomentum)
        decisions = RandomStream(seed: settings.seed, purpose: .ensembleDecision)
        makeSchedule()
    }

    deinit { neighbours.deallocate() }

    private func makeSchedule() {
        let step = settings.trajectoryLength / Double(settings.steps)
        schedule = settings.integrator.schedule(steps: settings.steps).map { $0 * step }
    }

    /// Sets the fields to normal numbers of the given width: hot starts. *Not collective.*
    public func startHot(width: Double) {
        let stream = RandomStream(seed: settings.seed, purpose: .ensembleStart)
        for group in groups { group.startHot(width: width, stream: stream) }
    }

    /// Changes the number of steps of the trajectories that follow; the same on every rank. *Not collective.*
    public func setSteps(_ steps: Int) throws {
        var changed = settings
        changed.steps = steps
        try changed.validate()
        settings = changed
        makeSchedule()
    }

    /// Runs trajectory number `index` of every chain of this rank. *Not collective.*
    public func run(trajectory index: Int) {
        for group in groups {
            group.run(
                topology, action: settings.action, schedule: schedule, epoch: UInt64(index), momenta: momenta, decisions: decisions)
            let lanes = min(laneWidth, chains - Int(group.firstChain))
            let weights = LaneMath.exp(-group.energyChange)
            for lane in 0..<lanes {
                let weight = weights[lane].isFinite ? weights[lane] : 0
                acceptances += group.accepted[lane] ? 1 : 0
                probability.add(min(1, weight))
                exponential.add(min(weight, 0x1p40))
            }
            trajectories += Int64(lanes)
        }
    }

    /// Over all chains since the last call: the fraction accepted, the mean of min(1, exp(-ΔH)) and of exp(-ΔH). *Collective.*
    public func acceptance() throws -> (rate: Double, probability: Double, exponential: Double) {
        var sums = [probability, exponential]
        try communicator.allReduce(&sums)
        let total = Double(try communicator.allReduce(trajectories, .sum))
        let accepted = Double(try communicator.allReduce(acceptances, .sum))
        trajectories = 0
        acceptances = 0
        probability = ExactSum()
        exponential = ExactSum()
        return (accepted / total, sums[0].value / total, sums[1].value / total)
    }

    /// Runs trajectories without measuring, tuning the steps to `targetAcceptance` every ten during the first half. *Collective.*
    public func thermalize(_ range: Range<Int>, targetAcceptance: Double? = nil) throws {
        _ = try acceptance()
        for index in range {
            run(trajectory: index)
            let done = index - range.lowerBound + 1
            if let targetAcceptance, done % 10 == 0, 2 * done <= range.count {
                let probability = try acceptance().probability
                try setSteps(
                    StepTuning.steps(
                        acceptance: probability, steps: settings.steps, order: settings.integrator.order, target: targetAcceptance))
            }
        }
        _ = try acceptance()
    }

    /// Runs trajectories and measures every chain after each `measureEvery`; chain after chain, on every rank. *Collective.*
    /// - Throws: `LatticeError` naming the trajectory if a field is not a number.
    public func run(trajectories range: Range<Int>, measureEvery: Int = 1) throws -> [MeasurementSeries] {
        var local = [MeasurementSeries](
            repeating: MeasurementSeries(sliceCount: lattice.extents[0]),
            count: groups.reduce(0) { $0 + min(laneWidth, chains - Int($1.firstChain)) })
        try communicator.agree {
            for index in range {
                run(trajectory: index)
                guard (index - range.lowerBound + 1) % measureEvery == 0 else { continue }
                for (chain, measurement) in measure().enumerated() {
                    guard measurement.fourth.isFinite else {
                        throw LatticeError("trajectory \(index): the field is not a number somewhere", exitCode: 70)
                    }
                    local[chain].append(measurement)
                }
            }
        }
        return try MeasurementSeries.gather(local, sliceCount: lattice.extents[0], communicator: communicator)
    }

    /// Measures this rank's chains as they are. *Not collective.*
    public func measure() -> [FieldMeasurement] {
        let slots = lattice.slotCount
        var result: [FieldMeasurement] = []
        withUnsafeTemporaryAllocation(of: DoubleLane.self, capacity: slots + 3) { buffer in
            guard let sums = buffer.baseAddress else { return }
            sums.initialize(repeating: .zero, count: slots + 3)
            lattice.slots.withUnsafeBufferPointer { table in
                guard let table = table.baseAddress else { return }
                for group in groups {
                    ChainLaneKernel.measure(topology, field: group.field, slots: table, slotCount: slots, sums: sums)
                    for lane in 0..<min(laneWidth, chains - Int(group.firstChain)) {
                        result.append(
                            FieldMeasurement(
                                square: sums[0][lane], fourth: sums[1][lane], bonds: sums[2][lane],
                                sliceSums: (0..<slots).map { sums[3 + $0][lane] }, extents: lattice.extents))
                    }
                }
            }
        }
        return result
    }

    /// Numbers of this rank's chains, and each one's field in lattice order. *Not collective.*
    public var localChains: Range<Int> {
        let first = groups.first.map { Int($0.firstChain) } ?? 0
        return first..<max(first, min(chains, first + groups.count * laneWidth))
    }

    /// The field of one of this rank's chains, in lattice order. *Not collective.*
    public func field(chain: Int) -> [Double] {
        precondition(localChains.contains(chain), "chain \(chain) belongs to another rank")
        let local = chain - localChains.lowerBound
        return groups[local / laneWidth].values(lane: local % laneWidth)
    }
}
