import Batch
import Numerics
import Segments

/// What came of one block: sixteen segments of one channel.
struct BlockResult {
    let item: Int
    /// Bit l: segment l of the block had data and was analysed.
    var analysed = 0
    var triggers: [Trigger] = []

    /// Item, mask, count, and each trigger.
    var words: [Int64] { [Int64(item), Int64(analysed), Int64(triggers.count)] + triggers.flatMap(\.words) }

    /// The results that lie one behind the other in `words`; nil if they are none.
    static func list(_ words: [Int64]) -> [BlockResult]? {
        var results: [BlockResult] = []
        var place = 0
        while place < words.count {
            guard place + 3 <= words.count, words[place + 2] >= 0, words[place + 2] <= words.count else { return nil }
            var result = BlockResult(item: Int(words[place]), analysed: Int(words[place + 1]))
            let count = Int(words[place + 2])
            place += 3
            guard place + count * Trigger.wordCount <= words.count else { return nil }
            for _ in 0..<count {
                guard let trigger = Trigger(words: words[place..<place + Trigger.wordCount]) else { return nil }
                result.triggers.append(trigger)
                place += Trigger.wordCount
            }
            results.append(result)
        }
        return results
    }
}

/// Reads, whitens, transforms and searches blocks. *Not collective.*
final class BlockScan {
    private let archive: ChannelArchive
    private let grid: ScanGrid
    private let settings: ScanSettings
    private let phases: Phases
    private var engines: [Double: LaneQTransform] = [:]

    init(_ archive: ChannelArchive, grid: ScanGrid, settings: ScanSettings, phases: Phases) {
        (self.archive, self.grid, self.settings, self.phases) = (archive, grid, settings, phases)
    }

    func run(item: Int) throws -> BlockResult {
        var result = BlockResult(item: item)
        let channel = grid.channels[item / grid.blocks]
        let first = item % grid.blocks * laneWidth
        let count = min(laneWidth, grid.segments - first)
        let (samples, step, make) = try ScanGrid.geometry(channel.rate, settings)
        let engine = try engines[channel.rate] ?? make()
        engines[channel.rate] = engine
        let data = try phases.measure(.io) {
            try GlitchError.ofFrames { try archive.samples(channel, from: grid.begin(ofSegment: first), count: (count - 1) * step + samples) }
        }
        let good = (0..<count).filter { Self.isUsable(data[$0 * step..<$0 * step + samples]) }
        guard let spare = good.first else { return result }
        for lane in good { result.analysed |= 1 << lane }
        let isGood = (0..<laneWidth).map { result.analysed >> $0 & 1 == 1 }
        data.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            // A lane without data repeats another; nothing of it is kept.
            engine.whiten((0..<laneWidth).map { start + (isGood[$0] ? $0 : spare) * step })
        }
        let energy = Float(settings.threshold * settings.threshold / 2)
        var triggers = [[Trigger]](repeating: [], count: laneWidth)
        for (index, plane) in engine.planes.enumerated() {
            engine.transform(plane: index)
            for tile in engine.loudTiles(plane: index, above: energy) where isGood[tile.lane] {
                triggers[tile.lane].append(trigger(tile, plane, segment: first + tile.lane))
            }
        }
        let gap = Int64((settings.clusterGap * 1e9).rounded())
        result.triggers = triggers.flatMap { Trigger.clustered($0, gap: gap) }
        return result
    }

    /// The plane of the nearest Q of one segment of one channel.
    func gram(channel index: Int, segment: Int, quality: Double) throws -> QGram {
        let channel = grid.channels[index]
        let (samples, _, make) = try ScanGrid.geometry(channel.rate, settings)
        let engine = try engines[channel.rate] ?? make()
        engines[channel.rate] = engine
        let data = try GlitchError.ofFrames { try archive.samples(channel, from: grid.begin(ofSegment: segment), count: samples) }
        let plane = engine.planes.indices.min { abs(engine.planes[$0].quality - quality) < abs(engine.planes[$1].quality - quality) } ?? 0
        data.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            engine.whiten([UnsafePointer<Double>](repeating: start, count: laneWidth))
        }
        engine.transform(plane: plane)
        return engine.gram(plane: plane, lane: 0)
    }

    private func trigger(_ tile: LaneQTransform.LoudTile, _ plane: QPlane, segment: Int) -> Trigger {
        let row = plane.rows[tile.row]
        let time = grid.begin(ofSegment: segment).advanced(byNanoseconds: Int64((Double(tile.tile) * plane.duration / Double(row.tiles) * 1e9).rounded()))
        let reach = Int64((0.5e9 / row.bandwidth).rounded())
        return Trigger(
            time: time, begin: time.advanced(byNanoseconds: -reach), end: time.advanced(byNanoseconds: reach), frequency: row.frequency,
            lowest: row.frequency - row.bandwidth / 2, highest: row.frequency + row.bandwidth / 2, quality: plane.quality, energy: Double(tile.energy),
            segment: segment)
    }

    /// Whether all samples are numbers, and not all the same one.
    private static func isUsable(_ values: ArraySlice<Double>) -> Bool {
        guard let first = values.first else { return false }
        var differs = false
        for value in values {
            if !value.isFinite { return false }
            if value != first { differs = true }
        }
        return differs
    }
}
