import Glibc
import NetworkKernels
import Networks
import Numerics
import PulsarFrames
import PulsarKernels

/// Sixteen frames in the form that a U-Net takes, and masks in the form that it learns: what learning and use have in common. One object serves one thread.
final class SegmentationShard {
    private let model: SegmentationModel
    private let channels: RobustChannels
    private var prepared: [Float]
    /// Images in units of the noise of a site, and masks: a row of sites for each lane.
    private var staged: [Float]
    private var masks: [Float]
    /// From a row to the next: an odd number of lines keeps rows apart in the sets of a cache.
    private let rowStride: Int
    var sites: Int { model.side * model.side }

    init(_ model: SegmentationModel) {
        self.model = model
        channels = RobustChannels(model.axes)
        prepared = [Float](repeating: 0, count: model.axes.channels * model.axes.samples + 1)
        rowStride = (model.side * model.side / laneWidth | 1) * laneWidth
        staged = [Float](repeating: 0, count: laneWidth * rowStride)
        masks = staged
    }

    /// Puts a frame into place `lane`: sample t of channel c at `c * stride + t`, channel 0 the highest frequency; finite numbers.
    func load(_ frame: UnsafePointer<Float>, stride: Int, lane: Int) {
        channels.prepare(frame, stride: stride, into: &prepared)
        let (rows, columns, samples) = (model.channelFactor, model.sampleFactor, model.axes.samples)
        let scale = 1 / Float(rows * columns).squareRoot()
        for row in 0..<model.side {
            for column in 0..<model.side {
                var sum: Float = 0
                for c in row * rows..<(row + 1) * rows {
                    for t in column * columns..<(column + 1) * columns { sum += prepared[c * samples + t] }
                }
                staged[lane * rowStride + row * model.side + column] = sum * scale
            }
        }
    }

    /// Puts a frame's mask into place `lane`: a site has a pulse if any of its channels and samples has.
    func load(mask: UnsafePointer<Float>, lane: Int) {
        let (rows, columns, samples) = (model.channelFactor, model.sampleFactor, model.axes.samples)
        for row in 0..<model.side {
            for column in 0..<model.side {
                var largest: Float = 0
                for c in row * rows..<(row + 1) * rows {
                    for t in column * columns..<(column + 1) * columns { largest = max(largest, mask[c * samples + t]) }
                }
                masks[lane * rowStride + row * model.side + column] = largest
            }
        }
    }

    /// Fills places from `lane` on with frames that show nothing.
    func clear(from lane: Int) {
        for place in lane * rowStride..<laneWidth * rowStride { (staged[place], masks[place]) = (0, 0) }
    }

    func putImages(into lanes: UnsafeMutableBufferPointer<Lane>) { interleave(staged, into: lanes) }
    func putMasks(into lanes: UnsafeMutableBufferPointer<Lane>) { interleave(masks, into: lanes) }

    private func interleave(_ rows: [Float], into lanes: UnsafeMutableBufferPointer<Lane>) {
        guard let lanes = lanes.baseAddress else { return }
        ShardKernel.interleave(rows, stride: rowStride, count: sites, into: lanes)
    }
}

/// A U-Net with its loss and the memory of one shard.
package final class SegmentationLearner {
    package let layout: ParameterLayout
    package let report: PlanReport
    package let normalised: [NormalisedConvolution]
    let shard: SegmentationShard
    private let plan: Plan
    package let images, masks: UnsafeMutableBufferPointer<Lane>
    private let logits: UnsafeBufferPointer<Lane>
    private let loss: UnsafeBufferPointer<Float>
    private let means, variances: [UnsafeBufferPointer<Float>]

    /// - Throws: `ClassifierError` for axes that do not suit the network, `NetworkError` for extents that no kernel serves. *Not collective.*
    package init(_ model: SegmentationModel) throws {
        try model.validate()
        let graph = try SegmentationGraph(model, normalisation: .shard, loss: true)
        let plan = try Plan(graph.graph)
        (self.plan, layout, report, normalised) = (plan, graph.graph.layout, plan.report, graph.normalised)
        shard = SegmentationShard(model)
        images = try plan.input("image")
        masks = try plan.input("mask")
        logits = try plan.output("logits")
        loss = try plan.unbatchedOutput("loss")
        means = try graph.normalised.map { try plan.unbatchedOutput("\($0.normalisation)/mean") }
        variances = try graph.normalised.map { try plan.unbatchedOutput("\($0.normalisation)/variance") }
    }

    var multiplyAdds: Int { plan.graph.multiplyAdds }

    package func initialParameters(seed: UInt64) -> [Float] { plan.graph.initialParameters(seed: seed) }

    /// Brings what the shard holds into the network.
    func take() {
        shard.putImages(into: images)
        shard.putMasks(into: masks)
    }

    /// Mean loss of what the network holds and its gradient; and what masks found and true have in common over what either has, 1 where neither has anything.
    package func descend(
        parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, ready: (Range<Int>) -> Void = { _ in }
    ) -> (loss: Double, overlap: Double) {
        plan.run(parameters: parameters, gradient: gradient, ready: ready)
        var (both, either) = (0, 0)
        for site in masks.indices {
            for place in 0..<laneWidth {
                let (isFound, isTrue) = (logits[site][place] >= 0, masks[site][place] > 0.5)
                if isFound && isTrue { both += 1 }
                if isFound || isTrue { either += 1 }
            }
        }
        return (Double(loss[0]), either > 0 ? Double(both) / Double(either) : 1)
    }

    /// Means of every normalisation for what the network holds, then variances.
    package func statistics(parameters: UnsafePointer<Float>) -> [Double] {
        plan.run(parameters: parameters)
        return (means + variances).flatMap { $0.map(Double.init) }
    }

    /// Logits of the last run, `[site][place]`.
    package var lastLogits: [Float] { logits.flatMap { lane in (0..<laneWidth).map { lane[$0] } } }
}

/// A trained U-Net at work: sixteen frames in, the probability of a pulse at each of their places out.
public final class FrameSegmenter {
    public let model: SegmentationModel
    let shard: SegmentationShard
    private let plan: Plan
    private let layout: ParameterLayout
    private let normalised: [NormalisedConvolution]
    private let image: UnsafeMutableBufferPointer<Lane>
    private let logits: UnsafeBufferPointer<Lane>
    private var parameters: [Float] = []

    /// Without weights. *Not collective.*
    package init(_ model: SegmentationModel) throws {
        try model.validate()
        self.model = model
        let graph = try SegmentationGraph(model, normalisation: .folded)
        plan = try Plan(graph.graph)
        (layout, normalised) = (graph.graph.layout, graph.normalised)
        shard = SegmentationShard(model)
        image = try plan.input("image")
        logits = try plan.output("logits")
    }

    /// - Throws: `ClassifierError`, `NetworkError`. *Not collective.*
    public convenience init(_ trained: TrainedSegmentation) throws {
        try self.init(trained.model)
        try use(trained)
    }

    /// Takes the weights of a network of the same shape.
    func use(_ trained: TrainedSegmentation) throws {
        let own = try SegmentationGraph(trained.model, normalisation: .shard).graph.layout
        parameters = normalised.folded(trained.parameters, layout: own, means: trained.means, variances: trained.variances, into: layout)
    }

    /// Puts a frame into place `lane`: sample t of channel c at `c * stride + t`, channel 0 the highest frequency; finite numbers. *Not collective.*
    public func load(_ frame: UnsafePointer<Float>, stride: Int, lane: Int) {
        precondition((0..<laneWidth).contains(lane), "one of sixteen places")
        shard.load(frame, stride: stride, lane: lane)
    }

    /// Fills places from `lane` on with frames that show nothing.
    public func clear(from lane: Int) { shard.clear(from: lane) }

    /// Probabilities of a pulse. *Not collective.*
    /// - Parameter probabilities: `[place][row][column]`, room for 16 `model.side` squared.
    public func infer(_ probabilities: UnsafeMutablePointer<Float>) {
        shard.putImages(into: image)
        plan.run(parameters: parameters)
        for (site, lane) in logits.enumerated() {
            for place in 0..<laneWidth { probabilities[place * shard.sites + site] = 1 / (1 + exp(-lane[place])) }
        }
    }

    /// Logits of images as the network has them, `[site][place]`.
    package func logits(of images: UnsafeMutableBufferPointer<Lane>) -> [Float] {
        for site in images.indices { image[site] = images[site] }
        plan.run(parameters: parameters)
        return logits.flatMap { lane in (0..<laneWidth).map { lane[$0] } }
    }

    /// Runs the network alone on what it holds, for measurements.
    package func runNetwork() { plan.run(parameters: parameters) }
    package var multiplyAdds: Int { plan.graph.multiplyAdds }
}
