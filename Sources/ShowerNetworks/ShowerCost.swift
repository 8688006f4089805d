import Networks
import Numerics

/// What a model costs: multiply-adds for one shower, as done, and memory.
public struct ShowerCost: Sendable {
    /// One generated shower.
    public let generation: Double
    /// One shower through the discriminator: forward, and gradients by its parameters.
    public let discriminator: Double
    /// One shower through the generator and the frozen discriminator: forward, and gradients by the generator's parameters.
    public let generator: Double
    /// A training step for one shower: real, generated, fake, and twice the generator.
    public var step: Double { generation + 2 * discriminator + 2 * generator }
    private let generatorLanes: @Sendable (Int) -> Int
    private let discriminatorLanes: @Sendable (Int) -> Int

    /// The architecture must be one that networks can be made of.
    public init(_ architecture: ShowerArchitecture) {
        var layout = ParameterLayout(), initializers: [Initializer] = []
        let box = architecture.seedChannels * architecture.seedExtents.reduce(1, *)
        let g = (try? Stage.stack(
            architecture.generatorLayers, inputChannels: architecture.seedChannels, extents: architecture.seedExtents,
            upsampling: (architecture.upsampledLayer, architecture.upsampling), layout: &layout, initializers: &initializers)) ?? []
        let d = (try? Stage.stack(
            architecture.discriminatorLayers, inputChannels: 1, extents: architecture.imageExtents, upsampling: nil, layout: &layout,
            initializers: &initializers)) ?? []
        let dense = Double(box * architecture.latentCount)
        let forward = g.reduce(dense) { $0 + Double($1.multiplyAdds) }
        let back = g.reduce(0) { $0 + Double($1.trainedDataMultiplyAdds) }
        let judging = d.reduce(0) { $0 + Double($1.multiplyAdds) }, blaming = d.reduce(0) { $0 + Double($1.dataMultiplyAdds) }
        generation = forward
        discriminator = 2 * judging + d.dropFirst().reduce(0) { $0 + Double($1.trainedDataMultiplyAdds) }
        generator = 2 * forward + back + judging + blaming
        generatorLanes = { [g] in StageStack.lanes(g, shards: $0) }
        let sites = architecture.imageSites
        discriminatorLanes = { [d] in StageStack.lanes(d, shards: $0) + 3 * $0 * sites }
    }

    /// Bytes of activations that a rank with so many shards of a batch holds in training; 0 shards only generate.
    public func memory(shards: Int) -> Int { 64 * (generatorLanes(shards) + (shards > 0 ? discriminatorLanes(shards) : 0)) }

    /// Seconds that one core here takes for one shower of sixteen, measured on untrained networks, which take as long. *Not collective.*
    public static func measureGeneration(_ architecture: ShowerArchitecture) throws -> Double {
        let generator = try ShowerGenerator(architecture, shards: 0)
        let parameters = generator.initialParameters(seed: 1)
        let latent = LaneBlock(architecture.latentCount)
        for i in 0..<architecture.latentCount { latent.lanes[i] = Lane(repeating: i < 2 ? 1 : 0.5) }
        // The first call brings memory and caches into the state of a long run.
        let times = (0..<3).map { _ in ContinuousClock().measure { _ = generator.infer(latent.lanes, parameters: parameters) } }
        return (times.min() ?? .zero) / .seconds(Double(laneWidth))
    }
}
