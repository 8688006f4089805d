import Glibc
import Numerics
import PulsarFrames
import PulsarKernels
import RadioStreams

/// Labelled frames like a recording: its noise, its interference, pulses like those found in it; every frame a function of seed and index.
///
/// Signals are in units of each channel's noise and are added before the recording's digitiser, so mixtures are digitised once.
public struct EmpiricalFrames: LabelledFrameSource {
    public let learned: LearnedRecording
    public let settings: FrameSettings
    public let constant: DispersionConstant
    public var axes: FrameAxes { learned.axes }
    private let channels: [EmpiricalNoiseKernel.Channel]
    /// Of each channel's own part of the score.
    private let correlations: [Float]
    private let classes: FrameClasses
    private let contentsStream: RandomStream
    private let noiseStream: RandomStream
    private let commonStream: RandomStream
    private let carrierStream: RandomStream
    private let interferenceStream: RandomStream

    /// - Throws: `TwinError` where frames of bytes cannot hold the recording's numbers.
    public init(_ learned: LearnedRecording, settings: FrameSettings, constant: DispersionConstant = .handbook, seed: UInt64) throws {
        guard !settings.areBytes || (learned.rounds && learned.lowest.allSatisfy { $0 >= 0 } && learned.highest.allSatisfy { $0 <= 255 }) else {
            throw TwinError("frames.bytes: wanted a recording of whole numbers from 0 to 255, found other numbers; leave it out")
        }
        self.learned = learned
        self.settings = settings
        self.constant = constant
        classes = FrameClasses(shares: settings.shares, otherShare: settings.otherShare, stream: RandomStream(seed: seed, purpose: .empiricalClass))
        contentsStream = RandomStream(seed: seed, purpose: .empiricalContents)
        noiseStream = RandomStream(seed: seed, purpose: .empiricalNoise)
        commonStream = RandomStream(seed: seed, purpose: .empiricalCommon)
        carrierStream = RandomStream(seed: seed, purpose: .empiricalCarrier)
        interferenceStream = RandomStream(seed: seed, purpose: .empiricalInterference)
        // The table weakens correlations of the scores by the square of the fidelity: they are made so much stronger before.
        let shared = learned.states.indices.map { min(0.9, learned.commonVariance / (learned.fidelities[$0] * learned.fidelities[$0])) }
        correlations = learned.states.indices.map { c in
            let whole = learned.correlations[c] / (learned.fidelities[c] * learned.fidelities[c])
            return Float(min(0.98, max(-0.98, (whole - shared[c] * learned.commonCorrelation) / (1 - shared[c]))))
        }
        channels = learned.states.indices.map { c in
            EmpiricalNoiseKernel.Channel(
                commonShare: Float(shared[c].squareRoot()), deviation: Float(learned.deviations[c]), lowest: learned.lowest[c], highest: learned.highest[c],
                rounds: learned.rounds)
        }
    }

    /// What frame `index` shows.
    public func contents(_ index: UInt64) -> FrameContents { classes.contents(index) }

    public func write(frame index: UInt64, into values: UnsafeMutableBufferPointer<Float>) -> FrameTruth {
        write(frame: index, showing: contents(index), into: values)
    }

    /// Frame `index` as if its class were another.
    func write(frame index: UInt64, showing contents: FrameContents, into values: UnsafeMutableBufferPointer<Float>) -> FrameTruth {
        precondition(values.count == axes.channels * axes.samples, "a frame has \(axes.channels) x \(axes.samples) numbers")
        guard let base = values.baseAddress else { return FrameTruth() }
        base.update(repeating: 0, count: values.count)
        var truth = FrameTruth(contents: contents)
        if contents.contains(.pulse) { addPulse(index, base, &truth) }
        let people = EmpiricalInterference(learned: learned, settings: settings, noise: carrierStream, frame: index, base: base)
        var draws = Draws(interferenceStream, index: index)
        if contents.contains(.narrowBand) { people.addCarriers(&draws) }
        if contents.contains(.broadBand) { people.addImpulses(&draws) }
        if contents.contains(.other) { people.addUnusual(&draws) }
        detect(index, base)
        return truth
    }

    private func detect(_ index: UInt64, _ base: UnsafeMutablePointer<Float>) {
        let count = axes.samples
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * count) { buffer in
            guard let common = buffer.baseAddress else { return }
            let own = common + count
            EmpiricalNoiseKernel.series(
                common, count: count, correlation: Float(learned.commonCorrelation), stream: commonStream, epoch: index, number: 0)
            learned.tables.withUnsafeBufferPointer { tables in
                guard let tables = tables.baseAddress else { return }
                for c in 0..<axes.channels {
                    let row = base + c * count
                    if learned.states[c] == .dead {
                        row.update(repeating: Float(learned.means[c]), count: count)
                        continue
                    }
                    EmpiricalNoiseKernel.series(own, count: count, correlation: correlations[c], stream: noiseStream, epoch: index, number: UInt64(c))
                    EmpiricalNoiseKernel.detect(
                        row, count: count, own: own, common: common, channel: channels[c], table: tables + c * EmpiricalNoiseKernel.tableSize)
                }
            }
        }
    }

    // MARK: Pulse

    private func addPulse(_ index: UInt64, _ base: UnsafeMutablePointer<Float>, _ truth: inout FrameTruth) {
        var draws = Draws(contentsStream, index: index)
        var target = draws.logarithmic(settings.signalToNoise)
        var measure = draws.uniform(settings.dispersionMeasure)
        var width = draws.logarithmic(settings.width)
        if !learned.pulses.isEmpty {
            // Like one of the recording's, and a little different.
            let pulse = learned.pulses[draws.integer(below: learned.pulses.count)]
            target = pulse.signalToNoise * draws.logarithmic(0.7...1.4)
            measure = pulse.dispersionMeasure
            width = pulse.width * draws.logarithmic(0.7...1.4)
        }
        let scattering = Pulsar.Scattering(time: draws.logarithmic(settings.scattering), index: -4.4)
        let slope = draws.uniform(settings.spectralIndex)
        let components = TwinFrames.components(&draws, width: width, isStructured: true)
        let painter = PulsePainter(axes: axes, constant: constant, stages: .all)
        let sweep = painter.delays(axes.channels - 1, dispersionMeasure: measure).middle
        let duration = Double(axes.samples) * axes.samplingTime
        let seen = settings.visible * min(sweep, duration)
        let arrival = draws.uniform(min(0, seen - sweep)...max(0, duration - seen))
        let pulse = TravellingPulse(components: components, arrival: arrival, dispersionMeasure: measure, scattering: scattering)
        let weights = components.map(\.weight)
        let middle = axes.frequency(axes.channels / 2)
        var (fluence, extent) = (0.0, 0.0)
        for channel in 0..<axes.channels where learned.states[channel] != .dead {
            let row = base + channel * axes.samples
            let flux = pow(axes.frequency(channel) / middle, slope)
            painter.add(pulse, weights: weights, fluence: flux * axes.samplingTime, channel: channel, row: row, first: 0, count: axes.samples)
            let (sum, square) = PulseKernel.moments(row, count: axes.samples)
            guard sum > 1e-6 * flux, square > 0 else { continue }
            fluence += sum
            extent += sum * sum / square
        }
        truth.signalToNoise = target
        truth.dispersionMeasure = measure
        truth.arrival = arrival
        truth.width = TwinFrames.widthAtHalfHeight(components, scattering: scattering.time(at: middle))
        guard fluence > 0 else {
            truth.signalToNoise = 0
            return
        }
        PulseKernel.scale(base, count: axes.channels * axes.samples, by: Float(target * extent.squareRoot() / fluence))
    }
}
