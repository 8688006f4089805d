import MessagePassing
import Networks
import Numerics
import Training

/// The judgement of images that training does not see, shared among the ranks.
final class GlitchValidation {
    private let shards: ImageShards
    private let loss: GlitchLoss
    private let graph: GlitchGraph
    private let plan: Plan
    private let images, target: UnsafeMutableBufferPointer<Lane>
    private let strain: UnsafeBufferPointer<Lane>
    private let absolute, similarity: UnsafeBufferPointer<Lane>
    /// The mean of training's images of the strain, in a network's numbers.
    private var meanImage: [Float] = []
    /// The loss of one image against another, without a network.
    private let comparison: Plan

    /// Energy above which there is a glitch (GlitchFlow's SNR^2 of 16).
    static let threshold = 16.0

    init(_ architecture: GlitchArchitecture, shards: ImageShards, loss: GlitchLoss) throws {
        (self.shards, self.loss) = (shards, loss)
        graph = try GlitchGraph(architecture, normalisation: .folded, loss: loss)
        plan = try Plan(graph.graph)
        images = try plan.input("images")
        target = try plan.input("target")
        strain = try plan.output("strain")
        absolute = try plan.output("l1")
        similarity = try plan.output("similarity")
        let builder = GraphBuilder()
        let shape = [1, architecture.size, architecture.size]
        let (a, b) = (try builder.input("a", shape: shape), try builder.input("b", shape: shape))
        try builder.output("l1", SimilarityLoss.absolute(a, b))
        try builder.output("similarity", SimilarityLoss.similarity(a, b, range: loss.range))
        comparison = try Plan(builder.graph)
    }

    /// Groups of training's images whose sums do not depend on the number of ranks.
    private static let groups = 64

    /// Makes the mean image. *Collective.*
    func prepare(_ communicator: Communicator) throws {
        guard let images = images.baseAddress, let target = target.baseAddress else { return }
        let sites = self.target.count, chosen = shards.training
        var sums = [Double](repeating: 0, count: Self.groups * sites)
        try communicator.agree {
            for group in stride(from: communicator.rank, to: Self.groups, by: communicator.size) {
                let part = group * chosen.count / Self.groups..<(group + 1) * chosen.count / Self.groups
                for first in stride(from: part.lowerBound, to: part.upperBound, by: laneWidth) {
                    let end = min(part.upperBound, first + laneWidth)
                    try shards.load(chosen[first..<end], into: images, target: target)
                    for site in 0..<sites {
                        for lane in 0..<end - first { sums[group * sites + site] += Double(target[site][lane]) }
                    }
                }
            }
        }
        // All other ranks hold zero.
        try communicator.allReduce(&sums, .sum)
        meanImage = (0..<sites).map { site in
            Float((0..<Self.groups).reduce(0.0) { $0 + sums[$1 * sites + site] } / Double(max(1, chosen.count)))
        }
    }

    /// Means and variances of each normalisation over some shards of training, whatever ranks compute them. *Collective.*
    func statistics(
        _ learner: GlitchLearner, parameters: UnsafeBufferPointer<Float>, count: Int, communicator: Communicator
    ) throws -> (means: [[Float]], variances: [[Float]]) {
        let available = min(count, (shards.training.count + laneWidth - 1) / laneWidth)
        return try ShardStatistics.mean(widths: learner.normalisedWidths, shards: available, communicator: communicator) { shard in
            guard let weights = parameters.baseAddress, let images = learner.images.baseAddress, let target = learner.target.baseAddress else { return [] }
            let first = shard * shards.training.count / available
            let end = min(shards.training.count, first + laneWidth)
            try shards.load(shards.training[first..<end], into: images, target: target)
            return learner.statistics(parameters: weights)
        }
    }

    /// Judges the images of one use. *Collective;* the same on any number of ranks.
    func judge(
        _ use: ImageUse, parameters: [Float], layout: ParameterLayout, means: [[Float]], variances: [[Float]], communicator: Communicator
    ) throws -> GlitchScore {
        let folded = graph.normalised.folded(parameters, layout: layout, means: means, variances: variances, into: graph.graph.layout)
        let chosen = shards.file.indices(use)
        let width = GlitchScore.Judgement.count
        var rows = [Double](repeating: 0, count: chosen.count * width)
        try communicator.agree {
            for first in stride(from: communicator.rank * laneWidth, to: chosen.count, by: communicator.size * laneWidth) {
                let end = min(chosen.count, first + laneWidth)
                for (lane, judgement) in try judge(chosen[first..<end], folded).enumerated() {
                    rows.replaceSubrange((first + lane) * width..<(first + lane + 1) * width, with: judgement.numbers)
                }
            }
        }
        try communicator.allReduce(&rows, .sum)
        return GlitchScore(chosen.indices.map { GlitchScore.Judgement(rows[$0 * width..<($0 + 1) * width]) }, loss: loss, threshold: Self.threshold)
    }

    private func judge(_ chosen: ArraySlice<Int>, _ folded: [Float]) throws -> [GlitchScore.Judgement] {
        guard let images = images.baseAddress, let target = target.baseAddress else { return [] }
        try shards.load(chosen, into: images, target: target)
        plan.run(parameters: folded)
        let (a, b) = (try comparison.input("a"), try comparison.input("b"))
        let sites = self.target.count
        for site in 0..<sites { (a[site], b[site]) = (Lane(repeating: meanImage[site]), target[site]) }
        comparison.run(parameters: folded)
        let (meanAbsolute, meanSimilarity) = (try comparison.output("l1"), try comparison.output("similarity"))
        return chosen.enumerated().map { lane, index in
            var (squares, meanSquares) = (0.0, 0.0)
            var (largest, trueLargest): (Float, Float) = (0, 0)
            for site in 0..<sites {
                let (y, x) = (strain[site][lane], target[site][lane])
                squares += Double((y - x) * (y - x))
                meanSquares += Double((meanImage[site] - x) * (meanImage[site] - x))
                (largest, trueLargest) = (max(largest, y), max(trueLargest, x))
            }
            return GlitchScore.Judgement(
                isTrigger: shards.file.isTrigger[index], absolute: Double(absolute[0][lane]), similarity: Double(similarity[0][lane]),
                meanAbsolute: Double(meanAbsolute[0][lane]), meanSimilarity: Double(meanSimilarity[0][lane]), squares: squares, meanSquares: meanSquares,
                largest: Double(shards.scaling.energy(largest)), trueLargest: Double(shards.scaling.energy(trueLargest)))
        }
    }
}
