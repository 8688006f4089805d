import Glitches
import Numerics
import ParallelHDF5
import Segments

/// When images are taken, and what for.
package struct ImageTimes: Sendable {
    struct Entry: Sendable, Equatable {
        let time: GPSTime
        let isTrigger: Bool
        /// Of the trigger; 0 at quiet times.
        let signalToNoise: Double
        let use: ImageUse
    }

    /// In the order of time.
    let entries: [Entry]
    /// Witnesses that the scan names.
    let witnesses: [String]
    let split: TimeSplit

    /// When the segment of an image begins: on a whole second, the image's middle about in its middle.
    package static func segmentStart(_ time: GPSTime, duration: Double) -> GPSTime {
        let begin = time.advanced(byNanoseconds: -Int64((duration / 2 * 1e9).rounded()) + 500_000_000)
        return GPSTime(seconds: begin.seconds) ?? begin
    }

    /// Triggers of the strain from a scan's file, and quiet times between them. The same on every rank. *Not collective.*
    /// - Throws: `GlitchError` where the file is not a scan's or holds no trigger.
    init(_ settings: PreprocessSettings, extent: Segment, seed: UInt64) throws {
        let path = settings.triggers
        let found = try HDF5File.with(HDF5File.open(path, communicator: nil)) { file -> (triggers: [(GPSTime, Double)], witnesses: [String]) in
            let names = try file.root.hasAttribute("channels") ? file.root.stringAttributes("channels") : []
            guard let strain = names.firstIndex(of: settings.strain), try file.root.hasObject("triggers") else {
                throw GlitchError("\(path): found no triggers of \(settings.strain), wanted the file that `glitchgen scan` writes for that strain")
            }
            let group = try file.root.group("triggers")
            let channel = try group.read("channel", as: Int32.self)
            let (seconds, rest) = (try group.read("time_seconds", as: Int64.self), try group.read("time_nanoseconds", as: Int32.self))
            let ratios = try group.read("snr", as: Double.self)
            guard seconds.count == channel.count, rest.count == channel.count, ratios.count == channel.count else {
                throw GlitchError("\(path): found \(channel.count) channels of triggers and \(seconds.count) times, wanted as many")
            }
            let triggers = channel.indices.compactMap { i -> (GPSTime, Double)? in
                guard Int(channel[i]) == strain, ratios[i].isFinite, let time = GPSTime(seconds: seconds[i]) else { return nil }
                return (time.advanced(byNanoseconds: Int64(rest[i])), ratios[i])
            }
            guard try file.root.hasObject("coincidence/witness") else { return (triggers, []) }
            let table = try file.root.group("coincidence")
            let rows = try table.stringAttributes("channels"), isWitness = try table.read("witness", as: UInt8.self)
            return (triggers, zip(rows, isWitness).filter { $0.1 == 1 }.map { $0.0 })
        }
        witnesses = found.witnesses
        let duration = Double(extent.end.nanoseconds - extent.start.nanoseconds) * 1e-9
        let split = TimeSplit(start: extent.start, duration: duration, block: settings.block, shares: settings.shares)
        self.split = split
        let length = Int64((settings.image.segmentDuration * 1e9).rounded())
        func entry(_ time: GPSTime, _ ratio: Double?) -> Entry? {
            let begin = Self.segmentStart(time, duration: settings.image.segmentDuration)
            let end = begin.advanced(byNanoseconds: length)
            guard begin >= extent.start, end <= extent.end else { return nil }
            return Entry(time: time, isTrigger: ratio != nil, signalToNoise: ratio ?? 0, use: split.use(from: begin, to: end))
        }
        let loud = found.triggers.filter { $0.1 >= settings.threshold }.compactMap { entry($0.0, $0.1) }
        guard !loud.isEmpty else {
            throw GlitchError("\(path): found no trigger of \(settings.strain) above \(settings.threshold) in the frames' time, wanted some; lower preprocess.threshold or scan.threshold")
        }
        let quiet = Self.quiet(
            Int((settings.quiet * Double(loud.count)).rounded()), between: found.triggers.map(\.0), extent: extent, clearance: settings.clearance,
            spacing: settings.image.duration / 2, seed: seed)
        entries = (loud + quiet.compactMap { entry($0, nil) }).sorted { ($0.time, $0.isTrigger ? 0 : 1) < ($1.time, $1.isTrigger ? 0 : 1) }
    }

    /// Times drawn uniformly that keep `clearance` from all triggers and `spacing` from each other.
    private static func quiet(_ count: Int, between triggers: [GPSTime], extent: Segment, clearance: Double, spacing: Double, seed: UInt64) -> [GPSTime] {
        let stream = RandomStream(seed: seed, purpose: .quietTimes)
        let length = Double(extent.end.nanoseconds - extent.start.nanoseconds)
        let sorted = triggers.map(\.nanoseconds).sorted()
        func isNear(_ time: Int64, _ list: [Int64], _ distance: Double) -> Bool {
            var (low, high) = (0, list.count)
            while low < high {
                let middle = (low + high) / 2
                if list[middle] < time { low = middle + 1 } else { high = middle }
            }
            return [low - 1, low].contains { list.indices.contains($0) && abs(Double(list[$0] - time)) < distance * 1e9 }
        }
        var taken: [Int64] = []
        for draw in 0..<50 * max(1, count) where taken.count < count {
            let time = extent.start.nanoseconds + Int64(stream.uniform(epoch: 0, index: UInt64(draw), draw: 0) * length)
            if isNear(time, sorted, clearance) || isNear(time, taken, spacing) { continue }
            taken.insert(time, at: taken.firstIndex { $0 > time } ?? taken.count)
        }
        return taken.compactMap { GPSTime(nanoseconds: $0) }
    }
}
