import Batch
import Frames
import Glibc
import Glitches
import MessagePassing

/// The command `veto --follow`: a veto and a cleaned frame for every frame of one second as it appears in a directory. Continues behind the newest veto it has written.
public final class FollowRun {
    private let context: JobContext
    private let veto: VetoSettings
    private let denoise: DenoiseSettings
    private let engine: InferenceEngine
    private let follower: FrameFollower
    private let frames: OutputFrames
    private let cleans: Bool
    /// The seconds before the next one, as far as they follow each other: strain and sources.
    private var history: [[Double]]
    private var heldSeconds = 0
    private var last: Int64?
    private var delays: [Double] = []
    private var works: [Double] = []
    private var problems: [FrameFollower.Problem: Int] = [:]

    /// - Throws: `GlitchError` where the model or the directory is not there, or where there is more than one rank. *Collective.*
    public init(_ context: JobContext, settings: InferenceSettings, veto: VetoSettings, denoise: DenoiseSettings, directory: String, parts: InferenceParts = InferenceParts()) throws {
        (self.context, self.veto, self.denoise) = (context, veto, denoise)
        let size = context.communicator.size
        guard size == 1 else { throw GlitchError("veto --follow: found \(size) ranks, wanted one: a second is done long before the next one comes") }
        guard Files.exists(directory) else { throw GlitchError("veto --follow: found no directory \(directory), wanted the one in which frames appear") }
        let model = try InferenceModel(path: settings.modelPath(in: context.directory))
        try ArchiveSpan.check(model, settings)
        engine = try InferenceEngine(model, parts: parts)
        guard engine.serves(past: 0, wanted: 1, later: 0) else {
            throw GlitchError("veto --follow: found a probability from images of a network, which need seconds that have not come yet; wanted a model calibrated without inference.network")
        }
        cleans = veto.cleans
        frames = OutputFrames(strain: model.strain)
        try Files.makeDirectories(context.directory.path("veto"))
        if cleans { try Files.makeDirectories(context.directory.path("clean")) }
        let newest = try Files.list(context.directory.path("veto")).compactMap { FrameFileName(path: $0) }.filter { $0.content == veto.content }.map(\.start).max()
        let channels = [(model.strain, model.strainRate)] + model.sources.map { ($0.name, $0.rate) }
        follower = FrameFollower(
            directory: directory, content: veto.followed, channels: channels, patience: veto.patience, start: newest.map { $0 + 1 } ?? settings.start?.seconds)
        history = [[Double]](repeating: [], count: channels.count)
        context.log.info(
            "follows \(directory): \(model.sources.count) channels, threshold \(veto.threshold), \(cleans ? "\(model.filters.count) terms are subtracted" : "no subtraction")\(newest.map { ", continues after GPS \($0)" } ?? "")")
    }

    /// Follows until it is stopped, or nothing has come for `veto.follow.idle` seconds.
    /// - Returns: why it stopped early; nil when nothing more came.
    public func run() throws -> StopReason? {
        var active = Phases.now()
        var count = 0
        while true {
            for event in try follower.poll(now: Phases.now()) {
                active = Phases.now()
                switch event {
                case .frame(let frame):
                    try process(frame)
                    count += 1
                case .problem(let problem, _, let message):
                    problems[problem, default: 0] += 1
                    context.log.warning("\(problem.rawValue): \(message)")
                }
            }
            if let reason = try context.stop.shouldStop(after: count) {
                try conclude()
                return reason
            }
            if veto.idle > 0, Phases.now() - active >= veto.idle { break }
            usleep(UInt32(veto.interval * 1e6))
        }
        try conclude()
        return nil
    }

    private func process(_ frame: FrameFollower.Frame) throws {
        let begin = Phases.now()
        if last != frame.second - 1 {
            history = history.map { _ in [] }
            heldSeconds = 0
        }
        let windows = zip(history, frame.series).map { $0 + $1 }
        let result = try context.phases.measure(.compute) {
            try engine.run(Array(windows.dropFirst()), past: heldSeconds, wanted: 1, later: 0, predicts: cleans)
        }
        try context.phases.measure(.io) {
            if cleans {
                let values = zip(frame.series[0], result.prediction).map { $0 - $1 }
                try frames.writeClean(
                    context.directory.path("clean/\(try frames.name(denoise.content, start: frame.second, seconds: 1))"), start: frame.second, values: values,
                    rate: engine.model.strainRate, isKnown: [true], channel: denoise.channel, compression: .raw)
            }
            // The veto last: where it is, the second is done.
            try frames.writeVeto(
                context.directory.path("veto/\(try frames.name(veto.content, start: frame.second, seconds: 1))"), start: frame.second,
                probabilities: result.probabilities, settings: veto)
        }
        works.append(Phases.now() - begin)
        if let appeared = Self.appeared(frame.path) { delays.append(Self.clock() - appeared) }
        last = frame.second
        heldSeconds = min(InferenceGeometry.past, heldSeconds + 1)
        history = zip(windows, frame.series).map { Array($0.suffix(heldSeconds * $1.count)) }
    }

    private static func clock() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// When the file was written, seconds of the system's clock.
    private static func appeared(_ path: String) -> Double? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9
    }

    private func conclude() throws {
        func middle(_ list: [Double]) -> Double { list.isEmpty ? 0 : list.sorted()[list.count / 2] }
        context.summary.set("frames", works.count)
        for problem in [FrameFollower.Problem.missing, .damaged, .late] { context.summary.set("frames_\(problem.rawValue)", problems[problem] ?? 0) }
        context.summary.set("work_median_seconds", middle(works))
        context.summary.set("work_largest_seconds", works.max() ?? 0)
        context.summary.set("latency_median_seconds", middle(delays))
        context.summary.set("latency_largest_seconds", delays.max() ?? 0)
        context.log.info(
            "\(works.count) frames; from a frame's appearance to its veto and clean frame \(Format.general(middle(delays), digits: 3)) s in the median, \(Format.general(delays.max() ?? 0, digits: 3)) s at most")
        try VetoTable(directory: context.directory.path("veto"), settings: veto).write(context, settings: veto)
    }
}
