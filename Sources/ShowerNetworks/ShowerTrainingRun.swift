import Batch
import ParallelHDF5

/// The command `train`: adversarial training on all ranks with checkpoints, a registry of epochs, and the best of them.
public final class ShowerTrainingRun {
    private let context: JobContext
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

    /// Trains to the end or to a stop. *Collective.*
    public func run() throws -> StopReason? {
        let store = try CheckpointStore(
            directory: context.directory, communicator: context.communicator,
            configurationHash: context.configuration.hash(of: ["seed", "data", "model", "training"]), keep: settings.keepCheckpoints,
            milestoneEvery: nil, name: "train")
        try restore(store)
        let total = settings.epochs * batchesPerEpoch
        let progress = context.progress(total: total, unit: "batch", label: "train")
        var saved = training.batch
        var stopped: StopReason?
        while training.batch < total {
            let report = try context.phases.measure(.compute) { try training.advance() }
            context.phases.move(report.exposedCommunicationSeconds, from: .compute, to: .allreduce)
            try training.guardCollapse(report)
            let score = training.batch % batchesPerEpoch == 0 ? try closeEpoch(training.batch / batchesPerEpoch) : nil
            try record(report, score)
            progress.advance(to: training.batch, ["generator": report.generator[0], "real": report.real[0], "fake": report.fake[0]])
            if let reason = try context.stop.shouldStop(after: training.batch) {
                stopped = reason
                break
            }
            if training.batch % settings.checkpointEvery == 0, training.batch < total {
                try checkpoint(store)
                saved = training.batch
            }
        }
        progress.finish()
        if saved != training.batch { try checkpoint(store) }
        guard stopped == nil else { return stopped }
        context.summary.set("batches", training.batch)
        context.summary.set("read_seconds", training.dataset.readSeconds)
        context.summary.set("showers_read", training.dataset.showersRead)
        context.summary.set("showers_in_memory_bytes", training.dataset.bytesInMemory)
        context.summary.set("parameter_hash", training.parameterHash)
        if let best = registry.best {
            context.summary.set("best_epoch", best.epoch)
            context.summary.set("best_score", best.score)
            context.summary.set("best_profile_largest", best.largest)
            context.summary.set("best_response", best.response)
        }
        return nil
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

    private func restore(_ store: CheckpointStore) throws {
        guard let found = try store.newestValid() else { return }
        for rejected in found.rejected { context.log.warning("\(rejected)") }
        try store.read(found.path) { file in
            try training.restore(from: file.root.group("training"))
            registry = try ShowerRegistry(from: file.root.group("registry"))
        }
        try context.metrics.truncate(afterStep: training.batch)
        context.log.notice("continues after batch \(training.batch) from \(found.path)")
    }

    private func checkpoint(_ store: CheckpointStore) throws {
        try context.writeCheckpoint(store, step: training.batch) { file in
            try training.save(to: file.root.createGroup("training"))
            try registry.write(to: file.root.createGroup("registry"))
        }
    }
}
