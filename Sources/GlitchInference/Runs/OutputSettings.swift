import Batch
import Frames
import Glitches

/// The section `veto`.
public struct VetoSettings: Sendable {
    /// Least probability of a vetoed moment.
    public let threshold: Double
    /// Names of the channels that are written, and of the flag.
    public let channel, probabilityChannel: String
    /// Of the files' names.
    public let content: String
    /// Seconds of a piece of work in an archive.
    public let piece: Int
    public let checkpointEvery: Int
    /// Following a directory: part of the files' names that is followed (empty: all), seconds after which a frame counts as missing or torn, seconds without a new frame
    /// after which the command ends (0: never), seconds between looks.
    public let followed: String
    public let patience, idle, interval: Double
    /// Whether a cleaned frame is written beside each veto when following.
    public let cleans: Bool

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration, strain: String) throws {
        let section = try configuration.section("veto")
        let prefix = strain.split(separator: ":").first.map(String.init) ?? "V1"
        threshold = try section.double("threshold", default: 0.5, in: 0...1)
        channel = try section.string("channel", default: "\(prefix):DQ_VETO_DIDYMOS")
        probabilityChannel = try section.string("probability_channel", default: "\(prefix):DQ_PGLITCH_DIDYMOS")
        content = try OutputFrames.content(section, default: "DIDYMOS_VETO")
        piece = try section.int("piece", default: 16, in: 1...1024)
        checkpointEvery = try section.int("checkpoint_every", default: 16, in: 1...1_000_000_000)
        let follow = try section.section("follow")
        followed = try follow.string("content", default: "")
        patience = try follow.double("patience", default: 1, in: 0.05...3600)
        idle = try follow.double("idle", default: 0, in: 0...1e9)
        interval = try follow.double("interval", default: 0.01, in: 0.001...10)
        cleans = try follow.bool("denoise", default: true)
    }
}

/// The section `denoise`.
public struct DenoiseSettings: Sendable {
    /// Name of the channel that is written.
    public let channel: String
    /// Of the files' names.
    public let content: String
    /// Seconds of a file.
    public let frame: Int
    public let compression: FrameCompression
    /// An autoencoder of `train` whose prediction is subtracted in place of the model's filters; empty for none.
    public let network: String
    public let checkpointEvery: Int

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration, strain: String) throws {
        let section = try configuration.section("denoise")
        network = try section.string("network", default: "")
        channel = try section.string("channel", default: "\(strain)_CLEAN")
        content = try OutputFrames.content(section, default: "DIDYMOS_CLEAN")
        frame = try section.int("frame", default: 16, in: 1...1024)
        compression = try section.choice("compression", default: .zeroSuppressOrGzip)
        checkpointEvery = try section.int("checkpoint_every", default: 16, in: 1...1_000_000_000)
    }
}
