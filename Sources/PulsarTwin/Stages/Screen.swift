import Glibc
import Numerics
import PulsarKernels

/// A scattering screen in strong scintillation: waves over many paths, their powers' sum the gain of a channel at a time.
///
/// Delays are exponential and Doppler shifts normal, so the intensity's correlation is 1 / (1 + (δν/Δν_d)²) in frequency, half of it at Δν_d =
/// 1/(2πτ), and exp(-(δt/Δt_d)²) in time (Rickett 1977; Cordes, Weisberg, Boriakoff 1985); gains are exponential with mean 1. Δν_d follows ν^-index
/// over the band; Δt_d is taken at its middle. Channels wider than Δν_d average: their gains keep mean 1 and have the averaged variance.
package struct Screen: Sendable {
    static let paths = 64
    private var delays = [Float](repeating: 0, count: Screen.paths)
    /// Turns a second.
    private var dopplers = [Double](repeating: 0, count: Screen.paths)
    private var origins = [Double](repeating: 0, count: Screen.paths)
    private let scale: Float
    private let contrasts: [Float]

    /// `bandwidth` in MHz and `time` in s at `reference`, MHz.
    package init(bandwidth: Double, time: Double, coordinates: ScreenCoordinates, draws: Draws) {
        var draws = draws
        scale = Float(1 / (2 * .pi * bandwidth))
        // Strata of delays, and of shifts in the order of multiples of the golden ratio: fewer paths are as good as many.
        let shift = draws.uniform()
        let count = Double(Self.paths)
        for k in 0..<Self.paths {
            delays[k] = Float(-log(1 - (Double(k) + draws.uniform()) / count))
            let place = (Double(k) * 0.6180339887498949 + shift).truncatingRemainder(dividingBy: 1)
            let quantile = min(max(place, 1e-4), 1 - 1e-4)
            dopplers[k] = 2.0.squareRoot() * SpecialFunctions.erfInverse(2 * quantile - 1) / (2 * .pi * time)
            origins[k] = draws.uniform()
        }
        contrasts = coordinates.contrasts(bandwidth: bandwidth)
    }

    /// The gain of each channel at `time`, s.
    package func gains(time: Double, coordinates: ScreenCoordinates) -> [Float] {
        let phases = (0..<Self.paths).map { k in
            let turns = dopplers[k] * time + origins[k]
            return Float(turns - turns.rounded(.down))
        }
        var gains = [Float](repeating: 0, count: coordinates.values.count)
        ScreenKernel.gains(
            coordinates.values, lanes: coordinates.values.count / laneWidth, scale: scale, delays: delays, phases: phases, paths: Self.paths, gains: &gains)
        return zip(gains, contrasts).map { 1 + ($0 - 1) * $1 }
    }
}

/// Frequencies of channels stretched so that the decorrelation bandwidth is the same all over the band.
package struct ScreenCoordinates: Sendable {
    /// ∫ dν Δν_d(reference) / Δν_d(ν) from the reference, MHz; filled up to whole lanes.
    let values: [Float]
    private let widths: [Double]

    /// `index` of scattering, negative.
    package init(frequencies: [Double], channelBandwidth: Double, reference: Double, index: Double) {
        let power = 1 + index
        let channels = frequencies.count
        let stretched = frequencies.map { frequency -> Double in
            let ratio = frequency / reference
            return abs(power) < 1e-9 ? reference * log(ratio) : reference * (pow(ratio, power) - 1) / power
        }
        let padded = (channels + laneWidth - 1) / laneWidth * laneWidth
        values = (0..<padded).map { Float(stretched[min($0, channels - 1)]) }
        widths = frequencies.map { abs(channelBandwidth) * pow($0 / reference, index) }
    }

    /// Standard deviation of a channel's gain for the decorrelation bandwidth at the reference: the mean of 1 / (1 + δ²) over the channel.
    func contrasts(bandwidth: Double) -> [Float] {
        widths.map { width in
            let w = max(1e-3, width / bandwidth)
            return Float((2 / w * (atan(w) - log(1 + w * w) / (2 * w))).squareRoot())
        }
    }
}
