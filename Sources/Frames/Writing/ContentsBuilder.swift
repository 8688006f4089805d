/// Collects the table of contents while a file is written.
struct ContentsBuilder {
    struct FrameRow {
        let description: FrameDescription
        let seconds: UInt32
        let position: Int

        init(_ description: FrameDescription, seconds: UInt32, position: Int) {
            (self.description, self.seconds, self.position) = (description, seconds, position)
        }
    }

    private struct ChannelRow {
        let name: String
        let group, number: UInt32
        /// One for every frame so far in which the channel or a later one was written; 0: not in that frame.
        var positions: [Int] = []
    }

    var frames: [FrameRow] = []
    private var detectors: [(name: String, position: Int)] = []
    private var rows: [FrameChannel.Kind: [ChannelRow]] = [:]
    private var index: [FrameChannel.Kind: [String: Int]] = [:]

    mutating func addDetector(_ name: String, at position: Int) {
        if !detectors.contains(where: { $0.name == name }) { detectors.append((name, position)) }
    }

    /// False if the frame has such a channel already.
    mutating func add(_ channel: FrameChannel, at position: Int) -> Bool {
        let kind = channel.source.kind
        let row: Int
        if let known = index[kind]?[channel.name] {
            row = known
        } else {
            var (group, number): (UInt32, UInt32) = (0, 0)
            if case .digitised(let adc) = channel.source { (group, number) = (adc.group, adc.number) }
            row = rows[kind]?.count ?? 0
            rows[kind, default: []].append(ChannelRow(name: channel.name, group: group, number: number))
            index[kind, default: [:]][channel.name] = row
        }
        guard let count = rows[kind]?[row].positions.count, count < frames.count else { return false }
        rows[kind]?[row].positions += [Int](repeating: 0, count: frames.count - 1 - count) + [position]
        return true
    }

    func write(to builder: inout StructureBuilder, classes: [FrameFileWriter.Class]) throws {
        builder.put(Int16(clamping: frames.first?.description.leapSeconds ?? 0))
        builder.put(UInt32(frames.count))
        for frame in frames { builder.put(frame.description.dataQuality) }
        for frame in frames { builder.put(frame.seconds) }
        for frame in frames { builder.put(UInt32(frame.description.start.remainder)) }
        for frame in frames { builder.put(frame.description.duration) }
        for frame in frames { builder.put(frame.description.run) }
        for frame in frames { builder.put(frame.description.number) }
        for frame in frames { builder.put(UInt64(frame.position)) }
        let first = rows[.digitised] ?? []
        for frame in frames.indices {
            builder.put(UInt64(first.lazy.compactMap { frame < $0.positions.count && $0.positions[frame] > 0 ? $0.positions[frame] : nil }.min() ?? 0))
        }
        // Serial data, tables, messages: none.
        for _ in 0..<3 * frames.count { builder.put(UInt64(0)) }
        builder.put(UInt32(classes.count))
        for name in classes { builder.put(UInt16(name.rawValue)) }
        for name in classes { try builder.put(name.layout.name) }
        builder.put(UInt32(detectors.count))
        for detector in detectors { try builder.put(detector.name) }
        for detector in detectors { builder.put(UInt64(detector.position)) }
        // Static data: no type, no instance.
        for _ in 0..<2 { builder.put(UInt32(0)) }
        for kind in FrameChannel.Kind.allCases {
            let rows = rows[kind] ?? []
            builder.put(UInt32(rows.count))
            for row in rows { try builder.put(row.name) }
            if kind == .digitised {
                for row in rows { builder.put(row.number) }
                for row in rows { builder.put(row.group) }
            }
            for row in rows {
                for frame in frames.indices { builder.put(UInt64(frame < row.positions.count ? row.positions[frame] : 0)) }
            }
        }
        // Serial data, summaries, events and simulated events with their totals: none.
        for _ in 0..<6 { builder.put(UInt32(0)) }
    }
}
