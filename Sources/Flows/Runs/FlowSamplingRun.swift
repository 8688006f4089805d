import Batch
import Glibc
import LatticeFields
import MessagePassing
import Numerics
import ParallelHDF5

/// The command `sample`: draws from a trained flow on all ranks, verifies its density, accepts and rejects, and writes `samples.h5`.
public final class FlowSamplingRun<Flow: LaneFlow>: SteppedRun {
    package let context: JobContext
    private let lattice: LatticeSettings
    private let settings: SamplingSettings
    private let flow: Flow
    private let parameters: [Float]
    private let sampler: FlowSampler<Flow>
    private var samples: FlowSamples
    private var seconds = 0.0
    private let verification: Verification
    /// Shards a rank draws between two looks at the clock.
    private static var shardsPerBlock: Int { 16 }

    /// *Collective.*
    public init(_ context: JobContext, lattice: LatticeSettings, settings: SamplingSettings, flow: Flow, parameters: [Float]) throws {
        self.context = context
        self.lattice = lattice
        self.settings = settings
        self.flow = (0..<settings.refinements).reduce(flow) { flow, _ in flow.refined ?? flow }
        self.parameters = parameters
        sampler = try FlowSampler(
            flow: self.flow, parameters: parameters, action: lattice.action, seed: context.seed, communicator: context.communicator)
        samples = FlowSamples(sliceCount: lattice.extents[0])
        verification = try Self.verify(self.flow, parameters, seed: context.seed, sites: lattice.extents.reduce(1, *))
    }

    package var label: String { "sample" }
    package var unit: String { "shard" }
    package var position: Int { samples.count / laneWidth }
    package var total: Int { settings.samples / laneWidth }
    package var checkpoints: CheckpointPolicy { CheckpointPolicy(configurationHash: sampleHash, every: max(1, settings.checkpointEvery / laneWidth), keep: 1) }

    package func step() throws -> [String: Double] {
        let block = position..<min(total, position + Self.shardsPerBlock * context.communicator.size)
        let start = Phases.now()
        try context.phases.measure(.compute) { try sampler.draw(shards: block, into: &samples) }
        seconds += Phases.now() - start
        return [:]
    }

    /// What the samples depend on: the settings and the parameters.
    private var sampleHash: String {
        let bytes = parameters.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
        let settings = context.configuration.hash(of: ["seed", "lattice", "action", "flow"])
        return SHA256.hexadecimal(of: Array("\(settings) \(self.settings.refinements)".utf8) + bytes)
    }

    package func restore(from group: HDF5Group) throws {
        samples.logDensities = try group.read("log_density", as: Double.self)
        samples.actions = try group.read("action", as: Double.self)
        samples.series = try MeasurementSeries(from: group.group("series"))
        seconds = try group.attribute("seconds", as: Double.self)
    }

    package func write(to group: HDF5Group) throws {
        try group.write("log_density", samples.logDensities)
        try group.write("action", samples.actions)
        try samples.series.write(to: group.createGroup("series"))
        try group.setAttribute("seconds", seconds)
    }

    /// How far log q moves at half the step size, and along the way back: root mean squares over 128 samples.
    private struct Verification {
        var refinement: Double?
        var reversal: Double
    }

    /// Largest root mean square of a log density's error before accept/reject: it costs 1e-4 of acceptance.
    private static var tolerance: Double { 0.02 }

    /// Every rank does the same small check, so nothing needs to be agreed.
    private static func verify(_ flow: Flow, _ parameters: [Float], seed: UInt64, sites: Int) throws -> Verification {
        let stream = RandomStream(seed: seed, purpose: .proposal)
        let field = LaneBuffer(sites)
        let refined = flow.refined
        var refinement = 0.0
        var reversal = 0.0
        let shards = 8
        for shard in 0..<shards {
            func noise() {
                LaneNoise.fill(field.lanes, siteCount: field.count, stream: stream, epoch: 0, firstSample: UInt64(shard * laneWidth))
            }
            noise()
            let forward = flow.sample(field.lanes, parameters: parameters)
            let backward = flow.logDensity(field.lanes, parameters: parameters)
            reversal += ((forward - backward) * (forward - backward)).sum()
            guard let refined else { continue }
            noise()
            let fine = refined.sample(field.lanes, parameters: parameters)
            refinement += ((forward - fine) * (forward - fine)).sum()
        }
        let count = Double(shards * laneWidth)
        let result = Verification(
            refinement: refined == nil ? nil : (refinement / count).squareRoot(), reversal: (reversal / count).squareRoot())
        let worst = max(result.refinement ?? 0, result.reversal)
        guard worst < tolerance else {
            throw FlowError(
                "the flow's log density is not exact enough for accept/reject: it moves by \(Format.general(result.refinement ?? 0, digits: 3)) at half the step size and by \(Format.general(result.reversal, digits: 3)) along the inverse map (root mean square), wanted below \(tolerance); raise sampling.refinements")
        }
        return result
    }

    package func conclude() throws {
        let weights = try ImportanceWeights(logWeights: samples.logWeights)
        let metropolis = try IndependenceMetropolis(logWeights: samples.logWeights, seed: context.seed)
        let chained = samples.series(along: metropolis.chain)
        let table = try ObservableTable(chained, action: lattice.action, extents: lattice.extents)
        try context.phases.measure(.io) {
            try context.writeData("samples.h5") { file in
                let root = file.root
                try root.setAttribute("extents", lattice.extents.map(Int64.init))
                try root.setAttribute("action_b_c_d", [lattice.action.b, lattice.action.c, lattice.action.d])
                try root.write("log_density", samples.logDensities).setAttribute("meaning", "log q of each sample")
                try root.write("action", samples.actions)
                try root.write("chain", metropolis.chain.map(Int64.init)).setAttribute("meaning", "sample held by the Markov chain")
                try samples.series.write(to: root.createGroup("series"))
                try root.setAttribute("sampling_core_seconds", seconds * Double(context.communicator.size))
            }
        }
        try writeConfigurations(metropolis)
        context.summary.set("samples", samples.count)
        context.summary.set("acceptance", weights.acceptanceRate, error: weights.acceptanceRateError)
        context.summary.set("acceptance_of_this_chain", metropolis.acceptanceRate)
        context.summary.set("effective_sample_size", weights.effectiveSampleSize, error: weights.effectiveSampleSizeError)
        context.summary.set("log_partition", weights.logPartition, error: weights.logPartitionError)
        context.summary.set("loss", weights.loss, error: weights.lossError)
        context.summary.set("log_weight_deviation", weights.deviation)
        context.summary.set("longest_rejection", metropolis.longestRejection)
        if let refinement = verification.refinement { context.summary.set("log_density_error_step_size", refinement) }
        context.summary.set("log_density_error_inverse", verification.reversal)
        context.summary.set("sampling_core_seconds", seconds * Double(context.communicator.size))
        context.summary.set(table)
        context.log.info(
            "acceptance \(Format.value(weights.acceptanceRate, error: weights.acceptanceRateError)), effective sample size \(Format.value(weights.effectiveSampleSize, error: weights.effectiveSampleSizeError)), log Z \(Format.value(weights.logPartition, error: weights.logPartitionError))")
        for row in table.rows { context.log.info("  \(row.description)") }
    }

    /// The Markov chain's fields after every so many steps, drawn again from their numbers: `configurations/flow.h5`.
    private func writeConfigurations(_ metropolis: IndependenceMetropolis) throws {
        let every = settings.configurationsEvery
        guard every > 0, samples.count >= every else { return }
        let geometry = try PeriodicLattice(extents: lattice.extents)
        let kept = samples.count / every
        // A rank holds 64 fields at a time.
        let block = 64 * context.communicator.size
        try context.phases.measure(.io) {
            try context.writeConfigurations("flow", nil, lattice: lattice) { store in
                for first in stride(from: 0, to: kept, by: block) {
                    let count = min(block, kept - first)
                    let mine = CartesianGrid.share(of: count, parts: context.communicator.size, part: context.communicator.rank)
                    let steps = mine.map { (first + $0 + 1) * every }
                    let fields = sampler.fields(of: steps.map { metropolis.chain[$0 - 1] })
                    try store.append(
                        zip(steps, fields).map { WholeConfiguration(chain: 0, trajectory: $0, values: $1) }, offset: mine.lowerBound, total: count,
                        on: geometry)
                }
            }
        }
    }
}
