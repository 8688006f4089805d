import Batch
import Segments

/// Pictures of what witnesses have seen: the Q planes of strain and witness around the loudest glitch that they share.
struct ScanPictures {
    struct Pair {
        let channel: String
        let time: GPSTime
        let strain, witness: SVGPlot
    }

    let pairs: [Pair]

    /// For the first `most` witnesses. *Not collective;* reads frames.
    init(_ results: ScanResults, blocks: BlockScan, most: Int = 6) throws {
        let grid = results.grid
        let strain = results.triggers[0]
        var pairs: [Pair] = []
        for row in results.rows.filter(\.isSelected).prefix(most) {
            guard let channel = grid.channels.firstIndex(where: { $0.name == row.name }) else { continue }
            guard let trigger = Self.shared(strain, results.triggers[channel], window: row.coincidence.window, analysed: results.analysed[channel]) else { continue }
            func plot(_ index: Int, _ title: String) throws -> SVGPlot {
                let gram = try blocks.gram(channel: index, segment: trigger.segment, quality: trigger.quality)
                return gram.picture(around: Double(trigger.time.nanoseconds - grid.begin(ofSegment: trigger.segment).nanoseconds) * 1e-9, largest: 25, title: title)
            }
            pairs.append(Pair(channel: row.name, time: trigger.time, strain: try plot(0, grid.channels[0].name), witness: try plot(channel, row.name)))
        }
        self.pairs = pairs
    }

    /// The strain's trigger of which strain and witness both have most: the larger the lesser of the two energies, the better.
    private static func shared(_ strain: [Trigger], _ witness: [Trigger], window: Double, analysed: [Bool]) -> Trigger? {
        let reach = Int64((window * 5e8).rounded())
        var best: (trigger: Trigger, energy: Double)?
        var first = 0
        for trigger in strain where analysed.indices.contains(trigger.segment) && analysed[trigger.segment] {
            while first < witness.count, witness[first].time.nanoseconds < trigger.time.nanoseconds - reach { first += 1 }
            var place = first
            while place < witness.count, witness[place].time.nanoseconds <= trigger.time.nanoseconds + reach {
                let energy = min(trigger.energy, witness[place].energy)
                if energy > best?.energy ?? 0 { best = (trigger, energy) }
                place += 1
            }
        }
        return best?.trigger
    }
}
