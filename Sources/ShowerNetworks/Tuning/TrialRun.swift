import Batch
import MessagePassing
import Numerics
import ParallelHDF5
import Training

/// One trial on the ranks of one communicator: trained from where its checkpoint says to the end of a rung.
struct TrialRun {
    let context: JobContext
    let trial: TuningSettings.Trial
    /// The ranks that train this trial.
    let group: Communicator
    /// Of these ranks.
    let stop: StopController

    /// Trains until `epochs` are done, the trial fails, or it is time to leave; each way a checkpoint tells. *Collective* over the group.
    /// - Throws: the same on all ranks of the group, for what is wrong with more than this trial.
    func run(to epochs: Int, afterEpoch: (Int) -> Void) throws -> (record: TrialRecord, stopped: StopReason?) {
        let store = try CheckpointStore(
            directory: context.directory, communicator: group, configurationHash: trial.hash, keep: 2, name: Self.name(trial.number))
        var record = TrialRecord(trial: trial.number)
        let found = try store.newestValid()
        if let found {
            for rejected in found.rejected { context.log.warning("\(rejected)") }
            record = try store.read(found.path) { try TrialRecord(from: $0.root.group("trial")) }
        }
        guard record.failure == nil, record.history.count < epochs else { return (record, nil) }
        let training = try AdversarialTraining(trial.settings, directory: context.directory, seed: context.seed, communicator: group)
        if let found { try store.read(found.path) { try training.restore(from: $0.root.group("training")) } }
        let stopped = try train(training, to: epochs, &record, store, afterEpoch)
        return (record, stopped)
    }

    static func name(_ trial: Int) -> String {
        let digits = "\(trial)"
        return "tune/trial-\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)"
    }

    private func train(
        _ training: AdversarialTraining, to epochs: Int, _ record: inout TrialRecord, _ store: CheckpointStore, _ afterEpoch: (Int) -> Void
    ) throws -> StopReason? {
        let batches = training.batchesPerEpoch(trial.settings)
        while true {
            do {
                let report = try context.phases.measure(.compute) { try training.advance() }
                try training.guardCollapse(report)
                if training.batch % batches == 0 {
                    let score = try context.phases.measure(.compute) {
                        try training.score(showers: trial.settings.scoreShowers, seed: context.seed)
                    }
                    guard score.total.isFinite else {
                        throw ShowerNetworkError("epoch \(record.history.count + 1): the score is \(score.total)", exitCode: 70)
                    }
                    record.history.append(score)
                    record.parameterHash = training.parameterHash
                    afterEpoch(record.history.count)
                }
            } catch {
                guard Self.isOfTrial(error) else { throw error }
                record.failure = "in epoch \(training.batch / batches + 1): \(error)".replacing("\n", with: " ")
                // Later than any checkpoint of the training, so that it is the one that counts.
                try write(store, step: training.batch + 1, record, nil)
                return nil
            }
            if record.history.count >= epochs {
                try write(store, step: training.batch, record, training)
                return nil
            }
            if let reason = try stop.shouldStop(after: training.batch) {
                try write(store, step: training.batch, record, training)
                return reason
            }
            if training.batch % trial.settings.checkpointEvery == 0 { try write(store, step: training.batch, record, training) }
        }
    }

    /// A training that ran away or collapsed; anything else ends the search.
    private static func isOfTrial(_ error: any Error) -> Bool {
        (error as? TrainingError)?.exitCode == ExitCode.internalError.rawValue
            || (error as? ShowerNetworkError)?.exitCode == ExitCode.internalError.rawValue
    }

    private func write(_ store: CheckpointStore, step: Int, _ record: TrialRecord, _ training: AdversarialTraining?) throws {
        let start = Phases.now()
        try context.phases.measure(.checkpoint) {
            try store.write(step: step) { file in
                try record.write(to: file.root.createGroup("trial"))
                try training?.save(to: file.root.createGroup("training"))
            }
        }
        stop.observe(checkpointSeconds: Phases.now() - start)
    }
}
