import Glibc
import Numerics

/// Power of a sum of waves over many paths, for all channels at one time.
public enum ScreenKernel {
    /// `gains[c]` = |Σ_k exp(2πi (delays[k] x[c] + phases[k]))|² / paths, for `lanes` lanes of channels.
    public static func gains(
        _ coordinates: UnsafePointer<Float>, lanes: Int, scale: Float, delays: UnsafePointer<Float>, phases: UnsafePointer<Float>, paths: Int,
        gains: UnsafeMutablePointer<Float>
    ) {
        let (from, to) = (UnsafeRawPointer(coordinates), UnsafeMutableRawPointer(gains))
        let weight = Lane(repeating: 1 / Float(paths))
        for i in 0..<lanes {
            let x = from.loadUnaligned(fromByteOffset: i &* 64, as: Lane.self) * Lane(repeating: scale)
            var real = Lane(repeating: 0)
            var imaginary = Lane(repeating: 0)
            for k in 0..<paths {
                let (s, c) = LaneMath.sincosOfTurns(Lane(repeating: phases[k]).addingProduct(x, Lane(repeating: delays[k])))
                real += c
                imaginary += s
            }
            to.storeBytes(of: (real * real + imaginary * imaginary) * weight, toByteOffset: i &* 64, as: Lane.self)
        }
    }

    public static func referenceGain(_ coordinate: Double, delays: [Float], phases: [Float]) -> Double {
        var (real, imaginary) = (0.0, 0.0)
        for (delay, phase) in zip(delays, phases) {
            let turns = Double(delay) * coordinate + Double(phase)
            real += cos(2 * .pi * turns)
            imaginary += sin(2 * .pi * turns)
        }
        return (real * real + imaginary * imaginary) / Double(delays.count)
    }
}
