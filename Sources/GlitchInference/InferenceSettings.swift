import Batch
import Frames
import Glibc
import Glitches
import Segments

/// The section `inference`: what is read, and how witnesses become probabilities and predictions. `calibrate` records it in its model file, which the
/// other commands go by.
public struct InferenceSettings: Sendable {
    public let inputs: [String]
    public let strain: String
    /// Names with wildcards.
    public let witnesses, carriers, excluded: [String]
    /// `channels.csv` of a scan, whose witnesses are taken; empty for none.
    public let scan: String
    /// nil: all there is.
    public let start, end, trainingStart, trainingEnd: GPSTime?
    public let geometry: InferenceGeometry
    public let usesSquares: Bool
    /// Least signal to noise of the strain's tiles that make a moment one with a glitch.
    public let labelSignalToNoise: Double
    /// Most terms of the subtraction.
    public let mostTerms: Int
    /// Path of the model file; relative to the run directory unless it begins with `/`.
    public let model: String
    /// A network of `train` whose images P(glitch) goes by beside the tiles; empty for none.
    public let network: String
    public let checkpointEvery: Int

    /// - Parameter frames: inputs named on the command line, which go before those of the configuration.
    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration, frames: [String] = []) throws {
        let section = try configuration.section("inference")
        let listed = try section.strings("frames", default: frames)
        inputs = frames.isEmpty ? listed : frames
        strain = try section.string("strain")
        witnesses = try section.strings("witnesses", default: [])
        carriers = try section.strings("carriers", default: [])
        excluded = try section.strings("excluded", default: [])
        scan = try section.string("scan", default: "")
        start = try Self.time(section, "start")
        end = try Self.time(section, "end")
        trainingStart = try Self.time(section, "training_start")
        trainingEnd = try Self.time(section, "training_end")
        geometry = try InferenceGeometry(section)
        usesSquares = try section.bool("squares", default: true)
        labelSignalToNoise = try section.double("label_snr", default: 5.5, in: 3...1000)
        mostTerms = try section.int("most_terms", default: 12, in: 0...64)
        model = try section.string("model", default: "inference.h5")
        network = try section.string("network", default: "")
        checkpointEvery = try section.int("checkpoint_every", default: 64, in: 1...1_000_000_000)
    }

    static func time(_ section: Configuration, _ key: String) throws -> GPSTime? {
        let text = try section.string(key, default: "")
        if text.isEmpty { return nil }
        guard let time = GPSTime(text), time.remainder == 0 else { throw ConfigurationError("'inference.\(key)' is '\(text)', wanted whole GPS seconds") }
        return time
    }

    /// The model file of a run in `directory`.
    public func modelPath(in directory: RunDirectory) -> String { model.hasPrefix("/") ? model : directory.path(model) }
}

/// Rates, bands and lengths that a model is made for.
public struct InferenceGeometry: Sendable, Equatable {
    /// Hz: of all series once they are conditioned.
    public var rate = 1024
    /// Hz: below it nothing of strain and predictions is looked at; the same for the factors of products and squares.
    public var lowest = 10.0
    public var factorLowest = 2.0
    /// Length of the whitening filters, samples.
    public var order = 256
    public var qualities: [Double] = [6, 16]
    /// Hz: of the tiles.
    public var frequencies = 10.0...400.0
    /// Signal to noise of a witness from which on its terms for loud moments are used.
    public var gate = 6.0
    /// Taps of the subtraction's filters: witnesses later and earlier than the strain, samples.
    public var later = 8
    public var earlier = 16

    /// Bins of probability a second.
    public static let bins = 16
    /// Seconds of data before those that are wanted: at most, and at least what is good to have.
    public static let past = 3

    public init() {}

    /// - Throws: `ConfigurationError`.
    init(_ section: Configuration) throws {
        rate = try section.int("rate", default: rate, in: 128...16384)
        guard rate % 128 == 0, Self.isSmooth(rate) else {
            throw ConfigurationError("'inference.rate' is \(rate), wanted a multiple of 128 with no prime factor above 5, Hz")
        }
        lowest = try section.double("lowest", default: lowest, in: 1...1000)
        factorLowest = try section.double("factor_lowest", default: factorLowest, in: 0.5...1000)
        order = try section.int("order", default: order, in: 8...Int(rate / 2))
        qualities = try section.doubles("q", default: qualities, in: QPlane.smallestQuality...64, count: 1...8)
        let band = try section.doubles("frequencies", default: [lowest, 0.39 * Double(rate)], in: 1...1e4, count: 2...2)
        guard band[0] < band[1] else { throw ConfigurationError("'inference.frequencies' is \(band), wanted the lower one first, Hz") }
        frequencies = band[0]...band[1]
        gate = try section.double("gate", default: gate, in: 3...1e4)
        later = try section.int("taps_later", default: later, in: 0...rate / 8)
        earlier = try section.int("taps_earlier", default: earlier, in: 0...rate / 8)
    }

    private static func isSmooth(_ number: Int) -> Bool {
        var rest = number
        for prime in [2, 3, 5] { while rest % prime == 0 { rest /= prime } }
        return rest == 1
    }

    public var taps: Int { later + 1 + earlier }
    /// Up to which of Hz a channel of `rate` passes whole.
    func highest(_ channelRate: Double) -> Double { 0.4 * min(channelRate, Double(rate)) }
}
