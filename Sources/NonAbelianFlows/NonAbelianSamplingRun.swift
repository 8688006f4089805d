import Batch
import Flows
import GaugeFields
import GaugeKernels
import LatticeFields
import MessagePassing
import Numerics
import ParallelHDF5

/// The command `sample` for SU(2) and SU(3): draws from a trained flow on all ranks, verifies its density, accepts and rejects, and writes `samples.h5`.
public final class NonAbelianSamplingRun: SteppedRun {
    package let context: JobContext
    private let settings: NonAbelianSettings
    private let sampling: SamplingSettings
    private let flow: NonAbelianFlow
    private let measurement: NonAbelianMeasurement
    private let parameters: [Float]
    private let trainingSeconds: Double
    private let stream: RandomStream
    /// Root mean square of what log q moves by along the inverse map.
    private let reversal: Double
    private var drawn = DrawnSamples()
    private var series = GaugeSeries()
    /// Shards a rank draws between two looks at the clock.
    private static let shardsPerBlock = 16
    private static let tolerance = 1e-3

    /// *Collective.*
    /// - Throws: `FlowError` where there is no trained flow, or its log density is not exact enough to accept or reject by.
    public init(_ context: JobContext, settings: NonAbelianSettings, sampling: SamplingSettings) throws {
        self.context = context
        self.settings = settings
        self.sampling = sampling
        flow = NonAbelianFlow(settings)
        measurement = NonAbelianMeasurement(settings)
        (parameters, trainingSeconds) = try FlowFile.trained(flow.layout, context: context)
        stream = RandomStream(seed: context.seed, purpose: .classSampling)
        flow.prepare(parameters)
        reversal = Self.reversal(of: flow, stream: stream)
        guard reversal < Self.tolerance else {
            throw FlowError(
                "the flow's log density is not exact enough for accept/reject: it moves by \(Format.general(reversal, digits: 3)) along the inverse map (root mean square of 64 samples), wanted below \(Self.tolerance); train it again, with a lower training.learning_rate")
        }
    }

    /// Of 64 samples, the same on every rank.
    private static func reversal(of flow: NonAbelianFlow, stream: RandomStream) -> Double {
        let shards = 4
        var sum = 0.0
        for shard in 0..<shards {
            let forward = flow.sample(stream: stream, epoch: 1, firstSample: UInt64(shard * laneWidth)).logDensity
            let moved: DoubleLane = forward - flow.inverseLogDensity()
            sum += (moved * moved).sum()
        }
        return (sum / Double(shards * laneWidth)).squareRoot()
    }

    package var label: String { "sample" }
    package var unit: String { "shard" }
    package var position: Int { drawn.count / laneWidth }
    package var total: Int { sampling.samples / laneWidth }
    package var checkpoints: CheckpointPolicy {
        DrawnSamples.checkpoints(context, parameters: parameters, every: sampling.checkpointEvery, shard: laneWidth)
    }

    package func step() throws -> [String: Double] {
        let block = position..<min(total, position + Self.shardsPerBlock * context.communicator.size)
        let names = measurement.names
        let width = 2 + names.count
        let records = try ShardRecords.gather(block, width: laneWidth * width, context: context) { drawShard($0) }
        for base in stride(from: 0, to: records.count, by: width) {
            drawn.append(density: records[base], action: records[base + 1])
            series.append(names.indices.map { (names[$0], records[base + 2 + $0]) })
        }
        return [:]
    }

    private func drawShard(_ shard: Int) -> [Double] {
        let start = Phases.now()
        let (density, action) = flow.sample(stream: stream, epoch: 0, firstSample: UInt64(shard * laneWidth))
        drawn.seconds += Phases.now() - start
        return measurement.measure(flow).enumerated().flatMap { lane, numbers in [density[lane], action[lane]] + numbers }
    }

    package func write(to group: HDF5Group) throws {
        try drawn.write(to: group, communicator: context.communicator)
        try series.write(to: group.createGroup("series"))
    }

    package func restore(from group: HDF5Group) throws {
        drawn = try DrawnSamples(from: group, communicator: context.communicator)
        series = try GaugeSeries(from: group.group("series"))
    }

    /// Writes `samples.h5` and the summary. *Collective.*
    package func conclude() throws {
        let coreSeconds = try drawn.coreSeconds(context.communicator)
        let samples = try WeighedSamples(logWeights: drawn.logWeights, seed: context.seed)
        try context.phases.measure(.io) {
            try context.writeData("samples.h5") { file in
                let root = file.root
                try root.setAttribute("gauge_group", settings.group.rawValue)
                try root.setAttribute("extents", settings.extents.map(Int64.init))
                try root.setAttribute("beta", settings.beta)
                try root.setAttribute("measure_every", Int64(1))
                try root.setAttribute("core_seconds", coreSeconds)
                try root.setAttribute("training_core_seconds", trainingSeconds)
                try root.write("log_density", drawn.densities)
                    .setAttribute("meaning", "log q of each sample and its auxiliary matrix, with respect to Haar's measure")
                try root.write("action", drawn.actions).setAttribute("meaning", "-beta/N sum of Re tr P")
                try samples.writeChain(to: root)
                try series.write(to: root.createGroup("series"))
            }
        }
        context.summary.set("log_density_error_inverse", reversal)
        context.summary.set("operations_per_sample", flow.operations)
        context.summary.set("sampling_core_seconds", coreSeconds)
        context.summary.set("training_core_seconds", trainingSeconds)
        let theory = CharacterExpansion(group: settings.group, beta: settings.beta, volume: settings.volume)
        samples.report(context, exactLogPartition: theory.logPartition)
        try report(samples, theory)
    }

    /// The chain's observables, and the plaquette of all samples by their weights.
    private func report(_ samples: WeighedSamples, _ theory: CharacterExpansion) throws {
        let plaquette = try Statistics.reweightedMean(series["plaquette"] ?? [], logWeights: drawn.logWeights, blocks: 32)
        context.summary.set("reweighted_plaquette", plaquette.value, error: plaquette.error)
        context.log.info("plaquette of all samples by their weights: \(Format.value(plaquette.value, error: plaquette.error))")
        let rows = try series.picked(samples.metropolis.chain).compared(with: theory)
        context.summary.set(rows)
        for row in rows { context.log.info("  \(row.description)") }
    }
}
