import Batch
import PulsarFrames
import RadioStreams

/// The sections `stream` and `interference`: a recording as a telescope makes it.
public struct StreamSettings: Sendable {
    /// Name in the run directory.
    public let file: String
    public let format: StreamFormat
    /// s.
    public let duration: Double
    public let channels: Int
    public let bits: Int
    public let polarisation: Polarisation
    public let levels: Receiver.Levels
    /// Samples that one rank makes at a time.
    public let block: Int
    /// MJD, UTC.
    public let start: Double
    /// Turns of the pulsar at the first sample.
    public let phase: Double
    public let interference: Rates

    /// Events a second, but `persistent` carriers for the whole recording; strengths in standard deviations of one sample's noise.
    public struct Rates: Sendable {
        public var persistent = 3
        public var carriers = 0.5
        public var impulses = 0.5
        public var trains = 0.05
        public var sweeps = 0.02
        public var strength = 1.0...20.0
    }

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration, telescope: Telescope) throws {
        let section = try configuration.section("stream")
        file = try section.string("file", default: "stream.fil")
        let named = StreamFormat(fileName: file)
        format = try section.choice("format", default: named)
        duration = try section.double("duration", default: 10, in: 1e-6...1e9)
        channels = try section.int("channels", default: telescope.channels, in: 1...65536)
        bits = try section.int("bits", default: telescope.bits, in: 1...32)
        let kind = try section.string("polarisation", default: "intensity", oneOf: ["intensity", "stokes"])
        polarisation = kind == "stokes" ? .stokes : .intensity
        levels = try section.choice("levels", default: .channel)
        block = try section.int("block", default: 4096, in: 64...1 << 22)
        start = try section.double("start", default: 60000, in: 0...200000)
        phase = try section.double("phase", default: 0.5, in: -1e6...1e6)
        var rates = Rates()
        let sources = try configuration.section("interference")
        rates.persistent = try sources.int("persistent", default: rates.persistent, in: 0...10000)
        rates.carriers = try sources.double("carriers", default: rates.carriers, in: 0...400)
        rates.impulses = try sources.double("impulses", default: rates.impulses, in: 0...400)
        rates.trains = try sources.double("trains", default: rates.trains, in: 0...400)
        rates.sweeps = try sources.double("sweeps", default: rates.sweeps, in: 0...400)
        let strength = try sources.doubles("strength", default: [1, 20], in: 1e-3...1e6, count: 1...2)
        guard strength[0] <= strength[strength.count - 1] else {
            throw ConfigurationError("\(configuration.name): 'interference.strength' is \(strength), wanted one number, or two in ascending order")
        }
        rates.strength = strength[0]...strength[strength.count - 1]
        interference = rates
        guard block % 64 == 0 else { throw ConfigurationError("\(configuration.name): 'stream.block' is \(block), wanted a multiple of 64") }
        guard [1, 2, 4, 8, 16, 32].contains(bits) else {
            throw ConfigurationError("\(configuration.name): 'stream.bits' is \(bits), wanted 1, 2, 4, 8, 16 or 32")
        }
        guard !file.isEmpty, !file.contains("/"), file != ".", file != ".." else {
            throw ConfigurationError("\(configuration.name): 'stream.file' is '\(file)', wanted a name in the run directory such as stream.fil")
        }
        guard polarisation == .intensity || telescope.polarisations == 2 else {
            throw ConfigurationError("\(configuration.name): 'stream.polarisation' is stokes, which needs a telescope of 2 polarisations")
        }
        guard duration / telescope.samplingTime < 1e15 else {
            throw ConfigurationError("\(configuration.name): 'stream.duration' is \(duration) s, wanted fewer than 1e15 samples")
        }
    }
}
