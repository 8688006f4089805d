import Glibc
import Numerics
import RadioStreams

/// A pulse with its physical parameters and their standard errors.
public struct PulseMeasurement: Equatable, Sendable {
    /// Of the matched filter.
    public var signalToNoise = 0.0
    /// s from the recording's first sample (gaps apart), at the highest frequency: the middle of the Gaussian before scattering.
    public var arrival = 0.0
    public var arrivalError = 0.0
    /// pc cm⁻³.
    public var measure = 0.0
    public var measureError = 0.0
    /// Full width at half height of the Gaussian, before scattering and smearing, s.
    public var width = 0.0
    public var widthError = 0.0
    /// 1/e time of scattering at 1 GHz, s; where it is not significant, 0 and the value that it exceeds once in forty as `scatteringLimit`.
    public var scattering = 0.0
    public var scatteringError = 0.0
    public var scatteringLimit = 0.0
    /// Of the pulse in units of each channel's noise; NaN below a signal to noise of 10, where it means nothing.
    public var spectralIndex = Double.nan
    public var spectralIndexError = Double.nan
    /// χ² over its degrees of freedom, and channels that took part.
    public var reducedChiSquared = 0.0
    public var channels = 0
    public var hasConverged = false

    static let numbers = 14

    public init() {}

    /// As a row of a checkpoint.
    var row: [Double] {
        [
            signalToNoise, arrival, arrivalError, measure, measureError, width, widthError, scattering, scatteringError, scatteringLimit, spectralIndex,
            spectralIndexError, reducedChiSquared, Double(channels) * 2 + (hasConverged ? 1 : 0),
        ]
    }

    init(row: ArraySlice<Double>) {
        let r = Array(row)
        guard r.count == Self.numbers else { return }
        (signalToNoise, arrival, arrivalError, measure, measureError) = (r[0], r[1], r[2], r[3], r[4])
        (width, widthError, scattering, scatteringError, scatteringLimit) = (r[5], r[6], r[7], r[8], r[9])
        (spectralIndex, spectralIndexError, reducedChiSquared) = (r[10], r[11], r[12])
        channels = Int(r[13]) / 2
        hasConverged = Int(r[13]) % 2 == 1
    }

    /// Fits a window; `candidate` says where to begin.
    /// - Parameter reference: frequency of the arrival, MHz.
    init(_ window: PulseWindow, candidate: CandidateRow, reference: Double, constant: DispersionConstant, scatteringIndex: Double) {
        channels = window.columns.count
        guard channels > 0 else { return }
        let width = Double(1 << candidate.filter)
        let factor = 2 * (2 * log(2.0)).squareRoot()
        var start = PulseModel.Parameters(
            arrival: Double(candidate.sample - window.firstSample), measure: candidate.dispersionMeasure, deviation: max(0.4, width / factor),
            fluence: max(0.1, candidate.signalToNoise * (width / Double(channels)).squareRoot()), spectralIndex: 0, scattering: 0)
        let model = PulseModel(window, start: start, reference: reference, constant: constant, scatteringIndex: scatteringIndex)
        // Step by step, the width last: slow noise of a receiver would draw it away before the rest stands.
        let first = PulseFit(model, start: start, free: [.arrival, .fluence])
        let second = PulseFit(model, start: first.parameters, free: [.arrival, .measure, .fluence])
        let plain = PulseFit(model, start: second.parameters, free: [.arrival, .measure, .deviation, .fluence, .spectralIndex])
        start = plain.parameters
        start.scattering = 0.5 * start.deviation
        start.deviation *= 0.8
        start.arrival -= 0.4 * start.deviation
        let scattered = PulseFit(model, start: start, free: PulseFit.Free.allCases)
        let isScattered = scattered.hasConverged && scattered.chiSquared < plain.chiSquared - 4 && scattered.parameters.scattering > 2 * scattered.error(.scattering)
        // A width that runs away follows the receiver's slow noise: then the search's boxcar is the width, and it has no error.
        let fit = isScattered ? scattered : plain.hasConverged ? plain : second
        let step = window.samplingTime
        let found = fit.parameters
        signalToNoise = fit.signalToNoise
        arrival = (Double(window.firstSample) + found.arrival) * step
        arrivalError = fit.error(.arrival) * step
        measure = found.measure
        measureError = fit.error(.measure)
        self.width = found.deviation * step * factor
        widthError = self.width * fit.error(.deviation)
        let toGigahertz = step * pow(1000 / model.middle, scatteringIndex)
        if isScattered {
            scattering = found.scattering * toGigahertz
            scatteringError = fit.error(.scattering) * toGigahertz
        } else if scattered.errors[PulseFit.Free.scattering.rawValue] != nil {
            scatteringLimit = (scattered.parameters.scattering + 2 * scattered.error(.scattering)) * toGigahertz
        }
        if signalToNoise >= 10 {
            spectralIndex = found.spectralIndex
            spectralIndexError = fit.error(.spectralIndex)
        }
        reducedChiSquared = fit.chiSquared / Double(max(1, fit.degreesOfFreedom))
        hasConverged = fit.hasConverged
    }
}
