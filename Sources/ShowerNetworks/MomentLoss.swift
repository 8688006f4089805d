import Numerics

/// How far a batch's means and mean squares of the layer sums, given energy and angle, are from the training showers'.
///
/// With G the mean products of the basis functions and R_A, R_B the means of basis function times residual over the even and the odd samples of a
/// batch, the loss of a feature is R_A G^-1 R_B. Its expectation is the squared bias and nothing else, where the square of one batch's mean would
/// also punish the fluctuations that showers have. What a shower feels is the bias that the other half shows at its energy and angle. Sums over
/// shards are exact.
package final class MomentLoss {
    /// Weight of the mean squares beside the means.
    static let squareShare = 0.25

    let moments: ConditionalMoments
    /// `[shard][lane]`.
    private var samples: [[ConditionalMoments.Sample]] = []
    /// `[half][means, squares][feature][basis]`: the coefficients of the bias in each half.
    private var biases: [Double] = []
    private var projections: [ExactSum] = []
    /// Mean over features of the product of both halves' biases, means and a share of the squares; negative where chance has it so.
    package private(set) var value = 0.0

    package init(_ moments: ConditionalMoments) { self.moments = moments }

    private var block: Int { moments.features * ConditionalMoments.basisCount }

    /// Starts a batch.
    package func begin(shards: Int) {
        samples = Array(repeating: [], count: shards)
        projections = Array(repeating: ExactSum(), count: 4 * block)
    }

    /// Adds shard `s`: `sums[lane]` as of `ShowerMoments.measure`.
    package func add(_ s: Int, sums: [[Double]], energies: [Double], angles: [Double]) {
        let basisCount = ConditionalMoments.basisCount
        var totals = [Double](repeating: 0, count: 4 * block)
        for j in sums.indices {
            let basis = ConditionalMoments.basis(energy: energies[j], angle: angles[j]), features = ConditionalMoments.features(sums[j])
            let residuals = features.indices.map { (features[$0] - moments.mean($0, basis)) / moments.deviations[$0] }
            let first = j % 2 * 2 * block
            for f in residuals.indices {
                let square = ConditionalMoments.square(residuals[f]).value - moments.square(f, basis)
                for k in 0..<basisCount {
                    totals[first + f * basisCount + k] += basis[k] * residuals[f]
                    totals[first + block + f * basisCount + k] += basis[k] * square
                }
            }
            samples[s].append(ConditionalMoments.Sample(basis: basis, features: residuals))
        }
        for k in totals.indices { projections[k].add(totals[k]) }
    }

    /// The loss of the whole batch. *Collective.*
    package func finish(_ sum: BatchSum) throws {
        let half = 0.5 * Double(sum.samples)
        let means = try sum.total(&projections, layer: "layer sums").map { $0 / half }
        biases = ConditionalMoments.solve(moments.inverseGram, means)
        value = 0
        for k in 0..<2 * block { value += (k < block ? 1 : Self.squareShare) * means[k] * biases[2 * block + k] }
        value /= Double(moments.features)
    }

    /// Gradient of the loss by the sums of sample `j` of shard `s`, times the number of shards: the trainer averages over them.
    package func gradient(_ s: Int, _ j: Int) -> [Double] {
        let sample = samples[s][j], other = (1 - j % 2) * 2 * block
        let share = 2 / Double(samples[s].count * moments.features)
        var slopes = [Double](repeating: 0, count: moments.features)
        for f in slopes.indices {
            var mean = 0.0, square = 0.0
            for (k, b) in sample.basis.enumerated() {
                let at = other + f * sample.basis.count + k
                mean += biases[at] * b
                square += biases[at + block] * b
            }
            let slope = mean + Self.squareShare * square * ConditionalMoments.square(sample.features[f]).slope
            slopes[f] = share * slope / moments.deviations[f]
        }
        var gradient = [Double](repeating: 0, count: 3 * moments.layers)
        ConditionalMoments.descend(slopes, into: &gradient)
        return gradient
    }
}
