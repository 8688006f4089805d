import Batch
import ParallelHDF5
import PulsarFrames
import Training

/// The command `train` for a U-Net: masks of frames made on the fly, data-parallel, the best validation's weights as `model.h5`.
public final class SegmentationTrainingRun: SteppedRun {
    /// Frames that the twin makes for a training.
    public struct Sources {
        let training, validation, calibration, test: any MaskedFrameSource

        /// - Parameters:
        ///   - calibration: frames without a pulse, on which the threshold is set.
        ///   - test: frames that nothing was chosen by.
        public init(training: any MaskedFrameSource, validation: any MaskedFrameSource, calibration: any MaskedFrameSource, test: any MaskedFrameSource) {
            (self.training, self.validation, self.calibration, self.test) = (training, validation, calibration, test)
        }
    }

    package let context: JobContext
    private let model: SegmentationModel
    private let settings: ClassifierTrainingSettings
    private let sources: Sources
    private let learner: SegmentationLearner
    private let trainer: DataParallelTrainer<SegmentationObjective>
    private let validation: SegmentationValidation
    /// For the statistics of normalisations: frames behind the last of training, the same each time.
    private var statisticsObjective: SegmentationObjective
    private var best = (step: 0, loss: Double.infinity)
    /// Shards that the statistics are means over.
    private static let statisticsShards = 16

    /// *Collective.* All sources have the model's axes.
    /// - Throws: `ClassifierError` for axes that do not suit the network.
    public init(_ context: JobContext, model: SegmentationModel, settings: ClassifierTrainingSettings, sources: Sources) throws {
        for source in [sources.training, sources.validation, sources.calibration, sources.test] where source.axes != model.axes {
            throw ClassifierError("frames of \(source.axes), wanted \(model.axes)")
        }
        (self.context, self.model, self.settings, self.sources) = (context, model, settings, sources)
        let learner = try SegmentationLearner(model)
        self.learner = learner
        let options = settings.options
        let objective = SegmentationObjective(learner: learner, draw: MaskDraw(sources.training), shardsPerBatch: options.shardsPerBatch)
        statisticsObjective = objective
        validation = try SegmentationValidation(model, source: sources.validation, frames: settings.validationFrames)
        trainer = try DataParallelTrainer(
            objective: objective, parameters: learner.initialParameters(seed: context.seed), options: options, communicator: context.communicator)
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
            "network \(SegmentationModel.name), base \(model.base): \(learner.layout.count) parameters, \(Format.bytes(Double(learner.report.arenaBytes))) a shard; masks of \(model.side) by \(model.side) places")
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
            if score.overlap.isFinite { values["validation_overlap"] = score.overlap }
            values["validation_recall_snr_7"] = score.frames.recallAbove7.of > 0 ? score.frames.recallAbove7.value : 0
        }
        try context.metrics.record(step: trainer.step, values)
        return trainer.namedMetrics
    }

    /// The weights as they are, with the statistics of the normalisations. *Collective.*
    private func snapshot() throws -> TrainedSegmentation {
        let weights = trainer.parameters
        let first = settings.steps * settings.options.shardsPerBatch
        let (means, variances) = try ShardStatistics.mean(
            widths: learner.normalised.map(\.channels), shards: Self.statisticsShards, communicator: context.communicator
        ) { shard in
            try statisticsObjective.load(first + shard)
            guard let weights = weights.baseAddress else { return [] }
            return learner.statistics(parameters: weights)
        }
        return TrainedSegmentation(model: model, parameters: Array(weights), means: means, variances: variances, threshold: settings.threshold)
    }

    /// Judges the validation's frames; weights that do better than all before become `model.h5`. *Collective.*
    private func validate() throws -> SegmentationScore {
        let trained = try context.phases.measure(.compute) { try snapshot() }
        let judgements = try context.phases.measure(.compute) { try validation.judgements(trained, communicator: context.communicator) }
        let score = SegmentationScore(judgements, threshold: settings.threshold)
        context.log.info(
            "step \(trainer.step): loss \(Format.general(score.loss, digits: 4)), overlap of masks \(Format.general(score.overlap, digits: 3)) in \(judgements.count) frames, places found \(Format.general(score.found, digits: 3)), right \(Format.general(score.right, digits: 3))")
        guard score.loss.isFinite else { throw ClassifierError("step \(trainer.step): the loss of the validation is \(score.loss); lower training.learning_rate") }
        if score.loss < best.loss {
            best = (trainer.step, score.loss)
            try write(trained, score)
        }
        return score
    }

    private func write(_ trained: TrainedSegmentation, _ score: SegmentationScore) throws {
        try context.phases.measure(.io) {
            try context.writeData("model.h5") { file in
                try trained.write(to: file.root)
                try file.root.setAttribute("step", Int64(best.step))
                try file.root.setAttribute("validation_loss", best.loss)
                try file.root.setAttribute("overlap", score.overlap)
            }
        }
    }

    /// Sets the threshold of the best weights, and judges them on frames that nothing was chosen by. *Collective.*
    package func conclude() throws {
        var trained = try TrainedSegmentation(path: context.directory.path("model.h5"), communicator: context.communicator)
        if settings.calibrationFrames > 0 {
            let quiet = try SegmentationValidation(model, source: sources.calibration, frames: settings.calibrationFrames)
            let judgements = try context.phases.measure(.compute) { try quiet.judgements(trained, communicator: context.communicator) }
            if let found = PulseThresholds.calibrated(judgements.map(\.asClassifier), falsePulses: settings.falsePulses, falseKept: settings.falsePulses) {
                // As rarely of interference as of noise.
                trained.threshold = max(found.label, found.keep)
            } else {
                context.log.warning(
                    "training.calibration_frames: found \(judgements.count), too few for a share of \(settings.falsePulses); the threshold stays \(settings.threshold)")
            }
        }
        let test = try SegmentationValidation(model, source: sources.test, frames: settings.validationFrames)
        let judgements = try context.phases.measure(.compute) { try test.judgements(trained, communicator: context.communicator) }
        let score = SegmentationScore(judgements, threshold: trained.threshold)
        try write(trained, score)
        context.log.info(
            "threshold \(Format.general(trained.threshold, digits: 4)); of \(judgements.count) other frames: overlap of masks \(Format.general(score.overlap, digits: 3)), pulses above S/N 10: \(score.frames.recallAbove10.count) of \(score.frames.recallAbove10.of), dispersion measures off by \(Format.general(score.measureDeviation, digits: 3)) pc/cm3 in the middle")
        context.summary.set("pulse_threshold", trained.threshold)
        context.summary.set("network", SegmentationModel.name)
        context.summary.set("parameters", learner.layout.count)
        context.summary.set("steps", trainer.step)
        context.summary.set("training_frames", trainer.step * settings.batch)
        context.summary.set("best_step", best.step)
        context.summary.set(
            "parameter_hash",
            SHA256.hexadecimal(of: trained.parameters))
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
