import Batch
import Frames
import MessagePassing
import ParallelHDF5
import Segments

/// The command `simulate`: frame files of strain and auxiliary channels, and what is true about them.
///
/// Files are shared among the ranks; a file's bytes do not depend on who writes it.
public final class TwinRun: SteppedRun {
    package let context: JobContext
    private let settings: TwinSettings
    private let events: [TwinEvent]
    private let source: TwinSource
    private var done = 0
    private var bytes = 0

    /// *Not collective.*
    public init(_ context: JobContext, settings: TwinSettings) {
        (self.context, self.settings) = (context, settings)
        events = settings.model.events(duration: settings.duration, seed: context.seed)
        source = TwinSource(settings.model, events: events, seed: context.seed)
    }

    /// Channels of each file of one time.
    private var groups: [Range<Int>] {
        let count = settings.model.channels.count
        return stride(from: 0, to: count, by: settings.channelsPerFile).map { $0..<min(count, $0 + settings.channelsPerFile) }
    }

    private var times: Int { Int(settings.duration / settings.frame) }

    package var label: String { "simulate" }
    package var unit: String { "file" }
    package var position: Int { done }
    package var total: Int { times * groups.count }
    package var checkpoints: CheckpointPolicy {
        CheckpointPolicy(configurationHash: context.configuration.hash(of: ["seed", "simulation"]), every: settings.checkpointEvery, keep: 2)
    }

    package func start() throws {
        context.log.info(
            "\(settings.model.channels.count) channels, \(Int(settings.duration)) s from GPS \(settings.start) on, \(events.count) glitches of \(settings.model.families.count) families")
        try context.communicator.agree {
            if context.communicator.isRoot { try Files.makeDirectories(context.directory.path("frames")) }
        }
    }

    package func step() throws -> [String: Double] {
        let item = done + context.communicator.rank
        try context.communicator.agree {
            if item < total { bytes += try context.phases.measure(.compute) { try write(item) } }
        }
        done = min(total, done + context.communicator.size)
        return [:]
    }

    private func path(_ item: Int) throws -> (path: String, start: Int64) {
        let (time, group) = (item / groups.count, item % groups.count)
        let start = settings.start.seconds + Int64(time) * Int64(settings.frame)
        let content = groups.count == 1 ? settings.content : "\(settings.content)_\(group)"
        guard let name = FrameFileName(
            observatories: String(settings.model.detector.prefix(1)), content: content, start: start, duration: Int64(settings.frame))
        else { throw GlitchError("simulation: found the detector '\(settings.model.detector)', wanted letters and digits") }
        return ("frames/\(name)", start)
    }

    /// Writes one file; how many bytes it has.
    private func write(_ item: Int) throws -> Int {
        let (path, seconds) = try self.path(item)
        let (time, group) = (item / groups.count, item % groups.count)
        let frame = FrameDescription(
            name: settings.model.detector, start: GPSTime(seconds: seconds) ?? settings.start, duration: settings.frame, run: -1, number: UInt32(clamping: time),
            detectors: settings.model.detector == "V1" ? [.virgo] : [],
            history: [FrameHistory(name: "didymos", time: UInt32(clamping: seconds), comment: "glitchgen simulate, seed \(context.seed)")])
        let channels = try groups[group].map { index -> FrameChannel in
            let channel = settings.model.channels[index]
            let count = Int((settings.frame * channel.rate).rounded())
            let values = try source.samples(index, first: time * count, count: count)
            let samples = index == 0 ? Samples.float64(values) : .float32(values.map { Float($0) })
            return FrameChannel(name: channel.name, source: .processed(.init()), samples: samples, rate: channel.rate, unit: channel.unit, comment: channel.role.rawValue)
        }
        let writer = try FrameFileWriter(path: context.directory.path(path), compression: settings.compression)
        try writer.append(Frame(frame, channels: channels))
        return try writer.close().bytes
    }

    package func write(to group: HDF5Group) throws { try group.setAttribute("files", Int64(done)) }

    package func restore(from group: HDF5Group) throws { done = Int(try group.attribute("files", as: Int64.self)) }

    /// Writes the list of the files and the truth. *Collective.*
    package func conclude() throws {
        let entries = try (0..<total).map { item in
            let (path, start) = try self.path(item)
            return FrameFileList.Entry(path: path, start: GPSTime(seconds: start) ?? settings.start, duration: settings.frame)
        }
        let truth = TwinTruth(events, settings: settings)
        try context.writeData("truth.h5") { try truth.write(to: $0.root) }
        try context.communicator.agree {
            guard context.communicator.isRoot else { return }
            try context.directory.writeAtomically("frames.ffl", text: FrameFileList(entries).text)
            try context.directory.writeAtomically("truth.xml", text: LIGOLightWeight.text(of: truth.flags, program: "glitchgen simulate"))
        }
        let written = try context.communicator.allReduce(Int64(bytes), .sum)
        context.summary.set("files", total)
        context.summary.set("channels", settings.model.channels.count)
        context.summary.set("seconds", settings.duration)
        context.summary.set("glitches", events.count)
        context.summary.set("glitches_in_strain", events.count { $0.family >= 0 })
        context.summary.set("bytes_written_now", Int(written))
        context.log.info("wrote \(total) files, \(context.directory.path("frames.ffl")), truth.h5 and truth.xml; \(Format.bytes(Double(written))) now")
    }
}
