import Batch
import Frames
import Segments

/// The section `scan`.
public struct ScanSettings: Sendable {
    /// Frame files, lists of them, GWOSC files.
    public let inputs: [String]
    public let strain: String
    /// Names with wildcards: channels to look at, channels not to look at, and channels that see the strain itself.
    public let auxiliary, excluded, unsafe: [String]
    /// nil: all there is.
    public let start, end: GPSTime?
    /// Seconds.
    public let segmentDuration: Double
    public let whitening: WhiteningSettings
    public let qualities: [Double]
    /// Hz.
    public let frequencies: ClosedRange<Double>
    public let mismatch: Double
    /// Bins by which windows lie too high: 1 as gwpy has it.
    public let offset: Int
    public let normalisation: QNormalisation
    /// Least signal to noise of a trigger.
    public let threshold: Double
    /// Seconds below which triggers are joined.
    public let clusterGap: Double
    /// Full widths of a coincidence that are tried, seconds.
    public let windows: [Double]
    public let slides: Int
    /// Least significance of a channel that is named as a witness.
    public let significance: Double
    public let rounds: VetoRounds.Settings
    public let checkpointEvery: Int

    /// - Parameter frames: inputs named on the command line, which go before those of the configuration.
    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration, frames: [String] = []) throws {
        let section = try configuration.section("scan")
        let listed = try section.strings("frames", default: frames)
        inputs = frames.isEmpty ? listed : frames
        guard !inputs.isEmpty else {
            throw ConfigurationError("\(configuration.name): 'scan.frames' is missing, wanted frame files or lists of them, here or on the command line")
        }
        strain = try section.string("strain")
        auxiliary = try section.strings("auxiliary", default: ["*"])
        excluded = try section.strings("excluded", default: [])
        unsafe = try section.strings("unsafe", default: [])
        start = try Self.time(section, "start")
        end = try Self.time(section, "end")
        segmentDuration = try section.double("segment", default: 8, in: 0.25...4096)
        let whitening = try section.section("whitening")
        let length = try whitening.double("fft_length", default: 2, in: 0.01...1024)
        self.whitening = WhiteningSettings(
            transformDuration: length, overlap: try whitening.double("overlap", default: length / 2, in: 0...1024),
            filterDuration: try whitening.double("filter_duration", default: 2, in: 0.01...1024),
            average: try whitening.choice("average", default: .median), convention: try whitening.choice("convention", default: .gwpy),
            highpass: try whitening.double("highpass", default: 0, in: 0...1e5))
        mismatch = try section.double("mismatch", default: 0.2, in: 1e-3...0.9)
        if section.has("q") {
            qualities = try section.doubles("q", in: QPlane.smallestQuality...1000, count: 1...64)
        } else {
            let range = try section.doubles("q_range", default: [4, 64], in: QPlane.smallestQuality...1000, count: 2...2)
            guard range[0] <= range[1] else { throw ConfigurationError("\(configuration.name): 'scan.q_range' is \(range), wanted the smaller Q first") }
            qualities = QTiling.qualities(range[0]...range[1], mismatch: mismatch)
        }
        let band = try section.doubles("frequencies", default: [10, 1000], in: 0...1e5, count: 2...2)
        guard band[0] < band[1] else { throw ConfigurationError("\(configuration.name): 'scan.frequencies' is \(band), wanted the lower one first, Hz") }
        frequencies = band[0]...band[1]
        offset = try section.bool("gwpy_offset", default: false) ? 1 : 0
        normalisation = try section.choice("normalisation", default: .exponential)
        threshold = try section.double("threshold", default: 6, in: 1...1e6)
        clusterGap = try section.double("cluster", default: 0.1, in: 0...100)
        let coincidence = try section.section("coincidence")
        windows = try coincidence.doubles("windows", default: [0.1, 0.2, 0.5, 1], in: 1e-4...100, count: 1...100).sorted()
        slides = try coincidence.int("slides", default: 200, in: 0...100_000)
        significance = try coincidence.double("significance", default: 5, in: 0...1e4)
        let ranking = try section.section("rounds")
        var rounds = VetoRounds.Settings()
        rounds.thresholds = try ranking.doubles("thresholds", default: rounds.thresholds, in: 0...1e9, count: 1...1000).sorted()
        rounds.windows = try ranking.doubles("windows", default: rounds.windows, in: 1e-4...100, count: 1...100).sorted()
        rounds.significance = try ranking.double("significance", default: 5, in: 0...1e4)
        rounds.most = try ranking.int("most", default: 20, in: 0...10_000)
        self.rounds = rounds
        checkpointEvery = try section.int("checkpoint_every", default: 1024, in: 1...1_000_000_000)
    }

    private static func time(_ section: Configuration, _ key: String) throws -> GPSTime? {
        let text = try section.string(key, default: "")
        if text.isEmpty { return nil }
        guard let time = GPSTime(text) else { throw ConfigurationError("'scan.\(key)' is '\(text)', wanted GPS seconds with at most nine decimals") }
        return time
    }

    /// Whether a name fits one of the patterns.
    static func matches(_ name: String, _ patterns: [String]) -> Bool { patterns.contains { ChannelPattern($0).matches(name) } }
}
