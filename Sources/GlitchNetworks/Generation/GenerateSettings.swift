import Batch
import Segments

/// The section `generate`.
public struct GenerateSettings: Sendable {
    public let model: String
    /// A file of images; nil where frames are read.
    public let images: String?
    public let inputs: [String]
    /// nil: all there is.
    public let start, end: GPSTime?
    /// Seconds from one image to the next; nil for an image's length.
    public let stride: Double?
    public let checkpointEvery: Int

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ section: Configuration, frames: [String] = [], runDirectory: String) throws {
        model = try section.string("model", default: "\(runDirectory)/model.h5")
        let listed = try section.strings("frames", default: frames)
        inputs = frames.isEmpty ? listed : frames
        let file = try section.string("images", default: inputs.isEmpty ? "\(runDirectory)/images.h5" : "")
        images = file.isEmpty ? nil : file
        guard images == nil || inputs.isEmpty else { throw ConfigurationError("'generate.images' and 'generate.frames' are both given, wanted one of them") }
        func time(_ key: String) throws -> GPSTime? {
            let text = try section.string(key, default: "")
            if text.isEmpty { return nil }
            guard let time = GPSTime(text) else { throw ConfigurationError("'generate.\(key)' is '\(text)', wanted GPS seconds with at most nine decimals") }
            return time
        }
        (start, end) = (try time("start"), try time("end"))
        let step = try section.double("stride", default: 0, in: 0...1e6)
        stride = step > 0 ? step : nil
        checkpointEvery = try section.int("checkpoint_every", default: 1024, in: 1...1_000_000_000)
    }
}
