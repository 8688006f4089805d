import Segments

/// A frame file (GWF, format version 8) open for reading: what it holds, and any channel of any frame by itself.
///
/// A channel is found through the table of contents, so the time to read it does not depend on the others; a file without a table is
/// walked through once. Structures are taken apart as the file's own dictionary says. Every structure's checksum is verified when it
/// is read. *Not collective.*
public final class FrameFile {
    public let path: String
    public let frames: [FrameEntry]
    /// Digitised, processed, simulated channels, in the order of the table of contents.
    public let channels: [ChannelEntry]
    /// Whether the file has a table of contents.
    public let isIndexed: Bool
    /// Library that wrote the file, as its header says: `FrameL`, `frameCPP`, `unknown library`.
    public var writer: String { fileHeader.libraryName }
    public var byteCount: Int { source.count }
    /// Whether numbers lie with their lowest byte first.
    public var isLittleEndian: Bool { fileHeader.swapped != (1.littleEndian == 1) }
    public var formatVersion: Int { Int(fileHeader.version) }

    let source: FrameBytes
    let fileHeader: FrameFileHeader
    let fileEnd: FrameFileEnd
    let reader: StructureReader
    let dictionary: FrameDictionary
    private let byName: [String: [Int]]
    /// Places of all vectors of one frame, made when a vector does not lie beside its channel.
    private var vectorPlaces: (frame: Int, places: [UInt64: Int])?

    /// Opens `path`. Throws if it is no whole frame file of version 8.
    public convenience init(path: String, verifiesChecksums: Bool = true) throws {
        try self.init(FrameBytes(path: path), verifiesChecksums: verifiesChecksums)
    }

    /// Reads a file that is in memory; `name` stands for it in errors.
    public convenience init(bytes: [UInt8], name: String, verifiesChecksums: Bool = true) throws {
        try self.init(FrameBytes(bytes, name: name), verifiesChecksums: verifiesChecksums)
    }

    private init(_ source: FrameBytes, verifiesChecksums: Bool) throws {
        self.source = source
        path = source.name
        fileHeader = try FrameFileHeader(source)
        reader = StructureReader(bytes: source, swapped: fileHeader.swapped, verifiesChecksums: verifiesChecksums && fileHeader.hasChecksums)
        fileEnd = try FrameFileEnd(reader, header: fileHeader)
        dictionary = FrameDictionary(reader)
        let contents =
            if let place = fileEnd.contents { try FrameContents(at: place, reader) } else { try FrameContents(walking: reader, dictionary) }
        (frames, channels, isIndexed) = (contents.frames, contents.channels, contents.isIndexed)
        guard frames.count == fileEnd.frames else {
            throw FrameError(
                file: path, structure: "FrEndOfFile", field: "nFrames", "found \(fileEnd.frames), wanted \(frames.count), the frames of the table of contents")
        }
        dictionary.landmarks = channels.flatMap { $0.positions.compactMap { $0 } }.sorted()
        byName = Dictionary(grouping: channels.indices, by: { [channels] in channels[$0].name })
    }

    /// Channels of this name: more than one if, say, a digitised and a processed channel share it.
    public func channels(named name: String) -> [ChannelEntry] { (byName[name] ?? []).map { channels[$0] } }

    // MARK: Frames

    /// FrameH of a frame, with the detectors and the history before its first channel. `index` counts from 0.
    public func description(ofFrame index: Int) throws -> FrameDescription {
        guard frames.indices.contains(index) else { throw missing("frame \(index)", "0 to \(frames.count - 1)") }
        let header = try structure(from: frames[index].position)
        let record = try record(header, wanted: "FrameH")
        var description = FrameDescription(
            name: try record.text("name"),
            start: try FrameTime.start(record.unsigned("GTimeS"), record.unsigned("GTimeN"), record),
            duration: try FrameTime.duration(record.real("dt"), record), run: Int32(clamping: try record.signed("run")),
            number: try record.unsigned("frame"), dataQuality: try record.unsigned("dataQuality"), leapSeconds: try record.unsigned("ULeapS"))
        let (detector, history) = (try record.pointer("detectProc"), try record.pointer("history"))
        var position = header.end
        while position < source.count - FrameFileEnd.size {
            let next = try structure(from: position)
            let layout = try dictionary.layout(of: next.classIdentifier, near: next.offset)
            if layout.name == "FrEndOfFrame" || FrameChannel.Kind(rawValue: layout.name) != nil { break }
            if UInt16(next.classIdentifier) == detector.classIdentifier { description.detectors.append(try self.detector(next)) }
            if UInt16(next.classIdentifier) == history.classIdentifier { description.history.append(try self.history(next)) }
            position = next.end
        }
        return description
    }

    private func detector(_ header: StructureHeader) throws -> FrameDetector {
        let record = try record(header, wanted: "FrDetector")
        func single(_ name: String) throws -> Float { Float(try record.real(name)) }
        return FrameDetector(
            name: try record.text("name"), prefix: String(decoding: record.bytes[try record.range("prefix")].prefix { $0 != 0 }, as: UTF8.self),
            longitude: try record.real("longitude"), latitude: try record.real("latitude"), elevation: try single("elevation"),
            armXAzimuth: try single("armXazimuth"), armYAzimuth: try single("armYazimuth"), armXAltitude: try single("armXaltitude"),
            armYAltitude: try single("armYaltitude"), armXMidpoint: try single("armXmidpoint"), armYMidpoint: try single("armYmidpoint"),
            localTime: Int32(clamping: try record.signed("localTime")))
    }

    private func history(_ header: StructureHeader) throws -> FrameHistory {
        let record = try record(header, wanted: "FrHistory")
        return FrameHistory(name: try record.text("name"), time: try record.unsigned("time"), comment: try record.text("comment"))
    }

    // MARK: Channels

    /// The channel `entry` of frame `index`.
    public func read(_ entry: ChannelEntry, frame index: Int) throws -> FrameChannel {
        let (record, place) = try vectorHeader(of: entry, frame: index)
        let (vector, next) = try vector(place)
        var channel = try FrameChannel(record, kind: entry.kind, vector: vector)
        if !next.isNull { channel.unread.append("FrVect (next)") }
        return channel
    }

    /// The structure of a channel, and where its vector lies.
    func vectorHeader(of entry: ChannelEntry, frame index: Int) throws -> (record: Record, vector: StructureHeader) {
        guard entry.positions.indices.contains(index), let position = entry.positions[index] else {
            throw missing("no channel \(entry.name) in frame \(index)", "a frame that has it")
        }
        let header = try structure(from: position)
        let record = try record(header, wanted: entry.kind.rawValue)
        guard try record.text("name") == entry.name else {
            throw record.place.error("name", found: "\"\(try record.text("name"))\"", wanted: "\"\(entry.name)\", whose place this is in the table of contents")
        }
        let pointer = try record.pointer("data")
        guard !pointer.isNull else { throw record.place.error("data", found: "no vector", wanted: "one") }
        return (record, try find(pointer, behind: header, frame: index))
    }

    /// The only channel called `name`, of frame `index`. Throws if there is none, or more than one.
    public func read(_ name: String, frame index: Int = 0) throws -> FrameChannel {
        let entries = channels(named: name)
        guard entries.count == 1 else {
            throw missing("\(entries.count) channels \"\(name)\"", "one; `glitchgen frames list --channels` shows the names")
        }
        return try read(entries[0], frame: index)
    }

    func missing(_ found: String, _ wanted: String) -> FrameError { FrameError(.request, file: path, "found \(found), wanted \(wanted)") }

    // MARK: Structures

    /// The first structure from `position` on that is not of the dictionary. Some writers' tables point before the dictionary's entries.
    func structure(from position: Int) throws -> StructureHeader {
        var header = try reader.header(at: position)
        while header.isDictionary {
            try dictionary.take(header)
            header = try reader.header(at: header.end)
        }
        try dictionary.take(header)
        return header
    }

    func record(_ header: StructureHeader, wanted name: String) throws -> Record {
        let layout = try dictionary.layout(of: header.classIdentifier, near: header.offset)
        guard layout.name == name else {
            throw Place(file: path, offset: header.offset, structure: layout.name).error(found: "this structure", wanted: name)
        }
        return try Record(reader.read(header, name), header: header, layout: layout, swapped: reader.swapped, file: path)
    }

    /// The vector that `pointer` means; nearly always the next structure.
    private func find(_ pointer: StructurePointer, behind header: StructureHeader, frame: Int) throws -> StructureHeader {
        var position = header.end
        for _ in 0..<4 where position < source.count - FrameFileEnd.size {
            let next = try structure(from: position)
            if UInt16(next.classIdentifier) == pointer.classIdentifier, next.instance == pointer.instance { return next }
            position = next.end
        }
        let key = UInt64(pointer.classIdentifier) << 32 | UInt64(pointer.instance)
        guard let place = try places(frame: frame)[key] else {
            throw Place(file: path, offset: header.offset, structure: "structure")
                .error("data", found: "a pointer to class \(pointer.classIdentifier), instance \(pointer.instance), which the frame lacks", wanted: "one of its FrVect")
        }
        return try reader.header(at: place)
    }

    private func places(frame: Int) throws -> [UInt64: Int] {
        if let known = vectorPlaces, known.frame == frame { return known.places }
        var places: [UInt64: Int] = [:]
        var header = try structure(from: frames[frame].position)
        while true {
            let layout = try dictionary.layout(of: header.classIdentifier, near: header.offset)
            if layout.name == "FrEndOfFrame" || header.end >= source.count - FrameFileEnd.size { break }
            if layout.name == "FrVect" { places[UInt64(header.classIdentifier) << 32 | UInt64(header.instance)] = header.offset }
            header = try structure(from: header.end)
        }
        vectorPlaces = (frame, places)
        return places
    }

    /// The values of an FrVect, and what follows it.
    func vector(_ header: StructureHeader) throws -> (FrameVector, next: StructurePointer) {
        let record = try record(header, wanted: "FrVect")
        let decoder = try VectorDecoder(place: record.place, compression: record.unsigned("compress"), type: record.unsigned("type"))
        let (range, count) = (try record.range("data"), try record.unsigned("nData", as: UInt64.self))
        let (sizes, spacings, starts) = (try record.unsigneds("nx"), try record.reals("dx"), try record.reals("startX"))
        let units = try record.texts("unitX")
        guard spacings.count == sizes.count, starts.count == sizes.count, units.count == sizes.count else {
            throw record.place.error("nDim", found: "lists of different lengths", wanted: "one value for each of \(sizes.count) dimensions")
        }
        let product = sizes.reduce((value: UInt64(1), overflow: false)) { sum, size in
            let (value, overflow) = sum.value.multipliedReportingOverflow(by: size)
            return (value, sum.overflow || overflow)
        }
        guard sizes.isEmpty || !product.overflow && product.value == count else {
            throw record.place.error("nx", found: sizes.map(String.init).joined(separator: " x "), wanted: "\(count) values, as nData says")
        }
        let samples = try record.bytes.withUnsafeBytes { try decoder.decode(UnsafeRawBufferPointer(rebasing: $0[range]), count: count) }
        let dimensions = sizes.indices.map {
            FrameVector.Dimension(count: Int(clamping: sizes[$0]), spacing: spacings[$0], start: starts[$0], unit: units[$0])
        }
        return (
            FrameVector(name: try record.text("name"), samples: samples, dimensions: dimensions, unit: try record.text("unitY")),
            try record.pointer("next")
        )
    }
}
