import Batch
import MessagePassing
import Numerics
import ParallelHDF5
import PulsarFrames
import RadioStreams

/// The command `segment`: where in a stream's frames pulses lie, and their dispersion measures.
///
/// A block is a fixed number of frames; each rank loads and segments a contiguous share. A frame's mask does not depend on its neighbours in a shard, so all
/// that is written is the same bits on any number of ranks.
public final class SegmentationRun: SteppedRun {
    /// A frame with a pulse.
    struct Found: Equatable {
        let frame, sample: Int
        let score: Double
        let places, rows: Int
        /// nan without a path.
        let measure, measureError, arrival, arrivalError: Double
        static let count = 9

        var numbers: [Double] { [Double(frame), Double(sample), score, Double(places), Double(rows), measure, measureError, arrival, arrivalError] }
    }

    package let context: JobContext
    private let settings: SegmentationSettings
    private let path: String
    private let trained: TrainedSegmentation
    private let segmenter: FrameSegmenter
    private let threshold: Double
    private let input: any FrameInput
    private let recording: RecordingInput?
    private let incidents: StreamIncidents
    private var probabilities: [Float]
    private var framesDone = 0
    private var hasEnded = false
    private var samplesSeen = 0
    /// Of every frame with a pulse, `Found.count` numbers each; and masks of the first of them, a byte a place.
    private var found: [Double] = []
    private var masks: [UInt8] = []
    private var seconds = 0.0
    private var framesNow = 0

    /// *Collective.* `path` is a recording, `-` for standard input, or an HDF5 file of frames.
    public init(_ context: JobContext, settings: SegmentationSettings, input path: String) throws {
        let communicator = context.communicator
        guard path != "-" || communicator.size == 1 else {
            throw ClassifierError("segment: standard input reaches one rank only; run on 1 rank, or name a file")
        }
        (self.context, self.settings, self.path) = (context, settings, path)
        let trained = try TrainedSegmentation(path: settings.modelFile, communicator: communicator)
        self.trained = trained
        segmenter = try FrameSegmenter(trained)
        threshold = settings.threshold ?? trained.threshold
        let opened = try communicator.agree { try OpenedFrames(path, axes: trained.model.axes, overlap: settings.overlap, patience: settings.patience) }
        (input, recording) = (opened.input, opened.recording)
        incidents = StreamIncidents(context, path: path, recording: opened.recording)
        probabilities = [Float](repeating: 0, count: laneWidth * trained.model.side * trained.model.side)
    }

    private var places: Int { trained.model.side * trained.model.side }

    // MARK: Steps

    package var label: String { "segment" }
    package var unit: String { "frames" }
    package var position: Int { framesDone }
    package var total: Int { hasEnded ? framesDone : max(framesDone + 1, input.expectedFrames ?? 0) }
    package var checkpoints: CheckpointPolicy {
        let weights = SHA256.hexadecimal(of: trained.parameters)
        let header = recording.map { "\($0.reader.header.start.days) \($0.reader.header.source) \($0.reader.header.channels)" } ?? "\(input.expectedFrames ?? 0)"
        return CheckpointPolicy(
            configurationHash: SHA256.hexadecimal(of: "\(context.configuration.hash(of: ["seed", "segmentation"])) \(path) \(header) \(weights)".utf8),
            every: settings.checkpointEvery * settings.block, keep: 2)
    }

    package func start() {
        let model = trained.model
        context.log.info(
            "\(path): frames of \(model.axes.channels) channels and \(model.axes.samples) samples\(recording.map { ", one every \($0.hop * $0.timeFactor) samples" } ?? ""), masks of \(model.side) by \(model.side) places, threshold \(Format.general(threshold, digits: 4))")
    }

    package func step() throws -> [String: Double] {
        let communicator = context.communicator
        let share = CartesianGrid.share(of: settings.block, parts: communicator.size, part: communicator.rank)
        let began = Phases.now()
        let loaded = try context.phases.measure(.io) { try communicator.agree { try input.load(framesDone + share.lowerBound..<framesDone + share.upperBound) } }
        let mine = context.phases.measure(.compute) { segment(loaded.starts, first: framesDone + share.lowerBound) }
        let starts = try context.phases.measure(.allreduce) { try communicator.allGather(loaded.starts.map { Int64($0) }).flatMap { $0 } }
        let all = try context.phases.measure(.allreduce) { try communicator.allGather(mine.found).flatMap { $0 } }
        // All ranks hold the same masks, and so know alike whether there is room for more.
        let room = max(0, settings.masks * places - masks.count)
        let shown = room > 0 ? try context.phases.measure(.allreduce) { try communicator.allGather(mine.masks).flatMap { $0 } } : []
        hasEnded = try communicator.allReduce(Int64(loaded.hasEnded ? 1 : 0), .max) > 0
        try incidents.note()
        found += all
        masks += shown.prefix(room)
        if let last = starts.max() { samplesSeen = max(samplesSeen, Int(last) + trained.model.axes.samples * (recording?.timeFactor ?? 1)) }
        seconds += Phases.now() - began
        framesNow += starts.count
        framesDone += starts.count
        if hasEnded, framesDone == 0 {
            throw ClassifierError("\(path): found less than the \(trained.model.axes.samples * (recording?.timeFactor ?? 1)) samples of one frame")
        }
        return ["pulses": Double(found.count / Found.count)]
    }

    /// Frames with a pulse among those loaded, and their masks.
    private func segment(_ starts: [Int], first: Int) -> (found: [Double], masks: [UInt8]) {
        var (found, masks): ([Double], [UInt8]) = ([], [])
        for begin in stride(from: 0, to: starts.count, by: laneWidth) {
            let count = min(laneWidth, starts.count - begin)
            for lane in 0..<count {
                let frame = input.loaded(begin + lane)
                segmenter.load(frame.values, stride: frame.stride, lane: lane)
            }
            segmenter.clear(from: count)
            segmenter.infer(&probabilities)
            probabilities.withUnsafeBufferPointer { all in
                for lane in 0..<count {
                    let own = UnsafeBufferPointer(rebasing: all[lane * places..<(lane + 1) * places])
                    guard let base = own.baseAddress else { continue }
                    let score = MaskScore(base, side: trained.model.side)
                    guard score.value >= threshold else { continue }
                    let path = PulsePath(base, model: trained.model)
                    found += Found(
                        frame: first + begin + lane, sample: starts[begin + lane], score: score.value, places: score.places, rows: path?.rows ?? 0,
                        measure: path?.dispersionMeasure ?? .nan, measureError: path?.dispersionMeasureError ?? .nan, arrival: path?.arrival ?? .nan,
                        arrivalError: path?.arrivalError ?? .nan
                    ).numbers
                    masks += own.map { UInt8((255 * $0).rounded()) }
                }
            }
        }
        return (found, masks)
    }

    // MARK: Checkpoints

    package func write(to group: HDF5Group) throws {
        try group.setAttribute("frames_done", Int64(framesDone))
        try group.setAttribute("samples_seen", Int64(samplesSeen))
        if !found.isEmpty { try group.write("found", found) }
        if !masks.isEmpty { try group.write("masks", masks) }
        try incidents.write(to: group)
    }

    package func restore(from group: HDF5Group) throws {
        framesDone = Int(try group.attribute("frames_done", as: Int64.self))
        samplesSeen = Int(try group.attribute("samples_seen", as: Int64.self))
        found = try group.hasObject("found") ? group.read("found", as: Double.self) : []
        masks = try group.hasObject("masks") ? group.read("masks", as: UInt8.self) : []
        try incidents.restore(from: group)
    }

    // MARK: Results

    private var rows: [Found] {
        (0..<found.count / Found.count).map { i in
            let n = Array(found[i * Found.count..<(i + 1) * Found.count])
            return Found(
                frame: Int(n[0]), sample: Int(n[1]), score: n[2], places: Int(n[3]), rows: Int(n[4]), measure: n[5], measureError: n[6], arrival: n[7],
                arrivalError: n[8])
        }
    }

    package func conclude() throws {
        let rows = rows, step = recording?.reader.header.samplingTime ?? trained.model.axes.samplingTime
        let times = rows.map { incidents.time($0.sample, step: step) }
        try context.phases.measure(.io) {
            try context.communicator.agree {
                guard context.communicator.isRoot else { return }
                try Files.writeAtomically(context.directory.path("pulses.csv"), Array(table(rows, times).utf8))
            }
            try context.writeData("masks.h5") { file in try write(rows, times, to: file.root) }
        }
        context.summary.set("network", SegmentationModel.name)
        context.summary.set("frames", framesDone)
        context.summary.set("frames_with_a_pulse", rows.count)
        context.summary.set("masks", masks.count / places)
        context.summary.set("samples", samplesSeen)
        context.summary.set("threshold", threshold)
        context.summary.set("incidents", incidents.count)
        context.summary.set("frames_per_second", Double(framesNow) / max(1e-9, seconds))
        context.log.info("\(rows.count) of \(framesDone) frames show a pulse; \(Format.general(Double(framesNow) / max(1e-9, seconds), digits: 3)) frames a second")
        if masks.count / places < rows.count {
            context.log.warning("masks.h5 holds the first \(masks.count / places) of \(rows.count) masks; raise segmentation.masks")
        }
    }

    private func table(_ rows: [Found], _ times: [Double]) -> String {
        func number(_ value: Double, _ decimals: Int) -> String { value.isFinite ? Format.fixed(value, decimals: decimals) : "" }
        var text = "# input: \(path)\n# model: \(settings.modelFile); frames whose score is at least \(threshold); sample and time: first of the frame; arrival: at the highest frequency\n"
        text += "frame,sample,time,score,places,rows,dm,dm_error,arrival,arrival_error\n"
        for (row, time) in zip(rows, times) {
            text += "\(row.frame),\(row.sample),\(Format.fixed(time, decimals: 6)),\(Format.fixed(row.score, decimals: 6)),\(row.places),\(row.rows),"
            text += [number(row.measure, 4), number(row.measureError, 4), number(time + row.arrival, 6), number(row.arrivalError, 6)].joined(separator: ",") + "\n"
        }
        return text
    }

    /// *Collective.*
    private func write(_ rows: [Found], _ times: [Double], to root: HDF5Group) throws {
        let model = trained.model, count = masks.count / places
        try root.setAttribute("first_frequency_MHz", model.axes.firstFrequency)
        try root.setAttribute("channel_bandwidth_MHz", model.axes.channelBandwidth)
        try root.setAttribute("sampling_time_s", model.axes.samplingTime)
        try root.setAttribute("channels_per_row", Int64(model.channelFactor))
        try root.setAttribute("samples_per_column", Int64(model.sampleFactor))
        try root.setAttribute("dispersion_constant", model.constant.rawValue)
        guard !rows.isEmpty else { return }
        if count > 0 { try root.write("mask", masks, shape: [count, model.side, model.side]) }
        try root.write("frame", rows.map { Int64($0.frame) })
        try root.write("sample", rows.map { Int64($0.sample) })
        try root.write("time", times, units: "s")
        try root.write("score", rows.map(\.score))
        try root.write("dm", rows.map(\.measure), units: "pc cm-3")
        try root.write("dm_error", rows.map(\.measureError), units: "pc cm-3")
        try root.write("arrival", zip(rows, times).map { $0.arrival + $1 }, units: "s")
        try root.write("arrival_error", rows.map(\.arrivalError), units: "s")
    }
}
