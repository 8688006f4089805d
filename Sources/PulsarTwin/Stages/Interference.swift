import Glibc
import Numerics
import PulsarFrames

/// Something made by people: when, where in the band, how strong.
public struct InterferenceEvent: Equatable, Sendable {
    public enum Kind: UInt8, CaseIterable, Sendable {
        /// Narrow-band, for as long as it lasts; with a period it is on in the first half of each.
        case carrier = 0
        /// Broad-band, undispersed; with a period it comes again and again until its end.
        case impulse = 1
        /// A carrier that runs through the band.
        case sweep = 2
        /// Nothing is recorded.
        case dropout = 3
        /// Everything is at the top of the scale.
        case saturation = 4
    }
    public var kind: Kind
    /// s; for impulses the middle of the first.
    public var start: Double
    public var end: Double
    /// MHz: the middle and the standard deviation of a carrier, the first frequency of a sweep.
    public var frequency: Double
    public var width: Double
    /// Standard deviation of an impulse, s.
    public var duration: Double
    /// s; 0 for what is not periodic.
    public var period: Double
    /// MHz/s of a sweep.
    public var slope: Double
    /// In system temperatures of the middle of the band.
    public var strength: Double

    /// Adds the event to rows `[channel][stride]` of samples `first`, ... `first + count - 1`, K.
    func add(to rows: UnsafeMutablePointer<Float>, stride: Int, first: Int, count: Int, receiver: Receiver) {
        let axes = receiver.axes
        let time = axes.samplingTime
        let reach = kind == .impulse ? 6 * duration : 0
        let low = max(Double(first), ((start - reach) / time).rounded(.down))
        let high = min(Double(first + count), ((end + reach) / time).rounded(.up) + 1)
        guard low < high else { return }
        let samples = Int(low) - first..<Int(high) - first
        let temperature = Float(strength * receiver.temperatures[axes.channels / 2])
        switch kind {
        case .carrier:
            let shares = samples.map { Float(shareOn(Double(first + $0) * time, time)) }
            for (channel, weight) in line(at: frequency, axes) {
                let row = rows + channel * stride
                for (t, share) in zip(samples, shares) { row[t] += temperature * weight * share }
            }
        case .impulse:
            let shape = samples.map { Float(height(Double(first + $0) * time, time)) }
            for channel in 0..<axes.channels {
                let row = rows + channel * stride
                let level = temperature * Float(1 + 0.5 * cos(2 * .pi * (axes.frequency(channel) - frequency) / width))
                for (t, height) in zip(samples, shape) { row[t] += level * height }
            }
        case .sweep:
            for t in samples {
                let middle = (Double(first + t) + 0.5) * time
                guard middle >= start, middle < end else { continue }
                for (channel, weight) in line(at: frequency + slope * (middle - start), axes) { rows[channel * stride + t] += temperature * weight }
            }
        case .dropout, .saturation:
            for channel in 0..<axes.channels {
                let row = rows + channel * stride
                for t in samples {
                    let share = Float(overlap(Double(first + t) * time, time, start, end))
                    if kind == .saturation { row[t] += temperature * share } else if share > 0.5 { row[t] = -Float(receiver.temperatures[channel]) }
                }
            }
        }
    }

    /// Channels of a line and their weights: a Gaussian, and the nearest channel whole.
    private func line(at frequency: Double, _ axes: FrameAxes) -> [(Int, Float)] {
        let place = (frequency - axes.firstFrequency) / axes.channelBandwidth
        guard place > -1, place < Double(axes.channels) else { return [] }
        let nearest = min(axes.channels - 1, max(0, Int(place.rounded())))
        let deviation = max(1e-3, width / abs(axes.channelBandwidth))
        let reach = min(axes.channels, Int((3 * deviation).rounded(.up)))
        return (max(0, nearest - reach)...min(axes.channels - 1, nearest + reach)).compactMap { channel -> (Int, Float)? in
            let x = (Double(channel) - place) / deviation
            let weight = channel == nearest ? 1 : exp(-0.5 * x * x)
            return weight > 0.01 ? (channel, Float(weight)) : nil
        }
    }

    private func overlap(_ t: Double, _ time: Double, _ begin: Double, _ end: Double) -> Double {
        max(0, min(t + time, end) - max(t, begin)) / time
    }

    /// The share of a sample in which a carrier is on.
    private func shareOn(_ t: Double, _ time: Double) -> Double {
        guard period > 0 else { return overlap(t, time, start, end) }
        let turn = ((t + 0.5 * time - start) / period)
        return turn - turn.rounded(.down) < 0.5 ? overlap(t, time, start, end) : 0
    }

    /// The mean of an impulse, of height 1, over a sample.
    private func height(_ t: Double, _ time: Double) -> Double {
        var middle = start
        if period > 0 { middle += min(((t + 0.5 * time - start) / period).rounded(), ((end - start) / period).rounded(.down)) * period }
        guard middle >= start else { return 0 }
        let scale = 1 / (duration * 2.0.squareRoot())
        return duration * (2 * Double.pi).squareRoot() * 0.5 * (erf((t + time - middle) * scale) - erf((t - middle) * scale)) / time
    }
}

/// Draws events as a site has them.
struct InterferenceSource: Sendable {
    let receiver: Receiver
    let allocations: [Allocation]
    /// Share of carriers that lie in allocations, where there are any in the band.
    static let allocatedShare = 0.7

    /// Noise of one sample over its mean.
    private var noise: Double { 1 / receiver.shape.squareRoot() }

    private func carrierFrequency(_ draws: inout Draws) -> Double {
        let axes = receiver.axes
        let (top, bottom) = (axes.firstFrequency, axes.frequency(axes.channels - 1))
        let known = allocations.filter { $0.high > bottom && $0.low < top }
        let isAllocated = draws.uniform() < Self.allocatedShare
        let place = draws.uniform()
        guard isAllocated, !known.isEmpty else { return bottom + (top - bottom) * place }
        let band = known[draws.integer(below: known.count)]
        return max(bottom, band.low) + (min(top, band.high) - max(bottom, band.low)) * place
    }

    /// A carrier; `strengths` in standard deviations of one sample's noise.
    func carrier(_ draws: inout Draws, start: Double, end: Double, strengths: ClosedRange<Double>, period: Double = 0) -> InterferenceEvent {
        let width = draws.logarithmic(0.1...1.2) * abs(receiver.axes.channelBandwidth)
        return InterferenceEvent(
            kind: .carrier, start: start, end: end, frequency: carrierFrequency(&draws), width: width, duration: 0, period: period, slope: 0,
            strength: draws.logarithmic(strengths) * noise)
    }

    func impulse(_ draws: inout Draws, start: Double, end: Double, strengths: ClosedRange<Double>, period: Double = 0) -> InterferenceEvent {
        let axes = receiver.axes
        let band = abs(axes.channelBandwidth) * Double(axes.channels)
        return InterferenceEvent(
            kind: .impulse, start: start, end: end, frequency: axes.firstFrequency - band * draws.uniform(), width: band * draws.uniform(0.3...2),
            duration: draws.logarithmic(0.3...4) * axes.samplingTime, period: period, slope: 0, strength: draws.logarithmic(strengths) * noise)
    }

    /// A carrier that crosses the band in `end - start`, up or down.
    func sweep(_ draws: inout Draws, start: Double, end: Double, strengths: ClosedRange<Double>) -> InterferenceEvent {
        let axes = receiver.axes
        let band = abs(axes.channelBandwidth) * Double(axes.channels)
        let isRising = draws.uniform() < 0.5
        let first = isRising ? axes.frequency(axes.channels - 1) : axes.firstFrequency
        return InterferenceEvent(
            kind: .sweep, start: start, end: end, frequency: first, width: draws.uniform(0.5...1.5) * abs(axes.channelBandwidth), duration: 0, period: 0,
            slope: (isRising ? 1 : -1) * band * draws.uniform(0.4...1) / (end - start), strength: draws.logarithmic(strengths) * noise)
    }
}
