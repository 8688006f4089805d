import Batch
import ParallelHDF5

/// The command `train`: adversarial training on all ranks with checkpoints, a registry of epochs, and the best of them.
public final class ShowerTrainingRun: SteppedRun {
    package let context: JobContext
    private let settings: ShowerTrainingSettings
    private let training: AdversarialTraining
    private var registry = ShowerRegistry()

    /// *Collective.*
    public init(_ context: JobContext, settings: ShowerTrainingSettings) throws {
        self.context = context
        self.settings = settings
        training = try AdversarialTraining(settings, directory: context.directory, seed: context.seed, communicator: context.communicator)
    }

    private var batchesPerEpoch: Int { training.batchesPerEpoch(settings) }

    package var label: String { "train" }
    package var unit: String { "batch" }
    package var position: Int { training.batch }
    package var total: Int { settings.epochs * batchesPerEpoch }
    package var checkpoints: CheckpointPolicy {
        CheckpointPolicy(
            configurationHash: context.configuration.hash(of: ["seed", "data", "model", "training"]), every: settings.checkpointEvery,
            keep: settings.keepCheckpoints)
    }

    package func step() throws -> [String: Double] {
        let report = try context.phases.measure(.compute) { try training.advance() }
        context.phases.move(report.exposedCommunicationSeconds, from: .compute, to: .allreduce)
        try requireFinite(report)
        try training.guardCollapse(report)
        let score = training.batch % batchesPerEpoch == 0 ? try closeEpoch(training.batch / batchesPerEpoch) : nil
        try record(report, score)
        return ["generator": report.generator[0], "real": report.real[0], "fake": report.fake[0]]
    }

    /// What shards cannot see alone: a loss that has run away in a term of the whole batch.
    private func requireFinite(_ report: AdversarialTraining.BatchReport) throws {
        let losses = [("discriminator of real showers", report.real), ("discriminator of fake showers", report.fake), ("generator", report.generator)]
        for (name, values) in losses {
            guard let k = values.firstIndex(where: { !$0.isFinite }) else { continue }
            throw ShowerNetworkError(
                "batch \(training.batch): \(ShowerDiscriminator.metricNames[k]) of the \(name) is \(values[k]); training has run away: "
                    + "lower training.learning_rate, or start from an epoch of registry/ with training.warm_start", exitCode: 70)
        }
    }

    package func conclude() {
        context.summary.set("batches", training.batch)
        context.summary.set("read_seconds", training.dataset.readSeconds)
        context.summary.set("showers_read", training.dataset.showersRead)
        context.summary.set("showers_in_memory_bytes", training.dataset.bytesInMemory)
        context.summary.set("parameter_hash", training.parameterHash)
        guard let best = registry.best else { return }
        context.summary.set("best_epoch", best.epoch)
        context.summary.set("best_score", best.score)
        context.summary.set("best_profile_largest", best.largest)
        context.summary.set("best_response", best.response)
    }

    private func record(_ report: AdversarialTraining.BatchReport, _ score: ShowerScore?) throws {
        var values: [String: Double] = [:]
        for (k, name) in ShowerDiscriminator.metricNames.enumerated() {
            values["real_\(name)"] = report.real[k]
            values["fake_\(name)"] = report.fake[k]
            values["generator_\(name)"] = report.generator[k]
        }
        if let score {
            values["score_profile"] = score.profile
            values["score_profile_largest"] = score.largest
            values["score_response"] = score.response
        }
        try context.metrics.record(step: training.batch, values)
    }

    /// Scores the epoch, writes its model and marks the best, which is also `model.h5`. *Collective.*
    private func closeEpoch(_ epoch: Int) throws -> ShowerScore {
        try training.calibrate()
        let g = training.generatorWeights
        let score = try training.score(showers: settings.scoreShowers, seed: context.seed)
        let name = ShowerRegistry.fileName(epoch)
        try context.communicator.agree {
            if context.communicator.isRoot { try Files.makeDirectories(context.directory.path("registry")) }
        }
        try context.phases.measure(.io) {
            try context.writeData(name) { file in
                try ShowerModelFile.write(
                    training.engine.generator, g, training.engine.discriminator, Array(training.discriminator.parameters), to: file.root)
                try file.root.setAttribute("epoch", Int64(epoch))
                try file.root.setAttribute("score", score.total)
            }
        }
        registry.add(
            ShowerRegistry.Entry(
                epoch: epoch, profile: score.profile, largest: score.largest, response: score.response, parameters: training.parameterHash))
        try context.communicator.agree {
            guard context.communicator.isRoot else { return }
            try registry.save(
                context.directory, configurationHash: context.configuration.hash, parent: settings.warmStart, keep: settings.keepEpochs)
            if registry.best?.epoch == epoch { try context.directory.writeAtomically("model.h5", Files.read(context.directory.path(name))) }
        }
        context.log.info(
            "epoch \(epoch): profile off by \(Format.general(100 * score.profile, digits: 3)) %, at most \(Format.general(100 * score.largest, digits: 3)) % where 90 % of the energy is, response by \(Format.general(100 * score.response, digits: 3)) %")
        return score
    }

    package func restore(from group: HDF5Group) throws {
        try training.restore(from: group.group("training"))
        registry = try ShowerRegistry(from: group.group("registry"))
    }

    package func write(to group: HDF5Group) throws {
        try training.save(to: group.createGroup("training"))
        try registry.write(to: group.createGroup("registry"))
    }
}
