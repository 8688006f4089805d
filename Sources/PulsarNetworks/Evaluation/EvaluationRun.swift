import Batch
import MessagePassing
import Numerics
import ParallelHDF5
import PulsarFrames

/// The command `evaluate`: a classifier judged on frames made on the fly, which are not stored: a set in which all classes come equally often, and a mixture in which pulses
/// are rare.
///
/// A block is a fixed number of frames, of which each rank makes and judges a contiguous share; a frame's probabilities do not depend on its neighbours, so every number is
/// the same bits on any number of ranks.
public final class EvaluationRun: SteppedRun {
    package let context: JobContext
    private let settings: EvaluationSettings
    private let model: ClassifierModel
    private let parameters: [Float]
    private let thresholds: PulseThresholds
    private let classifier: FrameClassifier
    private let set: FrameDraw
    private let mixture: FrameDraw?
    private var judged = JudgedTable()
    private var judgedMixture = JudgedTable()
    private var framesNow = 0
    private var seconds = 0.0

    /// *Collective.*
    /// - Parameters:
    ///   - set: frames of all eight classes, equally often, made from this configuration's telescope.
    ///   - mixture: frames with the shares of the settings.
    /// - Throws: `ClassifierError` for a model of other axes.
    public init(_ context: JobContext, settings: EvaluationSettings, set: any LabelledFrameSource, mixture: any LabelledFrameSource) throws {
        self.context = context
        self.settings = settings
        let path = settings.modelFile
        (model, parameters) = try ClassifierModelFile.read(path, communicator: context.communicator)
        if let reason = model.axes.difference(from: set.axes) {
            throw ClassifierError("\(path): frames to evaluate it on: \(reason); give the telescope that it was trained for, or train one for this")
        }
        var thresholds = try PulseThresholds.read(path, communicator: context.communicator)
        if let label = settings.threshold { thresholds.label = label }
        if let keep = settings.keepThreshold { thresholds.keep = keep }
        self.thresholds = thresholds
        classifier = try FrameClassifier(model, training: false)
        self.set = FrameDraw(set)
        self.mixture = settings.mixtureFrames > 0 ? FrameDraw(mixture) : nil
    }

    // MARK: Steps

    package var label: String { "evaluate" }
    package var unit: String { "frames" }
    package var position: Int { judged.count + judgedMixture.count }
    package var total: Int { settings.frames + settings.mixtureFrames }
    package var checkpoints: CheckpointPolicy {
        let weights = SHA256.hexadecimal(of: parameters)
        let own = context.configuration.hash(of: ["seed", "data", "telescope", "pulsar", "stages", "frames", "dispersion_constant", "evaluation"])
        return CheckpointPolicy(
            configurationHash: SHA256.hexadecimal(of: "\(own) \(weights) \(thresholds.label) \(thresholds.keep)".utf8), every: settings.checkpointEvery * settings.block,
            keep: 2)
    }

    package func start() {
        context.log.info(
            "\(settings.modelFile): network \(model.kind.rawValue), thresholds \(Format.general(thresholds.label, digits: 4)) for a label and \(Format.general(thresholds.keep, digits: 4)) to keep; \(settings.frames) frames, and \(settings.mixtureFrames) of which \(Format.general(100 * settings.pulseShare)) % show a pulse")
    }

    package func step() throws -> [String: Double] {
        let began = Phases.now()
        let isSet = judged.count < settings.frames
        let first = isSet ? judged.count : judgedMixture.count
        let count = min(settings.block, (isSet ? settings.frames : settings.mixtureFrames) - first)
        let communicator = context.communicator
        let share = CartesianGrid.share(of: count, parts: communicator.size, part: communicator.rank)
        let rows = try context.phases.measure(.compute) {
            try communicator.agree { try judge(isSet ? set : mixture ?? set, first + share.lowerBound..<first + share.upperBound) }
        }
        let all = try context.phases.measure(.allreduce) { try communicator.allGather(rows) }.flatMap { $0 }
        if isSet { judged.append(all) } else { judgedMixture.append(all) }
        framesNow += count
        seconds += Phases.now() - began
        return [:]
    }

    /// Rows of the table for a rank's frames.
    private func judge(_ draw: FrameDraw, _ frames: Range<Int>) throws -> [Double] {
        let classes = model.classes
        var probabilities = [Float](repeating: 0, count: laneWidth * classes)
        var rows: [Double] = []
        try parameters.withUnsafeBufferPointer { parameters in
            guard let parameters = parameters.baseAddress else { return }
            for first in stride(from: frames.lowerBound, to: frames.upperBound, by: laneWidth) {
                let places = min(laneWidth, frames.upperBound - first)
                let truths = try (0..<places).map { try draw.load(UInt64(first + $0), into: classifier, lane: $0) }
                classifier.clear(from: places)
                classifier.infer(parameters: parameters, probabilities: &probabilities)
                for (lane, truth) in truths.enumerated() {
                    let judgement = ClassifierScore.Judgement(
                        target: model.target(truth.contents), probabilities: Array(probabilities[lane * classes..<(lane + 1) * classes]),
                        signalToNoise: truth.signalToNoise)
                    rows += JudgedTable.row(judgement, truth, frame: first + lane)
                }
            }
        }
        return rows
    }

    // MARK: Checkpoints

    package func write(to group: HDF5Group) throws {
        try judged.write(to: group.createGroup("set"))
        try judgedMixture.write(to: group.createGroup("mixture"))
    }

    package func restore(from group: HDF5Group) throws {
        judged = try JudgedTable(from: group.group("set"))
        judgedMixture = try JudgedTable(from: group.group("mixture"))
    }

    // MARK: Results

    package func conclude() throws {
        let rows = judged.rows
        let score = EvaluationScore(rows, classes: model.classes, threshold: thresholds.label)
        let mixed = settings.mixtureFrames > 0 ? MixtureScore(judgedMixture.rows, threshold: thresholds.keep) : nil
        try context.phases.measure(.io) {
            try context.writeData("evaluation.h5") { file in
                try judged.write(to: file.root.createGroup("set"))
                try score.write(to: file.root.createGroup("score"))
                try ExampleFrames(rows).write(to: file.root.createGroup("examples"), source: set.source, threshold: thresholds.label)
                guard let mixed else { return }
                try judgedMixture.write(to: file.root.createGroup("mixture"))
                try mixed.write(to: file.root.createGroup("mixture_score"))
            }
        }
        context.summary.set("network", model.kind.rawValue)
        context.summary.set("pulse_threshold", thresholds.label)
        context.summary.set("keep_threshold", thresholds.keep)
        score.fill(&context.summary.results)
        let bytes = 4 * model.axes.channels * model.axes.samples
        // Many more pulses than the mixture has, of the same kinds: how rarely one is thrown away.
        context.summary.results["set_at_keep_threshold"] = MixtureScore(rows, threshold: thresholds.keep).json(frameBytes: bytes)
        if let mixed { context.summary.results["mixture"] = mixed.json(frameBytes: bytes) }
        let bars = EvaluationBars(score, mixed)
        context.summary.results["bars"] = bars.json
        context.summary.set("judgements_hash", SHA256.hexadecimal(of: (judged.hash + judgedMixture.hash).utf8))
        context.summary.set("frames_made_and_judged_now", framesNow)
        context.summary.set("frames_per_second", Double(framesNow) / max(1e-9, seconds))
        context.summary.set("simulation_seconds_of_first_rank", set.seconds + (mixture?.seconds ?? 0))
        context.summary.set("seconds", seconds)
        for line in bars.lines { context.log.info("\(line)") }
    }
}
