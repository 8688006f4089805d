import Foundation
import MessagePassing
import Numerics
import ShowerNetworks
import TestSupport
import Testing

/// The loss on the layer sums' moments: its gradient, and what it is zero for.
@Suite struct MomentLossTests {
    private let layers = 4
    private let stream = RandomStream(seed: 21, purpose: .test)

    /// Layer sums of a toy shower: means that follow the basis, fluctuations of a tenth times `spread`, times `response`.
    private func sums(_ sample: Int, spread: Double = 1, response: Double = 1) -> (sums: [Double], energy: Double, angle: Double) {
        func uniform(_ draw: UInt32) -> Double { stream.uniform(epoch: 0, index: UInt64(sample), draw: draw) }
        let energy = 0.1 + 0.9 * uniform(0), angle = 1.1 + 0.9 * uniform(1)
        let t = cos(angle) / sin(angle)
        var values: [Double] = []
        for z in 0..<3 * layers {
            let mean = 2 + Double(z % layers) + 0.3 * log(energy) * Double(z % layers) + (z >= 2 * layers ? 3 * t : 0)
            values.append(response * (mean + 0.1 * spread * stream.normal(epoch: 1, index: UInt64(sample), draw: UInt32(z))))
        }
        return (values, energy, angle)
    }

    private func fit(_ samples: Range<Int>) throws -> ConditionalMoments {
        try ConditionalMoments(
            samples.map {
                let (values, energy, angle) = sums($0)
                return ConditionalMoments.Sample(
                    basis: ConditionalMoments.basis(energy: energy, angle: angle), features: ConditionalMoments.features(values))
            }, layers: layers, communicator: MessagePassing.start())
    }

    private func loss(_ moments: ConditionalMoments, _ samples: [(sums: [Double], energy: Double, angle: Double)]) throws -> MomentLoss {
        let loss = MomentLoss(moments)
        let shards = samples.count / laneWidth
        loss.begin(shards: shards)
        for s in 0..<shards {
            let shard = samples[s * laneWidth..<(s + 1) * laneWidth]
            loss.add(s, sums: shard.map(\.sums), energies: shard.map(\.energy), angles: shard.map(\.angle))
        }
        try loss.finish(BatchSum(communicator: MessagePassing.start(), samples: samples.count))
        return loss
    }

    @Test("the conditional means are those that the showers were drawn about")
    func means() throws {
        let moments = try fit(0..<4000)
        let basis = ConditionalMoments.basis(energy: 0.5, angle: 1.3)
        for z in 0..<layers {
            // 0.1 / sqrt(4000) for each of six coefficients: five standard errors are below 0.02.
            #expect(abs(moments.mean(z, basis) - (2 + Double(z) + 0.3 * log(0.5) * Double(z))) < 0.02)
        }
    }

    @Test("the gradient is that of the loss, by finite differences")
    func gradient() throws {
        let moments = try fit(0..<1000)
        var samples = (2000..<2032).map { sums($0, spread: 1.5, response: 1.05) }
        let found = try loss(moments, samples)
        for (sample, k) in [(0, 0), (3, 2), (17, 5), (18, 9), (31, 11)] {
            let step = 1e-5, kept = samples[sample].sums[k]
            samples[sample].sums[k] = kept + step
            let above = try loss(moments, samples).value
            samples[sample].sums[k] = kept - step
            let below = try loss(moments, samples).value
            samples[sample].sums[k] = kept
            // The gradient of a shard is averaged over the two shards.
            let wanted = 2 * (above - below) / (2 * step), got = found.gradient(sample / laneWidth, sample % laneWidth)[k]
            #expect(abs(got - wanted) <= 1e-5 * abs(wanted) + 1e-9, "sample \(sample), sum \(k): \(got), wanted \(wanted)")
        }
    }

    /// Fixed seeds. The loss of 200 batches of 64 showers like the training's has mean 0; its standard error is taken from the batches, and five of
    /// them are allowed: a false alarm in two million. A plain square of the batch's mean would be off by far more.
    @Test("it vanishes on average for showers like the training's, not for others")
    func unbiased() throws {
        let moments = try fit(0..<20_000)
        func mean(spread: Double, response: Double) throws -> (Double, Double) {
            let values = try (0..<200).map { batch in
                try loss(moments, (0..<64).map { sums(30_000 + batch * 64 + $0, spread: spread, response: response) }).value
            }
            let mean = values.reduce(0, +) / 200, square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 199
            return (mean, (square / 200).squareRoot())
        }
        let same = try mean(spread: 1, response: 1)
        #expect(abs(same.0) < 5 * same.1, "\(same)")
        let louder = try mean(spread: 1, response: 1.02), wider = try mean(spread: 1.4, response: 1)
        #expect(louder.0 > 10 * louder.1 && wider.0 > 10 * wider.1, "\(louder) \(wider)")
    }
}
