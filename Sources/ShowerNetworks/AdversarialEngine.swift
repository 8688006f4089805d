import MessagePassing
import Networks
import NetworkKernels
import Numerics
import ShowerKernels

extension RandomPurpose {
    static let showerNoise = RandomPurpose(rawValue: 64)
    static let showerLabels = RandomPurpose(rawValue: 65)
    static let showerDropout = RandomPurpose(rawValue: 66)
}

/// Both networks and the passes that a training is made of, over this rank's shards of a batch.
public final class AdversarialEngine {
    public let generator: ShowerGenerator
    public let discriminator: ShowerDiscriminator
    public let communicator: Communicator
    public let shardsPerBatch: Int
    /// Places in the batch of this rank's shards.
    public let shards: [Int]
    public var weights = ShowerLossWeights()
    /// What generated showers are held to beside the discriminator, where `weights.moments` is not 0.
    var moments: MomentLoss?
    private let sum: BatchSum
    private let dropoutStream: RandomStream
    private let images: [LaneBlock]
    private let imageGradients: [LaneBlock]
    /// `[shard]`, of the last pass, each the mean over its samples.
    public private(set) var metrics: [[Double]] = []
    private let generatorGradients: [FloatBlock]
    private let discriminatorGradients: [FloatBlock]

    public init(_ architecture: ShowerArchitecture, shardsPerBatch: Int, seed: UInt64, communicator: Communicator) throws {
        self.communicator = communicator
        self.shardsPerBatch = shardsPerBatch
        shards = Array(stride(from: communicator.rank, to: shardsPerBatch, by: communicator.size))
        generator = try ShowerGenerator(architecture, shards: shards.count)
        discriminator = try ShowerDiscriminator(architecture, shards: shards.count)
        sum = BatchSum(communicator: communicator, samples: shardsPerBatch * laneWidth)
        dropoutStream = RandomStream(seed: seed, purpose: .showerDropout)
        images = shards.map { _ in LaneBlock(architecture.imageSites) }
        imageGradients = shards.map { _ in LaneBlock(architecture.imageSites) }
        let (g, d) = (generator.layout.count, discriminator.layout.count)
        generatorGradients = shards.map { _ in FloatBlock(g) }
        discriminatorGradients = shards.map { _ in FloatBlock(d) }
    }

    /// Image of this rank's shard `s`, to be filled before `judge`.
    public func image(_ s: Int) -> UnsafeMutablePointer<Lane> { images[s].lanes }
    /// Latent numbers of this rank's shard `s`, to be filled before `imitate`.
    public func latent(_ s: Int) -> UnsafeMutablePointer<Lane> { generator.latent(s) }
    /// Image of shard `s` that `imitate` made.
    public func imitation(_ s: Int) -> UnsafePointer<Lane> { generator.image(s) }
    /// Gradients of this rank's shard `s` by the last `judge` or `imitate`.
    public func discriminatorGradient(_ s: Int) -> UnsafePointer<Float> { UnsafePointer(discriminatorGradients[s].numbers) }
    public func generatorGradient(_ s: Int) -> UnsafePointer<Float> { UnsafePointer(generatorGradients[s].numbers) }

    /// What tests look into: activations of a layer before its normalisation, `[channel][site]`, and the bits of its dropout.
    package func generatorActivations(layer: Int, shard: Int) -> UnsafeBufferPointer<Lane> { generator.stack.kept(layer, shard: shard).values }
    package func discriminatorActivations(layer: Int, shard: Int) -> (values: UnsafeBufferPointer<Lane>, bits: UnsafePointer<UInt16>?) {
        discriminator.stack.kept(layer, shard: shard)
    }

    private func dropout(_ epoch: UInt64?) -> DropoutKey? { epoch.map { DropoutKey(stream: dropoutStream, epoch: $0, shards: shards) } }

    /// The discriminator on the images: losses and parameter gradients. *Collective.*
    /// - Parameter dropoutEpoch: which random numbers the dropouts draw; nil drops nothing.
    public func judge(_ targets: [ShowerTargets], discriminator parameters: UnsafePointer<Float>, dropoutEpoch: UInt64?) throws {
        let images = images.map { UnsafePointer($0.lanes) }
        metrics = try discriminator.forward(
            images: images, targets: targets, weights: weights, parameters: parameters, sum: sum, dropout: dropout(dropoutEpoch))
        try discriminator.backward(
            images: images, parameters: parameters, gradients: discriminatorGradients.map(\.numbers), imageGradients: nil, sum: sum)
    }

    /// The generator against the frozen discriminator: losses and parameter gradients. *Collective.*
    public func imitate(
        _ targets: [ShowerTargets], generator parameters: UnsafePointer<Float>, discriminator frozen: UnsafePointer<Float>, dropoutEpoch: UInt64?
    ) throws {
        try generator.forward(shards: shards.count, parameters: parameters, sum: sum)
        let images = shards.indices.map { generator.image($0) }
        metrics = try discriminator.forward(
            images: images, targets: targets, weights: weights, parameters: frozen, sum: sum, dropout: dropout(dropoutEpoch),
            moments: moments)
        try discriminator.backward(
            images: images, parameters: frozen, gradients: nil, imageGradients: imageGradients.map(\.lanes), sum: sum)
        let count = generator.architecture.imageSites
        try generator.backward(parameters: parameters, gradients: generatorGradients.map(\.numbers), sum: sum) { s, outer in
            outer.update(from: imageGradients[s].lanes, count: count)
        }
    }
}

/// Floats that live as long as their owner.
final class FloatBlock {
    let numbers: UnsafeMutablePointer<Float>

    init(_ count: Int) {
        numbers = .allocate(capacity: max(1, count))
        numbers.initialize(repeating: 0, count: max(1, count))
    }

    deinit { numbers.deallocate() }
}
