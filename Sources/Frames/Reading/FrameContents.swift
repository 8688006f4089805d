import Segments

/// One frame of a file, as the table of contents has it.
public struct FrameEntry: Sendable {
    public let start: GPSTime
    /// Seconds.
    public let duration: Double
    public let run: Int32
    public let number: UInt32
    public let dataQuality: UInt32
    let position: Int

    /// First instant after the frame.
    public var end: GPSTime { start.advanced(byNanoseconds: Nanoseconds.of(duration)) }
}

/// One channel of a file.
public struct ChannelEntry: Sendable {
    public let name: String
    public let kind: FrameChannel.Kind
    /// Offset of its structure in every frame; nil where a frame lacks it.
    let positions: [Int?]

    /// Whether frame number `frame` of the file has the channel.
    public func isPresent(in frame: Int) -> Bool { positions.indices.contains(frame) && positions[frame] != nil }
}

/// What a file holds and where.
struct FrameContents {
    var frames: [FrameEntry] = []
    var channels: [ChannelEntry] = []
    /// Whether it was read from FrTOC, not found by walking.
    var isIndexed = true

    init() {}

    init(at offset: Int, _ reader: StructureReader) throws {
        let header = try reader.header(at: offset)
        let source = reader.bytes
        guard !header.isDictionary, header.end <= source.count - FrameFileEnd.size else {
            throw Place(file: source.name, offset: offset, structure: "FrTOC").error(found: "another structure", wanted: "the table of contents that FrEndOfFile.seekTOC names")
        }
        let record = try Record(
            reader.read(header, "FrTOC"), header: header, layout: StandardLayouts.contents, swapped: reader.swapped, file: source.name,
            noneIsAllOnes: true)
        frames = try Self.frames(record, limit: offset)
        let counted = frames.count
        for (kind, names, positions) in [
            (FrameChannel.Kind.digitised, "name", "positionADC"), (.processed, "nameProc", "positionProc"), (.simulated, "nameSim", "positionSim"),
        ] {
            let places = try record.unsigneds(positions)
            for (index, name) in try record.texts(names).enumerated() {
                channels.append(
                    ChannelEntry(
                        name: name, kind: kind,
                        positions: try places[index * counted..<(index + 1) * counted].map { try Self.position($0, positions, record, limit: offset) }))
            }
        }
    }

    private static func frames(_ record: Record, limit: Int) throws -> [FrameEntry] {
        let (seconds, nanoseconds) = (try record.unsigneds("GTimeS"), try record.unsigneds("GTimeN"))
        let (durations, runs, numbers) = (try record.reals("dt"), try record.signeds("runs"), try record.unsigneds("frame"))
        let (quality, places) = (try record.unsigneds("dataQuality"), try record.unsigneds("positionH"))
        return try seconds.indices.map { index in
            guard let position = try position(places[index], "positionH", record, limit: limit) else {
                throw record.place.error("positionH", found: places[index], wanted: "the offset of FrameH")
            }
            return FrameEntry(
                start: try FrameTime.start(seconds[index], nanoseconds[index], record),
                duration: try FrameTime.duration(durations[index], record), run: Int32(clamping: runs[index]),
                number: UInt32(clamping: numbers[index]), dataQuality: UInt32(clamping: quality[index]), position: position)
        }
    }

    private static func position(_ value: UInt64, _ field: String, _ record: Record, limit: Int) throws -> Int? {
        if value == 0 || value == .max { return nil }
        guard value >= UInt64(FrameFileHeader.size), value < UInt64(limit) else {
            throw record.place.error(field, found: value, wanted: "\(FrameFileHeader.size) to \(limit), before the table of contents")
        }
        return Int(value)
    }
}

enum FrameTime {
    static func start(_ seconds: UInt64, _ nanoseconds: UInt64, _ record: Record) throws -> GPSTime {
        guard nanoseconds < 1_000_000_000, let time = GPSTime(seconds: Int64(clamping: seconds), nanoseconds: Int64(nanoseconds)) else {
            throw record.place.error("GTimeN", found: "\(seconds) s and \(nanoseconds) ns", wanted: "a GPS time with less than 1e9 ns")
        }
        return time
    }

    static func duration(_ value: Double, _ record: Record) throws -> Double {
        guard value >= 0, value <= 1e9 else { throw record.place.error("dt", found: value, wanted: "0 to 1e9 seconds") }
        return value
    }
}
