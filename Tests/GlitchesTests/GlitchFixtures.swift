import Foundation
import Numerics

/// White noise of variance 1, the same in every run.
func whiteNoise(_ count: Int, seed: UInt64 = 11, epoch: UInt64 = 0) -> [Double] {
    var x = [Double](repeating: 0, count: count)
    RandomStream(seed: seed, purpose: .test).fillNormals(&x, epoch: epoch, indices: 0..<UInt64(count), draw: 0)
    return x
}

/// Noise with far more power at low frequencies than at high ones, and a line: white noise through a leaky sum, twice.
func colouredNoise(_ count: Int, rate: Double, epoch: UInt64 = 0) -> [Double] {
    var (a, b) = (0.0, 0.0)
    return whiteNoise(count, seed: 12, epoch: epoch).enumerated().map { t, x in
        a = 0.97 * a + x
        b = 0.97 * b + a
        return 1e-21 * (b + 0.05 * x + 20 * sin(2 * .pi * 60 * Double(t) / rate))
    }
}

/// A sine-Gaussian of amplitude 1 at `time` seconds.
func sineGaussian(_ count: Int, rate: Double, time: Double, frequency: Double, quality: Double) -> [Double] {
    let width = quality / (2.0.squareRoot() * .pi * frequency)
    return (0..<count).map { t in
        let x = Double(t) / rate - time
        return exp(-x * x / (width * width)) * sin(2 * .pi * frequency * x)
    }
}
