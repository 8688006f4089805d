import Batch

/// The section `frames`: which frames, and what they show.
public struct FrameSettings: Sendable {
    public var channels = 256
    public var samples = 256
    /// Bits of the digitiser; nil for the telescope's.
    public var bits: Int?
    public var levels = Receiver.Levels.channel
    /// Shares of the classes 0 to 7; empty for each class once in every eight frames.
    public var shares: [Double] = []
    /// Share of frames of the class `other`, on top.
    public var otherShare = 0.0
    /// Ranges that are drawn from: S/N, width at half height (s), scattering time at 1 GHz (s) and decorrelation bandwidth at 1 GHz (MHz) evenly in the
    /// logarithm, dispersion measure and spectral index evenly.
    public var signalToNoise = 5.0...30.0
    public var dispersionMeasure = 10.0...100.0
    public var width = 2e-4...4e-3
    public var scattering = 1e-6...1e-3
    public var decorrelation = 1.0...1000.0
    public var spectralIndex = -3.0...0.0
    /// Strength of interference in a sample, in standard deviations of its noise.
    public var carrierStrength = 1.0...20.0
    public var impulseStrength = 0.6...8.0
    /// The least part of a pulse's way through the band (or of the frame, where that is shorter) that is in the frame.
    public var visible = 0.25
    /// Whether files hold bytes instead of floats: a quarter of the room, for 8 bits and fewer.
    public var areBytes = false

    public init() {}

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("frames")
        channels = try section.int("channels", default: channels, in: 1...65536)
        samples = try section.int("samples", default: samples, in: 16...1 << 20)
        bits = section.has("bits") ? try section.int("bits", in: 1...32) : nil
        levels = try section.choice("levels", default: levels)
        shares = section.has("shares") ? try section.doubles("shares", in: 0...1e9, count: 8...8) : []
        otherShare = try section.double("other_share", default: otherShare, in: 0...1)
        func range(_ key: String, _ fallback: ClosedRange<Double>, in limits: ClosedRange<Double>) throws -> ClosedRange<Double> {
            let ends = try section.doubles(key, default: [fallback.lowerBound, fallback.upperBound], in: limits, count: 1...2)
            guard ends[0] <= ends[ends.count - 1] else {
                throw ConfigurationError("\(configuration.name): 'frames.\(key)' is \(ends), wanted one number, or two in ascending order")
            }
            return ends[0]...ends[ends.count - 1]
        }
        signalToNoise = try range("snr", signalToNoise, in: 1e-3...1e6)
        dispersionMeasure = try range("dm", dispersionMeasure, in: 0...1e5)
        width = try range("width", width, in: 1e-9...10)
        scattering = try range("scattering", scattering, in: 1e-12...10)
        decorrelation = try range("decorrelation", decorrelation, in: 1e-6...1e6)
        spectralIndex = try range("spectral_index", spectralIndex, in: -10...10)
        carrierStrength = try range("carrier_strength", carrierStrength, in: 1e-3...1e6)
        impulseStrength = try range("impulse_strength", impulseStrength, in: 1e-3...1e6)
        areBytes = try section.bool("bytes", default: areBytes)
        visible = try section.double("visible", default: visible, in: 0.01...1)
        guard samples % 16 == 0 else { throw ConfigurationError("\(configuration.name): 'frames.samples' is \(samples), wanted a multiple of 16") }
        guard bits.map({ [1, 2, 4, 8, 16, 32].contains($0) }) ?? true else {
            throw ConfigurationError("\(configuration.name): 'frames.bits' is \(bits ?? 0), wanted 1, 2, 4, 8, 16 or 32")
        }
        guard shares.isEmpty || shares.contains(where: { $0 > 0 }) else {
            throw ConfigurationError("\(configuration.name): 'frames.shares' are all 0, wanted one above 0")
        }
    }
}
