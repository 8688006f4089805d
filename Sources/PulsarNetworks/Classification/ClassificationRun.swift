import Batch
import MessagePassing
import Numerics
import ParallelHDF5
import PulsarFrames
import RadioStreams

/// The command `classify`: labels of a stream's frames, what is worth keeping of it, and what was dropped.
///
/// A block is a fixed number of frames; each rank loads and classifies a contiguous share. A frame's probabilities do not depend on its
/// neighbours in a shard, so they are the same bits on any number of ranks.
public final class ClassificationRun: SteppedRun {
    package let context: JobContext
    private let settings: ClassificationSettings
    private let inputPath: String
    private let model: ClassifierModel
    private let parameters: [Float]
    private let classifier: FrameClassifier
    private let thresholds: PulseThresholds
    private let input: any FrameInput
    /// nil for frames of an HDF5 file.
    private let recording: RecordingInput?
    private let stretches: KeptStretches?
    private let labels: LabelTable
    private var tally: ClassificationTally
    private var framesDone = 0
    private var hasEnded = false
    /// Kept frames: number, and first sample of the recording.
    private var keptFrames: [Int64] = []
    private var keptStarts: [Int64] = []
    private var keptClasses: [Int64] = []
    private let incidents: StreamIncidents
    /// Of all frames, where the input has truth.
    private var judged = JudgedFrames()
    private var samplesSeen = 0
    private var classifySeconds = 0.0
    private var framesNow = 0

    /// *Collective.* `path` is a recording, `-` for standard input, or an HDF5 file of frames.
    public init(_ context: JobContext, settings: ClassificationSettings, input path: String) throws {
        let communicator = context.communicator
        guard path != "-" || communicator.size == 1 else {
            throw ClassifierError("classify: standard input reaches one rank only; run on 1 rank, or name a file")
        }
        self.context = context
        self.settings = settings
        inputPath = path
        let (model, parameters) = try ClassifierModelFile.read(settings.modelFile, communicator: communicator)
        (self.model, self.parameters) = (model, parameters)
        classifier = try FrameClassifier(model, training: false)
        var thresholds = try PulseThresholds.read(settings.modelFile, communicator: communicator)
        if let threshold = settings.threshold { thresholds.keep = threshold }
        self.thresholds = thresholds
        let opened = try communicator.agree { try OpenedFrames(path, axes: model.axes, overlap: settings.overlap, patience: settings.patience) }
        (input, recording) = (opened.input, opened.recording)
        incidents = StreamIncidents(context, path: path, recording: opened.recording)
        labels = LabelTable(context.directory.path("labels.csv"), classes: model.classes)
        tally = ClassificationTally(classes: model.classes)
        stretches = opened.recording.map { recording in
            KeptStretches(
                directory: context.directory.path("kept"), recording: path, header: recording.reader.header,
                bits: opened.isExact ? recording.reader.header.bits : 32, isRoot: communicator.isRoot, patience: settings.patience)
        }
    }

    // MARK: Steps

    package var label: String { "classify" }
    package var unit: String { "frames" }
    package var position: Int { framesDone }
    package var total: Int { hasEnded ? framesDone : max(framesDone + 1, input.expectedFrames ?? 0) }
    package var checkpoints: CheckpointPolicy {
        let model = SHA256.hexadecimal(of: parameters)
        let header = recording.map { "\($0.reader.header.start.days) \($0.reader.header.source) \($0.reader.header.channels)" } ?? "\(input.expectedFrames ?? 0)"
        return CheckpointPolicy(
            configurationHash: SHA256.hexadecimal(of: "\(context.configuration.hash(of: ["seed", "classification"])) \(inputPath) \(header) \(model)".utf8),
            every: settings.checkpointEvery * settings.block, keep: 2)
    }

    package func start() throws {
        try context.communicator.agree {
            guard context.communicator.isRoot else { return }
            try stretches?.clear()
            try labels.begin(comment: tableComment, hasTruth: input.truths != nil)
        }
        context.log.info(
            "\(inputPath): frames of \(model.axes.channels) channels and \(model.axes.samples) samples\(recording.map { ", one every \($0.hop * $0.timeFactor) samples" } ?? ""), network \(model.kind.rawValue)")
    }

    private var tableComment: [String] {
        ["input: \(inputPath)", "model: \(settings.modelFile), network \(model.kind.rawValue)", "class with a pulse: p_any_pulse >= \(thresholds.label); kept: p_any_pulse >= \(thresholds.keep); sample and time: first of the frame"]
    }

    package func step() throws -> [String: Double] {
        let communicator = context.communicator
        let share = CartesianGrid.share(of: settings.block, parts: communicator.size, part: communicator.rank)
        let mine = framesDone + share.lowerBound..<framesDone + share.upperBound
        let began = Phases.now()
        let loaded = try context.phases.measure(.io) { try communicator.agree { try input.load(mine) } }
        let probabilities = context.phases.measure(.compute) { classify(loaded.starts.count) }
        let starts = try context.phases.measure(.allreduce) { try communicator.allGather(loaded.starts.map { Int64($0) }).flatMap { $0 } }
        let all = try context.phases.measure(.allreduce) { try communicator.allGather(probabilities).flatMap { $0 } }
        hasEnded = try communicator.allReduce(Int64(loaded.hasEnded ? 1 : 0), .max) > 0
        try incidents.note()
        try context.phases.measure(.io) { try communicator.agree { try take(starts.map { Int($0) }, all) } }
        classifySeconds += Phases.now() - began
        framesNow += starts.count
        framesDone += starts.count
        if hasEnded, framesDone == 0 {
            throw ClassifierError("\(inputPath): found less than the \(model.axes.samples * (recording?.timeFactor ?? 1)) samples of one frame")
        }
        return ["kept": Double(tally.keptFrames)]
    }

    /// Probabilities of the frames loaded, `[frame][class]`.
    private func classify(_ count: Int) -> [Float] {
        let classes = model.classes
        var result = [Float](repeating: 0, count: (count + laneWidth - 1) / laneWidth * laneWidth * classes)
        parameters.withUnsafeBufferPointer { parameters in
            result.withUnsafeMutableBufferPointer { result in
                guard let parameters = parameters.baseAddress, let result = result.baseAddress else { return }
                for first in stride(from: 0, to: count, by: laneWidth) {
                    let places = min(laneWidth, count - first)
                    for lane in 0..<places {
                        let frame = input.loaded(first + lane)
                        classifier.load(frame.values, stride: frame.stride, lane: lane)
                    }
                    classifier.clear(from: places)
                    classifier.infer(parameters: parameters, probabilities: result + first * classes)
                }
            }
        }
        result.removeLast(result.count - count * classes)
        return result
    }

    /// Labels, counts, and what is kept of a block. The same on every rank; the first writes.
    private func take(_ starts: [Int], _ probabilities: [Float]) throws {
        let classes = model.classes
        var text = ""
        for (i, start) in starts.enumerated() {
            let number = framesDone + i
            let own = probabilities[i * classes..<(i + 1) * classes]
            let truth = input.truths?[number]
            let judgement = ClassifierScore.Judgement(
                target: truth.map { model.target($0.contents) } ?? 0, probabilities: Array(own), signalToNoise: truth?.signalToNoise ?? 0)
            let isKept = judgement.pulseProbability >= thresholds.keep
            let predicted = judgement.predicted(thresholds.label)
            tally.add(predicted: predicted, pulseProbability: judgement.pulseProbability, isKept: isKept)
            if truth != nil { judged.append(judgement) }
            if context.communicator.isRoot {
                text += LabelTable.line(
                    frame: number, sample: start, time: time(start), predicted: predicted, isKept: isKept,
                    pulseProbability: judgement.pulseProbability, probabilities: own, truth: truth)
            }
            let length = model.axes.samples * (recording?.timeFactor ?? 1)
            samplesSeen = max(samplesSeen, start + length)
            guard isKept else { continue }
            keptFrames.append(Int64(number))
            keptStarts.append(Int64(start))
            keptClasses.append(Int64(predicted))
            if let stretches, let recording { try stretches.keep(start..<start + length, input: recording, time: time) }
        }
        if let stretches, let recording {
            if hasEnded {
                try stretches.close(time: time, input: recording)
            } else {
                try stretches.advance(to: (framesDone + starts.count) * recording.hop * recording.timeFactor, input: recording, time: time)
            }
        }
        if context.communicator.isRoot { try labels.write(text) }
    }

    /// Seconds from the start of the recording, gaps included; of frames of a file, from the first's start if they followed each other.
    private func time(_ sample: Int) -> Double { incidents.time(sample, step: recording?.reader.header.samplingTime ?? model.axes.samplingTime) }

    // MARK: Checkpoints

    package func write(to group: HDF5Group) throws {
        let size = try context.communicator.broadcast(Int64(labels.size), root: 0)
        try context.communicator.agree { if context.communicator.isRoot { try labels.synchronize() } }
        try group.setAttribute("label_bytes", size)
        try group.setAttribute("frames_done", Int64(framesDone))
        try group.setAttribute("samples_seen", Int64(samplesSeen))
        try group.setAttribute("stretch_open", Int64(stretches?.isOpen ?? false ? 1 : 0))
        func write<T: HDF5Scalar>(_ name: String, _ values: [T]) throws { if !values.isEmpty { try group.write(name, values) } }
        try write("tally_kept", tally.kept)
        try write("tally_dropped", tally.dropped)
        try write("tally_histogram", tally.histogram)
        try write("kept_frames", keptFrames)
        try write("kept_starts", keptStarts)
        try write("kept_classes", keptClasses)
        try write("stretches", stretches?.all.flatMap { [Int64($0.begin), Int64($0.end)] } ?? [])
        try incidents.write(to: group)
        try write("judged_words", judged.words)
        try write("judged_numbers", judged.numbers)
    }

    package func restore(from group: HDF5Group) throws {
        func read<T: HDF5Scalar>(_ name: String, _ type: T.Type) throws -> [T] { try group.hasObject(name) ? group.read(name, as: type) : [] }
        framesDone = Int(try group.attribute("frames_done", as: Int64.self))
        samplesSeen = Int(try group.attribute("samples_seen", as: Int64.self))
        (tally.kept, tally.dropped) = (try read("tally_kept", Int64.self), try read("tally_dropped", Int64.self))
        tally.histogram = try read("tally_histogram", Int64.self)
        (keptFrames, keptStarts, keptClasses) = (try read("kept_frames", Int64.self), try read("kept_starts", Int64.self), try read("kept_classes", Int64.self))
        try incidents.restore(from: group)
        judged = JudgedFrames(words: try read("judged_words", Int64.self), numbers: try read("judged_numbers", Double.self))
        let edges = try read("stretches", Int64.self)
        let isOpen = try group.attribute("stretch_open", as: Int64.self) == 1
        let size = Int(try group.attribute("label_bytes", as: Int64.self))
        stretches?.restore(
            (0..<edges.count / 2).map { KeptStretches.Stretch(begin: Int(edges[2 * $0]), end: Int(edges[2 * $0 + 1])) }, isOpen: isOpen)
        try context.communicator.agree { if context.communicator.isRoot { try labels.resume(size: size) } }
    }

    // MARK: Results

    package func conclude() throws {
        try context.communicator.agree { if context.communicator.isRoot { try labels.finish() } }
        let written = try KeptFrames(frames: keptFrames, starts: keptStarts, classes: keptClasses, limit: settings.keptFrames)
            .write(context, model: model, file: (input as? FileInput)?.file, stretches: stretches, time: time)
        let keptSamples = stretches?.samples ?? tally.keptFrames * model.axes.samples
        context.summary.set("network", model.kind.rawValue)
        context.summary.set("frames", tally.frames)
        context.summary.set("frames_kept", tally.keptFrames)
        context.summary.set("frames_in_kept_h5", written)
        context.summary.set("samples", samplesSeen)
        context.summary.set("samples_kept", keptSamples)
        context.summary.set("kept_fraction", Double(keptSamples) / Double(max(1, samplesSeen)))
        if let stretches { context.summary.set("stretches", stretches.all.count) }
        context.summary.set("frames_per_second", Double(framesNow) / max(1e-9, classifySeconds))
        context.summary.set("incidents", incidents.count)
        tally.fill(&context.summary.results)
        if input.truths != nil {
            var truth = JSONObject()
            ClassifierScore(judged.all, classes: model.classes, threshold: thresholds.label).fill(&truth)
            context.summary.results["against_truth"] = .object(truth)
        }
        context.log.info(
            "\(tally.keptFrames) of \(tally.frames) frames kept, \(Format.general(100 * Double(keptSamples) / Double(max(1, samplesSeen)), digits: 3)) % of the data; \(Format.general(Double(framesNow) / max(1e-9, classifySeconds), digits: 3)) frames a second")
        if written < tally.keptFrames { context.log.warning("kept.h5 holds the first \(written) of \(tally.keptFrames) kept frames; raise classification.kept_frames") }
    }
}
