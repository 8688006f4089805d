import Glitches
import NetworkKernels
import Networks
import Numerics

/// A model with the memory of one batch. *Not collective;* used by one thread at a time.
public final class GlitchGenerator {
    public let model: GlitchModel
    /// Samples of a batch.
    public let batch = laneWidth
    private let plan: Plan
    private let parameters: [Float]
    private let input: UnsafeMutableBufferPointer<Lane>
    private let output: UnsafeBufferPointer<Lane>

    /// - Throws: `NetworkError` for a model of extents that no kernel serves.
    public init(_ model: GlitchModel) throws {
        self.model = model
        let graph = try GlitchGraph(model.architecture, normalisation: .folded)
        plan = try Plan(graph.graph)
        parameters = try model.parameters(folded: graph)
        input = try plan.input("images")
        output = try plan.output("strain")
    }

    /// Images of the strain that those of the witnesses make one expect.
    /// - Parameters:
    ///   - images: `[sample][channel][row][column]` energies as `QImageMaker` makes them.
    ///   - count: samples, at most `batch`.
    ///   - strain: `[sample][row][column]` energies, overwritten.
    public func generate(images: UnsafePointer<Float>, count: Int, into strain: UnsafeMutablePointer<Float>) {
        precondition((1...batch).contains(count), "one to sixteen samples are generated at once")
        let sites = model.architecture.size * model.architecture.size
        guard let lanes = input.baseAddress else { return }
        for channel in 0..<model.architecture.inputs {
            for site in 0..<sites {
                var lane = Lane.zero
                for sample in 0..<count { lane[sample] = images[(sample * model.architecture.inputs + channel) * sites + site] }
                lanes[channel * sites + site] = lane
            }
            model.scaling.scale(lanes + channel * sites, count: sites, channel: channel + 1)
        }
        plan.run(parameters: parameters)
        for sample in 0..<count {
            for site in 0..<sites { strain[sample * sites + site] = model.scaling.energy(output[site][sample]) }
        }
    }

    /// The same with arrays.
    /// - Throws: `GlitchError` where sizes do not fit.
    public func generate(_ images: [Float], count: Int) throws -> [Float] {
        let sites = model.architecture.size * model.architecture.size
        guard (1...batch).contains(count), images.count == count * model.architecture.inputs * sites else {
            throw GlitchError(
                "generate: found \(images.count) numbers for \(count) samples, wanted 1 to \(batch) samples of \(model.architecture.inputs) channels of \(sites)")
        }
        var strain = [Float](repeating: 0, count: count * sites)
        generate(images: images, count: count, into: &strain)
        return strain
    }

    /// Runs the network alone on what is in its memory, for measurements.
    package func runNetwork() { plan.run(parameters: parameters) }
    package var report: PlanReport { plan.report }
}

extension GlitchModel {
    /// Weights and biases of the graph whose normalisations are folded into its convolutions.
    func parameters(folded graph: GlitchGraph) throws -> [Float] {
        let layout = try GlitchGraph(architecture, normalisation: .shard).graph.layout
        return graph.normalised.folded(parameters, layout: layout, means: means, variances: variances, into: graph.graph.layout)
    }
}
