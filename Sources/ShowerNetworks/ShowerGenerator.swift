import NetworkKernels
import Networks
import Numerics
import ShowerKernels

/// The generator: from (energy, angle, noise) to an image.
public final class ShowerGenerator {
    public let architecture: ShowerArchitecture
    public let layout: ParameterLayout
    public var moving: MovingStatistics
    /// What layers hold; nil where the profile leaves it to the network.
    public var layerEnergies: LayerEnergies?
    let initializers: [Initializer]
    let stack: StageStack
    private let dense: Dense
    private let denseScratch: LaneBlock
    /// `[shard]`: latent, coarse box, gradient by the box.
    private var latents: [LaneBlock] = []
    private var boxes: [LaneBlock] = []
    private var boxGradients: [LaneBlock] = []
    /// Images with their layers' energies.
    private var images: [LaneBlock] = []
    private let inferenceBox: LaneBlock
    private let moments: ShowerMoments
    /// `[shard]`, of the last forward pass, and one for inference: `[layer]`, what is wanted, the factors, and to work in.
    private var layerLanes: [LaneBlock] = []
    private let inferenceLanes: LaneBlock

    /// - Parameter shards: most shards of a batch that this rank holds; 0 to infer only.
    public init(_ architecture: ShowerArchitecture, shards: Int) throws {
        self.architecture = architecture
        let box = architecture.seedChannels * architecture.seedExtents.reduce(1, *)
        var layout = ParameterLayout(), initializers: [Initializer] = [.xavierUniform(gain: 1), .zeros]
        _ = layout.add("dense/weights", shape: [box, architecture.latentCount])
        _ = layout.add("dense/bias", shape: [box])
        let stages = try Stage.stack(
            architecture.generatorLayers, inputChannels: architecture.seedChannels, extents: architecture.seedExtents,
            upsampling: (architecture.upsampledLayer, architecture.upsampling), layout: &layout, initializers: &initializers)
        guard let last = stages.last, last.outputExtents == architecture.imageExtents, last.channels == 1 else {
            throw ShowerNetworkError(
                "generator '\(architecture.name)': the last layer gives \(stages.last?.channels ?? 0) x \(stages.last?.outputExtents ?? []), wanted 1 x \(architecture.imageExtents)")
        }
        self.layout = layout
        self.initializers = initializers
        moving = MovingStatistics(stages)
        stack = StageStack(stages, epsilon: architecture.epsilon, capacity: shards)
        dense = Dense(inputs: architecture.latentCount, outputs: box)
        denseScratch = LaneBlock(dense.scratchLanes)
        inferenceBox = LaneBlock(box)
        moments = ShowerMoments(extents: architecture.imageExtents, power: architecture.imagePower)
        inferenceLanes = LaneBlock(3 * architecture.imageExtents[2])
        layerEnergies = architecture.isRelative ? LayerEnergies(layers: architecture.imageExtents[2]) : nil
        guard !architecture.isRelative
            || architecture.imagePower == 0.5 && architecture.latentCount >= LayerEnergies.latentCount(layers: architecture.imageExtents[2])
        else {
            throw ShowerNetworkError("generator '\(architecture.name)': energies of layers take an image of power 0.5 and \(LayerEnergies.latentCount(layers: architecture.imageExtents[2])) latent numbers")
        }
        for _ in 0..<shards {
            latents.append(LaneBlock(architecture.latentCount))
            boxes.append(LaneBlock(box))
            boxGradients.append(LaneBlock(box))
            layerLanes.append(LaneBlock(3 * architecture.imageExtents[2]))
            if layerEnergies != nil { images.append(LaneBlock(architecture.imageSites)) }
        }
    }

    /// The starting parameters, the same on every rank. *Not collective.*
    public func initialParameters(seed: UInt64) -> [Float] { Initializer.parameters(layout, initializers, seed: seed) }

    /// Where the latent numbers of this rank's shard `shard` go before `forward`.
    func latent(_ shard: Int) -> UnsafeMutablePointer<Lane> { latents[shard].lanes }

    /// Image of a shard after `forward`.
    func image(_ shard: Int) -> UnsafePointer<Lane> {
        layerEnergies == nil ? stack.result(of: stack.stages.count - 1, shard: shard) : UnsafePointer(images[shard].lanes)
    }

    /// *Collective.*
    func forward(shards: Int, parameters: UnsafePointer<Float>, sum: BatchSum) throws {
        let box = dense.outputs * dense.inputs
        for s in 0..<shards {
            dense.forward(input: latents[s].lanes, weights: parameters, bias: parameters + box, output: boxes[s].lanes)
        }
        try stack.forward((0..<shards).map { UnsafePointer(boxes[$0].lanes) }, parameters: parameters, sum: sum, dropout: nil)
        guard let layerEnergies else { return }
        for s in 0..<shards {
            images[s].lanes.update(from: stack.result(of: stack.stages.count - 1, shard: s), count: architecture.imageSites)
            fill(images[s].lanes, layerEnergies, latent: latents[s].lanes, lanes: layerLanes[s].lanes)
        }
    }

    /// Parameter gradients of each shard, given the gradients by the images. *Collective.*
    func backward(
        parameters: UnsafePointer<Float>, gradients: [UnsafeMutablePointer<Float>], sum: BatchSum,
        imageGradient: (_ shard: Int, _ into: UnsafeMutablePointer<Lane>) -> Void
    ) throws {
        try stack.backward(
            gradients.indices.map { UnsafePointer(boxes[$0].lanes) }, parameters: parameters, parameterGradients: gradients, sum: sum,
            inputGradients: gradients.indices.map { boxGradients[$0].lanes }
        ) { s, gradient in
            imageGradient(s, gradient)
            guard layerEnergies != nil else { return }
            let lanes = layerLanes[s].lanes, layers = architecture.imageExtents[2]
            moments.project(gradient, image: images[s].lanes, wanted: lanes, factors: lanes + layers, products: lanes + 2 * layers)
        }
        for (s, gradient) in gradients.enumerated() {
            dense.weightGradient(
                input: latents[s].lanes, outputGradient: boxGradients[s].lanes, weightGradient: gradient,
                biasGradient: gradient + dense.outputs * dense.inputs, scratch: denseScratch.lanes)
        }
    }

    /// Sixteen images by the moving statistics. *Not collective.* The result is valid until the next call.
    public func infer(_ latent: UnsafePointer<Lane>, parameters: UnsafePointer<Float>) -> UnsafePointer<Lane> {
        let image = inferPlain(latent, parameters: parameters)
        if let layerEnergies { fill(image, layerEnergies, latent: latent, lanes: inferenceLanes.lanes) }
        return UnsafePointer(image)
    }

    /// Cuts an image and gives its layers their energies.
    private func fill(_ image: UnsafeMutablePointer<Lane>, _ energies: LayerEnergies, latent: UnsafePointer<Lane>, lanes: UnsafeMutablePointer<Lane>) {
        energies.cut(image, moments)
        energies.draw(latent, into: lanes)
        moments.normalise(image, to: lanes, factors: lanes + architecture.imageExtents[2])
    }

    /// What the network alone makes.
    func inferPlain(_ latent: UnsafePointer<Lane>, parameters: UnsafePointer<Float>) -> UnsafeMutablePointer<Lane> {
        dense.forward(
            input: latent, weights: parameters, bias: parameters + dense.outputs * dense.inputs, output: inferenceBox.lanes)
        return stack.infer(inferenceBox.lanes, parameters: parameters, moving: moving)
    }
}

extension Initializer {
    static func parameters(_ layout: ParameterLayout, _ initializers: [Initializer], seed: UInt64) -> [Float] {
        var result = [Float](repeating: 0, count: layout.count)
        for (index, (tensor, initializer)) in zip(layout.tensors, initializers).enumerated() {
            initializer.fill(&result, range: tensor.range, shape: tensor.shape, tensor: index, seed: seed)
        }
        return result
    }
}
