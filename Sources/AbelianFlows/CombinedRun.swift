import AbelianFields
import AbelianKernels
import Batch
import Flows
import LatticeFields
import MessagePassing
import Numerics
import ParallelHDF5

/// The command `combine`: many U(1) chains, each of which takes trajectories of hybrid Monte Carlo and independence proposals of the flow in turn.
///
/// Either leaves exp(-S) as it is, so any order of them does. A chain's bits depend on (seed, chain) alone. A proposal is accepted with
/// probability min(1, w'/w), w = exp(-S)/q, with q of the present links by the inverse map.
public final class CombinedRun: SteppedRun {
    package let context: JobContext
    private let settings: AbelianSettings
    private let combination: CombinedSettings
    private let flow: PlaquetteFlow?
    private let parameters: [Float]
    private let trainingSeconds: Double
    private let groups: [AbelianChainGroup]
    private let mine: Range<Int>
    private let uniforms: RandomStream
    private let decisions: RandomStream
    private let proposal: PlaquetteBuffer
    private let present: PlaquetteBuffer
    private var next = 0
    /// Of this rank's chains, in order: iteration after iteration.
    private var plaquettes: [[Double]]
    private var charges: [[Double]]
    private var trajectoriesAccepted: Int64 = 0
    private var proposalsAccepted: Int64 = 0
    private var trajectorySeconds = 0.0
    private var proposalSeconds = 0.0

    /// *Collective.*
    public init(_ context: JobContext, settings: AbelianSettings, flow flowSettings: PlaquetteFlowSettings, combination: CombinedSettings) throws {
        self.context = context
        self.settings = settings
        self.combination = combination
        if combination.proposals > 0 {
            let flow = try PlaquetteFlow(extents: settings.extents, settings: flowSettings)
            (parameters, trainingSeconds) = try FlowFile.trained(flow.layout, context: context)
            _ = try PlaquetteFlowVerification(flow, parameters: parameters, seed: context.seed)
            self.flow = flow
        } else {
            flow = nil
            parameters = []
            trainingSeconds = 0
        }
        let share = CartesianGrid.share(
            of: (combination.chains + laneWidth - 1) / laneWidth, parts: context.communicator.size, part: context.communicator.rank)
        groups = share.map {
            AbelianChainGroup(
                extents: settings.extents, beta: settings.beta, trajectoryLength: combination.trajectoryLength, steps: combination.steps,
                integrator: combination.integrator, seed: context.seed, firstChain: $0 * laneWidth)
        }
        mine = min(combination.chains, share.lowerBound * laneWidth)..<min(combination.chains, share.upperBound * laneWidth)
        uniforms = RandomStream(seed: context.seed, purpose: .plaquetteProposal)
        decisions = RandomStream(seed: context.seed, purpose: .plaquetteDecision)
        proposal = PlaquetteBuffer(settings.volume)
        present = PlaquetteBuffer(settings.volume)
        plaquettes = mine.map { _ in [] }
        charges = mine.map { _ in [] }
        if groups.isEmpty { context.log.warning("combine.chains is \(combination.chains): some ranks have nothing to do") }
    }

    package var label: String { combination.output }
    package var unit: String { "iteration" }
    package var position: Int { next }
    package var total: Int { combination.thermalization + combination.iterations }
    package var checkpoints: CheckpointPolicy {
        let bytes = parameters.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
        let hash = context.configuration.hash(of: ["seed", "lattice", "action", "flow", "combine"])
        return CheckpointPolicy(
            configurationHash: SHA256.hexadecimal(of: Array(hash.utf8) + bytes), every: combination.checkpointEvery, keep: 2)
    }

    package func step() -> [String: Double] {
        context.phases.measure(.compute) {
            for _ in 0..<min(total - next, 10) {
                for (position, group) in groups.enumerated() { iterate(group, position) }
                next += 1
            }
        }
        return [:]
    }

    private func iterate(_ group: AbelianChainGroup, _ position: Int) {
        let measuring = next >= combination.thermalization
        let lanes = min(laneWidth, combination.chains - group.firstChain)
        var start = Phases.now()
        if let flow {
            for k in 0..<combination.proposals {
                let accepted = propose(flow, group, number: next * combination.proposals + k)
                if measuring { proposalsAccepted += Int64((0..<lanes).count { accepted[$0] }) }
            }
        }
        var end = Phases.now()
        if measuring { proposalSeconds += end - start }
        start = end
        for k in 0..<combination.trajectories {
            group.run(trajectory: next * combination.trajectories + k)
            if measuring { trajectoriesAccepted += Int64((0..<lanes).count { group.accepted[$0] }) }
        }
        end = Phases.now()
        guard measuring else { return }
        trajectorySeconds += end - start
        let found = group.measure()
        for lane in 0..<lanes {
            plaquettes[position * laneWidth + lane].append(found.plaquette[lane])
            charges[position * laneWidth + lane].append(found.charge[lane] + 0)
        }
    }

    /// One independence proposal for every chain of a group.
    private func propose(_ flow: PlaquetteFlow, _ group: AbelianChainGroup, number: Int) -> SIMDMask<SIMD16<Int64>> {
        let epoch = UInt64(number)
        PlaquetteFlow.fill(proposal.lanes, count: flow.sites, stream: uniforms, epoch: epoch, firstSample: UInt64(group.firstChain))
        let newDensity = flow.sample(proposal.lanes, parameters: parameters)
        let newAction = ProjectionKernel.action(proposal.lanes, count: flow.sites, beta: settings.beta, gradient: nil)
        group.plaquettes(present.lanes)
        let oldAction = ProjectionKernel.action(present.lanes, count: flow.sites, beta: settings.beta, gradient: nil)
        let oldDensity = flow.logDensity(present.lanes, parameters: parameters)
        let ratio: DoubleLane = (oldDensity + oldAction) - (newDensity + newAction)
        var uniform = DoubleLane.zero
        for lane in 0..<laneWidth { uniform[lane] = decisions.uniform(epoch: epoch, index: UInt64(group.firstChain + lane), draw: 0) }
        let accepted = uniform .< LaneMath.exp(LaneMath.minimum(ratio, .zero))
        group.replace(where: accepted, plaquettes: proposal.lanes, epoch: number)
        return accepted
    }

    package func write(to group: HDF5Group) throws {
        let communicator = context.communicator
        try group.setAttribute("next_iteration", Int64(next))
        try group.setAttribute("trajectories_accepted", communicator.allReduce(trajectoriesAccepted, .sum))
        try group.setAttribute("proposals_accepted", communicator.allReduce(proposalsAccepted, .sum))
        try group.setAttribute("trajectory_seconds", communicator.allReduce(trajectorySeconds, .sum))
        try group.setAttribute("proposal_seconds", communicator.allReduce(proposalSeconds, .sum))
        let measured = max(0, next - combination.thermalization)
        for (name, columns) in [("plaquette", plaquettes), ("charge", charges)] {
            let dataset = try group.createDataset(name, shape: [combination.chains, measured], type: .float64)
            if measured > 0 { try dataset.write(columns.flatMap(\.self), offset: [mine.lowerBound, 0], count: [mine.count, measured]) }
        }
        let links = try group.createDataset("links", shape: [combination.chains, 2 * settings.volume], type: .float64)
        var values: [Double] = []
        for chain in mine {
            let local = chain - mine.lowerBound
            let source = groups[local / laneWidth].links
            for i in 0..<2 * settings.volume { values.append(source[i][local % laneWidth]) }
        }
        try links.write(values, offset: [mine.lowerBound, 0], count: [mine.count, 2 * settings.volume])
        try links.setUnits("rad")
    }

    package func restore(from group: HDF5Group) throws {
        next = Int(try group.attribute("next_iteration", as: Int64.self))
        // Sums over the ranks, which the first goes on with.
        let counts = (try group.attribute("trajectories_accepted", as: Int64.self), try group.attribute("proposals_accepted", as: Int64.self))
        let times = (try group.attribute("trajectory_seconds", as: Double.self), try group.attribute("proposal_seconds", as: Double.self))
        if context.communicator.isRoot {
            (trajectoriesAccepted, proposalsAccepted) = counts
            (trajectorySeconds, proposalSeconds) = times
        }
        let measured = max(0, next - combination.thermalization)
        func columns(_ name: String) throws -> [[Double]] {
            guard measured > 0 else { return mine.map { _ in [] } }
            let block = try group.dataset(name).read(as: Double.self, offset: [mine.lowerBound, 0], count: [mine.count, measured])
            return (0..<mine.count).map { Array(block[$0 * measured..<($0 + 1) * measured]) }
        }
        plaquettes = try columns("plaquette")
        charges = try columns("charge")
        let width = 2 * settings.volume
        let values = try group.dataset("links").read(as: Double.self, offset: [mine.lowerBound, 0], count: [mine.count, width])
        for local in 0..<mine.count {
            let target = groups[local / laneWidth].links
            for i in 0..<width { target[i][local % laneWidth] = values[local * width + i] }
        }
    }

    /// Writes `NAME.h5` and the summary. *Collective.*
    package func conclude() throws {
        let communicator = context.communicator
        let (ofTrajectories, ofProposals) = (
            try communicator.allReduce(trajectorySeconds, .sum), try communicator.allReduce(proposalSeconds, .sum)
        )
        let accepted = (try communicator.allReduce(trajectoriesAccepted, .sum), try communicator.allReduce(proposalsAccepted, .sum))
        let flat = (
            try communicator.allGather(plaquettes.flatMap(\.self)).flatMap(\.self), try communicator.allGather(charges.flatMap(\.self)).flatMap(\.self)
        )
        let length = combination.iterations
        var joined = AbelianSeries(loopCount: 0, hasPolyakov: false)
        for i in flat.0.indices { joined.append(AbelianMeasurement(plaquette: flat.0[i], charge: flat.1[i])) }
        let updates = length * combination.chains
        let name = "\(combination.output).h5"
        try context.phases.measure(.io) {
            try context.writeData(name) { file in
                let root = file.root
                try AbelianChainFile.writeHeader(
                    to: root, extents: settings.extents, beta: settings.beta, measureEvery: 1, replicas: combination.chains,
                    coreSeconds: ofTrajectories + ofProposals, updates: updates)
                try root.setAttribute("trajectories", Int64(combination.trajectories))
                try root.setAttribute("proposals", Int64(combination.proposals))
                try root.setAttribute("trajectory_core_seconds", ofTrajectories)
                try root.setAttribute("proposal_core_seconds", ofProposals)
                try root.setAttribute("training_core_seconds", trainingSeconds)
                try joined.write(to: root.createGroup("series"))
            }
        }
        let table = try AbelianTable(
            replicas: (0..<combination.chains).map { joined.part($0 * length..<($0 + 1) * length) }, beta: settings.beta, extents: settings.extents)
        context.summary.set("chains", combination.chains)
        context.summary.set("iterations", length)
        if combination.trajectories > 0 {
            context.summary.set("trajectory_acceptance", Double(accepted.0) / Double(updates * combination.trajectories))
            context.summary.set("core_seconds_per_trajectory", ofTrajectories / Double(updates * combination.trajectories))
        }
        if combination.proposals > 0 {
            context.summary.set("proposal_acceptance", Double(accepted.1) / Double(updates * combination.proposals))
            context.summary.set("core_seconds_per_proposal", ofProposals / Double(updates * combination.proposals))
        }
        context.summary.set("training_core_seconds", trainingSeconds)
        context.summary.set("core_seconds", ofTrajectories + ofProposals)
        context.summary.set(table)
        context.log.info("wrote \(context.directory.path(name))")
        for row in table.rows { context.log.info("  \(row.description)") }
    }
}
