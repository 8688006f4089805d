import Batch
import Glibc
import Numerics
import PulsarFrames
import PulsarKernels
import RadioStreams

/// A pulse of a stream, as it arrives.
public struct StreamPulse: Equatable, Sendable {
    public var kind: EmittedPulse.Kind
    public var rotation: Int
    /// s after the first sample, at the highest channel's middle.
    public var arrival: Double
    /// Jy s at 1400 MHz.
    public var fluence: Double
    public var components: [PulseComponent]
}

/// A recording of any length, made in blocks of time: every block a function of the settings and its number.
public struct TwinStream: Sendable {
    public let descriptions: Descriptions
    public let settings: StreamSettings
    public let stages: Stages
    public let constant: DispersionConstant
    public let axes: FrameAxes
    public let receiver: Receiver
    public let header: StreamHeader
    public let sampleCount: Int
    let emission: Emission
    let coordinates: ScreenCoordinates
    private let screen: Screen
    private let interference: InterferenceSource
    private let persistent: [InterferenceEvent]
    private let radiometerStream: RandomStream
    private let polarimeterStream: RandomStream
    private let interferenceStream: RandomStream
    /// Hz at the first sample.
    private let frequency: Double
    /// (ν / 1400 MHz)^spectral index of each channel.
    let spectrum: [Double]

    /// - Throws: `TwinError`. *Not collective.*
    public init(
        descriptions: Descriptions, settings: StreamSettings, stages: Stages = .all, constant: DispersionConstant = .handbook, seed: UInt64
    ) throws {
        let (telescope, pulsar) = (descriptions.telescope, descriptions.pulsar)
        self.descriptions = descriptions
        self.settings = settings
        self.stages = stages
        self.constant = constant
        sampleCount = max(1, Int((settings.duration / telescope.samplingTime).rounded()))
        let axes = FrameAxes.band(telescope, channels: settings.channels, samples: settings.block)
        self.axes = axes
        receiver = try Receiver(
            telescope: telescope, pulsar: pulsar, axes: axes, bits: settings.bits, stages: stages, levels: settings.levels)
        guard let start = ModifiedJulianDate(settings.start) else { throw TwinError("stream.start: \(settings.start) is no date") }
        let frequencies = (0..<axes.channels).map { axes.frequency($0) }
        var header = StreamHeader(
            frequencies: frequencies, channelWidth: axes.channelBandwidth, samplingTime: axes.samplingTime, start: start, bits: settings.bits)
        header.source = pulsar.name
        header.telescope = telescope.name
        header.rightAscension = pulsar.rightAscension
        header.declination = pulsar.declination
        header.polarisation = settings.polarisation
        header.isSigned = settings.bits == 16 && settings.format == .psrfits
        self.header = header
        emission = Emission(pulsar: pulsar, seed: seed, stages: stages)
        let coordinates = ScreenCoordinates(
            frequencies: frequencies, channelBandwidth: axes.channelBandwidth, reference: 1000, index: pulsar.scattering.index)
        self.coordinates = coordinates
        // The time scale goes with ν^1.2 (Cordes & Rickett 1998); it is taken at the middle of the band.
        let middle = axes.frequency(axes.channels / 2)
        screen = Screen(
            bandwidth: pulsar.scintillation.bandwidth, time: pulsar.scintillation.time * pow(middle / 1000, 1.2), coordinates: coordinates,
            draws: Draws(RandomStream(seed: seed, purpose: .screen), index: 0))
        let interference = InterferenceSource(receiver: receiver, allocations: telescope.allocations)
        self.interference = interference
        var draws = Draws(RandomStream(seed: seed, purpose: .persistentInterference), index: 0)
        let end = Double(sampleCount) * axes.samplingTime
        persistent = (0..<settings.interference.persistent).map { _ in
            interference.carrier(&draws, start: 0, end: end, strengths: settings.interference.strength)
        }
        radiometerStream = RandomStream(seed: seed, purpose: .radiometer)
        polarimeterStream = RandomStream(seed: seed, purpose: .polarimeter)
        interferenceStream = RandomStream(seed: seed, purpose: .interference)
        frequency = pulsar.frequency + pulsar.frequencyDerivative * (settings.start - pulsar.epoch) * 86400
        spectrum = frequencies.map { pow($0 / 1400, pulsar.spectralIndex) }
    }

    public var blocks: Int { (sampleCount + settings.block - 1) / settings.block }

    /// Samples of block `index`.
    public func samples(_ index: Int) -> Range<Int> {
        index * settings.block..<min(sampleCount, (index + 1) * settings.block)
    }

    // MARK: What happens when

    /// Turns at `time`, s after the first sample.
    func turns(_ time: Double) -> Double {
        settings.phase + time * (frequency + 0.5 * descriptions.pulsar.frequencyDerivative * time)
    }

    /// When a rotation begins, s.
    public func time(ofRotation rotation: Int) -> Double {
        var time = (Double(rotation) - settings.phase) / frequency
        for _ in 0..<3 { time -= (turns(time) - Double(rotation)) / (frequency + descriptions.pulsar.frequencyDerivative * time) }
        return time
    }

    /// Pulses that may be in the band between two times, in the order of rotations.
    public func pulses(from begin: Double, to end: Double) -> [StreamPulse] {
        let painter = PulsePainter(axes: axes, constant: constant, stages: stages)
        let period = 1 / frequency
        let widest = TravellingPulse(
            components: [PulseComponent(offset: -period, deviation: 0.05 * period, weight: 1), PulseComponent(offset: 2 * period, deviation: 0.05 * period, weight: 1)],
            arrival: 0, dispersionMeasure: descriptions.pulsar.dispersionMeasure, scattering: descriptions.pulsar.scattering)
        let extent = painter.extent(widest)
        let first = Int(turns(begin - extent.upperBound).rounded(.down))
        let last = Int(turns(end - extent.lowerBound).rounded(.up))
        guard first <= last else { return [] }
        return (first...last).flatMap { rotation -> [StreamPulse] in
            let start = time(ofRotation: rotation)
            return emission.pulses(rotation: rotation).compactMap { pulse -> StreamPulse? in
                let arriving = StreamPulse(
                    kind: pulse.kind, rotation: rotation, arrival: start + pulse.delay, fluence: pulse.fluence, components: pulse.components)
                let extent = painter.extent(travelling(arriving))
                guard arriving.arrival + extent.upperBound > begin, arriving.arrival + extent.lowerBound < end else { return nil }
                return arriving
            }
        }
    }

    func travelling(_ pulse: StreamPulse) -> TravellingPulse {
        TravellingPulse(
            components: pulse.components, arrival: pulse.arrival, dispersionMeasure: descriptions.pulsar.dispersionMeasure,
            scattering: descriptions.pulsar.scattering)
    }

    /// Gains of the screen for all channels.
    func gains(at time: Double) -> [Float] {
        stages.has(.scintillation) ? screen.gains(time: time, coordinates: coordinates) : [Float](repeating: 1, count: axes.channels)
    }

    /// Interference that begins in the second `second`, which may last for one more.
    func events(inSecond second: Int) -> [InterferenceEvent] {
        guard stages.has(.interference) else { return [] }
        let rates = settings.interference
        var draws = Draws(interferenceStream, index: UInt64(bitPattern: Int64(second)))
        let origin = Double(second)
        var events: [InterferenceEvent] = []
        for _ in 0..<draws.poisson(rates.carriers) {
            let start = origin + draws.uniform()
            let period = draws.uniform() < 0.2 ? draws.logarithmic(1e-3...0.1) : 0
            events.append(
                interference.carrier(&draws, start: start, end: start + draws.logarithmic(0.01...1), strengths: rates.strength, period: period))
        }
        for _ in 0..<draws.poisson(rates.impulses) {
            let start = origin + draws.uniform()
            events.append(interference.impulse(&draws, start: start, end: start, strengths: rates.strength))
        }
        for _ in 0..<draws.poisson(rates.trains) {
            let start = origin + draws.uniform()
            // Mains and rotating radar: tens of milliseconds between the impulses.
            events.append(
                interference.impulse(
                    &draws, start: start, end: start + draws.uniform(0.3...1), strengths: rates.strength, period: draws.uniform() < 0.5 ? 0.01 : 0.02))
        }
        for _ in 0..<draws.poisson(rates.sweeps) {
            let start = origin + draws.uniform()
            events.append(interference.sweep(&draws, start: start, end: start + draws.logarithmic(0.02...1), strengths: rates.strength))
        }
        return events
    }

    /// Interference that may be there between two times. Persistent carriers come first.
    public func events(from begin: Double, to end: Double) -> [InterferenceEvent] {
        guard stages.has(.interference) else { return [] }
        let seconds = Int(max(0, begin - 2.5).rounded(.down))...Int(max(0, end + 0.5).rounded(.up))
        // Four samples more than an event reaches.
        let margin = 4 * axes.samplingTime
        return persistent
            + seconds.flatMap { self.events(inSecond: $0) }
            .filter { $0.end + 6 * $0.duration + margin >= begin && $0.start - 6 * $0.duration - margin < end }
    }

    // MARK: Blocks

    /// Numbers of block `index`, `[time][polarisation][channel]`.
    public func block(_ index: Int) -> [Float] {
        let range = samples(index)
        let (channels, terms) = (axes.channels, settings.polarisation.count)
        let stride = (range.count + 63) / 64 * 64
        let rows = UnsafeMutablePointer<Float>.allocate(capacity: terms * channels * stride)
        defer { rows.deallocate() }
        rows.update(repeating: 0, count: terms * channels * stride)
        let begin = Double(range.lowerBound) * axes.samplingTime
        let end = Double(range.upperBound) * axes.samplingTime
        let painter = PulsePainter(axes: axes, constant: constant, stages: stages)
        for pulse in pulses(from: begin, to: end) { add(pulse, painter, rows, stride: stride, first: range.lowerBound, count: stride) }
        for event in events(from: begin, to: end) { event.add(to: rows, stride: stride, first: range.lowerBound, count: stride, receiver: receiver) }
        for channel in 0..<channels { detect(channel, rows, stride: stride, first: range.lowerBound) }
        return [Float](unsafeUninitializedCapacity: range.count * terms * channels) { buffer, initialized in
            initialized = range.count * terms * channels
            guard let base = buffer.baseAddress else { return }
            if stride == range.count {
                ChannelKernel.transpose(rows, times: terms * channels, channels: stride, into: base, stride: terms * channels, start: 0)
            } else {
                for t in 0..<range.count { for row in 0..<terms * channels { base[t * terms * channels + row] = rows[row * stride + t] } }
            }
        }
    }

    private func add(_ pulse: StreamPulse, _ painter: PulsePainter, _ rows: UnsafeMutablePointer<Float>, stride: Int, first: Int, count: Int) {
        let travelling = travelling(pulse)
        let gains = gains(at: pulse.arrival)
        let plane = axes.channels * stride
        let intensities = pulse.components.map(\.weight)
        var turned = [intensities, intensities, intensities]
        for channel in 0..<axes.channels {
            let fluence = pulse.fluence * spectrum[channel] * Double(gains[channel]) * receiver.gain
            let row = rows + channel * stride
            painter.add(travelling, weights: intensities, fluence: fluence, channel: channel, row: row, first: first, count: count)
            guard settings.polarisation == .stokes else { continue }
            let (real, imaginary) = faraday(channel)
            for (j, part) in pulse.components.enumerated() {
                turned[0][j] = part.weight * (part.q * real - part.u * imaginary)
                turned[1][j] = part.weight * (part.q * imaginary + part.u * real)
                turned[2][j] = part.weight * part.v
            }
            for term in 0..<3 {
                painter.add(
                    travelling, weights: turned[term], fluence: fluence, channel: channel, row: row + (term + 1) * plane, first: first, count: count)
            }
        }
    }

    /// The factor of Q + iU in a channel: exp(2i RM λ²), averaged over the channel.
    func faraday(_ channel: Int) -> (real: Double, imaginary: Double) {
        guard stages.has(.faraday) else { return (1, 0) }
        let half = abs(axes.channelBandwidth) / 2
        func square(_ frequency: Double) -> Double { (299.792458 / frequency) * (299.792458 / frequency) }
        let (low, high) = (square(axes.frequency(channel) + half), square(axes.frequency(channel) - half))
        let measure = descriptions.pulsar.rotationMeasure
        let (angle, spread) = (measure * (low + high), measure * (high - low))
        let share = abs(spread) < 1e-9 ? 1 : sin(spread) / spread
        return (share * cos(angle), share * sin(angle))
    }

    private func detect(_ channel: Int, _ rows: UnsafeMutablePointer<Float>, stride: Int, first: Int) {
        let row = rows + channel * stride
        let levels = receiver.channels[channel]
        guard settings.polarisation == .stokes else {
            RadiometerKernel.detect(
                row, count: stride, channel: levels, shape: receiver.hasNoise ? Float(receiver.shape) : 0, stream: radiometerStream, epoch: 0,
                firstTile: UInt64(first / RadiometerKernel.tile), draw: UInt32(channel))
            return
        }
        let plane = axes.channels * stride
        let terms = (row, row + plane, row + 2 * plane, row + 3 * plane)
        if receiver.hasNoise {
            PolarimeterKernel.detect(
                terms, count: stride, base: levels.base, samples: Float(receiver.samplesPerReceptor), stream: polarimeterStream, epoch: 0,
                firstIndex: UInt64(first), draw: UInt32(channel))
        } else {
            for t in 0..<stride { row[t] += levels.base }
        }
        PolarimeterKernel.digitise(terms.0, count: stride, channel: levels)
        for term in [terms.1, terms.2, terms.3] { PolarimeterKernel.digitise(term, count: stride, channel: receiver.differences[channel]) }
    }
}
