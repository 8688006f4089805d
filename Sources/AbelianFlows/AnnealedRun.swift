import AbelianFields
import Batch
import Flows
import Glibc
import MessagePassing
import Numerics
import ParallelHDF5

/// The command `anneal` of U(1): a stochastic flow without layers, links from β = 0 on through stages of rising β, each changed by trajectories that leave its own
/// distribution as it is; accepted or rejected by the work that was done on them.
///
/// With W = Σ_k [S_{k+1} - S_k](x_k) of a sample, <exp(-W)> = Z(β) / Z(0) and every mean is <O exp(-W)> / <exp(-W)>, whatever the stages: Jarzynski, Phys. Rev. Lett. 78 (1997)
/// 2690; on the lattice Caselle et al., JHEP 07 (2022) 015 (arXiv:2201.08862), equations 2.4 to 2.9. The stages are equal steps of log(1 + β), along which a plaquette's
/// distribution changes at an even pace. Sixteen samples in a vector, shared among the ranks; a sample's bits depend on (seed, sample) alone.
public final class AnnealedRun: SteppedRun {
    package let context: JobContext
    private let settings: AbelianSettings
    private let anneal: AnnealedSettings
    private let plaquettes: PlaquetteBuffer
    private var works: [Double] = []
    private var series: AbelianSeries
    private var seconds = 0.0

    /// *Collective.*
    public init(_ context: JobContext, settings: AbelianSettings, anneal: AnnealedSettings) {
        (self.context, self.settings, self.anneal) = (context, settings, anneal)
        plaquettes = PlaquetteBuffer(settings.volume)
        series = AbelianSeries(loopCount: settings.loops, hasPolyakov: false)
    }

    package var label: String { "anneal" }
    package var unit: String { "shard" }
    package var position: Int { works.count / laneWidth }
    package var total: Int { anneal.samples / laneWidth }
    package var checkpoints: CheckpointPolicy {
        CheckpointPolicy(
            configurationHash: context.configuration.hash(of: ["seed", "lattice", "action", "observables", "anneal"]),
            every: max(1, anneal.checkpointEvery / laneWidth), keep: 1)
    }

    package func step() throws -> [String: Double] {
        let communicator = context.communicator
        let mine = position + communicator.rank
        let records = context.phases.measure(.compute) { mine < total ? draw(shard: mine) : [] }
        let width = 3 + settings.loops
        for shard in try communicator.allGather(records).prefix(total - position) {
            for base in stride(from: 0, to: shard.count, by: width) {
                works.append(shard[base])
                series.append(AbelianMeasurement(plaquette: shard[base + 1], charge: shard[base + 2], loops: Array(shard[base + 3..<base + width])))
            }
        }
        return [:]
    }

    /// Sixteen samples: of each its work and its measurements.
    private func draw(shard: Int) -> [Double] {
        let start = Phases.now()
        let group = AbelianChainGroup(
            extents: settings.extents, beta: 0, trajectoryLength: anneal.trajectoryLength, steps: anneal.steps, integrator: anneal.integrator, seed: context.seed,
            firstChain: shard * laneWidth)
        var work = DoubleLane.zero
        for stage in 1...anneal.stages {
            let beta = stage == anneal.stages ? settings.beta : expm1(log1p(settings.beta) * Double(stage) / Double(anneal.stages))
            work -= group.measure().plaquette * ((beta - group.beta) * Double(settings.volume))
            group.beta = beta
            for k in 0..<anneal.trajectories { group.run(trajectory: (stage - 1) * anneal.trajectories + k) }
        }
        seconds += Phases.now() - start
        group.plaquettes(plaquettes.lanes)
        return (0..<laneWidth).flatMap { lane -> [Double] in
            let found = AbelianMeasurement(
                plaquettes: (0..<settings.volume).map { plaquettes.lanes[$0][lane] }, extents: settings.extents, loops: settings.loops)
            return [work[lane], found.plaquette, found.charge] + found.loops
        }
    }

    package func write(to group: HDF5Group) throws {
        try group.write("work", works)
        try series.write(to: group.createGroup("series"))
        try group.setAttribute("core_seconds", context.communicator.allReduce(seconds, .sum))
    }

    package func restore(from group: HDF5Group) throws {
        works = try group.read("work", as: Double.self)
        series = try AbelianSeries(from: group.group("series"))
        let total = try group.attribute("core_seconds", as: Double.self)
        seconds = context.communicator.isRoot ? total : 0
    }

    /// Writes `annealed.h5` and the summary. *Collective.*
    package func conclude() throws {
        let coreSeconds = try context.communicator.allReduce(seconds, .sum)
        let weighed = try WeighedAbelianSamples(logWeights: works.map { -$0 }, series: series, settings: settings, seed: context.seed)
        try context.phases.measure(.io) {
            try context.writeData("annealed.h5") { file in
                let root = file.root
                try AbelianChainFile.writeHeader(
                    to: root, extents: settings.extents, beta: settings.beta, measureEvery: 1, replicas: 1, coreSeconds: coreSeconds, updates: works.count)
                try root.setAttribute("stages", Int64(anneal.stages))
                try root.write("work", works).setAttribute("meaning", "work done on each sample; its weight is exp(-work)")
                try weighed.samples.writeChain(to: root)
                try series.write(to: root.createGroup("series"))
            }
        }
        context.summary.set("stages", anneal.stages)
        context.summary.set("work_mean", weighed.samples.weights.loss, error: weighed.samples.weights.lossError)
        context.summary.set("core_seconds", coreSeconds)
        weighed.report(context)
    }
}
