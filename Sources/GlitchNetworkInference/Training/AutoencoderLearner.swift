import NetworkKernels
import Networks
import Numerics
import Training

/// An autoencoder with its loss, the memory of one shard, and the windows that fill it. One object serves one thread.
final class AutoencoderLearner {
    let architecture: AutoencoderArchitecture
    let layout: ParameterLayout
    let report: PlanReport
    let normalised: [NormalisedConvolution]
    private let plan: Plan
    private let file: SeriesFile
    private let series, target: UnsafeMutableBufferPointer<Lane>
    private let power: UnsafeBufferPointer<Lane>
    private let loss: UnsafeBufferPointer<Float>?
    private let means, variances: [UnsafeBufferPointer<Float>]

    /// - Throws: `NetworkError` for extents that no kernel serves. *Not collective.*
    init(_ architecture: AutoencoderArchitecture, normalisation: BatchNormalisation, file: SeriesFile) throws {
        (self.architecture, self.file) = (architecture, file)
        let graph = try AutoencoderGraph(architecture, normalisation: normalisation, hasLoss: true)
        let plan = try Plan(graph.graph)
        (self.plan, layout, report, normalised) = (plan, graph.graph.layout, plan.report, graph.normalised)
        series = try plan.input("series")
        target = try plan.input("target")
        power = try plan.output("power")
        loss = normalisation == .shard ? try plan.unbatchedOutput("loss") : nil
        let hasStatistics = normalisation == .shard
        means = hasStatistics ? try graph.normalised.map { try plan.unbatchedOutput("\($0.normalisation)/mean") } : []
        variances = hasStatistics ? try graph.normalised.map { try plan.unbatchedOutput("\($0.normalisation)/variance") } : []
    }

    func initialParameters(seed: UInt64) -> [Float] { plan.graph.initialParameters(seed: seed) }

    /// Fills the inputs with the windows that begin at these samples; the last stands for those that are missing.
    func load(_ starts: [Int]) throws {
        let window = architecture.window
        for lane in 0..<laneWidth {
            let values = try file.read(starts[min(lane, starts.count - 1)], count: window)
            for t in 0..<window { target[t][lane] = values[t] }
            for i in 0..<(file.channels - 1) * window { series[i][lane] = values[window + i] }
        }
    }

    /// Mean power that is left in the wanted part of the windows, and its gradient.
    func descend(parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, ready: (Range<Int>) -> Void) -> Double {
        plan.run(parameters: parameters, gradient: gradient, ready: ready)
        return Double(loss?[0] ?? 0)
    }

    /// Power left in each window, and that of its strain.
    func judge(parameters: UnsafePointer<Float>) -> [(left: Double, before: Double)] {
        plan.run(parameters: parameters)
        return (0..<laneWidth).map { lane in
            var before = 0.0
            for t in architecture.margin..<architecture.margin + architecture.wanted { before += Double(target[t][lane]) * Double(target[t][lane]) }
            return (Double(power[0][lane]), before / Double(architecture.wanted))
        }
    }

    /// Means and variances of every normalisation for what is in the inputs: all means, then all variances.
    func statistics(parameters: UnsafePointer<Float>) -> [Double] {
        plan.run(parameters: parameters)
        return (means + variances).flatMap { $0.map(Double.init) }
    }
}

/// The loss of windows drawn in the order of the training's shuffle.
struct AutoencoderObjective: ShardedObjective {
    var layout: ParameterLayout { learner.layout }
    let metricNames = ["loss"]
    let learner: AutoencoderLearner
    let starts: [Int]
    let shardsPerBatch: Int
    let seed: UInt64
    private var order: (epoch: Int, shuffle: Shuffle)?

    init(learner: AutoencoderLearner, starts: [Int], shardsPerBatch: Int, seed: UInt64) {
        (self.learner, self.starts, self.shardsPerBatch, self.seed) = (learner, starts, shardsPerBatch, seed)
    }

    mutating func evaluate(
        step: Int, shard: Int, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, metrics: UnsafeMutablePointer<Double>,
        ready: (Range<Int>) -> Void
    ) throws {
        var drawn: [Int] = []
        for lane in 0..<laneWidth {
            let global = (step * shardsPerBatch + shard) * laneWidth + lane
            let epoch = global / starts.count
            if order?.epoch != epoch { order = (epoch, Shuffle(count: starts.count, seed: seed, epoch: epoch)) }
            drawn.append(starts[order?.shuffle[global % starts.count] ?? 0])
        }
        try learner.load(drawn)
        metrics[0] = learner.descend(parameters: parameters, gradient: gradient, ready: ready)
    }
}
