import Glibc
import MessagePassing
import Numerics
import ShowerKernels

/// Factors of an image's layers, given energy and angle: exp of a polynomial in the basis of `ConditionalMoments`.
///
/// They are not trained but measured: so that the layers of generated showers hold on average what those of the training showers hold. Before the
/// first step that is a data-dependent initialisation (Salimans and Kingma, arXiv:1602.07868, section 3), after an epoch the calibration of its model.
public struct LayerGains: Sendable, Equatable {
    /// `[layer][basis]`.
    public package(set) var logarithms: [Double]
    /// Bound on the logarithm: a layer that the networks leave empty cannot be filled by a factor.
    static let bound = 4.0
    /// Conditions that a measurement generates showers for.
    static let showers = 512

    init(layers: Int) { logarithms = Array(repeating: 0, count: layers * ConditionalMoments.basisCount) }

    /// Gains of sixteen showers, `[layer]`, by the first two latent numbers.
    func fill(_ gains: UnsafeMutablePointer<Lane>, latent: UnsafePointer<Lane>) {
        let layers = logarithms.count / ConditionalMoments.basisCount
        for j in 0..<laneWidth {
            let basis = ConditionalMoments.basis(energy: Double(latent[0][j]), angle: Double(latent[1][j]))
            for z in 0..<layers {
                gains[z][j] = Float(exp(max(-Self.bound, min(Self.bound, ConditionalMoments.dot(logarithms, z, basis)))))
            }
        }
    }

    /// Corrects the generator's gains by showers that it makes for the first training showers' energies and angles. *Collective;* the same bits on any
    /// number of ranks.
    /// - Parameter limit: most that a layer's energy may be multiplied or divided by.
    static func measure(
        _ generator: ShowerGenerator, parameters: UnsafePointer<Float>, moments wanted: ConditionalMoments, dataset: ShowerDataset, noise: RandomStream,
        limit: Double, communicator: Communicator
    ) throws {
        guard var gains = generator.gains else { return }
        let architecture = generator.architecture, layers = architecture.imageExtents[2]
        let moments = ShowerMoments(extents: architecture.imageExtents, power: architecture.imagePower)
        let latent = LaneBlock(architecture.latentCount), deposits = LaneBlock(architecture.imageSites)
        let lanes = UnsafeMutablePointer<DoubleLane>.allocate(capacity: 3 * layers)
        defer { lanes.deallocate() }
        let count = min(showers, dataset.trainingCount) / laneWidth * laneWidth
        let conditions = (0..<count).map { dataset.conditions($0) }
        let bases = conditions.map { ConditionalMoments.basis(energy: $0.energy, angle: $0.angle) }
        var samples: [ConditionalMoments.Sample] = []
        for shard in stride(from: communicator.rank, to: count / laneWidth, by: communicator.size) {
            let own = conditions[shard * laneWidth..<(shard + 1) * laneWidth]
            LatentNoise.fill(
                latent.lanes, count: architecture.latentCount, energies: own.map(\.energy), angles: own.map(\.angle), stream: noise,
                epoch: UInt64.max >> 3, firstSample: UInt64(shard * laneWidth))
            moments.expand(generator.infer(latent.lanes, parameters: parameters), into: deposits.lanes)
            moments.measure(deposits.lanes, into: lanes)
            for j in 0..<laneWidth {
                samples.append(
                    ConditionalMoments.Sample(
                        basis: bases[shard * laneWidth + j], features: ConditionalMoments.features((0..<3 * layers).map { lanes[$0][j] })))
            }
        }
        let fit = try ConditionalMoments.Fit(samples, communicator: communicator)
        let found = try fit.coefficients(layers) { $0.features[$1] }
        // The logarithm of wanted over found at every condition, and its fit by the basis.
        var projections = [Double](repeating: 0, count: gains.logarithms.count)
        var largest = 0.0
        for basis in bases { for z in 0..<layers { largest = max(largest, wanted.mean(z, basis)) } }
        let floor = 1e-3 * largest, most = log(limit)
        for basis in bases {
            for z in 0..<layers {
                let ratio = max(-most, min(most, log(max(floor, wanted.mean(z, basis)) / max(1e-12 * largest, ConditionalMoments.dot(found, z, basis)))))
                for k in basis.indices { projections[z * basis.count + k] += ratio * basis[k] / Double(count) }
            }
        }
        for (k, correction) in ConditionalMoments.solve(fit.inverseGram, projections).enumerated() {
            gains.logarithms[k] += Double(architecture.imagePower) * correction
        }
        generator.gains = gains
    }
}
