import Batch
import Glibc
import Numerics
import PulsarFrames
import PulsarKernels
import RadioStreams

/// Labelled frames of the twin: every frame a function of seed and index.
///
/// A frame shows what its class says: a pulse drawn from the ranges of the settings and scaled to its drawn S/N, carriers, impulses, all in kelvin
/// on top of the telescope's own temperatures; then noise and digitiser. Mixtures are made before detection, so there is one noise.
public struct TwinFrames: MaskedFrameSource {
    public let axes: FrameAxes
    public let receiver: Receiver
    public let settings: FrameSettings
    public let stages: Stages
    public let constant: DispersionConstant
    private let interference: InterferenceSource
    private let coordinates: ScreenCoordinates
    private let contentsStream: RandomStream
    private let radiometerStream: RandomStream
    private let interferenceStream: RandomStream
    private let screenStream: RandomStream
    private let classes: FrameClasses

    /// - Throws: `TwinError` for a telescope whose samples have too few degrees of freedom.
    public init(
        descriptions: Descriptions, settings: FrameSettings = FrameSettings(), stages: Stages = .all, constant: DispersionConstant = .handbook, seed: UInt64
    ) throws {
        let telescope = descriptions.telescope
        guard !settings.areBytes || (stages.has(.digitiser) && (settings.bits ?? telescope.bits) <= 8) else {
            throw TwinError("frames.bytes: wanted at most 8 bits and the stage digitiser, found \(settings.bits ?? telescope.bits) bits, stages \(stages.text)")
        }
        let axes = FrameAxes.band(telescope, channels: settings.channels, samples: settings.samples)
        self.axes = axes
        let receiver = try Receiver(
            telescope: telescope, pulsar: descriptions.pulsar, axes: axes, bits: settings.bits ?? telescope.bits, stages: stages, levels: settings.levels)
        self.receiver = receiver
        self.settings = settings
        self.stages = stages
        self.constant = constant
        interference = InterferenceSource(receiver: receiver, allocations: telescope.allocations)
        coordinates = ScreenCoordinates(
            frequencies: (0..<axes.channels).map { axes.frequency($0) }, channelBandwidth: axes.channelBandwidth, reference: 1000, index: -4.4)
        contentsStream = RandomStream(seed: seed, purpose: .frameContents)
        radiometerStream = RandomStream(seed: seed, purpose: .radiometer)
        interferenceStream = RandomStream(seed: seed, purpose: .interference)
        screenStream = RandomStream(seed: seed, purpose: .screen)
        classes = FrameClasses(shares: settings.shares, otherShare: settings.otherShare, stream: RandomStream(seed: seed, purpose: .frameClass))
    }

    /// The frames of a configuration: its sections `telescope`, `pulsar`, `stages` and `frames`, and the key `dispersion_constant`.
    /// - Throws: `ConfigurationError`, `TwinError`. *Not collective.*
    public init(_ configuration: Configuration, seed: UInt64) throws {
        try self.init(
            descriptions: Descriptions(configuration), settings: FrameSettings(configuration), stages: Stages(configuration),
            constant: configuration.choice("dispersion_constant", default: .handbook), seed: seed)
    }

    // MARK: Contents

    /// What frame `index` shows.
    public func contents(_ index: UInt64) -> FrameContents { classes.contents(index) }

    public func write(frame index: UInt64, into values: UnsafeMutableBufferPointer<Float>) -> FrameTruth { write(index, values) }

    public func write(frame index: UInt64, into values: UnsafeMutableBufferPointer<Float>, mask: UnsafeMutableBufferPointer<Float>) -> FrameTruth {
        precondition(mask.count == values.count, "a mask has a number for each of a frame")
        return write(index, values) { pulse in
            if let mask = mask.baseAddress { PulseMask.write(pulse, channels: axes.channels, samples: axes.samples, into: mask) }
        }
    }

    /// - Parameter pulse: is shown the pulse alone, or zeros, before all else comes to it.
    private func write(
        _ index: UInt64, _ values: UnsafeMutableBufferPointer<Float>, pulse: (UnsafePointer<Float>) -> Void = { _ in }
    ) -> FrameTruth {
        precondition(values.count == axes.channels * axes.samples, "a frame has \(axes.channels) x \(axes.samples) numbers")
        guard let base = values.baseAddress else { return FrameTruth() }
        base.update(repeating: 0, count: values.count)
        var truth = FrameTruth(contents: contents(index))
        if truth.contents.contains(.pulse) { addPulse(index, base, &truth) }
        pulse(base)
        if stages.has(.interference) { addInterference(index, truth.contents, base) }
        let shape = receiver.hasNoise ? Float(receiver.shape) : 0
        for channel in 0..<axes.channels {
            RadiometerKernel.detect(
                base + channel * axes.samples, count: axes.samples, channel: receiver.channels[channel], shape: shape, stream: radiometerStream, epoch: index,
                firstTile: 0, draw: UInt32(channel))
        }
        return truth
    }

    // MARK: Pulse

    private func addPulse(_ index: UInt64, _ base: UnsafeMutablePointer<Float>, _ truth: inout FrameTruth) {
        var draws = Draws(contentsStream, index: index)
        let target = draws.logarithmic(settings.signalToNoise)
        let measure = draws.uniform(settings.dispersionMeasure)
        let width = draws.logarithmic(settings.width)
        let scattering = Pulsar.Scattering(time: draws.logarithmic(settings.scattering), index: -4.4)
        let slope = draws.uniform(settings.spectralIndex)
        let components = Self.components(&draws, width: width, isStructured: stages.has(.emission))
        let painter = PulsePainter(axes: axes, constant: constant, stages: stages)
        let sweep = painter.delays(axes.channels - 1, dispersionMeasure: measure).middle
        let duration = Double(axes.samples) * axes.samplingTime
        let part = settings.visible * min(sweep, duration)
        let arrival = draws.uniform(min(0, part - sweep)...max(0, duration - part))
        let pulse = TravellingPulse(components: components, arrival: arrival, dispersionMeasure: measure, scattering: scattering)
        var gains: [Float] = []
        if stages.has(.scintillation) {
            let screen = Screen(
                bandwidth: draws.logarithmic(settings.decorrelation), time: 100, coordinates: coordinates, draws: Draws(screenStream, index: index))
            gains = screen.gains(time: 0, coordinates: coordinates)
        }
        let weights = components.map(\.weight)
        // Fluences and equivalent widths of what the frame shows, channel by channel, in units of noise and samples; a channel that the digitiser cuts off shows nothing.
        var (fluence, extent) = (0.0, 0.0)
        for channel in 0..<axes.channels {
            let row = base + channel * axes.samples
            let flux = pow(axes.frequency(channel) / 1400, slope) * Double(gains.isEmpty ? 1 : gains[channel])
            painter.add(
                pulse, weights: weights, fluence: flux * axes.samplingTime, channel: channel, row: row, first: 0, count: axes.samples)
            let (sum, square) = PulseKernel.moments(row, count: axes.samples)
            guard sum > 1e-6 * flux, square > 0, receiver.isHeard(channel) else { continue }
            fluence += sum / receiver.deviation(channel)
            extent += sum * sum / square
        }
        truth.signalToNoise = target
        truth.dispersionMeasure = measure
        truth.arrival = arrival
        truth.width = Self.widthAtHalfHeight(components, scattering: stages.has(.scattering) ? scattering.time(at: axes.frequency(axes.channels / 2)) : 0)
        guard fluence > 0 else {
            truth.signalToNoise = 0
            return
        }
        PulseKernel.scale(base, count: axes.channels * axes.samples, by: Float(target * extent.squareRoot() / fluence))
    }

    /// One to three Gaussians that are about `width` wide at half height together.
    static func components(_ draws: inout Draws, width: Double, isStructured: Bool) -> [PulseComponent] {
        let deviation = width / (2 * (2 * log(2.0)).squareRoot())
        guard isStructured, draws.uniform() < 0.5 else { return [PulseComponent(offset: 0, deviation: deviation, weight: 1)] }
        let count = 2 + draws.integer(below: 2)
        let parts = (0..<count).map { _ in
            PulseComponent(offset: width * draws.uniform(-0.5...0.5), deviation: deviation * draws.uniform(0.3...0.8), weight: draws.uniform(0.3...1))
        }
        let (sum, middle) = parts.reduce((0.0, 0.0)) { ($0.0 + $1.weight, $0.1 + $1.weight * $1.offset) }
        return parts.map { part in
            var part = part
            part.weight /= sum
            part.offset -= middle / sum
            return part
        }
    }

    /// Width of the region above half of the highest, s, on a grid of 1 / 64 of the extent.
    static func widthAtHalfHeight(_ components: [PulseComponent], scattering tau: Double) -> Double {
        let early = components.map { $0.offset - 3 * $0.deviation }.min() ?? 0
        let late = (components.map { $0.offset + 3 * $0.deviation }.max() ?? 0) + 3 * tau
        let count = 192
        let step = (late - early) / Double(count)
        guard step > 0 else { return 0 }
        var heights = [Float](repeating: 0, count: count)
        var scratch = [Float](repeating: 0, count: PulseKernel.scratch(count: count))
        for part in components {
            PulseKernel.add(
                centre: (part.offset - early) / step, deviation: part.deviation / step, sweep: 0, weight: Float(part.weight), density: &heights, count: count,
                scratch: &scratch)
        }
        if tau > 0.01 * step { PulseKernel.scatter(&heights, count: count, tau: tau / step) }
        let half = (heights.max() ?? 0) / 2
        guard let first = heights.firstIndex(where: { $0 >= half }), let last = heights.lastIndex(where: { $0 >= half }) else { return 0 }
        return Double(last - first + 1) * step
    }

    // MARK: Interference

    private func addInterference(_ index: UInt64, _ contents: FrameContents, _ base: UnsafeMutablePointer<Float>) {
        guard !contents.isDisjoint(with: [.narrowBand, .broadBand, .other]) else { return }
        var draws = Draws(interferenceStream, index: index)
        for event in events(contents, &draws) { event.add(to: base, stride: axes.samples, first: 0, count: axes.samples, receiver: receiver) }
    }

    private func events(_ contents: FrameContents, _ draws: inout Draws) -> [InterferenceEvent] {
        let duration = Double(axes.samples) * axes.samplingTime
        var events: [InterferenceEvent] = []
        if contents.contains(.narrowBand) {
            for number in 0..<1 + draws.integer(below: 4) {
                // The first lasts for the frame; of the others some come and go, or are keyed.
                let kind = number == 0 ? 0.0 : draws.uniform()
                let start = kind < 0.4 ? 0 : duration * draws.uniform(0...0.7)
                let end = kind < 0.4 ? duration : min(duration, start + duration * draws.uniform(0.1...0.6))
                let period = draws.uniform() < 0.2 ? axes.samplingTime * draws.logarithmic(4...64) : 0
                events.append(interference.carrier(&draws, start: start, end: end, strengths: settings.carrierStrength, period: period))
            }
        }
        if contents.contains(.broadBand) {
            let isPeriodic = draws.uniform() < 0.2
            for _ in 0..<(isPeriodic ? 1 : 1 + draws.integer(below: 3)) {
                let start = duration * draws.uniform(isPeriodic ? 0...0.2 : 0.02...0.98)
                let period = isPeriodic ? duration * draws.uniform(0.1...0.3) : 0
                events.append(
                    interference.impulse(
                        &draws, start: start, end: isPeriodic ? duration : start, strengths: settings.impulseStrength, period: period))
            }
        }
        if contents.contains(.other) { events.append(unusual(&draws, duration)) }
        return events
    }

    private func unusual(_ draws: inout Draws, _ duration: Double) -> InterferenceEvent {
        let kind = draws.integer(below: 3)
        let start = duration * draws.uniform(0...0.6)
        let end = start + duration * draws.uniform(0.1...0.4)
        switch kind {
        case 0: return interference.sweep(&draws, start: start, end: end + 0.3 * duration, strengths: 3...max(4, settings.carrierStrength.upperBound))
        case 1:
            return InterferenceEvent(
                kind: .dropout, start: start, end: end, frequency: axes.firstFrequency, width: 0, duration: 0, period: 0, slope: 0, strength: 0)
        default:
            return InterferenceEvent(
                kind: .saturation, start: start, end: end, frequency: axes.firstFrequency, width: 0, duration: 0, period: 0, slope: 0,
                strength: draws.uniform(2...20))
        }
    }
}
