import Batch
import Frames
import Glitches
import ParallelHDF5
import Segments

/// What the veto frames of a run say together: the same after a restart, whoever wrote them.
struct VetoTable {
    /// GPS seconds of each second, in order, and its probabilities.
    let seconds: [Int64]
    let probabilities: [[Double]]
    let threshold: Double

    /// Reads the frames in `directory`; those that cannot be read are left out. *Not collective.*
    init(directory: String, settings: VetoSettings) throws {
        var (seconds, probabilities) = ([Int64](), [[Double]]())
        for name in try Files.list(directory).sorted() {
            guard let parts = FrameFileName(path: name), parts.content == settings.content, parts.duration == 1, parts.suffix == "gwf" else { continue }
            guard let file = try? FrameFile(path: "\(directory)/\(name)"), let values = try? file.read(settings.probabilityChannel).physicalValues,
                values.count == InferenceGeometry.bins
            else { continue }
            seconds.append(parts.start)
            probabilities.append(values)
        }
        let order = seconds.indices.sorted { seconds[$0] < seconds[$1] }
        (self.seconds, self.probabilities, threshold) = (order.map { seconds[$0] }, order.map { probabilities[$0] }, settings.threshold)
    }

    private static let bin: Int64 = 1_000_000_000 / Int64(InferenceGeometry.bins)

    private static func segment(_ second: Int64, from: Int, to: Int) -> Segment? {
        guard let start = GPSTime(seconds: second) else { return nil }
        return Segment(start.advanced(byNanoseconds: Int64(from) * bin), start.advanced(byNanoseconds: Int64(to) * bin))
    }

    var known: SegmentList { SegmentList(seconds.compactMap { Self.segment($0, from: 0, to: InferenceGeometry.bins) }) }

    /// Moments of at least this probability.
    func active(_ threshold: Double) -> SegmentList {
        SegmentList(
            zip(seconds, probabilities).flatMap { second, values in
                values.indices.compactMap { values[$0] >= threshold ? Self.segment(second, from: $0, to: $0 + 1) : nil }
            })
    }

    func flag(_ settings: VetoSettings) -> DataQualityFlag {
        let parts = settings.channel.split(separator: ":", maxSplits: 1).map(String.init)
        return DataQualityFlag(
            interferometer: parts.count == 2 ? parts[0] : "X1", name: parts.last ?? settings.channel, comment: "P of a glitch at least \(threshold), from witnesses",
            known: known, active: active(threshold))
    }

    /// *Collective;* every rank passes the same.
    func write(to root: HDF5Group, settings: VetoSettings) throws {
        try root.setAttribute("threshold", threshold)
        try root.setAttribute("channel", settings.channel)
        try root.setAttribute("bin_seconds", 1 / Double(InferenceGeometry.bins))
        let all = probabilities.flatMap(\.self)
        try root.write("gps_seconds", seconds.flatMap { [Int64](repeating: $0, count: InferenceGeometry.bins) }, units: "s")
        try root.write("gps_nanoseconds", seconds.flatMap { _ in (0..<InferenceGeometry.bins).map { Int32(clamping: Int64($0) * Self.bin) } }, units: "ns")
        try root.write("probability", all, units: "1")
        try root.write("veto", all.map { UInt8($0 >= threshold ? 1 : 0) })
    }

    /// Writes the table and the segment files into the run directory. *Collective.*
    func write(_ context: JobContext, settings: VetoSettings) throws {
        try context.writeData("veto.h5") { try write(to: $0.root, settings: settings) }
        let flag = flag(settings)
        try context.communicator.agree {
            guard context.communicator.isRoot else { return }
            try context.directory.writeAtomically("veto.txt", text: Segwizard.text(of: flag.active))
            try context.directory.writeAtomically("veto.xml", text: LIGOLightWeight.text(of: [flag], program: "glitchgen veto"))
            try context.directory.writeAtomically("veto.json", text: SegmentJSON.text(of: flag))
        }
        context.summary.set("seconds_known", seconds.count)
        context.summary.set("veto_segments", flag.active.segments.count)
        context.summary.set("deadtime", flag.deadtime)
        context.summary.set("threshold", threshold)
        context.log.info(
            "\(flag.active.segments.count) segments vetoed, \(Format.fixed(100 * flag.deadtime, decimals: 2)) % of \(seconds.count) s; veto.h5, veto.txt, veto.xml, veto.json and veto/*.gwf in \(context.directory.path)")
    }
}
