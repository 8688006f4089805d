import MessagePassing
import Numerics

/// Mean and variance of every channel of one layer.
public struct ChannelStatistics: Sendable, Equatable {
    public var mean: [Float]
    public var variance: [Float]

    public init(mean: [Float], variance: [Float]) {
        self.mean = mean
        self.variance = variance
    }
}

/// Sums over all samples of a batch, which ranks share: exact, so the same bits whoever holds which shards.
package struct BatchSum {
    let communicator: Communicator
    /// Samples of the whole batch.
    let samples: Int

    package init(communicator: Communicator, samples: Int) {
        self.communicator = communicator
        self.samples = samples
    }

    /// Totals over all ranks of this rank's sums. *Collective.* Throws, on all ranks, if one is not finite.
    func total(_ sums: inout [ExactSum], layer: String) throws -> [Double] {
        try communicator.allReduce(&sums)
        guard sums.allSatisfy(\.isValid) else {
            throw ShowerNetworkError(
                "layer \(layer): the batch's sums are not finite numbers; training has run away: lower the learning rate", exitCode: 70)
        }
        return sums.map(\.value)
    }
}

/// Averages over the training of each normalised layer's statistics, for use after it.
public struct MovingStatistics: Sendable, Equatable {
    /// One per layer that is normalised, by the layer's name.
    public internal(set) var layers: [(name: String, values: ChannelStatistics)]
    /// Share that an update leaves of the old values. Source: Keras, BatchNormalization(momentum: 0.99).
    static let momentum: Float = 0.99

    public static func == (a: Self, b: Self) -> Bool {
        a.layers.map(\.name) == b.layers.map(\.name) && a.layers.map(\.values) == b.layers.map(\.values)
    }

    init(_ stages: [Stage]) {
        layers = stages.filter(\.layer.isNormalised).map {
            ($0.layer.name, ChannelStatistics(mean: Array(repeating: 0, count: $0.channels), variance: Array(repeating: 1, count: $0.channels)))
        }
    }

    package mutating func update(with batch: [ChannelStatistics]) {
        let keep = Self.momentum
        for (k, new) in batch.enumerated() {
            for c in new.mean.indices {
                layers[k].values.mean[c] = layers[k].values.mean[c] * keep + new.mean[c] * (1 - keep)
                layers[k].values.variance[c] = layers[k].values.variance[c] * keep + new.variance[c] * (1 - keep)
            }
        }
    }
}
