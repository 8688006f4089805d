import Glibc
import MessagePassing
import Numerics
import ShowerKernels

/// What the layers of a shower hold: drawn from the training showers' law given energy and angle; the network only spreads it over the cells.
///
/// The law: roots of the layers' shares of the deposit are normal, with means and spreads that are polynomials in the basis of `ConditionalMoments` and one
/// correlation matrix; the deposit over the primary's energy is normal, too. Its normal numbers are latent numbers of the shower. An image is cut at a
/// threshold for each layer, so that as many cells are hit as in the training showers, on average, then scaled layer by layer.
///
/// Nothing of it is trained; the law is measured before the first step, the thresholds also at the end of every epoch. Factors: Krause and Shih,
/// CaloFlow, arXiv:2106.05285 (energies of layers first, then showers normalised to them).
public struct LayerEnergies: Sendable, Equatable {
    public let layers: Int
    /// `[layer or total][basis]`: of the roots of the shares, and of the deposit.
    public package(set) var means: [Double]
    /// The same of the standard deviations.
    public package(set) var spreads: [Double]
    /// Lower triangular root of the correlation of the roots, `[layer][layer]`.
    public package(set) var correlation: [Double]
    /// `[layer]`, in units of the network's image; subtracted, and what is not positive then is no deposit.
    public package(set) var thresholds: [Float]
    /// Conditions that a measurement of thresholds generates showers for.
    static let showers = 512

    /// Equal shares of a deposit of 1, without spread: what stands before a measurement.
    init(layers: Int) {
        self.layers = layers
        means = Array(repeating: 0, count: (layers + 1) * ConditionalMoments.basisCount)
        for z in 0...layers { means[z * ConditionalMoments.basisCount] = z < layers ? (1 / Double(layers)).squareRoot() : 1 }
        spreads = Array(repeating: 0, count: (layers + 1) * ConditionalMoments.basisCount)
        correlation = (0..<layers * layers).map { $0 % (layers + 1) == 0 ? 1 : 0 }
        thresholds = Array(repeating: 0, count: layers)
    }

    /// Latent numbers in use: energy, angle, one for each layer, one for the deposit.
    package static func latentCount(layers: Int) -> Int { 3 + layers }

    /// Layer sums of sixteen showers, `[layer]`, by their latent numbers.
    package func draw(_ latent: UnsafePointer<Lane>, into wanted: UnsafeMutablePointer<Lane>) {
        for j in 0..<laneWidth {
            let basis = ConditionalMoments.basis(energy: Double(latent[0][j]), angle: Double(latent[1][j]))
            var sum = 0.0
            for z in 0..<layers {
                var noise = 0.0
                for k in 0...z { noise += correlation[z * layers + k] * Double(latent[2 + k][j]) }
                let root = max(0, ConditionalMoments.dot(means, z, basis) + max(0, ConditionalMoments.dot(spreads, z, basis)) * noise)
                wanted[z][j] = Float(root * root)
                sum += root * root
            }
            let spread = max(0, ConditionalMoments.dot(spreads, layers, basis))
            let total = max(0, ConditionalMoments.dot(means, layers, basis) + spread * Double(latent[2 + layers][j]))
            let factor = sum > 0 ? Float(total / sum) : 0
            for z in 0..<layers { wanted[z][j] *= factor }
        }
    }

    /// Takes the thresholds off sixteen images.
    func cut(_ image: UnsafeMutablePointer<Lane>, _ moments: ShowerMoments) {
        thresholds.withUnsafeBufferPointer { buffer in
            if let base = buffer.baseAddress { moments.cut(image, below: base) }
        }
    }

    /// The law of training showers that ranks share. *Collective;* exact sums, so the same bits on any number of ranks.
    /// - Parameter samples: features as of `ConditionalMoments.features`.
    package init(_ samples: [ConditionalMoments.Sample], layers: Int, communicator: Communicator) throws {
        self.init(layers: layers)
        let numbers = samples.map { sample in
            let total = sample.features[3 * layers]
            let roots = (0..<layers).map { total > 0 ? max(0, sample.features[$0] / total).squareRoot() : 0 } + [total]
            return ConditionalMoments.Sample(basis: sample.basis, features: roots)
        }
        let fit = try ConditionalMoments.Fit(numbers, communicator: communicator)
        let means = try fit.coefficients(layers + 1) { $0.features[$1] }
        // A normal number is on average sqrt(2 / pi) of its standard deviation away from its mean.
        let factor = (Double.pi / 2).squareRoot()
        let spreads = try fit.coefficients(layers + 1) { factor * abs($0.features[$1] - ConditionalMoments.dot(means, $1, $0.basis)) }
        let products = try fit.total(layers * layers) { sample, sums in
            let residuals = (0..<layers).map { z in
                let spread = ConditionalMoments.dot(spreads, z, sample.basis)
                return spread > 1e-9 ? max(-5, min(5, (sample.features[z] - ConditionalMoments.dot(means, z, sample.basis)) / spread)) : 0
            }
            for a in 0..<layers { for b in 0...a { sums[a * layers + b].add(residuals[a] * residuals[b]) } }
        }.map { $0 / fit.number }
        self.means = means
        self.spreads = spreads
        correlation = Self.root(products, layers)
    }

    /// The lower triangular root of a correlation matrix whose lower half is given; directions without variance are left out.
    private static func root(_ matrix: [Double], _ n: Int) -> [Double] {
        var root = [Double](repeating: 0, count: n * n)
        for a in 0..<n {
            for b in 0...a {
                var rest = matrix[a * n + b]
                for k in 0..<b { rest -= root[a * n + k] * root[b * n + k] }
                if a == b {
                    root[a * n + a] = max(rest, 0).squareRoot()
                } else {
                    root[a * n + b] = root[b * n + b] > 1e-6 ? rest / root[b * n + b] : 0
                }
            }
        }
        return root
    }

    /// Thresholds by showers that the generator makes for the first training showers' energies and angles. *Collective;* the same bits on any number of ranks.
    static func measureThresholds(
        _ generator: ShowerGenerator, parameters: UnsafePointer<Float>, hits: [Double], dataset: ShowerDataset, noise: RandomStream,
        communicator: Communicator
    ) throws {
        guard var energies = generator.layerEnergies else { return }
        let architecture = generator.architecture, layers = energies.layers
        let moments = ShowerMoments(extents: architecture.imageExtents, power: architecture.imagePower)
        let latent = LaneBlock(architecture.latentCount)
        let count = min(showers, dataset.trainingCount) / laneWidth * laneWidth
        var counts = [Int64](repeating: 0, count: layers * ShowerMoments.bins)
        counts.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for shard in stride(from: communicator.rank, to: count / laneWidth, by: communicator.size) {
                let own = (0..<laneWidth).map { dataset.conditions(shard * laneWidth + $0) }
                LatentNoise.fill(
                    latent.lanes, count: architecture.latentCount, energies: own.map(\.energy), angles: own.map(\.angle), stream: noise,
                    epoch: UInt64.max >> 3, firstSample: UInt64(shard * laneWidth))
                moments.count(generator.inferPlain(latent.lanes, parameters: parameters), into: base)
            }
        }
        try communicator.allReduce(&counts, .sum)
        for layer in 0..<layers {
            // From the brightest bin down, until as many cells are above.
            var above = 0.0, bin = ShowerMoments.bins
            while bin > 0, above < hits[layer] * Double(count) {
                bin -= 1
                above += Double(counts[layer * ShowerMoments.bins + bin])
            }
            energies.thresholds[layer] = ShowerMoments.lowerEdge(ofBin: bin)
        }
        generator.layerEnergies = energies
    }
}
