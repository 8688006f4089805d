import Glibc
import Numerics

/// One glitch, and what it adds to which channel.
public struct TwinEvent: Sendable {
    public struct Part: Sendable {
        public let channel: Int
        public let waveform: GlitchWaveform
        /// Seconds from the start to the waveform's middle.
        public let time: Double
    }

    /// Number of the family, or -1 for a channel's own.
    public let family: Int
    /// Seconds from the start to the middle in the strain, or in the channel whose own it is.
    public let time: Double
    public let frequency, quality: Double
    /// Matched-filter signal to noise, 0 where it is not seen.
    public let strainSignalToNoise, witnessSignalToNoise: Double
    public let parts: [Part]

    public var reach: Double { parts.map(\.waveform.reach).max() ?? 0 }
}

extension TwinModel {
    /// All glitches of `duration` seconds, the same on every rank: families first, then the channels' own.
    public func events(duration: Double, seed: UInt64) -> [TwinEvent] {
        let stream = RandomStream(seed: seed, purpose: .glitchEvents)
        var events: [TwinEvent] = []
        for index in families.indices {
            for number in 0..<Self.count(families[index].rate, duration) {
                let draws = (0..<5).map { stream.uniform(epoch: UInt64(index), index: UInt64(number), draw: UInt32($0)) }
                events.append(event(family: index, draws, duration))
            }
        }
        for channel in channels.indices where channels[channel].glitches > 0 {
            for number in 0..<Self.count(channels[channel].glitches, duration) {
                let draws = (0..<5).map { stream.uniform(epoch: UInt64(1 << 20 + channel), index: UInt64(number), draw: UInt32($0)) }
                events.append(ownEvent(of: channel, draws, duration))
            }
        }
        return events
    }

    /// Glitches in `duration` seconds at `rate` an hour, at least one.
    private static func count(_ rate: Double, _ duration: Double) -> Int { max(1, Int((rate * duration / 3600).rounded())) }

    private static func logarithmic(_ range: ClosedRange<Double>, _ part: Double) -> Double {
        range.lowerBound * pow(range.upperBound / range.lowerBound, part)
    }

    /// At least two seconds from either end where there is room.
    private static func time(_ part: Double, _ duration: Double) -> Double {
        let margin = min(2, duration / 4)
        return margin + part * (duration - 2 * margin)
    }

    private func ownEvent(of channel: Int, _ draws: [Double], _ duration: Double) -> TwinEvent {
        let highest = min(200, channels[channel].rate / 6)
        let frequency = Self.logarithmic(15...max(16, highest), draws[1])
        let quality = Self.logarithmic(5...15, draws[2])
        let shape = GlitchWaveform.sineGaussian(amplitude: 1, frequency: frequency, quality: quality, phase: 2 * .pi * draws[4])
        let ratio = Self.logarithmic(12...60, draws[3])
        let time = Self.time(draws[0], duration)
        let waveform = shape.scaled(to: shape.amplitude(signalToNoise: ratio, density: density(channel, at: frequency)))
        return TwinEvent(
            family: -1, time: time, frequency: frequency, quality: quality, strainSignalToNoise: 0, witnessSignalToNoise: ratio,
            parts: [.init(channel: channel, waveform: waveform, time: time)])
    }

    /// What a family's disturbance of amplitude 1 looks like in the witness and in the strain.
    private func shapes(_ family: Family, frequency f: Double, quality q: Double, phase: Double) -> (witness: GlitchWaveform, strain: GlitchWaveform) {
        let plain = GlitchWaveform.sineGaussian(amplitude: 1, frequency: f, quality: q, phase: phase)
        switch family.coupling {
        case .blip, .linear: return (plain, plain)
        case .quadratic: return (plain, .squaredSineGaussian(amplitude: 1, frequency: f, quality: q, phase: phase))
        case .scattered:
            let arch = GlitchWaveform.arch(amplitude: 1, fringe: f, motion: q, phase: phase)
            return (arch, arch)
        case .bilinear:
            let carrier = family.carrier.flatMap { channels[$0].lines.first?.frequency } ?? 50
            return (plain, .modulated(amplitude: 1, frequency: f, quality: q, phase: phase, carrier: carrier))
        }
    }

    /// Strain for a disturbance of amplitude 1 in the witness (squared where the coupling is), from the event in the middle of the ranges.
    private func gain(_ family: Family, at frequency: Double) -> Double {
        guard let witness = family.witness else { return 0 }
        let (f, q) = (Self.logarithmic(family.frequencies, 0.5), Self.logarithmic(family.qualities, 0.5))
        let middle = shapes(family, frequency: f, quality: q, phase: 0)
        let inWitness = middle.witness.amplitude(
            signalToNoise: Self.logarithmic(family.signalToNoise, 0.5), density: density(witness, at: middle.witness.frequency))
        let inStrain = middle.strain.amplitude(signalToNoise: family.strainSignalToNoise, density: density(0, at: middle.strain.frequency))
        return inStrain / (family.coupling == .quadratic ? inWitness * inWitness : inWitness) * pow(frequency / f, family.slope)
    }

    private func event(family index: Int, _ draws: [Double], _ duration: Double) -> TwinEvent {
        let family = families[index]
        let (f, q) = (Self.logarithmic(family.frequencies, draws[1]), Self.logarithmic(family.qualities, draws[2]))
        let time = Self.time(draws[0], duration)
        let shape = shapes(family, frequency: f, quality: q, phase: 2 * .pi * draws[4])
        let ratio = Self.logarithmic(family.signalToNoise, draws[3])
        var parts: [TwinEvent.Part] = []
        let inStrain: Double
        if let witness = family.witness {
            let amplitude = shape.witness.amplitude(signalToNoise: ratio, density: density(witness, at: shape.witness.frequency))
            parts.append(.init(channel: witness, waveform: shape.witness.scaled(to: amplitude), time: time - family.delay))
            inStrain = gain(family, at: f) * (family.coupling == .quadratic ? amplitude * amplitude : amplitude)
        } else {
            inStrain = shape.strain.amplitude(signalToNoise: ratio, density: density(0, at: shape.strain.frequency))
        }
        if let motion = family.motion {
            // f = 2 v / lambda: the amplitude in micrometres of a swing whose fastest moment gives the fringe frequency.
            parts.append(.init(channel: motion, waveform: .swing(amplitude: f * 1.064 / (4 * .pi * q), motion: q), time: time))
        }
        let strain = shape.strain.scaled(to: inStrain)
        parts.append(.init(channel: 0, waveform: strain, time: time))
        let strainDensity = density(0, at: strain.frequency)
        for channel in channels.indices where channels[channel].leak > 0 {
            let scale = channels[channel].leak * density(channel, at: strain.frequency) / strainDensity
            parts.append(.init(channel: channel, waveform: strain.scaled(to: inStrain * scale), time: time))
        }
        return TwinEvent(
            family: index, time: time, frequency: f, quality: q,
            strainSignalToNoise: inStrain / shape.strain.amplitude(signalToNoise: 1, density: strainDensity),
            witnessSignalToNoise: family.witness == nil ? 0 : ratio, parts: parts)
    }
}

/// Makes samples of the model's channels, any stretch of them by itself. *Not collective;* used by one thread at a time.
final class TwinSource {
    private let model: TwinModel
    private let seed: UInt64
    /// Parts of all events by channel.
    private var parts: [[TwinEvent.Part]]
    private var noise: [Int: ColouredNoise] = [:]

    init(_ model: TwinModel, events: [TwinEvent], seed: UInt64) {
        (self.model, self.seed) = (model, seed)
        parts = [[TwinEvent.Part]](repeating: [], count: model.channels.count)
        for event in events { for part in event.parts { parts[part.channel].append(part) } }
    }

    /// `count` samples of `channel` from sample `first` on.
    func samples(_ channel: Int, first: Int, count: Int) throws -> [Double] {
        let rate = model.channels[channel].rate
        let source = try noise[channel].flatMap { $0.count == count ? $0 : nil }
            ?? ColouredNoise(rate: rate, count: count) { [model] in model.density(channel, at: $0) }
        noise[channel] = source
        var values = source.stretch(seed: seed, channel: channel, first: first)
        for line in model.channels[channel].lines {
            for i in 0..<count {
                let turns = line.frequency * Double(first + i) / rate
                values[i] += line.amplitude * cos(2 * .pi * (turns - turns.rounded(.down)))
            }
        }
        for (index, steady) in model.steady.enumerated() where channel == 0 || channel == steady.witness {
            try add(steady, index, to: &values, channel, first: first)
        }
        for part in parts[channel] {
            let reach = part.waveform.reach
            let low = max(first, Int(((part.time - reach) * rate).rounded(.up)))
            let high = min(first + count - 1, Int(((part.time + reach) * rate).rounded(.down)))
            guard low <= high else { continue }
            for i in low...high {
                let time = Double(i) / rate
                values[i - first] += part.waveform.value(time - part.time, time: time)
            }
        }
        return values
    }

    /// Adds a steady coupling's noise, made at the strain's rate, to the strain or to its witness.
    private func add(_ steady: TwinModel.Steady, _ index: Int, to values: inout [Double], _ channel: Int, first: Int) throws {
        let (rate, own) = (model.channels[0].rate, model.channels[channel].rate)
        let ratio = Int((rate / own).rounded())
        let (level, gain) = model.levels(steady)
        let (key, count) = (1 << 20 + index, values.count * ratio)
        let source = try noise[key].flatMap { $0.count == count ? $0 : nil } ?? ColouredNoise(rate: rate, count: count) { steady.band.contains($0) ? level : 0 }
        noise[key] = source
        let hidden = source.stretch(seed: seed, channel: key, first: first * ratio)
        guard channel == 0 else {
            for i in values.indices { values[i] += hidden[i * ratio] }
            return
        }
        guard let carrier = model.carrierFrequency(steady.carrier) else {
            for i in values.indices { values[i] += gain * hidden[i] }
            return
        }
        for i in values.indices {
            let turns = carrier * Double(first + i) / rate
            values[i] += gain * hidden[i] * cos(2 * .pi * (turns - turns.rounded(.down)))
        }
    }
}
