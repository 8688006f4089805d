import Glitches
import Segments

/// Whole seconds of the channels that a model needs. *Not collective.*
final class WindowReader {
    let archive: ChannelArchive
    let channels: [ChannelArchive.Channel]
    /// GPS seconds from the first to the last of all files.
    let extent: Range<Int64>

    /// - Throws: `GlitchError` for files or channels that are not there.
    init(_ inputs: [String], channels names: [String]) throws {
        guard !inputs.isEmpty else { throw GlitchError("inference.frames: found nothing, wanted frame files or lists of them, here or with --frames") }
        let archive = try namingFrames { try ChannelArchive(inputs) }
        guard let extent = archive.extent else { throw GlitchError("inference.frames: found no data in \(inputs.joined(separator: ", "))") }
        channels = try names.map { name in
            guard let channel = archive.channel(name) else {
                throw GlitchError("inference: found no channel \(name) in the frames, wanted it there as in the model; `glitchgen frames list --channels` shows the names")
            }
            return channel
        }
        self.archive = archive
        self.extent = extent.start.seconds..<max(extent.start.seconds, extent.end.seconds)
    }

    /// Samples of channel `index`; NaN where there are none.
    func read(_ index: Int, from second: Int64, seconds: Int) throws -> [Double] {
        let channel = channels[index]
        guard let start = GPSTime(seconds: second) else { return [] }
        return try namingFrames { try archive.samples(channel, from: start, count: Int((Double(seconds) * channel.rate).rounded())) }
    }

    /// Seconds of the window in which every one of `series` has numbers.
    static func complete(_ series: [[Double]], rates: [Double], seconds: Int) -> [Bool] {
        (0..<seconds).map { second in
            zip(series, rates).allSatisfy { values, rate in
                let width = Int(rate.rounded())
                return values[second * width..<(second + 1) * width].allSatisfy(\.isFinite)
            }
        }
    }
}
