import Frames
import Segments

/// Channels over time, spread over many files: frame files, lists of them (`.ffl`, `.lcf`), and HDF5 files in the layout of GWOSC.
///
/// A file is opened when its times are asked for; its name (LIGO-T050017) or its line in a list says which those are. *Not collective;* used by
/// one thread at a time.
public final class ChannelArchive {
    public struct Channel: Sendable, Equatable {
        public let name: String
        /// Samples a second.
        public let rate: Double
        public let unit: String
    }

    struct Source {
        let path: String
        let span: Segment
        /// Files of one kind hold the same channels.
        let kind: String
    }

    /// By time.
    let sources: [Source]
    /// Every channel of the first file of each kind, by name.
    public let channels: [Channel]
    private let kinds: [String: Set<String>]
    /// Frame files that could not be read, and why.
    public private(set) var problems: [String: String] = [:]
    private var open: [(path: String, file: FrameFile)] = []
    /// The frame of a channel that was decoded last: stretches that follow each other share one.
    private var decoded: (path: String, frame: Int, name: String, values: [Double], start: GPSTime, rate: Double)?

    /// - Throws: `GlitchError` where there are no files, `FrameError` for one that cannot be read.
    public init(_ inputs: [String]) throws {
        var sources: [Source] = []
        for input in inputs {
            if input.hasSuffix(".ffl") || input.hasSuffix(".lcf") {
                for entry in try FrameFileList(path: input).entries {
                    guard let length = GPSTime(seconds: entry.duration), let span = Segment(entry.start, entry.start.advanced(byNanoseconds: length.nanoseconds)) else { continue }
                    sources.append(Source(path: entry.path, span: span, kind: Self.kind(entry.path)))
                }
            } else {
                sources.append(Source(path: input, span: try Self.span(input), kind: Self.kind(input)))
            }
        }
        guard !sources.isEmpty else { throw GlitchError("frames: found no file, wanted frame files (.gwf), lists of them (.ffl) or GWOSC files (.hdf5)") }
        self.sources = sources.sorted { ($0.span, $0.path) < ($1.span, $1.path) }
        var kinds: [String: Set<String>] = [:]
        var found: [String: Channel] = [:]
        var seen: Set<String> = []
        for source in self.sources where seen.insert(source.kind).inserted {
            for channel in try Self.contents(source.path) {
                found[channel.name] = found[channel.name] ?? channel
                kinds[channel.name, default: []].insert(source.kind)
            }
        }
        (channels, self.kinds) = (found.values.sorted { $0.name < $1.name }, kinds)
    }

    /// From the first sample to the last.
    public var extent: Segment? { SegmentList(sources.map(\.span)).extent }

    /// The channel called `name`, or nil.
    public func channel(_ name: String) -> Channel? { channels.first { $0.name == name } }

    static func isHDF5(_ path: String) -> Bool { path.hasSuffix(".hdf5") || path.hasSuffix(".h5") }

    private static func kind(_ path: String) -> String {
        guard let name = FrameFileName(path: path) else { return path }
        return "\(name.observatories)-\(name.content).\(name.suffix)"
    }

    private static func span(_ path: String) throws -> Segment {
        if let name = FrameFileName(path: path), let start = GPSTime(seconds: name.start), let end = GPSTime(seconds: name.start + name.duration),
            let span = Segment(start, end) { return span }
        if isHDF5(path) { return try GWOSCFile(path).span }
        let file = try FrameFile(path: path)
        guard let start = file.frames.map(\.start).min(), let end = file.frames.map(\.end).max(), let span = Segment(start, end) else {
            throw GlitchError("\(path): found no frame, wanted at least one")
        }
        return span
    }

    private static func contents(_ path: String) throws -> [Channel] {
        if isHDF5(path) { return [try GWOSCFile(path).channel] }
        let file = try FrameFile(path: path)
        return try file.channels.compactMap { entry in
            let storage = try file.storage(of: entry)
            guard storage.rate > 0, storage.count > 0, file.channels(named: entry.name).count == 1 else { return nil }
            return Channel(name: entry.name, rate: storage.rate, unit: storage.unit)
        }
    }

    // MARK: - Samples

    /// `count` samples of `channel` from `start` on, in its unit; NaN where no file has them. A frame file that is missing or damaged has none, and
    /// is named in `problems`; whether it is tried again does not depend on that, so that the samples are the same on every rank.
    /// - Throws: `GlitchError` where a file has the channel at another rate.
    public func samples(_ channel: Channel, from start: GPSTime, count: Int) throws -> [Double] {
        var result = [Double](repeating: .nan, count: count)
        let length = Int64((Double(count) / channel.rate * 1e9).rounded(.up))
        guard let wanted = Segment(start, start.advanced(byNanoseconds: length)) else { return result }
        let own = kinds[channel.name] ?? []
        for source in sources where own.contains(source.kind) && source.span.start < wanted.end && source.span.end > wanted.start {
            if Self.isHDF5(source.path) {
                try GWOSCFile(source.path).read(into: &result, from: start, rate: channel.rate)
                continue
            }
            do {
                try read(channel, source.path, wanted, into: &result)
            } catch let error as FrameError where error.kind != .request {
                problems[source.path] = error.description
            }
        }
        return result
    }

    /// Puts what a frame file has of a channel into `result`, which begins where `wanted` does.
    private func read(_ channel: Channel, _ path: String, _ wanted: Segment, into result: inout [Double]) throws {
        let file = try file(path)
        guard let entry = file.channels(named: channel.name).first else { return }
        for index in file.frames.indices where entry.isPresent(in: index) && file.frames[index].start < wanted.end && file.frames[index].end > wanted.start {
            let piece = try decode(file, entry, index)
            guard piece.rate == channel.rate else {
                throw GlitchError("\(path): found \(channel.name) at \(piece.rate) Hz, wanted \(channel.rate) Hz as in the first file")
            }
            Self.place(piece.values, from: piece.start, in: &result, from: wanted.start, rate: channel.rate)
        }
    }

    /// Puts `values`, which begin at `begin`, where they belong in `result`, which begins at `start`.
    static func place(_ values: [Double], from begin: GPSTime, in result: inout [Double], from start: GPSTime, rate: Double) {
        let offset = (Double(begin.nanoseconds - start.nanoseconds) * 1e-9 * rate).rounded()
        guard offset.magnitude < 1e15 else { return }
        let first = Int(offset)
        let (low, high) = (max(0, -first), min(values.count, result.count - first))
        guard low < high else { return }
        for i in low..<high { result[first + i] = values[i] }
    }

    private func file(_ path: String) throws -> FrameFile {
        if let index = open.firstIndex(where: { $0.path == path }) { return open[index].file }
        let file = try FrameFile(path: path)
        open.append((path, file))
        if open.count > 4 { open.removeFirst() }
        return file
    }

    private func decode(_ file: FrameFile, _ entry: ChannelEntry, _ index: Int) throws -> (values: [Double], start: GPSTime, rate: Double) {
        if let decoded, decoded.path == file.path, decoded.frame == index, decoded.name == entry.name {
            return (decoded.values, decoded.start, decoded.rate)
        }
        let channel = try file.read(entry, frame: index)
        guard channel.isTimeSeries, let values = channel.physicalValues, let axis = channel.vector.dimensions.first else {
            throw GlitchError("\(file.path): found \(entry.name) to be no series of real numbers over time, wanted one")
        }
        let offset = GPSTime(seconds: channel.timeOffset + axis.start) ?? .epoch
        let start = file.frames[index].start.advanced(byNanoseconds: offset.nanoseconds)
        let exact = 1 / axis.spacing
        let rate = abs(exact - exact.rounded()) < 1e-6 * exact ? exact.rounded() : exact
        decoded = (file.path, index, entry.name, values, start, rate)
        return (values, start, rate)
    }
}
