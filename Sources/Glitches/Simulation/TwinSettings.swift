import Batch
import Frames
import Segments

/// The section `simulation`.
public struct TwinSettings: Sendable {
    public let model: TwinModel
    public let start: GPSTime
    /// Seconds: in all, and of a file.
    public let duration, frame: Double
    /// The strain has files of its own where this is less than all channels.
    public let channelsPerFile: Int
    public let content: String
    public let compression: FrameCompression
    public let checkpointEvery: Int

    /// - Throws: `ConfigurationError`; `GlitchError` for a spectrum that is none. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("simulation")
        let text = try section.string("start", default: "1266624000")
        guard let start = GPSTime(text), start.remainder == 0, start.seconds >= 0 else {
            throw ConfigurationError("\(configuration.name): 'simulation.start' is '\(text)', wanted whole GPS seconds")
        }
        self.start = start
        duration = Double(try section.int("duration", default: 256, in: 4...100_000_000))
        frame = Double(try section.int("frame", default: 32, in: 1...4096))
        guard duration.truncatingRemainder(dividingBy: frame) == 0 else {
            throw ConfigurationError("\(configuration.name): 'simulation.duration' is \(Int(duration)), wanted a multiple of simulation.frame, \(Int(frame)) s")
        }
        content = try section.string("content", default: "DIDYMOS_TWIN")
        guard FrameFileName(observatories: "V", content: content, start: 0, duration: 1) != nil else {
            throw ConfigurationError("\(configuration.name): 'simulation.content' is '\(content)', wanted letters, digits and _ + #")
        }
        compression = try section.choice("compression", default: .zeroSuppressOrGzip)
        checkpointEvery = try section.int("checkpoint_every", default: 64, in: 1...1_000_000)
        model = try Self.model(section)
        channelsPerFile = try section.int("channels_per_file", default: model.channels.count, in: 1...1_000_000)
    }

    private static func model(_ section: Configuration) throws -> TwinModel {
        let strain = try section.section("strain")
        let spectrum = try DetectorSpectrum(named: strain.string("spectrum", default: "adv"))
        let rate = try strain.int("rate", default: 4096, in: 64...65536)
        var model = TwinModel.standard(strain: try strain.string("name", default: "V1:Hrec_hoft_\(rate)Hz"), rate: Double(rate), spectrum: spectrum)
        model.lowest = try strain.double("lowest", default: 8, in: 0.1...1000)
        model.detector = try section.string("detector", default: "V1")
        if section.has("channels") {
            model.channels = [model.channels[0]] + (try section.sections("channels").map(channel))
            // The families of the standard model mean its channels.
            if !section.has("families") { model.families = [] }
        } else {
            _ = try section.sections("channels")
        }
        model.steady = try section.sections("steady").map { try steady($0, model) }
        let families = try section.sections("families")
        if section.has("families") { model.families = try families.map { try family($0, model) } }
        return model
    }

    private static func steady(_ section: Configuration, _ model: TwinModel) throws -> TwinModel.Steady {
        let name = try section.string("name")
        func index(_ key: String, _ channel: String) throws -> Int {
            guard let index = model.channels.firstIndex(where: { $0.name == channel }), index > 0 else {
                throw ConfigurationError("'\(key)' of the steady coupling \(name) is '\(channel)', wanted one of: \(model.channels.dropFirst().map(\.name).joined(separator: ", "))")
            }
            return index
        }
        var steady = TwinModel.Steady(name: name, witness: try index("witness", try section.string("witness")), carrier: nil)
        let carrier = try section.string("carrier", default: "")
        if !carrier.isEmpty {
            let number = try index("carrier", carrier)
            guard !model.channels[number].lines.isEmpty else { throw ConfigurationError("'carrier' of the steady coupling \(name) is '\(carrier)', wanted a channel with 'lines'") }
            steady.carrier = number
        }
        let band = try section.doubles("band", default: [3, 15], in: 0.5...1e4, count: 2...2)
        let (rate, strain) = (model.channels[steady.witness].rate, model.channels[0].rate)
        guard band[0] < band[1], band[1] < rate / 2 else { throw ConfigurationError("'band' of the steady coupling \(name) is \(band), wanted the lower frequency first, and both below \(rate / 2) Hz") }
        guard strain >= rate, (strain / rate).truncatingRemainder(dividingBy: 1) == 0 else {
            throw ConfigurationError("'witness' of the steady coupling \(name) has \(rate) Hz, wanted a rate of which the strain's \(strain) Hz is a multiple")
        }
        steady.band = band[0]...band[1]
        steady.witnessLevel = try section.double("witness_level", default: steady.witnessLevel, in: 1e-6...1e9)
        steady.strainLevel = try section.double("strain_level", default: steady.strainLevel, in: 0...1e6)
        return steady
    }

    private static func channel(_ section: Configuration) throws -> TwinModel.Channel {
        var channel = TwinModel.Channel(
            name: try section.string("name"), rate: Double(try section.int("rate", default: 1024, in: 16...65536)), unit: try section.string("unit", default: ""))
        channel.role = try section.choice("role", default: .uncoupled)
        channel.level = try section.double("level", default: 1, in: 1e-30...1e30)
        channel.slope = try section.double("slope", default: -0.5, in: -8...8)
        let lines = try section.doubles("lines", default: [])
        guard lines.count % 2 == 0 else { throw ConfigurationError("'lines' of \(channel.name) has \(lines.count) numbers, wanted frequency and amplitude of each line") }
        channel.lines = stride(from: 0, to: lines.count, by: 2).map { (lines[$0], lines[$0 + 1]) }
        channel.glitches = try section.double("glitches", default: 0, in: 0...36000)
        channel.leak = try section.double("leak", default: 0, in: 0...10)
        return channel
    }

    private static func family(_ section: Configuration, _ model: TwinModel) throws -> TwinModel.Family {
        var family = TwinModel.Family(try section.string("name"), try section.choice("coupling"))
        func channel(_ key: String) throws -> Int? {
            let name = try section.string(key, default: "")
            if name.isEmpty { return nil }
            guard let index = model.channels.firstIndex(where: { $0.name == name }), index > 0 else {
                throw ConfigurationError("'\(key)' of the family \(family.name) is '\(name)', wanted one of simulation.channels: \(model.channels.dropFirst().map(\.name).joined(separator: ", "))")
            }
            return index
        }
        func range(_ key: String, _ fallback: ClosedRange<Double>) throws -> ClosedRange<Double> {
            let list = try section.doubles(key, default: [fallback.lowerBound, fallback.upperBound], in: 1e-3...1e6, count: 2...2)
            guard list[0] <= list[1] else { throw ConfigurationError("'\(key)' of the family \(family.name) is \(list), wanted the smaller number first") }
            return list[0]...list[1]
        }
        family.witness = try channel("witness")
        family.carrier = try channel("carrier")
        family.motion = try channel("motion")
        guard family.coupling == .blip || family.witness != nil else {
            throw ConfigurationError("the family \(family.name) couples from a witness, but 'witness' is missing; only blips have none")
        }
        family.rate = try section.double("rate", default: family.rate, in: 0...36000)
        family.frequencies = try range("frequencies", family.frequencies)
        family.qualities = try range("q", family.coupling == .scattered ? 0.15...0.4 : family.qualities)
        family.signalToNoise = try range("snr", family.signalToNoise)
        family.strainSignalToNoise = try section.double("strain_snr", default: family.strainSignalToNoise, in: 0...1e6)
        family.slope = try section.double("slope", default: 0, in: -8...8)
        family.delay = try section.double("delay", default: 0, in: -1...1)
        return family
    }
}
