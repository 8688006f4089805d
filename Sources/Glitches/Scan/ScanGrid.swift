import Numerics
import Segments

/// How a scan's work lies: channels, segments that overlap by the filter's length, blocks of sixteen segments.
public struct ScanGrid: Sendable {
    /// The strain first.
    public let channels: [ChannelArchive.Channel]
    public let start: GPSTime
    public let segments: Int
    /// Seconds: of a segment, from one to the next, and left out at either end.
    public let duration, stride, edge: Double

    /// Channels of the archive that were not taken, with the reason.
    public let left: [(name: String, reason: String)]

    /// - Throws: `GlitchError` where the strain or the time is not there.
    public init(_ archive: ChannelArchive, settings: ScanSettings) throws {
        guard let extent = archive.extent, let strain = archive.channel(settings.strain) else {
            let names = archive.channels.prefix(5).map(\.name).joined(separator: ", ")
            throw GlitchError("scan.strain: found no channel \(settings.strain), wanted one of the files': \(names)\(archive.channels.count > 5 ? ", …" : "")")
        }
        duration = settings.segmentDuration
        edge = settings.whitening.filterDuration / 2
        stride = duration - settings.whitening.filterDuration
        guard stride > 0 else {
            throw GlitchError("scan.segment: found \(duration) s, of which the filter takes \(settings.whitening.filterDuration) s; wanted longer segments")
        }
        start = max(settings.start ?? extent.start, extent.start)
        let end = min(settings.end ?? extent.end, extent.end)
        let length = Double(end.nanoseconds - start.nanoseconds) * 1e-9
        guard length >= duration else { throw GlitchError("scan: found \(max(0, length)) s between \(start) and \(end), wanted at least one segment of \(duration) s") }
        segments = Int((length - duration) / stride + 1e-9) + 1

        var taken: [ChannelArchive.Channel] = []
        var left: [(name: String, reason: String)] = []
        for channel in archive.channels where channel.name != strain.name {
            guard ScanSettings.matches(channel.name, settings.auxiliary), !ScanSettings.matches(channel.name, settings.excluded) else { continue }
            do {
                _ = try Self.geometry(channel.rate, settings)
                taken.append(channel)
            } catch let error as GlitchError {
                left.append((channel.name, error.description))
            }
        }
        _ = try Self.geometry(strain.rate, settings)
        (channels, self.left) = ([strain] + taken, left)
    }

    /// Shape and planes for channels of one rate.
    static func geometry(_ rate: Double, _ settings: ScanSettings) throws -> (samples: Int, stride: Int, engine: () throws -> LaneQTransform) {
        let samples = (settings.segmentDuration * rate).rounded()
        let edge = settings.whitening.filterDuration / 2
        let step = ((settings.segmentDuration - 2 * edge) * rate).rounded()
        guard abs(samples - settings.segmentDuration * rate) < 1e-6, abs(step - (settings.segmentDuration - 2 * edge) * rate) < 1e-6, samples < 1e8 else {
            throw GlitchError("scan.segment: found \(settings.segmentDuration) s, not a whole number of samples at \(rate) Hz")
        }
        let shape = try settings.whitening.shape(samples: Int(samples), rate: rate)
        let planes = try QTiling.planes(
            qualities: settings.qualities, duration: settings.segmentDuration, rate: rate, range: settings.frequencies, mismatch: settings.mismatch,
            offset: settings.offset)
        return (Int(samples), Int(step), { try LaneQTransform(shape: shape, planes: planes, normalisation: settings.normalisation, edge: edge) })
    }

    /// Blocks of a channel.
    public var blocks: Int { (segments + laneWidth - 1) / laneWidth }
    /// Blocks of all channels.
    public var items: Int { blocks * channels.count }

    /// When segment `index` begins.
    public func begin(ofSegment index: Int) -> GPSTime { start.advanced(byNanoseconds: Int64((Double(index) * stride * 1e9).rounded())) }

    /// The part of segment `index` that is analysed.
    public func analysed(segment index: Int) -> (begin: GPSTime, end: GPSTime) {
        let shift = Int64((edge * 1e9).rounded())
        return (begin(ofSegment: index).advanced(byNanoseconds: shift), begin(ofSegment: index + 1).advanced(byNanoseconds: shift))
    }
}
