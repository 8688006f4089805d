import Glibc
import NetworkKernels
import Networks
import Numerics
import PulsarFrames
import PulsarKernels

/// A network with one shard's memory: sixteen frames in, probabilities or a gradient out. One object serves one thread.
public final class FrameClassifier {
    public let model: ClassifierModel
    public let layout: ParameterLayout
    public let report: PlanReport
    /// The architecture as JSON, without the loss.
    public let architecture: String
    private let plan: Plan
    private let preparer: FramePreparer
    private let inputs: [(lanes: UnsafeMutableBufferPointer<Lane>, offset: Int)]
    private let logits: UnsafeBufferPointer<Lane>
    private let targets: UnsafeMutableBufferPointer<Lane>?
    private let loss: UnsafeBufferPointer<Float>?
    /// Prepared frames, one row each.
    private let staged: UnsafeMutablePointer<Float>
    private let rowStride: Int
    private var targetClasses = [Int](repeating: 0, count: laneWidth)

    /// - Throws: `ClassifierError` for axes that do not suit the network. *Not collective.*
    public init(_ model: ClassifierModel, training: Bool) throws {
        self.model = model
        let (graph, views) = try ClassifierGraph.build(model, training: training)
        architecture = training ? try ClassifierGraph.build(model, training: false).graph.json : graph.json
        preparer = try FramePreparer(model)
        plan = try Plan(graph)
        layout = graph.layout
        report = plan.report
        var offset = 0
        var inputs: [(lanes: UnsafeMutableBufferPointer<Lane>, offset: Int)] = []
        for view in views {
            inputs.append((try plan.input(view.name), offset))
            offset += view.count
        }
        self.inputs = inputs
        logits = try plan.output("logits")
        targets = training ? try plan.input("targets") : nil
        loss = training ? try plan.unbatchedOutput("loss") : nil
        // Room behind a row for what a kernel reads ahead; an odd number of lines keeps rows apart in the sets of a cache.
        let lines = (preparer.count + laneWidth) / laneWidth + 1
        rowStride = (lines | 1) * laneWidth
        let memory = LaneMemory.allocate(lanes: laneWidth * rowStride / laneWidth)
        memory.initialize(repeating: .zero, count: rowStride)
        staged = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: Float.self)
    }

    deinit { staged.deallocate() }

    /// Weights at the start of a training.
    public func initialParameters(seed: UInt64) -> [Float] { plan.graph.initialParameters(seed: seed) }

    /// Prepares a frame for place `lane` of the shard. *Not collective.*
    /// - Parameter frame: sample t of channel c at `c * stride + t`, channel 0 the highest frequency; finite numbers.
    public func load(_ frame: UnsafePointer<Float>, stride: Int, lane: Int, target: Int = 0) {
        precondition((0..<laneWidth).contains(lane) && (0..<model.classes).contains(target), "a place of the shard, and a class")
        preparer.prepare(frame, stride: stride, into: staged + lane * rowStride)
        targetClasses[lane] = target
    }

    /// Fills places from `lane` on with frames that show nothing.
    public func clear(from lane: Int) {
        for place in lane..<laneWidth {
            (staged + place * rowStride).update(repeating: 0, count: preparer.count)
            targetClasses[place] = 0
        }
    }

    private func interleave() {
        for input in inputs {
            guard let lanes = input.lanes.baseAddress else { continue }
            ShardKernel.interleave(staged + input.offset, stride: rowStride, count: input.lanes.count, into: lanes)
        }
    }

    /// Classifies the frames loaded. *Not collective.*
    /// - Parameter probabilities: `[place][class]`, room for 16 `model.classes`.
    public func infer(parameters: UnsafePointer<Float>, probabilities: UnsafeMutablePointer<Float>) {
        interleave()
        plan.run(parameters: parameters)
        fill(probabilities)
    }

    /// Runs the network alone on what is in its inputs, for measurements.
    package func runNetwork(parameters: UnsafePointer<Float>) { plan.run(parameters: parameters) }

    private func fill(_ probabilities: UnsafeMutablePointer<Float>) {
        let classes = model.classes
        for place in 0..<laneWidth {
            var largest = -Double.infinity
            for k in 0..<classes { largest = max(largest, Double(logits[k][place])) }
            var sum = 0.0
            for k in 0..<classes { sum += exp(Double(logits[k][place]) - largest) }
            for k in 0..<classes { probabilities[place * classes + k] = Float(exp(Double(logits[k][place]) - largest) / sum) }
        }
    }

    /// Logits of the last run, `[class][place]`.
    package var lastLogits: [Float] { logits.flatMap { lane in (0..<laneWidth).map { lane[$0] } } }

    /// Mean cross-entropy of the frames loaded, its gradient, and the share that is classified right. *Not collective.*
    public func descend(
        parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, ready: (Range<Int>) -> Void
    ) -> (loss: Double, accuracy: Double) {
        guard let targets, let loss else { preconditionFailure("a classifier that is not for training") }
        for k in 0..<model.classes {
            var lane = Lane(repeating: 0)
            for place in 0..<laneWidth where targetClasses[place] == k { lane[place] = 1 }
            targets[k] = lane
        }
        interleave()
        plan.run(parameters: parameters, gradient: gradient, ready: ready)
        var right = 0
        for place in 0..<laneWidth {
            var best = 0
            for k in 1..<model.classes where logits[k][place] > logits[best][place] { best = k }
            if best == targetClasses[place] { right += 1 }
        }
        return (Double(loss[0]), Double(right) / Double(laneWidth))
    }

    /// Multiply-adds of convolutions and dense layers for one frame.
    public var multiplyAdds: Int { plan.graph.multiplyAdds }
}

extension Graph {
    /// Multiply-adds of convolutions and dense layers for one sample, the gradient's not among them.
    var multiplyAdds: Int {
        var sum = 0
        for node in nodes where node.stage == 0 {
            let types = node.inputs.map { nodes[$0].type }
            switch node.operation {
            case .convolution: sum += types[1].count * node.type.sites
            case .convolutionDataGradient: sum += types[1].count * types[0].sites
            case .dense: sum += types[1].count
            default: break
            }
        }
        return sum
    }
}
