import Batch
import GlitchInference
import Glitches
import MessagePassing
import Networks
import Numerics
import ParallelHDF5
import Training

/// The command `train` of an autoencoder, data-parallel: windows of whitened witnesses to whitened strain; the best validation's weights as `autoencoder.h5`.
///
/// The loss is the mean power that is left of whitened strain: that of DeepClean, the residual's density over the strain's, over the whole band.
public final class AutoencoderTrainingRun: SteppedRun {
    package let context: JobContext
    private let settings: AutoencoderTrainingSettings
    private let calibration: InferenceModel
    private let terms: [CouplingTerm]
    private let architecture: AutoencoderArchitecture
    private let file: SeriesFile
    private let learner: AutoencoderLearner
    /// The same with its normalisations folded in, as it will be used.
    private let judge: AutoencoderLearner
    private let trainer: DataParallelTrainer<AutoencoderObjective>
    private let training, validation: [Int]
    private var best = (step: 0, loss: Double.infinity, before: Double.infinity)

    /// *Collective.*
    /// - Throws: `GlitchError` for a calibration or data that do not fit.
    public init(_ context: JobContext, network: Configuration, inference: InferenceSettings, settings: AutoencoderTrainingSettings) throws {
        (self.context, self.settings) = (context, settings)
        let path = inference.modelPath(in: context.directory)
        let series = try context.communicator.agree { () -> TrainingSeries in
            let model = try InferenceModel(path: path)
            return try TrainingSeries(inference, model: model, terms: settings.terms(model))
        }
        (calibration, terms) = (series.model, series.terms)
        architecture = try AutoencoderArchitecture(network, inputs: terms.count, rate: calibration.geometry.rate)
        try architecture.validate("network")
        file = try SeriesFile.make(context, series)
        let pieces = series.pieces.count, last = max(1, Int((settings.validationShare * Double(pieces)).rounded()))
        training = file.starts(in: 0..<pieces - last, window: architecture.window, hop: max(1, Int(settings.hop * Double(calibration.geometry.rate))))
        validation = file.starts(in: pieces - last..<pieces, window: architecture.window, hop: architecture.wanted)
        guard !training.isEmpty, !validation.isEmpty else {
            throw GlitchError("train: found \(training.count) windows for training and \(validation.count) for validation in \(pieces) pieces, wanted some of both; calibrate on more data")
        }
        learner = try AutoencoderLearner(architecture, normalisation: .shard, file: file)
        judge = try AutoencoderLearner(architecture, normalisation: .folded, file: file)
        trainer = try DataParallelTrainer(
            objective: AutoencoderObjective(learner: learner, starts: training, shardsPerBatch: settings.batch / laneWidth, seed: context.seed),
            parameters: learner.initialParameters(seed: context.seed), options: settings.options, communicator: context.communicator)
        context.log.info(
            "autoencoder of \(terms.count) series, widths \(architecture.widths): \(learner.layout.count) parameters, \(Format.bytes(Double(learner.report.arenaBytes))) a shard; \(training.count) windows for training, \(validation.count) for validation")
        for problem in series.problems { context.log.warning("passed over, its time is left out: \(problem)") }
    }

    package var label: String { "train" }
    package var unit: String { "step" }
    package var position: Int { trainer.step }
    package var total: Int { settings.steps }
    package var checkpoints: CheckpointPolicy {
        CheckpointPolicy(
            configurationHash: SHA256.hexadecimal(
                of: "\(context.configuration.hash(of: ["seed", "network", "training"])) \(AutoencoderModel.fingerprint(calibration)) \(training.count)".utf8),
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
            values["validation_loss"] = score.left
            values["validation_before"] = score.before
        }
        try context.metrics.record(step: trainer.step, values)
        return trainer.namedMetrics
    }

    /// Judges; weights that do better than all before become `autoencoder.h5`. *Collective.*
    private func validate() throws -> (left: Double, before: Double) {
        let communicator = context.communicator
        let shards = min(settings.calibrationShards, (training.count + laneWidth - 1) / laneWidth)
        let statistics = try context.phases.measure(.compute) {
            try ShardStatistics.mean(widths: learner.normalised.map(\.channels), shards: shards, communicator: communicator) { shard in
                guard let weights = trainer.parameters.baseAddress else { return [] }
                let first = shard * training.count / shards
                // Spread over their part of the time, as the windows of a step are.
                let each = max(1, training.count / shards / laneWidth)
                try learner.load((0..<laneWidth).map { training[min(training.count - 1, first + $0 * each)] })
                return learner.statistics(parameters: weights)
            }
        }
        let parameters = Array(trainer.parameters)
        let folded = judge.normalised.folded(
            parameters, layout: learner.layout, means: statistics.means, variances: statistics.variances, into: judge.layout)
        var rows = [Double](repeating: 0, count: 2 * validation.count)
        try context.phases.measure(.compute) {
            try communicator.agree {
                for first in stride(from: communicator.rank * laneWidth, to: validation.count, by: communicator.size * laneWidth) {
                    let end = min(validation.count, first + laneWidth)
                    try judge.load(Array(validation[first..<end]))
                    for (lane, score) in judge.judge(parameters: folded).prefix(end - first).enumerated() {
                        (rows[2 * (first + lane)], rows[2 * (first + lane) + 1]) = (score.left, score.before)
                    }
                }
            }
        }
        // All other ranks hold zero.
        try communicator.allReduce(&rows, .sum)
        let left = validation.indices.reduce(0.0) { $0 + rows[2 * $1] } / Double(validation.count)
        let before = validation.indices.reduce(0.0) { $0 + rows[2 * $1 + 1] } / Double(validation.count)
        context.log.info(
            "step \(trainer.step): of whitened power \(Format.general(before, digits: 5)) there is \(Format.general(left, digits: 5)) left in \(validation.count) windows that training does not see")
        guard left.isFinite else { throw GlitchError("step \(trainer.step): the loss of the validation is \(left); lower training.learning_rate") }
        if left < best.loss {
            best = (trainer.step, left, before)
            let model = AutoencoderModel(
                strain: calibration.strain, sources: calibration.sources.map(\.name), terms: terms, scales: file.scales,
                calibration: AutoencoderModel.fingerprint(calibration), architecture: architecture, parameters: parameters, means: statistics.means,
                variances: statistics.variances)
            try context.phases.measure(.io) {
                try context.writeData("autoencoder.h5") { file in
                    try model.write(to: file.root)
                    try file.root.setAttribute("step", Int64(trainer.step))
                    try file.root.setAttribute("validation_loss", left)
                }
            }
        }
        return (left, before)
    }

    /// *Collective.*
    package func conclude() throws {
        let model = try AutoencoderModel(path: context.directory.path("autoencoder.h5"), communicator: context.communicator)
        context.summary.set("network", "deepclean")
        context.summary.set("parameters", learner.layout.count)
        context.summary.set("steps", trainer.step)
        context.summary.set("best_step", best.step)
        context.summary.set("validation_loss", best.loss)
        context.summary.set("validation_before", best.before)
        if best.loss >= best.before {
            context.log.warning(
                "the best weights leave \(Format.general(best.loss, digits: 4)) of whitened power where there is \(Format.general(best.before, digits: 4)) without them: subtract nothing with them; try network.activation=leaky, network.normalisation=false, training.inputs=products, or more data")
        }
        context.summary.set("parameter_hash", SHA256.hexadecimal(of: model.parameters))
        context.log.info("wrote \(context.directory.path("autoencoder.h5")), of step \(best.step)")
    }

    package func write(to group: HDF5Group) throws {
        try trainer.save(to: group.createGroup("trainer"))
        try group.setAttribute("best_step", Int64(best.step))
        try group.setAttribute("best_loss", best.loss)
        try group.setAttribute("best_before", best.before)
    }

    package func restore(from group: HDF5Group) throws {
        try trainer.restore(from: group.group("trainer"))
        best = (
            Int(try group.attribute("best_step", as: Int64.self)), try group.attribute("best_loss", as: Double.self),
            try group.attribute("best_before", as: Double.self)
        )
    }
}
