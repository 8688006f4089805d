import Batch
import ParallelHDF5
import PulsarFrames
import Training

/// The command `train`: a classifier on frames made on the fly, data-parallel, the best validation's weights as `model.h5`.
public final class ClassifierTrainingRun: SteppedRun {
    package let context: JobContext
    private let settings: ClassifierTrainingSettings
    private let classifier: FrameClassifier
    private let trainer: DataParallelTrainer<ClassifierObjective>
    private let trainingDraw: FrameDraw
    private let validation: ClassifierValidation
    private let calibration: ClassifierValidation?
    private var best = (step: 0, loss: Double.infinity)
    private var lastScore: ClassifierScore?

    /// *Collective.* All sources have the model's axes; validation takes frames 0, 1, … of its own. Thresholds are set on the frames of `calibration`, which show no
    /// pulse; without it they are `training.threshold`.
    public init(
        _ context: JobContext, model: ClassifierModel, settings: ClassifierTrainingSettings, training: any LabelledFrameSource,
        validation: any LabelledFrameSource, calibration: (any LabelledFrameSource)? = nil
    ) throws {
        for source in [training, validation, calibration ?? validation] where source.axes != model.axes {
            throw ClassifierError("frames of \(source.axes), wanted \(model.axes)")
        }
        self.context = context
        self.settings = settings
        let classifier = try FrameClassifier(model, training: true)
        self.classifier = classifier
        trainingDraw = FrameDraw(training)
        // A file's part for validation may hold fewer frames than asked for.
        let frames = min(settings.validationFrames, (validation as? FileFrameSource)?.count ?? .max)
        self.validation = ClassifierValidation(draw: FrameDraw(validation), frames: frames)
        self.calibration = settings.calibrationFrames == 0 ? nil : calibration.map { ClassifierValidation(draw: FrameDraw($0), frames: settings.calibrationFrames) }
        let options = settings.options
        trainer = try DataParallelTrainer(
            objective: ClassifierObjective(classifier: classifier, draw: trainingDraw, shardsPerBatch: options.shardsPerBatch),
            parameters: classifier.initialParameters(seed: context.seed), options: options, communicator: context.communicator)
    }

    package var label: String { "train" }
    package var unit: String { "step" }
    package var position: Int { trainer.step }
    package var total: Int { settings.steps }
    package var checkpoints: CheckpointPolicy {
        CheckpointPolicy(
            configurationHash: context.configuration.hash(of: ["seed", "data", "model", "training", "telescope", "pulsar", "stages", "frames", "dispersion_constant"]),
            every: settings.checkpointEvery, keep: settings.keepCheckpoints)
    }

    package func start() {
        context.log.info(
            "network \(classifier.model.kind.rawValue): \(classifier.layout.count) parameters, \(classifier.multiplyAdds) multiply-adds a frame of \(classifier.model.axes.channels) channels and \(classifier.model.axes.samples) samples")
    }

    package func step() throws -> [String: Double] {
        let report = try context.phases.measure(.compute) { try trainer.advance() }
        context.phases.move(report.exposedCommunicationSeconds, from: .compute, to: .allreduce)
        var values = trainer.namedMetrics
        values["learning_rate"] = report.learningRate
        values["gradient_norm"] = report.gradientNorm
        if trainer.step % settings.validateEvery == 0 || trainer.step == settings.steps {
            let score = try validate()
            values["validation_loss"] = score.loss
            values["validation_accuracy"] = score.accuracy.value
            values["validation_recall_snr_7"] = score.recallAbove7.of > 0 ? score.recallAbove7.value : 0
        }
        try context.metrics.record(step: trainer.step, values)
        return trainer.namedMetrics
    }

    /// Judges the validation's frames; weights that do better than all before become `model.h5`. *Collective.*
    private func validate() throws -> ClassifierScore {
        let score = try context.phases.measure(.compute) {
            try validation.judge(classifier, parameters: trainer.parameters, threshold: settings.threshold, communicator: context.communicator)
        }
        context.log.info(
            "step \(trainer.step): loss \(Format.general(score.loss, digits: 4)), accuracy \(Format.value(score.accuracy.value, error: score.accuracy.error)) of \(score.frames) frames, pulses above S/N 7: \(score.recallAbove7.count) of \(score.recallAbove7.of), false in noise: \(score.falsePulsesInNoise.count) of \(score.falsePulsesInNoise.of)")
        guard score.loss.isFinite else { throw ClassifierError("step \(trainer.step): the loss of the validation is \(score.loss); lower training.learning_rate") }
        lastScore = score
        if score.loss < best.loss {
            best = (trainer.step, score.loss)
            try writeModel(score)
        }
        return score
    }

    private func writeModel(_ score: ClassifierScore) throws {
        try context.phases.measure(.io) {
            try context.writeData("model.h5") { file in
                let thresholds = PulseThresholds(label: settings.threshold, keep: settings.threshold)
                try ClassifierModelFile.write(classifier, parameters: trainer.parameters, thresholds: thresholds, to: file.root)
                try mark(file.root, step: trainer.step, score)
            }
        }
    }

    private func mark(_ root: HDF5Group, step: Int, _ score: ClassifierScore) throws {
        try root.setAttribute("step", Int64(step))
        try root.setAttribute("validation_loss", score.loss)
        try root.setAttribute("validation_accuracy", score.accuracy.value)
    }

    /// Thresholds of the best weights. *Collective.*
    private func calibrate(_ parameters: UnsafeBufferPointer<Float>) throws -> PulseThresholds {
        let plain = PulseThresholds(label: settings.threshold, keep: settings.threshold)
        guard let calibration else { return plain }
        let judgements = try context.phases.measure(.compute) {
            try calibration.judgements(classifier, parameters: parameters, communicator: context.communicator)
        }
        guard let found = PulseThresholds.calibrated(judgements, falsePulses: settings.falsePulses, falseKept: settings.falseKept) else {
            context.log.warning(
                "training.calibration_frames: found \(judgements.count), too few for shares of \(settings.falsePulses) and \(settings.falseKept); the thresholds stay \(settings.threshold)")
            return plain
        }
        context.log.info(
            "thresholds of \(judgements.count) frames without a pulse: label \(Format.general(found.label, digits: 4)), keep \(Format.general(found.keep, digits: 4))")
        return found
    }

    package func conclude() throws {
        let (model, parameters) = try ClassifierModelFile.read(context.directory.path("model.h5"), communicator: context.communicator)
        let thresholds = try parameters.withUnsafeBufferPointer { try calibrate($0) }
        let score = try parameters.withUnsafeBufferPointer {
            try validation.judge(classifier, parameters: $0, threshold: thresholds.label, communicator: context.communicator)
        }
        try context.phases.measure(.io) {
            try context.writeData("model.h5") { file in
                try parameters.withUnsafeBufferPointer { try ClassifierModelFile.write(classifier, parameters: $0, thresholds: thresholds, to: file.root) }
                try mark(file.root, step: best.step, score)
            }
        }
        context.summary.set("pulse_threshold", thresholds.label)
        context.summary.set("keep_threshold", thresholds.keep)
        context.summary.set("network", model.kind.rawValue)
        context.summary.set("parameters", classifier.layout.count)
        context.summary.set("multiply_adds", classifier.multiplyAdds)
        context.summary.set("steps", trainer.step)
        context.summary.set("training_frames", trainer.step * settings.batch)
        context.summary.set("best_step", best.step)
        context.summary.set("frame_seconds", trainingDraw.seconds)
        context.summary.set(
            "parameter_hash", SHA256.hexadecimal(of: parameters))
        score.fill(&context.summary.results)
    }

    package func restore(from group: HDF5Group) throws {
        try trainer.restore(from: group.group("trainer"))
        best = (Int(try group.attribute("best_step", as: Int64.self)), try group.attribute("best_loss", as: Double.self))
    }

    package func write(to group: HDF5Group) throws {
        try trainer.save(to: group.createGroup("trainer"))
        try group.setAttribute("best_step", Int64(best.step))
        try group.setAttribute("best_loss", best.loss)
    }
}
