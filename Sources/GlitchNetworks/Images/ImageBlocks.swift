import Glitches
import Frames
import Numerics
import Segments

/// Images of one channel at up to sixteen times. *Not collective.*
final class ImageBlocks {
    private let archive: ChannelArchive
    private let settings: QImageSettings
    private let margin: Int
    private var makers: [Double: QImageMaker] = [:]

    init(_ archive: ChannelArchive, settings: QImageSettings, margin: Int) { (self.archive, self.settings, self.margin) = (archive, settings, margin) }

    /// Numbers of an image.
    var length: Int { settings.size * (settings.size + 2 * margin) }

    /// - Returns: `[time][row][column]`, and bit l where time l has all its data, which vary.
    /// - Throws: `GlitchError` where the channel's rate does not serve.
    func make(_ channel: ChannelArchive.Channel, at times: [GPSTime]) throws -> (images: [Float], mask: Int) {
        let maker = try makers[channel.rate] ?? QImageMaker(settings, rate: channel.rate)
        makers[channel.rate] = maker
        var images = [Float](repeating: 0, count: times.count * length)
        let starts = times.map { ImageTimes.segmentStart($0, duration: settings.segmentDuration) }
        let series = try starts.map { start in
            do { return try archive.samples(channel, from: start, count: maker.samples) } catch let error as FrameError { throw GlitchError(error.description) }
        }
        let good = series.indices.filter { Self.isUsable(series[$0]) }
        guard !good.isEmpty else { return (images, 0) }
        let joined = good.flatMap { series[$0] }
        joined.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            maker.transform(good.indices.map { start + $0 * maker.samples })
        }
        var mask = 0
        for (lane, index) in good.enumerated() {
            mask |= 1 << index
            let centre = Double(times[index].nanoseconds - starts[index].nanoseconds) * 1e-9
            images.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                maker.image(lane: lane, centre: centre, margin: margin, into: base + index * length)
            }
        }
        return (images, mask)
    }

    private static func isUsable(_ values: [Double]) -> Bool {
        guard let first = values.first else { return false }
        return values.allSatisfy(\.isFinite) && values.contains { $0 != first }
    }
}
