extension FrameContents {
    /// Finds frames and channels of a file without a table of contents by walking over its structures.
    init(walking reader: StructureReader, _ dictionary: FrameDictionary) throws {
        self.init()
        isIndexed = false
        var order: [String] = []
        var places: [String: (kind: FrameChannel.Kind, name: String, positions: [Int: Int])] = [:]
        var position = FrameFileHeader.size
        while position < reader.bytes.count - FrameFileEnd.size {
            let header = try reader.header(at: position)
            position = header.end
            try dictionary.take(header)
            if header.isDictionary { continue }
            let layout = try dictionary.layout(of: header.classIdentifier, near: header.offset)
            let kind = FrameChannel.Kind(rawValue: layout.name)
            guard kind != nil || layout.name == "FrameH" else { continue }
            let record = try Record(
                reader.read(header, layout.name), header: header, layout: layout, swapped: reader.swapped, file: reader.bytes.name)
            guard let kind else {
                frames.append(
                    FrameEntry(
                        start: try FrameTime.start(record.unsigned("GTimeS"), record.unsigned("GTimeN"), record),
                        duration: try FrameTime.duration(record.real("dt"), record), run: Int32(clamping: try record.signed("run")),
                        number: try record.unsigned("frame"), dataQuality: try record.unsigned("dataQuality"), position: header.offset))
                continue
            }
            guard !frames.isEmpty else { throw record.place.error(found: "a channel before the first FrameH", wanted: "FrameH") }
            let name = try record.text("name")
            let key = "\(kind.rawValue) \(name)"
            if places[key] == nil { order.append(key) }
            places[key, default: (kind, name, [:])].positions[frames.count - 1] = header.offset
        }
        // Presence lists are frames x channels; many frames that share no channel must not make them larger than the file.
        guard frames.count.multipliedReportingOverflow(by: order.count).partialValue <= max(1 << 16, reader.bytes.count) else {
            throw FrameError(
                file: reader.bytes.name, "found \(frames.count) frames with \(order.count) different channels and no table of contents, wanted frames that share channels")
        }
        channels = order.compactMap { key in
            places[key].map { entry in
                ChannelEntry(name: entry.name, kind: entry.kind, positions: frames.indices.map { entry.positions[$0] })
            }
        }
    }
}
