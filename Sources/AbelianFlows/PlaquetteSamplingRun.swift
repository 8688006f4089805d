import AbelianFields
import AbelianKernels
import Batch
import Flows
import MessagePassing
import Numerics
import ParallelHDF5

/// The command `sample` for U(1): draws from a trained flow on all ranks, verifies its density, accepts and rejects, and writes `samples.h5`.
public final class PlaquetteSamplingRun: SteppedRun {
    package let context: JobContext
    private let settings: AbelianSettings
    private let sampling: SamplingSettings
    private let flow: PlaquetteFlow
    private let parameters: [Float]
    private let trainingSeconds: Double
    private let stream: RandomStream
    private let field: PlaquetteBuffer
    private let verification: PlaquetteFlowVerification
    private var drawn = DrawnSamples()
    private var series: AbelianSeries
    /// Shards a rank draws between two looks at the clock.
    private static let shardsPerBlock = 16

    /// *Collective.*
    public init(_ context: JobContext, settings: AbelianSettings, flow: PlaquetteFlowSettings, sampling: SamplingSettings) throws {
        self.context = context
        self.settings = settings
        self.sampling = sampling
        self.flow = try PlaquetteFlow(extents: settings.extents, settings: flow)
        (parameters, trainingSeconds) =
            flow.prior == .haar && flow.couplings == 0
            ? (self.flow.initialParameters(seed: 0), 0)
            : try FlowFile.trained(self.flow.layout, context: context)
        stream = RandomStream(seed: context.seed, purpose: .plaquetteSampling)
        field = PlaquetteBuffer(self.flow.sites)
        series = AbelianSeries(loopCount: settings.loops, hasPolyakov: false)
        verification = try PlaquetteFlowVerification(self.flow, parameters: parameters, seed: context.seed)
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
        let width = 4 + settings.loops
        let records = try ShardRecords.gather(block, width: laneWidth * width, context: context) { drawShard($0) }
        for base in stride(from: 0, to: records.count, by: width) {
            drawn.append(density: records[base], action: records[base + 1])
            series.append(AbelianMeasurement(plaquette: records[base + 2], charge: records[base + 3], loops: Array(records[base + 4..<base + width])))
        }
        return [:]
    }

    private func drawShard(_ shard: Int) -> [Double] {
        let start = Phases.now()
        PlaquetteFlow.fill(field.lanes, count: flow.sites, stream: stream, epoch: 0, firstSample: UInt64(shard * laneWidth))
        let density = flow.sample(field.lanes, parameters: parameters)
        let action = ProjectionKernel.action(field.lanes, count: flow.sites, beta: settings.beta, gradient: nil)
        drawn.seconds += Phases.now() - start
        var records: [Double] = []
        for lane in 0..<laneWidth {
            let m = AbelianMeasurement(
                plaquettes: (0..<flow.sites).map { field.lanes[$0][lane] }, extents: settings.extents, loops: settings.loops)
            records += [density[lane], action[lane], m.plaquette, m.charge] + m.loops
        }
        return records
    }

    package func write(to group: HDF5Group) throws {
        try drawn.write(to: group, communicator: context.communicator)
        try series.write(to: group.createGroup("series"))
    }

    package func restore(from group: HDF5Group) throws {
        drawn = try DrawnSamples(from: group, communicator: context.communicator)
        series = try AbelianSeries(from: group.group("series"))
    }

    /// Writes `samples.h5` and the summary. *Collective.*
    package func conclude() throws {
        let coreSeconds = try drawn.coreSeconds(context.communicator)
        let weighed = try WeighedAbelianSamples(logWeights: drawn.logWeights, series: series, settings: settings, seed: context.seed)
        try context.phases.measure(.io) {
            try context.writeData("samples.h5") { file in
                let root = file.root
                try AbelianChainFile.writeHeader(
                    to: root, extents: settings.extents, beta: settings.beta, measureEvery: 1, replicas: 1, coreSeconds: coreSeconds,
                    updates: drawn.count)
                try root.setAttribute("training_core_seconds", trainingSeconds)
                try root.write("log_density", drawn.densities).setAttribute("meaning", "log q of each sample, with respect to the Haar measure")
                try root.write("action", drawn.actions)
                try weighed.samples.writeChain(to: root)
                try series.write(to: root.createGroup("series"))
            }
        }
        if let refinement = verification.refinement { context.summary.set("log_density_error_quadrature", refinement) }
        context.summary.set("log_density_error_inverse", verification.reversal)
        context.summary.set("sampling_core_seconds", coreSeconds)
        context.summary.set("training_core_seconds", trainingSeconds)
        weighed.report(context)
    }
}

/// How far log q moves with twice the points of its integral, and along the inverse map: root mean squares over 64 samples.
struct PlaquetteFlowVerification {
    let refinement: Double?
    let reversal: Double
    private static let tolerance = 0.02

    /// - Throws: `FlowError` where log q is not exact enough to accept or reject by. *Not collective*, the same on every rank.
    init(_ flow: PlaquetteFlow, parameters: [Float], seed: UInt64) throws {
        let field = PlaquetteBuffer(flow.sites)
        let stream = RandomStream(seed: seed, purpose: .plaquetteSampling)
        let finer = try flow.refined()
        var moved = 0.0, turned = 0.0
        let shards = 4
        for shard in 0..<shards {
            func noise() {
                PlaquetteFlow.fill(field.lanes, count: flow.sites, stream: stream, epoch: 1, firstSample: UInt64(shard * laneWidth))
            }
            noise()
            let forward = flow.sample(field.lanes, parameters: parameters)
            let back: DoubleLane = forward - flow.logDensity(field.lanes, parameters: parameters)
            turned += (back * back).sum()
            guard let finer else { continue }
            noise()
            let fine: DoubleLane = forward - finer.sample(field.lanes, parameters: parameters)
            moved += (fine * fine).sum()
        }
        let count = Double(shards * laneWidth)
        refinement = finer == nil ? nil : (moved / count).squareRoot()
        reversal = (turned / count).squareRoot()
        guard max(refinement ?? 0, reversal) < Self.tolerance else {
            throw FlowError(
                "the flow's log density is not exact enough for accept/reject: it moves by \(Format.general(refinement ?? 0, digits: 3)) with twice the points of the integral and by \(Format.general(reversal, digits: 3)) along the inverse map (root mean square), wanted below \(Self.tolerance); raise flow.quadrature")
        }
    }
}
