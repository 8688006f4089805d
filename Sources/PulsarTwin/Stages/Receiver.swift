import Glibc
import PulsarFrames
import PulsarKernels

/// What the telescope adds and makes of what arrives: temperatures, bandpass, digitiser.
///
/// T_sys = T_receiver + T_spill + T_background + T_sky (ν/408 MHz)^-2.6 + T_atm (1 - exp(-τ₀ / sin elevation)) + T_nebula, attenuated by the
/// atmosphere where it comes from beyond it (Lorimer & Kramer 2005, appendix 1.4).
public struct Receiver: Sendable {
    public let axes: FrameAxes
    /// System temperature of each channel, K.
    public let temperatures: [Double]
    /// Relative gain of each channel.
    public let bandpass: [Double]
    /// n_p Δν Δt: half the degrees of freedom of a sample.
    public let shape: Double
    /// Samples of one receptor, Δν Δt.
    public let samplesPerReceptor: Double
    /// K/Jy below the atmosphere.
    public let gain: Double
    public let hasNoise: Bool
    let channels: [RadiometerKernel.Channel]
    /// The same for Stokes Q, U and V, whose mean is 0.
    let differences: [RadiometerKernel.Channel]

    /// Where the digitiser puts the noise.
    public enum Levels: String, CaseIterable, Sendable {
        /// Each channel's noise in the middle of the codes, as a backend is set up before an observation; the ripple, which comes later, stays visible.
        case channel
        /// One mean and one scale for the whole band.
        case band
    }

    /// - Throws: `TwinError` for samples of too few degrees of freedom.
    public init(
        telescope: Telescope, pulsar: Pulsar, axes: FrameAxes, bits: Int, stages: Stages = .all, levels: Levels = .channel
    ) throws {
        self.axes = axes
        let samples = abs(axes.channelBandwidth) * 1e6 * axes.samplingTime
        let shape = samples * Double(telescope.polarisations)
        samplesPerReceptor = samples
        self.shape = shape
        guard shape >= 8 || !stages.has(.noise) else {
            throw TwinError(
                "telescope: \(shape) independent samples in \(abs(axes.channelBandwidth)) MHz and \(axes.samplingTime) s, wanted at least 8; take fewer channels or a longer sampling_time")
        }
        hasNoise = stages.has(.noise)
        let opacity = stages.has(.sky) ? telescope.zenithOpacity * telescope.airMass : 0
        let through = exp(-opacity)
        gain = telescope.gain * through
        let temperatures = (0..<axes.channels).map { c -> Double in
            let frequency = axes.frequency(c)
            let own = telescope.receiverTemperature + telescope.spilloverTemperature
            guard stages.has(.sky) else { return own }
            let sky = 2.725 + pulsar.skyTemperature * pow(frequency / 408, -2.6)
            return own + telescope.atmosphereTemperature * (1 - through)
                + through * (sky + Self.nebulaTemperature(pulsar, telescope, frequency: frequency))
        }
        let ends = (0..<axes.channels).map { stages.has(.bandpass) ? Self.end(telescope, frequency: axes.frequency($0)) : 1 }
        let bandpass = (0..<axes.channels).map { ends[$0] * (stages.has(.bandpass) ? Self.ripple(telescope, frequency: axes.frequency($0)) : 1) }
        self.temperatures = temperatures
        self.bandpass = bandpass
        let levelled = stages.has(.digitiser) && bits < 32
        let mean = zip(temperatures, bandpass).reduce(0.0) { $0 + $1.0 * $1.1 } / Double(axes.channels)
        let root = shape.squareRoot()
        func channel(_ c: Int, hasMean: Bool) -> RadiometerKernel.Channel {
            guard levelled else {
                return RadiometerKernel.Channel(
                    base: Float(temperatures[c]), scale: Float(bandpass[c]), offset: 0, lowest: -.greatestFiniteMagnitude,
                    highest: .greatestFiniteMagnitude, rounds: false)
            }
            let reference = levels == .band ? mean : temperatures[c] * ends[c]
            let scale = Self.deviation(bits: bits) * root / reference
            let middle = Self.middle(bits: bits)
            return RadiometerKernel.Channel(
                base: Float(temperatures[c]), scale: Float(scale * bandpass[c]), offset: Float(hasMean ? middle - scale * reference : middle), lowest: 0,
                highest: Float(2 * middle), rounds: true)
        }
        channels = (0..<axes.channels).map { channel($0, hasMean: true) }
        differences = (0..<axes.channels).map { channel($0, hasMean: false) }
    }

    /// Standard deviation of a sample without signals, K.
    public func deviation(_ channel: Int) -> Double { temperatures[channel] / shape.squareRoot() }

    /// Whether a channel's noise lies above the digitiser's lowest code by at least its deviation: where one level serves a whole band, its ends may not.
    public func isHeard(_ channel: Int) -> Bool {
        let numbers = channels[channel], mean = numbers.offset + numbers.scale * numbers.base
        return !numbers.rounds || mean - numbers.scale * Float(deviation(channel)) > numbers.lowest
    }

    /// Jy, of a channel.
    public func systemEquivalentFlux(_ channel: Int) -> Double { temperatures[channel] / gain }

    /// The mean code of noise, and its standard deviation in codes. Of 16 bits half are used, as some formats have signed ones only.
    static func middle(bits: Int) -> Double { Double((1 << min(bits, 15)) - 1) / 2 }
    static func deviation(bits: Int) -> Double {
        switch bits {
        case 1: 0.5
        case 2: 1
        case 4: 2.5
        case 8: 24
        default: 1024
        }
    }

    static func ripple(_ telescope: Telescope, frequency: Double) -> Double {
        1 + telescope.ripple * cos(2 * .pi * (frequency - telescope.low) / telescope.ripplePeriod)
    }

    /// The ends of the band fall to a tenth as half a cosine.
    static func end(_ telescope: Telescope, frequency: Double) -> Double {
        let inside = min(frequency - telescope.low, telescope.high - frequency)
        return inside < telescope.edge ? 0.1 + 0.45 * (1 - cos(.pi * max(0, inside) / telescope.edge)) : 1
    }

    /// The nebula in the recorded beam, and in those of the antennas, whose noise it adds to one by one.
    static func nebulaTemperature(_ pulsar: Pulsar, _ telescope: Telescope, frequency: Double) -> Double {
        guard let nebula = pulsar.nebula else { return 0 }
        let flux = nebula.flux * pow(frequency / 1000, nebula.index)
        func share(_ beam: Double) -> Double {
            let width = beam * 1400 / frequency
            return 1 / (1 + nebula.size * nebula.size / (width * width))
        }
        let (tied, dish) = (share(telescope.beam), share(telescope.dishBeam))
        return flux * telescope.gain * (tied + max(0, dish - tied) / Double(telescope.antennas))
    }
}

extension FrameAxes {
    /// Middle of a channel, MHz.
    public func frequency(_ channel: Int) -> Double { firstFrequency + Double(channel) * channelBandwidth }

    /// `channels` channels of a telescope's band, the highest first.
    public static func band(_ telescope: Telescope, channels: Int, samples: Int) -> FrameAxes {
        let width = (telescope.high - telescope.low) / Double(channels)
        return FrameAxes(
            channels: channels, samples: samples, firstFrequency: telescope.high - width / 2, channelBandwidth: -width, samplingTime: telescope.samplingTime)
    }
}
