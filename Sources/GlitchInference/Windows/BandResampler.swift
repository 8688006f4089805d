import Glibc
import Glitches
import Numerics

/// Takes a stretch of a series to another rate, between two frequencies, by Fourier transform. Beyond its ends the stretch goes on mirrored at its
/// first and last value, so that neither a line nor an offset rings there. *Not collective;* used by one thread at a time.
package final class BandResampler {
    private let count, pad: Int
    private let outputCount, outputPad: Int
    private let plan, back: FourierPlan
    private let gains: [Double]
    private let removesMean: Bool
    private var padded: [Double]
    private var spectrum, cut: [SIMD2<Double>]
    private var output: [Double]

    /// - Parameters:
    ///   - seconds: whole seconds of a stretch.
    ///   - rate: Hz, of what comes; `target`: of what goes.
    ///   - lowest: Hz, from which on all passes, nothing below half of it; 0 lets all pass down to 0 Hz.
    ///   - highest: Hz, up to which all passes, nothing from 1.2 times it on.
    /// - Throws: `GlitchError` where half a second is no whole number of samples; `NumericsError`.
    package init(seconds: Int, rate: Double, target: Double, lowest: Double, highest: Double) throws {
        func whole(_ rate: Double) throws -> Int {
            guard rate == rate.rounded(), rate >= 2, rate <= 1e6, Int(rate) % 2 == 0 else {
                throw GlitchError("inference: found a channel of \(rate) Hz, wanted an even whole number of samples a second")
            }
            return Int(rate)
        }
        let (from, to) = (try whole(rate), try whole(target))
        removesMean = lowest > 0
        (count, pad) = (seconds * from, from / 2)
        (outputCount, outputPad) = (seconds * to, to / 2)
        let (length, outputLength) = (count + 2 * pad, outputCount + 2 * outputPad)
        plan = try FourierPlan(real: [length])
        back = try FourierPlan(real: [outputLength])
        let duration = Double(seconds + 1)
        gains = (0...min(length, outputLength) / 2).map { k in
            let f = Double(k) / duration
            let low = lowest <= 0 ? 1 : Self.ramp((f - lowest / 2) / (lowest / 2))
            return low * Self.ramp((1.2 * highest - f) / (0.2 * highest)) / Double(length)
        }
        padded = [Double](repeating: 0, count: length)
        spectrum = [SIMD2<Double>](repeating: .zero, count: length / 2 + 1)
        cut = [SIMD2<Double>](repeating: .zero, count: outputLength / 2 + 1)
        output = [Double](repeating: 0, count: outputLength)
    }

    private static func ramp(_ x: Double) -> Double { x <= 0 ? 0 : x >= 1 ? 1 : 0.5 - 0.5 * cos(.pi * x) }

    package func run(_ series: [Double]) -> [Double] {
        precondition(series.count == count, "a stretch has the length it was planned with")
        // An offset far above the noise would ring where the pads fade.
        let mean = removesMean ? series.reduce(0, +) / Double(count) : 0
        let (first, last) = (series[0] - mean, series[count - 1] - mean)
        for i in 0..<pad {
            // Down to nothing at the outer ends, where the transform joins them.
            let fade = 0.5 - 0.5 * cos(.pi * Double(i) / Double(pad))
            padded[i] = (2 * first - (series[min(count - 1, pad - i)] - mean)) * fade
            padded[pad + count + pad - 1 - i] = (2 * last - (series[max(0, count - 1 - (pad - i))] - mean)) * fade
        }
        for i in 0..<count { padded[pad + i] = series[i] - mean }
        plan.forward(padded, &spectrum)
        for k in cut.indices { cut[k] = k < gains.count && k < spectrum.count ? spectrum[k] * gains[k] : .zero }
        back.backward(cut, &output)
        return Array(output[outputPad..<outputPad + outputCount])
    }
}
