import Glibc
import Numerics
import PulsarFrames
import PulsarKernels
import RadioStreams

/// A pulse on its way: what the medium makes of it, in every channel.
struct TravellingPulse {
    let components: [PulseComponent]
    /// Arrival of the pulse's own time at the highest channel's middle, s after sample 0.
    let arrival: Double
    let dispersionMeasure: Double
    let scattering: Pulsar.Scattering
    /// Bounds of the components, s.
    let earliest: Double
    let latest: Double
    let narrowest: Double
    let widest: Double

    init(components: [PulseComponent], arrival: Double, dispersionMeasure: Double, scattering: Pulsar.Scattering) {
        self.components = components
        self.arrival = arrival
        self.dispersionMeasure = dispersionMeasure
        self.scattering = scattering
        earliest = components.map(\.offset).min() ?? 0
        latest = components.map(\.offset).max() ?? 0
        narrowest = components.map(\.deviation).min() ?? 1e-9
        widest = components.map(\.deviation).max() ?? 1e-9
    }
}

/// Memory of a painter, for one thread; it grows as pulses need it.
final class PulseMemory {
    private(set) var density: UnsafeMutablePointer<Float>
    private(set) var scratch: UnsafeMutablePointer<Float>
    private var capacity: Int

    init(steps: Int = 4096) {
        capacity = steps
        density = .allocate(capacity: steps)
        scratch = .allocate(capacity: PulseKernel.scratch(count: steps))
    }

    deinit {
        density.deallocate()
        scratch.deallocate()
    }

    func reserve(_ steps: Int) {
        guard steps > capacity else { return }
        density.deallocate()
        scratch.deallocate()
        capacity = 2 * steps
        density = .allocate(capacity: capacity)
        scratch = .allocate(capacity: PulseKernel.scratch(count: capacity))
    }
}

/// Adds pulses to rows of samples, each integrated over channel and sample.
struct PulsePainter {
    let axes: FrameAxes
    let constant: DispersionConstant
    let stages: Stages
    private let memory = PulseMemory()
    /// Steps that one pulse may take in one channel; what is later is lost.
    static let longest = 1 << 21

    init(axes: FrameAxes, constant: DispersionConstant, stages: Stages) {
        self.axes = axes
        self.constant = constant
        self.stages = stages
    }

    /// Delay of a channel's middle behind the highest channel's, and the difference of its edges' delays, s.
    func delays(_ channel: Int, dispersionMeasure: Double) -> (middle: Double, sweep: Double) {
        guard stages.has(.dispersion) else { return (0, 0) }
        let half = abs(axes.channelBandwidth) / 2
        let frequency = axes.frequency(channel)
        func delay(_ at: Double) -> Double { constant.delay(dispersionMeasure: dispersionMeasure, frequency: at, reference: axes.firstFrequency) }
        let (early, late) = (delay(frequency + half), delay(frequency - half))
        // Simpson: the mean over the channel.
        return ((early + 4 * delay(frequency) + late) / 6, late - early)
    }

    /// Seconds after its arrival in which a pulse may be in the band: begin and end of what is not negligible.
    func extent(_ pulse: TravellingPulse) -> ClosedRange<Double> {
        let (highest, lowest) = (delays(0, dispersionMeasure: pulse.dispersionMeasure), delays(axes.channels - 1, dispersionMeasure: pulse.dispersionMeasure))
        let tail = stages.has(.scattering) ? 14 * pulse.scattering.time(at: axes.frequency(axes.channels - 1)) : 0
        let reach = (PulseKernel.reach + 1) * max(pulse.widest, lowest.sweep) + 4 * axes.samplingTime
        return pulse.earliest + highest.middle - reach...pulse.latest + lowest.middle + tail + reach
    }

    /// Adds a pulse to a row of one channel.
    ///
    /// - Parameters:
    ///   - weights: of each component; their sum times `fluence` (K s) is what arrives.
    ///   - row: samples `first`, ... `first + count - 1` of the channel, K.
    /// A pulse gives the same bits in whatever pieces a stream is made: its own beginning is where counting starts.
    func add(
        _ pulse: TravellingPulse, weights: [Double], fluence: Double, channel: Int, row: UnsafeMutablePointer<Float>, first: Int, count: Int
    ) {
        let time = axes.samplingTime
        let (middle, sweep) = delays(channel, dispersionMeasure: pulse.dispersionMeasure)
        let tau = stages.has(.scattering) ? pulse.scattering.time(at: axes.frequency(channel)) : 0
        let isScattered = tau > 0.01 * time
        let steps = isScattered && pulse.narrowest < 2 * time ? 4 : 1
        let reach = (PulseKernel.reach + 0.5) * max(pulse.widest, sweep / 3) + sweep / 2
        let about = pulse.arrival + middle
        let start = ((about + pulse.earliest - reach) / time).rounded(.down) - 1
        let end = ((about + pulse.latest + reach + (isScattered ? 14 * tau : 0)) / time).rounded(.up) + 1
        guard end > Double(first), start < Double(first + count), start > -9e15 else { return }
        let begin = Int(start)
        let samples = Int(min(end, Double(first + count), start + Double(Self.longest / steps))) - begin
        guard samples > 0, begin + samples > first else { return }
        let total = samples * steps
        memory.reserve(total)
        let (density, scratch) = (memory.density, memory.scratch)
        let fine = time / Double(steps)
        density.update(repeating: 0, count: total)
        for (component, weight) in zip(pulse.components, weights) where weight != 0 {
            let centre = (about + component.offset) / fine - Double(begin * steps)
            PulseKernel.add(
                centre: centre, deviation: component.deviation / fine, sweep: sweep / fine, weight: Float(weight), density: density, count: total,
                scratch: scratch)
        }
        if isScattered { PulseKernel.scatter(density, count: total, tau: tau / fine) }
        let skipped = max(0, first - begin)
        PulseKernel.collect(
            density + skipped * steps, steps: steps, amplitude: Float(fluence / time), row: row + (begin + skipped - first), count: samples - skipped)
    }
}
