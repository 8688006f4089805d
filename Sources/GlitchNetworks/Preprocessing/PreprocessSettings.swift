import Batch
import Glitches
import Segments

/// The section `preprocess`.
public struct PreprocessSettings: Sendable {
    public let inputs: [String]
    public let strain: String
    /// Witnesses; empty for those that the scan names.
    public let channels: [String]
    /// The scan's file of triggers.
    public let triggers: String
    public let image: QImageSettings
    /// Columns more on either side of an image, for shifts in training.
    public let margin: Int
    /// Least signal to noise of a trigger in the strain.
    public let threshold: Double
    /// Quiet times for each trigger, and seconds between such a time and any trigger of the strain.
    public let quiet, clearance: Double
    /// Seconds, and shares of training, validation and test.
    public let block: Double
    public let shares: [Double]
    public let checkpointEvery: Int

    /// - Parameter runDirectory: where a scan's triggers lie unless told otherwise.
    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration, frames: [String] = [], runDirectory: String) throws {
        let section = try configuration.section("preprocess")
        let listed = try section.strings("frames", default: frames)
        inputs = frames.isEmpty ? listed : frames
        guard !inputs.isEmpty else {
            throw ConfigurationError("\(configuration.name): 'preprocess.frames' is missing, wanted frame files or lists of them, here or on the command line")
        }
        strain = try section.string("strain")
        channels = try section.strings("channels", default: [])
        triggers = try section.string("triggers", default: "\(runDirectory)/triggers.h5")
        image = try QImageSettings(section.section("image"))
        margin = try section.int("margin", default: 8, in: 0...256)
        let needed = image.duration * (1 + 2 * Double(margin) / Double(image.size)) + image.whitening.filterDuration + 1
        guard needed <= image.segmentDuration else {
            throw ConfigurationError("'preprocess.margin' is \(margin), wanted fewer columns: with it an image needs segments of \(needed) s instead of \(image.segmentDuration)")
        }
        threshold = try section.double("threshold", default: 6, in: 0...1e6)
        quiet = try section.double("quiet", default: 1, in: 0...100)
        clearance = try section.double("clearance", default: 1, in: 0...1e4)
        let split = try section.section("split")
        block = try split.double("block", default: 64, in: 1...1e6)
        shares = try split.doubles("shares", default: [0.7, 0.15, 0.15], in: 0...1, count: 3...3)
        guard shares[0] > 0 else { throw ConfigurationError("'preprocess.split.shares' is \(shares), wanted some time for training") }
        guard block > image.segmentDuration else {
            throw ConfigurationError("'preprocess.split.block' is \(block) s, wanted more than an image's segment of \(image.segmentDuration) s")
        }
        checkpointEvery = try section.int("checkpoint_every", default: 512, in: 1...1_000_000_000)
    }
}
