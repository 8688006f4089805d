import Glibc
import Numerics

extension RandomPurpose {
    static let glitchNoise = RandomPurpose(rawValue: 96)
    static let glitchEvents = RandomPurpose(rawValue: 97)
}

/// Stationary Gaussian noise of a given spectrum: white noise, one number for each sample of all time, through a filter of zero phase. A stretch can be
/// made anywhere, by any rank. *Not collective.*
public final class ColouredNoise {
    public let rate: Double
    /// Samples of a stretch.
    public let count: Int
    private let taps: Int
    private let response: [SIMD2<Double>]
    private let plan: FourierPlan

    /// - Parameters:
    ///   - rate: Hz.
    ///   - count: samples of the stretches that are wanted.
    ///   - filterDuration: seconds; features of the spectrum finer than its inverse are smoothed.
    ///   - density: amplitude spectral density, one-sided, of a frequency in Hz.
    /// - Throws: `NumericsError` for lengths that cannot be planned.
    public init(rate: Double, count: Int, filterDuration: Double = 4, density: (Double) -> Double) throws {
        var taps = 64
        while Double(taps) < filterDuration * rate { taps *= 2 }
        (self.rate, self.count, self.taps) = (rate, count, taps)
        let design = try FourierPlan(real: [2 * taps])
        let spectrum = (0...taps).map { k in
            SIMD2(k == 0 ? 0 : density(Double(k) * rate / Double(2 * taps)) * (rate / 2).squareRoot(), 0)
        }
        var impulse = [Double](repeating: 0, count: 2 * taps)
        design.backward(spectrum, &impulse)
        plan = try FourierPlan(real: [count + taps])
        var filter = [Double](repeating: 0, count: count + taps)
        for i in -taps / 2..<taps / 2 {
            let window = 0.5 + 0.5 * cos(2 * .pi * Double(i) / Double(taps))
            filter[i < 0 ? i + count + taps : i] = impulse[i < 0 ? i + 2 * taps : i] / Double(2 * taps) * window
        }
        var response = [SIMD2<Double>](repeating: .zero, count: (count + taps) / 2 + 1)
        plan.forward(filter, &response)
        self.response = response
    }

    /// Samples `first` … `first + count - 1` of channel number `channel`, `first` at least 0.
    public func stretch(seed: UInt64, channel: Int, first: Int) -> [Double] {
        let length = count + taps
        var white = [Double](repeating: 0, count: length)
        // Half a filter before the stretch; the index is shifted so that there is room before sample 0.
        let start = UInt64(first) + UInt64(taps / 2)
        RandomStream(seed: seed, purpose: .glitchNoise).fillNormals(&white, epoch: UInt64(channel), indices: start..<start + UInt64(length), draw: 0)
        var spectrum = [SIMD2<Double>](repeating: .zero, count: length / 2 + 1)
        plan.forward(white, &spectrum)
        for k in spectrum.indices {
            let (a, b) = (spectrum[k], response[k])
            spectrum[k] = SIMD2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x)
        }
        plan.backward(spectrum, &white)
        return (0..<count).map { white[taps / 2 + $0] / Double(length) }
    }
}
