import Segments

/// Copies chosen channels and times of frame files into one file.
public struct FrameCopy: Sendable {
    /// Names with wildcards; empty: all channels.
    public var channels: [ChannelPattern] = []
    public var start: GPSTime?
    public var end: GPSTime?
    public var compression: FrameCompression = .zeroSuppressOrGzip
    public var byteOrder: FrameFileWriter.ByteOrder = .little
    /// Added to the history of every frame.
    public var history: FrameHistory?

    public struct Summary: Sendable {
        public let frames, bytes: Int
        /// Structures on channels that were not carried over: `V1:X: aux`.
        public let left: [String]
    }

    public init() {}

    /// Copies the frames of `inputs` in the order of time. Throws, and leaves no output, if frames overlap, a pattern fits no channel, or no
    /// frame has data in the time asked for.
    public func run(_ inputs: [String], to output: String) throws -> Summary {
        var places: [(file: Int, frame: Int, start: GPSTime, end: GPSTime)] = []
        var unused = channels.map(\.text)
        for (index, path) in inputs.enumerated() {
            let file = try FrameFile(path: path)
            for pattern in channels where file.channels.contains(where: { pattern.matches($0.name) }) { unused.removeAll { $0 == pattern.text } }
            places += file.frames.indices.map { (index, $0, file.frames[$0].start, file.frames[$0].end) }
        }
        guard unused.isEmpty else {
            throw FrameError(.request, file: inputs.joined(separator: " "), "found no channel \"\(unused[0])\", wanted one; `glitchgen frames list --channels` shows the names")
        }
        places = places.filter { place in (start.map { place.end > $0 } ?? true) && (end.map { place.start < $0 } ?? true) }
        places.sort { ($0.start, $0.file) < ($1.start, $1.file) }
        for (before, after) in zip(places, places.dropFirst()) where after.start < before.end {
            throw FrameError(.request, file: inputs[after.file], "found a frame at \(after.start) that overlaps the one before, which ends at \(before.end); wanted each time once")
        }
        guard !places.isEmpty else { throw FrameError(.request, file: inputs.first ?? output, "found no frame in the time asked for, wanted one") }

        let writer = try FrameFileWriter(path: output, compression: compression, byteOrder: byteOrder)
        var left: [String] = []
        var open: (index: Int, file: FrameFile)?
        for place in places {
            let file = if let open, open.index == place.file { open.file } else { try FrameFile(path: inputs[place.file]) }
            open = (place.file, file)
            let frame = try self.frame(place.frame, of: file)
            for channel in frame.channels {
                for name in channel.unread where !left.contains("\(channel.name): \(name)") { left.append("\(channel.name): \(name)") }
            }
            try writer.append(frame)
        }
        let summary = try writer.close()
        return Summary(frames: summary.frames, bytes: summary.bytes, left: left)
    }

    private func frame(_ index: Int, of file: FrameFile) throws -> Frame {
        var description = try file.description(ofFrame: index)
        let original = description.start
        let begin = max(original, start ?? original)
        let finish = min(description.end, end ?? description.end)
        let isWhole = begin == original && finish == description.end
        if let history { description.history.append(history) }
        var kept: [FrameChannel] = []
        for entry in file.channels where entry.isPresent(in: index) && (channels.isEmpty || channels.contains { $0.matches(entry.name) }) {
            var channel = try file.read(entry, frame: index)
            if !isWhole { try channel.crop(frameStart: original, from: begin, to: finish, file: file.path) }
            kept.append(channel)
        }
        if !isWhole {
            description.start = begin
            description.duration = Double(finish.nanoseconds - begin.nanoseconds) * 1e-9
        }
        return Frame(description, channels: kept)
    }
}

extension FrameChannel {
    /// Keeps the samples from `from` on and before `to`, for a frame that starts at `from`.
    fileprivate mutating func crop(frameStart: GPSTime, from: GPSTime, to: GPSTime, file: String) throws {
        guard isTimeSeries else {
            throw FrameError(.request, file: file, "found \"\(name)\" without a time axis in a frame that would be cut, wanted whole frames or other channels")
        }
        let piece = cropped(start: frameStart, from: from, to: to)
        let spacing = vector.dimensions[0].spacing
        vector.samples = piece.samples
        vector.dimensions[0].count = piece.samples.count
        timeOffset = Double(piece.start.nanoseconds - from.nanoseconds) * 1e-9 - vector.dimensions[0].start
        if case .processed(var processing) = source {
            processing.timeRange = Double(piece.samples.count) * spacing
            source = .processed(processing)
        }
    }
}
