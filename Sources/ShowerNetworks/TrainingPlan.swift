import Batch
import Numerics

extension ShowerTrainingSettings {
    /// What a batch asks of a machine: two steps of the discriminator and those of the generator. *Not collective.*
    /// - Throws: `ShowerNetworkError` for an architecture that cannot be built.
    public func plan() throws -> StepPlan {
        let generator = try ShowerGenerator(architecture, shards: 0).layout, discriminator = try ShowerDiscriminator(architecture, shards: 0).layout
        let cost = ShowerCost(architecture)
        let multiplyAdds = cost.generation + 2 * cost.discriminator + Double(generatorSteps) * cost.generator
        // Of each step of a network: its gradient in integers, magnitudes of tensors, exact sums of the metrics. Of each normalised layer that a
        // step passes through: two exact sums a channel, forwards and backwards.
        func step(_ parameters: Int, tensors: Int, count: Int) -> [StepPlan.Sums] {
            [
                .init(count: count, bytes: 8 * parameters), .init(count: count, bytes: 4 * (tensors + 1)),
                .init(count: count, bytes: 64 * ShowerDiscriminator.metricNames.count),
            ]
        }
        func normalisations(_ layers: [ConvolutionLayer], passes: Int) -> [StepPlan.Sums] {
            layers.filter(\.isNormalised).map { .init(count: 2 * passes, bytes: 128 * $0.channels) }
        }
        return StepPlan(
            size: batch, unit: "showers", work: .shards(batch / laneWidth), operations: 2 * multiplyAdds * Double(batch),
            sums: step(discriminator.count, tensors: discriminator.tensors.count, count: 2)
                + step(generator.count, tensors: generator.tensors.count, count: generatorSteps)
                + normalisations(architecture.discriminatorLayers, passes: 2 + generatorSteps)
                + normalisations(architecture.generatorLayers, passes: generatorSteps) + [.init(count: 1, bytes: 4)],
            checkpointBytes: Double(4 * 3 * (generator.count + discriminator.count)), checkpointEvery: checkpointEvery)
    }
}
