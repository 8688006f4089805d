import Batch
import Glitches
import ParallelHDF5
import Training

/// The command `train`: a network on preprocessed images, data-parallel; the best validation's weights as `model.h5`.
public final class GlitchTrainingRun: SteppedRun {
    package let context: JobContext
    private let settings: GlitchTrainingSettings
    private let architecture: GlitchArchitecture
    private let shards: ImageShards
    private let learner: GlitchLearner
    private let trainer: DataParallelTrainer<GlitchObjective>
    private let validation: GlitchValidation
    private var best = (step: 0, loss: Double.infinity)

    /// *Collective.*
    /// - Throws: `GlitchError` for images, or a model to start from, that do not fit.
    public init(_ context: JobContext, network: Configuration, settings: GlitchTrainingSettings) throws {
        (self.context, self.settings) = (context, settings)
        let file = try context.communicator.agree { try ImageFile(settings.images) }
        architecture = try GlitchArchitecture(network, inputs: file.channels.count, size: file.image.size)
        let initial = try settings.initialModel.map { try GlitchModel(path: $0, communicator: context.communicator) }
        if let initial, initial.channels != file.channels || initial.image != file.image || initial.architecture != architecture {
            throw GlitchError(
                "\(settings.initialModel ?? ""): found a network of \(initial.channels) and other images or widths, wanted one of \(file.channels) as in \(settings.images) and the section network")
        }
        // A training that goes on keeps its numbers' scale, so that weights mean the same.
        let scaling = try initial?.scaling ?? ImageShards.scaling(file, values: settings.values)
        shards = ImageShards(file, scaling: scaling, settings: settings, seed: context.seed)
        learner = try GlitchLearner(architecture, loss: settings.loss)
        validation = try GlitchValidation(architecture, shards: shards, loss: settings.loss)
        trainer = try DataParallelTrainer(
            objective: GlitchObjective(learner: learner, shards: shards), parameters: initial?.parameters ?? learner.initialParameters(seed: context.seed),
            options: settings.options, communicator: context.communicator)
        try validation.prepare(context.communicator)
        context.log.info(
            "network \(architecture.kind.rawValue), base \(architecture.base): \(learner.layout.count) parameters, \(Format.bytes(Double(learner.report.arenaBytes))) a shard; \(shards.training.count) images for training, \(file.indices(.validation).count) for validation, \(file.indices(.test).count) for the test")
    }

    package var label: String { "train" }
    package var unit: String { "step" }
    package var position: Int { trainer.step }
    package var total: Int { settings.steps }
    package var checkpoints: CheckpointPolicy {
        let data = "\(shards.file.count) \(shards.file.channels) \(shards.file.times.first.map(\.nanoseconds) ?? 0) \(shards.scaling.scales)"
        return CheckpointPolicy(
            configurationHash: SHA256.hexadecimal(of: "\(context.configuration.hash(of: ["seed", "network", "training"])) \(data)".utf8),
            every: settings.checkpointEvery, keep: settings.keepCheckpoints)
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
            values["validation_l1"] = score.absolute
            values["validation_similarity"] = score.similarity
            values["validation_mean_image_loss"] = score.meanImageLoss
            values["validation_veto_accuracy"] = score.vetoAccuracy
            if score.explained.isFinite { values["validation_explained"] = score.explained }
        }
        try context.metrics.record(step: trainer.step, values)
        return trainer.namedMetrics
    }

    /// What is judged while training: the images for validation, or those of training where there are none.
    private var judged: ImageUse { shards.file.indices(.validation).isEmpty ? .training : .validation }

    /// Judges; weights that do better than all before become `model.h5`. *Collective.*
    private func validate() throws -> GlitchScore {
        let statistics = try context.phases.measure(.compute) {
            try validation.statistics(learner, parameters: trainer.parameters, count: settings.calibrationShards, communicator: context.communicator)
        }
        let parameters = Array(trainer.parameters)
        let score = try context.phases.measure(.compute) {
            try validation.judge(
                judged, parameters: parameters, layout: learner.layout, means: statistics.means, variances: statistics.variances,
                communicator: context.communicator)
        }
        context.log.info(
            "step \(trainer.step): \(judged) loss \(Format.general(score.loss, digits: 4)) (mean image \(Format.general(score.meanImageLoss, digits: 4))), similarity \(Format.general(score.similarity, digits: 3)), triggers' variance explained \(Format.general(score.explained, digits: 3)), veto accuracy \(Format.general(score.vetoAccuracy, digits: 3)) of \(score.images) images")
        guard score.loss.isFinite else { throw GlitchError("step \(trainer.step): the loss of the validation is \(score.loss); lower training.learning_rate") }
        if score.loss < best.loss {
            best = (trainer.step, score.loss)
            let model = GlitchModel(
                strain: shards.file.strain, channels: shards.file.channels, image: shards.file.image, architecture: architecture, scaling: shards.scaling,
                parameters: parameters, means: statistics.means, variances: statistics.variances)
            try context.phases.measure(.io) {
                try context.writeData("model.h5") { file in
                    try model.write(to: file.root)
                    try file.root.setAttribute("step", Int64(trainer.step))
                    try file.root.setAttribute("validation_loss", score.loss)
                }
            }
        }
        return score
    }

    /// *Collective.*
    package func conclude() throws {
        let model = try GlitchModel(path: context.directory.path("model.h5"), communicator: context.communicator)
        context.summary.set("network", architecture.kind.rawValue)
        context.summary.set("parameters", learner.layout.count)
        context.summary.set("steps", trainer.step)
        context.summary.set("best_step", best.step)
        for use in [ImageUse.validation, .test] where !shards.file.indices(use).isEmpty {
            let score = try validation.judge(
                use, parameters: model.parameters, layout: learner.layout, means: model.means, variances: model.variances, communicator: context.communicator)
            var object = JSONObject()
            score.fill(&object)
            context.summary.results["\(use)"] = .object(object)
        }
        context.summary.set(
            "parameter_hash",
            SHA256.hexadecimal(of: model.parameters))
        context.log.info("wrote \(context.directory.path("model.h5")), of step \(best.step)")
    }

    package func write(to group: HDF5Group) throws {
        try trainer.save(to: group.createGroup("trainer"))
        try group.setAttribute("best_step", Int64(best.step))
        try group.setAttribute("best_loss", best.loss)
    }

    package func restore(from group: HDF5Group) throws {
        try trainer.restore(from: group.group("trainer"))
        best = (Int(try group.attribute("best_step", as: Int64.self)), try group.attribute("best_loss", as: Double.self))
    }
}
