import Glibc
import MessagePassing
import Numerics
import ShowerKernels

/// What the layers of the training showers hold on average, and how widely it varies, for a given energy and angle.
///
/// The features of a shower are the energy of each layer, that energy times the distance from the middle along x and along y, the total, and the
/// total's first moment in depth. Their means and mean squares are least-squares fits in a basis of energy and angle.
package struct ConditionalMoments: Sendable {
    package static let basisCount = 6
    /// Squares of residuals count up to here, in units of the variance, so that single showers do not lead the way.
    static let squareLimit = 9.0

    package let layers: Int
    /// `[feature][basis]`.
    package let means: [Double]
    /// Of the squared residual over the variance, cut at `squareLimit`; `[feature][basis]`.
    let squares: [Double]
    /// Root of the mean squared residual, `[feature]`.
    let deviations: [Double]
    /// Inverse of the mean of the products of the basis functions, `[basis][basis]`.
    let inverseGram: [Double]

    var features: Int { deviations.count }

    package static func featureCount(layers: Int) -> Int { 3 * layers + 2 }

    /// The layers' energies of an electromagnetic shower move with ln E, its axis with cot theta.
    package static func basis(energy: Double, angle: Double) -> [Double] {
        let e = log(energy), t = cos(angle) / sin(angle)
        return [1, e, t, e * e, e * t, t * t]
    }

    /// - Parameter sums: energy, energy times x and energy times y of each layer, one after the other.
    package static func features(_ sums: [Double]) -> [Double] {
        let layers = sums.count / 3
        let middle = 0.5 * Double(layers - 1)
        var total = 0.0, depth = 0.0
        for z in 0..<layers {
            total += sums[z]
            depth += sums[z] * (Double(z) - middle)
        }
        return sums + [total, depth]
    }

    /// Adds the gradient by the features, `slopes`, to the one by the sums.
    static func descend(_ slopes: [Double], into gradient: inout [Double]) {
        let layers = gradient.count / 3
        let middle = 0.5 * Double(layers - 1)
        for k in gradient.indices { gradient[k] += slopes[k] }
        for z in 0..<layers { gradient[z] += slopes[3 * layers] + slopes[3 * layers + 1] * (Double(z) - middle) }
    }

    /// (r / deviation)^2, cut, and its derivative by r / deviation.
    static func square(_ t: Double) -> (value: Double, slope: Double) { t * t < squareLimit ? (t * t, 2 * t) : (squareLimit, 0) }

    package func mean(_ feature: Int, _ basis: [Double]) -> Double { Self.dot(means, feature, basis) }
    func square(_ feature: Int, _ basis: [Double]) -> Double { Self.dot(squares, feature, basis) }

    static func dot(_ table: [Double], _ feature: Int, _ basis: [Double]) -> Double {
        var sum = 0.0
        for k in basis.indices { sum += table[feature * basis.count + k] * basis[k] }
        return sum
    }

    /// One shower: the basis and the features.
    package struct Sample {
        package let basis: [Double]
        package let features: [Double]

        package init(basis: [Double], features: [Double]) {
            self.basis = basis
            self.features = features
        }
    }

    /// Fits to samples that ranks share. *Collective;* exact sums, so the same bits on any number of ranks.
    package init(_ samples: [Sample], layers: Int, communicator: Communicator) throws {
        self.layers = layers
        let count = Self.featureCount(layers: layers)
        let fit = try Fit(samples, communicator: communicator)
        inverseGram = fit.inverseGram
        let means = try fit.coefficients(count) { $0.features[$1] }
        self.means = means
        let variances = try fit.total(count) { sample, sums in
            for f in 0..<count { sums[f].add(pow(sample.features[f] - Self.dot(means, f, sample.basis), 2)) }
        }.map { $0 / fit.number }
        let largest = variances.max() ?? 0
        guard largest > 0, largest.isFinite else { throw ShowerNetworkError("the training showers are all alike; wanted showers that fluctuate") }
        // A layer that is always empty has no spread to measure by.
        let deviations = variances.map { max($0, 1e-12 * largest).squareRoot() }
        self.deviations = deviations
        squares = try fit.coefficients(count) { Self.square(($0.features[$1] - Self.dot(means, $1, $0.basis)) / deviations[$1]).value }
    }

    /// Least squares in the basis over samples that ranks share.
    struct Fit {
        let samples: [Sample]
        let communicator: Communicator
        private(set) var number = 0.0
        private(set) var inverseGram: [Double] = []

        /// *Collective.*
        init(_ samples: [Sample], communicator: Communicator) throws {
            self.samples = samples
            self.communicator = communicator
            number = try total(1) { $1[0].add(1) }[0]
            guard number > 0 else { throw ShowerNetworkError("no showers to take moments of") }
            var gram = try projections(basisCount) { $0.basis[$1] }
            // Showers of one energy or angle leave some functions without meaning: a little on the diagonal keeps their coefficients small.
            let trace = (0..<basisCount).reduce(0) { $0 + gram[$1 * (basisCount + 1)] }
            for k in 0..<basisCount { gram[k * (basisCount + 1)] += 1e-9 * trace }
            var identity = [Double](repeating: 0, count: basisCount * basisCount)
            for k in 0..<basisCount { identity[k * (basisCount + 1)] = 1 }
            inverseGram = try LinearAlgebra.solvePositive(
                Matrix(rows: basisCount, columns: basisCount, elements: gram), Matrix(rows: basisCount, columns: basisCount, elements: identity)
            ).elements
        }

        /// *Collective.*
        func total(_ size: Int, _ add: (Sample, inout [ExactSum]) -> Void) throws -> [Double] {
            var sums = [ExactSum](repeating: ExactSum(), count: size)
            for sample in samples { add(sample, &sums) }
            try communicator.allReduce(&sums)
            return sums.map(\.value)
        }

        /// Means of value times basis, `[value][basis]`. *Collective.*
        private func projections(_ size: Int, _ value: (Sample, Int) -> Double) throws -> [Double] {
            try total(size * basisCount) { sample, sums in
                for f in 0..<size {
                    let v = value(sample, f)
                    for k in 0..<basisCount { sums[f * basisCount + k].add(v * sample.basis[k]) }
                }
            }.map { $0 / number }
        }

        /// `[value][basis]`. *Collective.*
        func coefficients(_ size: Int, _ value: (Sample, Int) -> Double) throws -> [Double] {
            ConditionalMoments.solve(inverseGram, try projections(size, value))
        }
    }

    /// Coefficients of the projections of each feature.
    static func solve(_ inverseGram: [Double], _ projections: [Double]) -> [Double] {
        var result = projections
        for first in stride(from: 0, to: projections.count, by: basisCount) {
            for k in 0..<basisCount {
                var sum = 0.0
                for i in 0..<basisCount { sum += inverseGram[k * basisCount + i] * projections[first + i] }
                result[first + k] = sum
            }
        }
        return result
    }

    /// What all training showers say: the moments, the law of the layers' energies, and the cells of each layer that a shower hits on average.
    struct Measured {
        let moments: ConditionalMoments
        let energies: LayerEnergies
        let hits: [Double]
    }

    /// Of all training showers. *Collective.* Throws what reading throws, the same on all ranks.
    static func measure(_ dataset: ShowerDataset, architecture: ShowerArchitecture, communicator: Communicator) throws -> Measured {
        let moments = ShowerMoments(extents: architecture.imageExtents, power: architecture.imagePower)
        let layers = architecture.imageExtents[2]
        let raw = LaneBlock(architecture.imageSites)
        let lanes = UnsafeMutablePointer<DoubleLane>.allocate(capacity: 3 * layers)
        defer { lanes.deallocate() }
        var samples: [Sample] = []
        var hits = [Int64](repeating: 0, count: layers + 1)
        try communicator.agree {
            for shard in stride(from: communicator.rank, to: dataset.trainingCount / laneWidth, by: communicator.size) {
                let targets = try dataset.read(Array(shard * laneWidth..<(shard + 1) * laneWidth), into: raw.lanes)
                moments.measure(raw.lanes, into: lanes)
                for site in 0..<architecture.imageSites {
                    for j in 0..<laneWidth where raw.lanes[site][j] > 0 { hits[site % layers] += 1 }
                }
                hits[layers] += Int64(laneWidth)
                for j in 0..<laneWidth {
                    let unit = architecture.isRelative ? targets.energies[j] : 1
                    samples.append(
                        Sample(
                            basis: basis(energy: targets.energies[j], angle: targets.angles[j]),
                            features: features((0..<3 * layers).map { lanes[$0][j] / unit })))
                }
            }
        }
        try communicator.allReduce(&hits, .sum)
        return Measured(
            moments: try ConditionalMoments(samples, layers: layers, communicator: communicator),
            energies: try LayerEnergies(samples, layers: layers, communicator: communicator),
            hits: (0..<layers).map { Double(hits[$0]) / Double(max(1, hits[layers])) })
    }
}
