import ParallelHDF5
import Segments

/// `triggers.h5`: every trigger, and the channels' coincidences.
enum ScanFile {
    /// *Collective;* every rank passes the same.
    static func write(_ results: ScanResults, to root: HDF5Group) throws {
        let grid = results.grid
        try root.setAttribute("channels", grid.channels.map(\.name))
        try root.setAttribute("strain", grid.channels[0].name)
        try root.setAttribute("gps_start", "\(grid.start)")
        try root.setAttribute("segment_seconds", grid.duration)
        let group = try root.createGroup("triggers")
        let numbered = results.triggers.enumerated().flatMap { index, list in list.map { (index, $0) } }
        try group.write("channel", numbered.map { Int32($0.0) })
        try group.write("time_seconds", numbered.map { $0.1.time.seconds }, units: "s")
        try group.write("time_nanoseconds", numbered.map { Int32(clamping: $0.1.time.remainder) }, units: "ns")
        try group.write("begin", numbered.map { Double($0.1.begin.nanoseconds - $0.1.time.nanoseconds) * 1e-9 }, units: "s")
        try group.write("end", numbered.map { Double($0.1.end.nanoseconds - $0.1.time.nanoseconds) * 1e-9 }, units: "s")
        let all = numbered.map { $0.1 }
        try group.write("frequency", all.map(\.frequency), units: "Hz")
        try group.write("frequency_low", all.map(\.lowest), units: "Hz")
        try group.write("frequency_high", all.map(\.highest), units: "Hz")
        try group.write("q", all.map(\.quality), units: "1")
        try group.write("energy", all.map(\.energy), units: "1")
        try group.write("snr", all.map(\.signalToNoise), units: "1")
        try group.write("tiles", all.map { Int32(clamping: $0.tiles) })
        let table = try root.createGroup("coincidence")
        let rows = results.rows
        try table.setAttribute("channels", rows.map(\.name))
        for (name, values) in [
            ("ratio", rows.map(\.coincidence.ratio)), ("iou", rows.map(\.coincidence.intersectionOverUnion)),
            ("window", rows.map(\.coincidence.window)), ("expected", rows.map(\.coincidence.expected)), ("significance", rows.map(\.coincidence.significance)),
            ("slide_mean", rows.map(\.coincidence.slideMean)), ("slide_probability", rows.map(\.coincidence.slideProbability)),
            ("livetime", rows.map(\.coincidence.livetime)),
        ] { try table.write(name, values) }
        try table.write("coincident", rows.map { Int64($0.coincidence.coincident) })
        try table.write("triggers", rows.map { Int64($0.coincidence.auxiliaries) })
        try table.write("witness", rows.map { UInt8($0.isSelected ? 1 : 0) })
        try table.write("unsafe", rows.map { UInt8($0.isUnsafe ? 1 : 0) })
    }
}
