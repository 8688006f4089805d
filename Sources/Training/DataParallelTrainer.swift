import Glibc
import MessagePassing
import Networks
import Numerics

/// What a trainer needs to know beside its objective.
public struct TrainerOptions: Sendable {
    /// Shards of 16 samples in a batch, shared out among the ranks.
    public var shardsPerBatch: Int
    public var optimizer: any Optimizer
    public var schedule: LearningRateSchedule
    /// Largest norm of the gradient; a longer one is scaled down. Pascanu et al., arXiv:1211.5063, algorithm 1.
    public var gradientNormLimit: Double?
    /// Decay of an exponential moving average of the weights, if one is wanted.
    public var weightAverageDecay: Double?
    /// Size of a piece of the gradient that is communicated at once. Changes nothing but speed.
    public var bucketBytes = 8 << 20
    /// Factor, as a power of two, by which a gradient may grow from one step to the next before the step is redone.
    public var headroomBits = 10

    public init(
        shardsPerBatch: Int, optimizer: any Optimizer = Adam(), schedule: LearningRateSchedule = .constant(1e-3),
        gradientNormLimit: Double? = nil, weightAverageDecay: Double? = nil
    ) {
        self.shardsPerBatch = shardsPerBatch
        self.optimizer = optimizer
        self.schedule = schedule
        self.gradientNormLimit = gradientNormLimit
        self.weightAverageDecay = weightAverageDecay
    }
}

/// What one step did.
public struct StepReport: Sendable {
    /// The step just done, counted from 0.
    public let step: Int
    public let learningRate: Double
    /// Norm of the mean gradient before clipping.
    public let gradientNorm: Double
    /// Times the step was evaluated again because a gradient had outgrown its fixed-point scale.
    public let redone: Int
    /// Wall time of the step.
    public let seconds: Double
    /// The part of it spent waiting for other ranks and the network after all computing was done.
    public let exposedCommunicationSeconds: Double
}

/// Minimises an objective on all ranks of a communicator; the weights are the same bits on any number of ranks.
///
/// A batch is a fixed list of shards: rank r evaluates shards r, r + size, ... Gradients are summed as integers and
/// metrics exactly, so nothing depends on who did what. Every rank holds and updates all parameters. A larger batch
/// than memory holds at once is more shards: they are evaluated one after the other.
public final class DataParallelTrainer<Objective: ShardedObjective> {
    public var objective: Objective
    public let options: TrainerOptions
    public let layout: ParameterLayout
    public let metricNames: [String]
    let communicator: Communicator
    let vectors: FlatVectors
    let gradientSum: GradientSum
    private let metricSum: MetricSum
    /// Number of steps done.
    public internal(set) var step = 0

    /// A trainer that starts from `parameters`. *Collective.* Throws if the options or the number of parameters do not fit.
    public init(
        objective: Objective, parameters: [Float], options: TrainerOptions, communicator: Communicator
    ) throws {
        layout = objective.layout
        metricNames = objective.metricNames
        try Self.validate(options, parameters: parameters, layout: objective.layout, metricNames: objective.metricNames)
        self.objective = objective
        self.options = options
        self.communicator = try communicator.duplicate()
        vectors = FlatVectors(
            parameters: parameters, moments: options.optimizer.momentCount, averaged: options.weightAverageDecay != nil)
        gradientSum = try GradientSum(
            layout: objective.layout, shardsPerBatch: options.shardsPerBatch, communicator: self.communicator,
            bucketElements: max(options.bucketBytes / 8, 1), headroomBits: options.headroomBits)
        metricSum = try MetricSum(count: metricNames.count, communicator: self.communicator)
    }

    /// The parameters, `layout.count` numbers; valid while the trainer lives. *Not collective.*
    public var parameters: UnsafeBufferPointer<Float> { vectors.view(vectors.parameters) }

    /// The moving average of the parameters, if one is kept. *Not collective.*
    public var averagedParameters: UnsafeBufferPointer<Float>? { vectors.average.map { vectors.view($0) } }

    /// The metrics of the last step, means over the batch in the order of `metricNames`; overwritten by the next step.
    /// *Not collective.*
    public var metrics: UnsafeBufferPointer<Double> { UnsafeBufferPointer(metricSum.means) }

    /// The metrics of the last step by name. *Not collective.*
    public var namedMetrics: [String: Double] {
        Dictionary(zip(metricNames, metrics), uniquingKeysWith: { first, _ in first })
    }

    /// Does one step. *Collective.*
    ///
    /// Throws a `TrainingError`, the same on all ranks, if a loss or a gradient is not a finite number or the objective
    /// throws; it names the step and the lowest shard at fault, and the parameters are those of before the step.
    @discardableResult
    public func advance() throws -> StepReport {
        let start = monotonicSeconds()
        var exposed = 0.0
        var redone = 0
        while true {
            try objective.prepare(step: step, parameters: UnsafePointer(vectors.parameters))
            let fault = evaluateShards()
            let computed = monotonicSeconds()
            gradientSum.sharedWord = fault.map { UInt32.max - UInt32($0.shard) } ?? 0
            try gradientSum.startRest()
            try metricSum.start()
            try gradientSum.finish()
            try metricSum.finish(terms: options.shardsPerBatch)
            exposed += monotonicSeconds() - computed
            if gradientSum.sharedWord != 0 { try report(fault, shard: Int(UInt32.max - gradientSum.sharedWord)) }
            if !gradientSum.overflowed { break }
            gradientSum.adoptScales()
            redone += 1
        }
        gradientSum.restoreMean(into: vectors.gradient)
        gradientSum.adoptScales()
        let norm = vectors.gradientNorm()
        let rate = options.schedule.rate(step: step)
        var factor: Float = 1
        if let limit = options.gradientNormLimit, norm > limit { factor = Float(limit / norm) }
        vectors.update(by: options.optimizer, step: step + 1, learningRate: rate, gradientFactor: factor)
        if let decay = options.weightAverageDecay { vectors.updateAverage(decay: decay) }
        defer { step += 1 }
        return StepReport(
            step: step, learningRate: rate, gradientNorm: norm, redone: redone, seconds: monotonicSeconds() - start,
            exposedCommunicationSeconds: exposed)
    }

    private struct Fault {
        let shard: Int
        let error: any Error
    }

    /// Evaluates this rank's shards up to the first that fails.
    private func evaluateShards() -> Fault? {
        gradientSum.begin()
        metricSum.begin()
        let shards = options.shardsPerBatch
        var shard = communicator.rank
        if shard >= shards { gradientSum.takeNothing() }
        let sum = gradientSum
        let gradient = vectors.gradient
        while shard < shards {
            let first = shard == communicator.rank
            let last = shard + communicator.size >= shards
            var covered = 0
            do {
                try objective.evaluate(
                    step: step, shard: shard, parameters: UnsafePointer(vectors.parameters), gradient: gradient,
                    metrics: metricSum.values
                ) { range in
                    covered += range.count
                    sum.take(range, of: gradient, first: first, last: last)
                }
                precondition(covered == layout.count, "an objective reports every part of its gradient ready once")
                metricSum.add()
                if !metricSum.values[0].isFinite {
                    throw TrainingError("\(metricNames[0]) is \(metricSum.values[0])", exitCode: 70)
                }
                if let tensor = sum.indexOfTensorNotFinite {
                    throw TrainingError("the gradient of \(sum.names[tensor]) is not finite", exitCode: 70)
                }
            } catch {
                return Fault(shard: shard, error: error)
            }
            shard += communicator.size
        }
        return nil
    }

    /// Throws the error of the lowest failing shard, known to the rank that holds it, on all ranks. *Collective.*
    private func report(_ fault: Fault?, shard: Int) throws -> Never {
        let owner = shard % communicator.size
        let mine = communicator.rank == owner ? fault : nil
        let reason = try communicator.broadcast(mine.map { "\($0.error)" } ?? "", root: owner)
        let code = try communicator.broadcast((mine?.error as? any ExitCoded)?.exitCode ?? 70, root: owner)
        throw TrainingError("step \(step), shard \(shard): \(reason)", step: step, shard: shard, exitCode: code)
    }

    private static func validate(
        _ options: TrainerOptions, parameters: [Float], layout: ParameterLayout, metricNames: [String]
    ) throws {
        func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
            if !condition { throw TrainingError(message()) }
        }
        try require(
            (1...1 << 30).contains(options.shardsPerBatch),
            "shards per batch: found \(options.shardsPerBatch), wanted 1 to 2^30")
        try require(
            parameters.count == layout.count, "initial parameters: found \(parameters.count) numbers, wanted \(layout.count)")
        try require(!metricNames.isEmpty, "an objective names at least one metric, its loss")
        try require(
            (0...20).contains(options.headroomBits), "headroom bits: found \(options.headroomBits), wanted 0 to 20")
        if let limit = options.gradientNormLimit {
            try require(limit > 0, "gradient norm limit: found \(limit), wanted a positive number")
        }
        if let decay = options.weightAverageDecay {
            try require((0..<1).contains(decay), "decay of the weight average: found \(decay), wanted 0 <= decay < 1")
        }
    }
}

/// Seconds of the monotonic clock.
func monotonicSeconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
}
