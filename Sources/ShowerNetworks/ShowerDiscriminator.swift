import NetworkKernels
import Networks
import Numerics
import ShowerKernels

/// The discriminator: from an image to a logit, an energy, the shower's angle and its sum.
public final class ShowerDiscriminator {
    public let architecture: ShowerArchitecture
    public let layout: ParameterLayout
    public var moving: MovingStatistics
    public static let metricNames = ["loss", "generation", "energy", "angle", "deposit", "moments"]
    let initializers: [Initializer]
    let stack: StageStack
    private let pooling: Pooling
    /// Both heads as one dense layer.
    private let heads: Dense
    private let headWeights: Range<Int>
    private let headBias: Range<Int>
    private let moments: ShowerMoments
    private let pooled: [LaneBlock]
    private let pooledGradient: LaneBlock
    private let headScratch: LaneBlock
    private let energies: [LaneBlock]
    /// `[shard]`, of the last images: `3 * layers` lanes each.
    private let sums: [UnsafeMutablePointer<DoubleLane>]
    /// `[shard]`: gradients by logit and energy, and the coefficients of the gradient by the image.
    private let headGradients: [LaneBlock]
    private let coefficients: [LaneBlock]

    public init(_ architecture: ShowerArchitecture, shards: Int) throws {
        self.architecture = architecture
        var layout = ParameterLayout(), initializers: [Initializer] = []
        let stages = try Stage.stack(
            architecture.discriminatorLayers, inputChannels: 1, extents: architecture.imageExtents, upsampling: nil, layout: &layout,
            initializers: &initializers)
        guard let last = stages.last else { throw ShowerNetworkError("discriminator '\(architecture.name)': no layers") }
        do {
            pooling = Pooling(
                try WindowShape(channels: last.channels, inputExtents: last.outputExtents, windowExtents: architecture.pooling))
        } catch { throw ShowerNetworkError("discriminator '\(architecture.name)': \(error)") }
        let features = last.channels * pooling.shape.outputSites
        let first = layout.add("generation/weights", shape: [1, features])
        let second = layout.add("auxiliary/weights", shape: [1, features])
        headWeights = first.lowerBound..<second.upperBound
        headBias = layout.add("generation/bias", shape: [1]).lowerBound..<layout.add("auxiliary/bias", shape: [1]).upperBound
        initializers += [.xavierUniform(gain: 1), .xavierUniform(gain: 1), .zeros, .zeros]
        self.layout = layout
        self.initializers = initializers
        moving = MovingStatistics(stages)
        stack = StageStack(stages, epsilon: architecture.epsilon, capacity: shards)
        heads = Dense(inputs: features, outputs: 2)
        moments = ShowerMoments(extents: architecture.imageExtents, power: architecture.imagePower)
        let layers = architecture.imageExtents[2]
        pooled = (0..<shards).map { _ in LaneBlock(features) }
        energies = (0..<shards).map { _ in LaneBlock(architecture.imageExtents.reduce(1, *)) }
        headGradients = (0..<shards).map { _ in LaneBlock(2) }
        coefficients = (0..<shards).map { _ in LaneBlock(3 * layers) }
        pooledGradient = LaneBlock(features)
        headScratch = LaneBlock(heads.scratchLanes)
        sums = (0..<shards).map { _ in .allocate(capacity: 3 * layers) }
    }

    deinit { for block in sums { block.deallocate() } }

    public func initialParameters(seed: UInt64) -> [Float] { Initializer.parameters(layout, initializers, seed: seed) }

    /// Losses of this rank's shards and all that their gradients need. *Collective.*
    /// - Parameter moments: the loss on the layer sums' moments, for generated images.
    /// - Returns: for each shard the means over its samples in the order of `metricNames`.
    func forward(
        images: [UnsafePointer<Lane>], targets: [ShowerTargets], weights: ShowerLossWeights, parameters: UnsafePointer<Float>, sum: BatchSum,
        dropout: DropoutKey?, moments batchMoments: MomentLoss? = nil
    ) throws -> [[Double]] {
        try stack.forward(images, parameters: parameters, sum: sum, dropout: dropout)
        batchMoments?.begin(shards: images.count)
        for s in images.indices {
            look(s, image: images[s], parameters: parameters)
            batchMoments?.add(s, sums: (0..<laneWidth).map { layerSums(s, $0) }, energies: targets[s].energies, angles: targets[s].angles)
        }
        try batchMoments?.finish(sum)
        return images.indices.map { judge($0, targets: targets[$0], weights: weights, moments: batchMoments) }
    }

    /// Logits and energies of sixteen images by the moving statistics. *Not collective.*
    public func infer(_ image: UnsafePointer<Lane>, parameters: UnsafePointer<Float>) -> (logit: Lane, energy: Lane) {
        pooling.average(input: stack.infer(image, parameters: parameters, moving: moving), output: pooledGradient.lanes)
        return withUnsafeTemporaryAllocation(of: Lane.self, capacity: 2) { outputs in
            guard let base = outputs.baseAddress else { return (.zero, .zero) }
            heads.forward(
                input: pooledGradient.lanes, weights: parameters + headWeights.lowerBound, bias: parameters + headBias.lowerBound, output: base)
            return (base[0], base[1])
        }
    }

    /// Logit, energy and layer sums of a shard.
    private func look(_ s: Int, image: UnsafePointer<Lane>, parameters: UnsafePointer<Float>) {
        pooling.average(input: stack.result(of: stack.stages.count - 1, shard: s), output: pooled[s].lanes)
        heads.forward(
            input: pooled[s].lanes, weights: parameters + headWeights.lowerBound, bias: parameters + headBias.lowerBound, output: headGradients[s].lanes)
        moments.expand(image, into: energies[s].lanes)
        moments.measure(energies[s].lanes, into: sums[s])
    }

    /// Energy, energy times x and energy times y of each layer, of sample `j`.
    private func layerSums(_ s: Int, _ j: Int) -> [Double] { (0..<3 * architecture.imageExtents[2]).map { sums[s][$0][j] } }

    private func judge(_ s: Int, targets: ShowerTargets, weights: ShowerLossWeights, moments: MomentLoss?) -> [Double] {
        let outputs = headGradients[s].lanes
        let layers = architecture.imageExtents[2]
        var metrics = [Double](repeating: 0, count: Self.metricNames.count)
        var slope = [Double](repeating: 0, count: 3 * layers)
        let share = 1 / Double(laneWidth)
        for j in 0..<laneWidth {
            let own = layerSums(s, j)
            let angle = ShowerAngle.measure(own, gradient: &slope)
            let loss = ShowerLoss(
                logit: Double(outputs[0][j]), energy: Double(outputs[1][j]), angle: angle, deposit: own[0..<layers].reduce(0, +),
                label: targets.labels[j], trueEnergy: targets.energies[j], trueAngle: targets.angles[j], trueDeposit: targets.deposits[j],
                weights: weights)
            outputs[0][j] = Float(share * loss.gradient.logit)
            outputs[1][j] = Float(share * loss.gradient.energy)
            for k in 0..<3 * layers {
                coefficients[s].lanes[k][j] = Float(share * (loss.gradient.angle * slope[k] + (k < layers ? loss.gradient.deposit : 0)))
            }
            if let moments {
                for (k, force) in moments.gradient(s, j).enumerated() { coefficients[s].lanes[k][j] += Float(weights.moments * force) }
            }
            let v = loss.values
            metrics[0] +=
                share * (weights.generation * v.generation + weights.energy * v.energy + weights.angle * v.angle + weights.deposit * v.deposit)
            metrics[1] += share * v.generation
            metrics[2] += share * v.energy
            metrics[3] += share * v.angle
            metrics[4] += share * v.deposit
        }
        if let moments {
            metrics[0] += weights.moments * moments.value
            metrics[5] = moments.value
        }
        return metrics
    }

    /// Gradients of the last forward pass: by the parameters where `gradients` are given, by the images where `imageGradients` are. *Collective.*
    func backward(
        images: [UnsafePointer<Lane>], parameters: UnsafePointer<Float>, gradients: [UnsafeMutablePointer<Float>]?,
        imageGradients: [UnsafeMutablePointer<Lane>]?, sum: BatchSum
    ) throws {
        try stack.backward(
            images, parameters: parameters, parameterGradients: gradients, sum: sum, inputGradients: imageGradients
        ) { s, outer in
            heads.dataGradient(
                outputGradient: headGradients[s].lanes, weights: parameters + headWeights.lowerBound, inputGradient: pooledGradient.lanes)
            if let gradient = gradients?[s] {
                heads.weightGradient(
                    input: pooled[s].lanes, outputGradient: headGradients[s].lanes, weightGradient: gradient + headWeights.lowerBound,
                    biasGradient: gradient + headBias.lowerBound, scratch: headScratch.lanes)
            }
            pooling.averageGradient(outputGradient: pooledGradient.lanes, inputGradient: outer)
        }
        guard let imageGradients else { return }
        for s in images.indices {
            moments.addGradient(image: images[s], energy: energies[s].lanes, coefficients: coefficients[s].lanes, to: imageGradients[s])
        }
    }
}
