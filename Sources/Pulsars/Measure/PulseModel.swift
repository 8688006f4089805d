import Glibc
import PulsarKernels
import RadioStreams

/// A scattered Gaussian that is dispersed between and within channels, integrated over samples, in units of each channel's noise.
struct PulseModel {
    /// What is fitted. Times in samples.
    struct Parameters: Equatable {
        /// Middle of the Gaussian at the reference frequency, from the window's first sample.
        var arrival: Double
        /// pc cm⁻³.
        var measure: Double
        /// Standard deviation of the Gaussian.
        var deviation: Double
        /// Fluence of a channel at the middle frequency, noise deviations times samples.
        var fluence: Double
        var spectralIndex: Double
        /// 1/e time of scattering at the middle frequency.
        var scattering: Double
    }

    let window: PulseWindow
    let constant: DispersionConstant
    let scatteringIndex: Double
    /// MHz: where the arrival is, and where fluence and scattering are.
    let reference: Double
    let middle: Double
    /// Parts of a sample that the pulse is made in.
    let steps: Int
    /// Samples of the window that belong to each channel's fit.
    let ranges: [Range<Int>]
    /// How far the fit may go: it is to measure this pulse, not a slow wave of the receiver or another pulse.
    let arrivals: ClosedRange<Double>
    let deviations: ClosedRange<Double>
    let measures: ClosedRange<Double>

    /// - Parameter start: where the pulse is about; samples before and behind it take part in the fit.
    init(_ window: PulseWindow, start: Parameters, reference: Double, constant: DispersionConstant, scatteringIndex: Double) {
        self.window = window
        self.constant = constant
        self.scatteringIndex = scatteringIndex
        self.reference = reference
        middle = ((window.frequencies.max() ?? 1) + (window.frequencies.min() ?? 1)) / 2
        steps = start.deviation < 4 ? 4 : 1
        let width = max(1, start.deviation)
        arrivals = start.arrival - 6 * width...start.arrival + 6 * width
        deviations = max(0.05, start.deviation / 8)...4 * start.deviation
        let span = window.frequencies.map { constant.delay(dispersionMeasure: 1, frequency: $0, reference: reference) / window.samplingTime }.max() ?? 1
        let reach = 10 * width / max(1e-12, span)
        measures = max(0, start.measure - reach)...start.measure + reach
        ranges = window.frequencies.map { frequency in
            let delay = constant.delay(dispersionMeasure: start.measure, frequency: frequency, reference: reference) / window.samplingTime
            let middle = start.arrival + delay
            let low = min(max((middle - 10 * width - 8).rounded(.down), 0), Double(window.count))
            let high = min(max((middle + 25 * width + 8).rounded(.up), low), Double(window.count))
            return Int(low)..<Int(high)
        }
    }

    /// Samples of all channels that the fit sees.
    var points: Int { ranges.reduce(0) { $0 + $1.count } }

    /// Seconds of delay for each pc cm⁻³, in samples.
    func delayPerMeasure(_ channel: Int) -> Double {
        constant.delay(dispersionMeasure: 1, frequency: window.frequencies[channel], reference: reference) / window.samplingTime
    }

    func colour(_ channel: Int) -> Double { log(window.frequencies[channel] / middle) }

    /// The pulse in one channel, of fluence 1, over its range.
    /// - Parameters:
    ///   - density: room for `ranges[channel].count * steps`.
    ///   - scratch: room for `PulseKernel.scratch` of as many.
    ///   - out: room for the range.
    func shape(
        _ parameters: Parameters, channel: Int, density: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, out: UnsafeMutablePointer<Float>
    ) {
        let range = ranges[channel]
        guard !range.isEmpty else { return }
        let count = range.count * steps
        let fine = Double(steps)
        let frequency = window.frequencies[channel]
        let delay = delayPerMeasure(channel) * parameters.measure
        let half = window.channelWidth / 2
        let sweep =
            parameters.measure * constant.delay(dispersionMeasure: 1, frequency: frequency - half, reference: frequency + half) / window.samplingTime
        density.update(repeating: 0, count: count)
        out.update(repeating: 0, count: range.count)
        PulseKernel.add(
            centre: (parameters.arrival + delay - Double(range.lowerBound)) * fine, deviation: parameters.deviation * fine, sweep: sweep * fine, weight: 1,
            density: density, count: count, scratch: scratch)
        let tau = parameters.scattering * pow(frequency / middle, scatteringIndex)
        if tau > 1e-3 { PulseKernel.scatter(density, count: count, tau: tau * fine) }
        PulseKernel.collect(density, steps: steps, amplitude: 1, row: out, count: range.count)
    }
}
