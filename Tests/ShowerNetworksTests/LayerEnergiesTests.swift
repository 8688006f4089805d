import Foundation
import MessagePassing
import Numerics
import ShowerKernels
import ShowerNetworks
import Testing

/// What layers hold: drawn by the law of the training showers, handed to the image exactly, differentiated.
@Suite struct LayerEnergiesTests {
    private let stream = RandomStream(seed: 31, purpose: .test)
    private let extents = [5, 4, 3]

    private func image(_ epoch: UInt64, cut: Float) -> [Lane] {
        (0..<extents.reduce(1, *)).map { i in
            let x: Lane = stream.normalLane(epoch: epoch, firstIndex: UInt64(i * laneWidth), draw: 0) - Lane(repeating: cut)
            return Lane.zero.replacing(with: x, where: x .> Lane.zero)
        }
    }

    @Test("layers add up to what was drawn for them; an empty one stays empty") func normalised() {
        let moments = ShowerMoments(extents: extents, power: 0.5)
        var pixels = image(0, cut: 0.5)
        for i in stride(from: 1, to: pixels.count, by: 3) { pixels[i] = .zero }
        let wanted = (0..<3).map { z in Lane((0..<laneWidth).map { Float(1 + $0) * Float(z + 1) }) }
        var factors = [Lane](repeating: .zero, count: 3)
        moments.normalise(&pixels, to: wanted, factors: &factors)
        for z in 0..<3 {
            var sum = Lane.zero
            for i in stride(from: z, to: pixels.count, by: 3) { sum += pixels[i] * pixels[i] }
            for j in 0..<laneWidth {
                let target = z == 1 ? 0 : wanted[z][j]
                #expect(abs(sum[j] - target) <= 1e-5 * target)
            }
        }
    }

    @Test("the gradient of a cut and normalised image is that of a loss on it, by finite differences") func gradient() {
        let moments = ShowerMoments(extents: extents, power: 0.5)
        let sites = extents.reduce(1, *)
        let plain = image(1, cut: -0.5)
        let thresholds: [Float] = [0.1, 0.2, 0.3]
        let wanted = (0..<3).map { Lane(repeating: 1.5 + Float($0)) }
        let weights = (0..<sites).map { stream.normalLane(epoch: 2, firstIndex: UInt64($0 * laneWidth), draw: 0) }
        func passed(_ plain: [Lane]) -> (image: [Lane], factors: [Lane]) {
            var pixels = plain
            var factors = [Lane](repeating: .zero, count: 3)
            moments.cut(&pixels, below: thresholds)
            moments.normalise(&pixels, to: wanted, factors: &factors)
            return (pixels, factors)
        }
        // loss = sum of w y + y^2 / 2 over all cells of a shower.
        func loss(_ plain: [Lane]) -> Lane {
            let y = passed(plain).image
            var sum = Lane.zero
            for i in 0..<sites {
                let square: Lane = y[i] * y[i] * 0.5
                sum += weights[i] * y[i] + square
            }
            return sum
        }
        let (y, factors) = passed(plain)
        var gradient = (0..<sites).map { weights[$0] + y[$0] }
        var products = [Lane](repeating: .zero, count: 3)
        moments.project(&gradient, image: y, wanted: wanted, factors: factors, products: &products)
        let h: Float = 1e-2
        for i in 0..<sites {
            var up = plain, down = plain
            up[i] += Lane(repeating: h)
            down[i] -= Lane(repeating: h)
            let slope: Lane = (loss(up) - loss(down)) / (2 * h)
            for j in 0..<laneWidth {
                // At the threshold the image has a kink.
                guard abs(plain[i][j] - thresholds[i % 3]) > 2 * h else { continue }
                #expect(abs(slope[j] - gradient[i][j]) < 5e-3, "cell \(i), shower \(j)")
            }
        }
    }

    @Test("means, spreads and correlation of drawn layers are those of the showers that the law was measured on") func law() throws {
        let layers = 3
        // Shares and deposit of toy showers, normal about means that move with ln E.
        func toy(_ sample: Int) -> (energy: Double, angle: Double, sums: [Double]) {
            func normal(_ draw: UInt32) -> Double { stream.normal(epoch: 3, index: UInt64(sample), draw: draw) }
            let energy = 0.1 + 0.9 * stream.uniform(epoch: 4, index: UInt64(sample), draw: 0), angle = 1.1 + 0.9 * stream.uniform(epoch: 4, index: UInt64(sample), draw: 1)
            let a = normal(0)
            let first: Double = 0.5 + 0.05 * log(energy) + 0.04 * a
            let second: Double = 0.7 + 0.03 * (0.6 * a + 0.8 * normal(1))
            let roots: [Double] = [first, second, 0.5 - 0.05 * a]
            let sum = roots.reduce(0) { $0 + $1 * $1 }, total = 2 + 0.05 * normal(2)
            return (energy, angle, roots.map { total * $0 * $0 / sum })
        }
        let count = 8000
        let samples = (0..<count).map { i in
            let shower = toy(i)
            return ConditionalMoments.Sample(
                basis: ConditionalMoments.basis(energy: shower.energy, angle: shower.angle),
                features: ConditionalMoments.features(shower.sums + [Double](repeating: 0, count: 2 * layers)))
        }
        let law = try LayerEnergies(samples, layers: layers, communicator: MessagePassing.start())
        var latent = [Lane](repeating: .zero, count: LayerEnergies.latentCount(layers: layers)), wanted = [Lane](repeating: .zero, count: layers)
        var drawn: [[Double]] = []
        for shard in 0..<count / laneWidth {
            for k in 2..<latent.count { latent[k] = stream.normalLane(epoch: 5, firstIndex: UInt64(shard * laneWidth), draw: UInt32(k)) }
            for j in 0..<laneWidth {
                let shower = toy(shard * laneWidth + j)
                latent[0][j] = Float(shower.energy)
                latent[1][j] = Float(shower.angle)
            }
            law.draw(latent, into: &wanted)
            for j in 0..<laneWidth { drawn.append(wanted.map { Double($0[j]) }) }
        }
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        func covariance(_ a: [Double], _ b: [Double]) -> Double { mean(zip(a, b).map(*)) - mean(a) * mean(b) }
        func columns(_ rows: [[Double]]) -> [[Double]] { (0..<layers).map { z in rows.map { $0[z] } } + [rows.map { $0.reduce(0, +) }] }
        let real = columns((0..<count).map { toy($0).sums }), fake = columns(drawn)
        for a in 0...layers {
            let deviation = covariance(real[a], real[a]).squareRoot()
            // Six standard errors of a difference of two means; of variances 10 %: the law's shape is an approximation.
            #expect(abs(mean(real[a]) - mean(fake[a])) < 6 * deviation * (2 / Double(count)).squareRoot())
            #expect(abs(covariance(fake[a], fake[a]).squareRoot() / deviation - 1) < 0.1)
            for b in 0..<a {
                let scale = deviation * covariance(real[b], real[b]).squareRoot()
                #expect(abs(covariance(real[a], real[b]) - covariance(fake[a], fake[b])) < 0.1 * scale, "\(a) and \(b)")
            }
        }
    }

    @Test("counted bins hold every cell, and their edges are in order") func bins() {
        let moments = ShowerMoments(extents: extents, power: 0.5)
        let pixels = image(6, cut: 0)
        var counts = [Int64](repeating: 0, count: 3 * ShowerMoments.bins)
        moments.count(pixels, into: &counts)
        for z in 0..<3 {
            for threshold in [0.0, 0.3, 1.0] as [Float] {
                let bin = (0..<ShowerMoments.bins).first { ShowerMoments.lowerEdge(ofBin: $0) >= threshold } ?? 0
                let edge = ShowerMoments.lowerEdge(ofBin: bin)
                let above = counts[z * ShowerMoments.bins + bin..<(z + 1) * ShowerMoments.bins].reduce(0, +)
                let expected = stride(from: z, to: pixels.count, by: 3).reduce(0) { sum, i in sum + (0..<laneWidth).count { pixels[i][$0] >= edge && pixels[i][$0] > 0 } }
                #expect(above == Int64(expected), "layer \(z), above \(edge)")
            }
        }
    }
}
