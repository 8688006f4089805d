import Numerics
import PulsarKernels

/// What is true of each pulse of a stream beyond its arrival.
package struct PulseTruth {
    package let pulse: StreamPulse
    /// By the radiometer equation over the whole band, as if all of it were recorded: Σ F / √(Σ W), F the fluence of a channel in units of its noise and W
    /// the equivalent width in samples, that of the middle channel for all.
    package let signalToNoise: Double
    /// Width at half height after scattering, s.
    package let width: Double
}

extension TwinStream {
    package func truth(of pulse: StreamPulse) -> PulseTruth {
        let painter = PulsePainter(axes: axes, constant: constant, stages: stages)
        let middle = axes.channels / 2
        let travelling = travelling(pulse)
        let extent = painter.extent(travelling)
        let first = Int(((pulse.arrival + extent.lowerBound) / axes.samplingTime).rounded(.down))
        let wanted = Int(((extent.upperBound - extent.lowerBound) / axes.samplingTime).rounded(.up)) + 2
        let count = (min(wanted, PulsePainter.longest) + 15) / 16 * 16
        var row = [Float](repeating: 0, count: count)
        painter.add(
            travelling, weights: pulse.components.map(\.weight), fluence: axes.samplingTime, channel: middle, row: &row, first: first, count: count)
        let (sum, square) = PulseKernel.moments(row, count: count)
        let gains = gains(at: pulse.arrival)
        let fluence = (0..<axes.channels).reduce(0.0) { total, channel in
            total + spectrum[channel] * Double(gains[channel]) / receiver.deviation(channel)
        }
        let extents = square > 0 ? Double(axes.channels) * sum * sum / square : 1
        let tau = stages.has(.scattering) ? descriptions.pulsar.scattering.time(at: axes.frequency(middle)) : 0
        return PulseTruth(
            pulse: pulse, signalToNoise: pulse.fluence * receiver.gain / axes.samplingTime * fluence / extents.squareRoot(),
            width: TwinFrames.widthAtHalfHeight(pulse.components, scattering: tau))
    }
}
