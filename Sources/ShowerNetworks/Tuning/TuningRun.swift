import Batch
import MessagePassing

/// The command `tune`: successive halving over the settings of a training, with trials side by side on parts of the ranks.
///
/// What a trial finds does not depend on how many ranks train it, and its checkpoint holds all of it: the search itself has no state. A restart asks
/// the trials of each rung for their scores, which those that are done have at hand, and comes to the same decisions.
public final class TuningRun {
    private let context: JobContext
    private let settings: TuningSettings

    /// *Not collective.*
    public init(_ context: JobContext, settings: TuningSettings) {
        (self.context, self.settings) = (context, settings)
    }

    /// *Collective.*
    /// - Throws: `ShowerNetworkError` (exit code 70) if every trial fails in the first rung; the results are written before.
    public func run() throws -> StopReason? {
        try context.metrics.truncate(afterStep: 0)
        var results = TuningResults(settings)
        var active = Array(settings.trials.indices)
        for rung in 0..<settings.halving.rungs {
            let epochs = settings.halving.epochs(rung)
            let (records, stopped) = try train(active, to: epochs, rung: rung)
            results.add(records, rung: rung, isComplete: stopped == nil)
            try write(results)
            if let stopped { return stopped }
            try report(results, rung: rung)
            active = settings.halving.promoted(records.map { ($0.trial, $0.score(after: epochs)) })
            guard active.isEmpty else { continue }
            let reason = "all \(records.count) trials of rung \(rung + 1) failed, the first with: \(records.first?.failure ?? "no reason")"
            guard rung > 0 else { throw ShowerNetworkError("\(reason); search smaller learning rates", exitCode: 70) }
            context.log.warning("\(reason); the best of the rung before wins")
            break
        }
        try finish(results)
        return nil
    }

    /// Trains some trials, on as many parts of the ranks as there are trials to share out. *Collective.*
    /// - Returns: the records of all of them, by number, and why some were not trained to the end.
    private func train(_ active: [Int], to epochs: Int, rung: Int) throws -> (records: [TrialRecord], stopped: StopReason?) {
        let world = context.communicator
        let groups = min(active.count, max(1, world.size / settings.ranksPerTrial))
        let own = world.rank * groups / world.size
        let group = try world.split(color: own, key: world.rank)
        let mine = stride(from: own, to: active.count, by: groups).map { active[$0] }
        let remaining = try world.broadcast(context.stop.remainingSeconds ?? .infinity, root: 0)
        let stop = StopController(
            communicator: group, directory: context.directory, timeLimit: remaining.isFinite ? remaining : nil,
            margin: try context.execution.duration("stop_margin") ?? 30)
        let progress = context.progress(total: mine.count * epochs, unit: "epoch", label: "rung \(rung + 1) of \(settings.halving.rungs)")
        var records: [TrialRecord] = []
        var stopped: StopReason?
        for (k, number) in mine.enumerated() where stopped == nil {
            let trial = TrialRun(context: context, trial: settings.trials[number], group: group, stop: stop)
            let outcome = try trial.run(to: epochs) { progress.advance(to: k * epochs + $0) }
            records.append(outcome.record)
            stopped = outcome.stopped
            // Between trials, too: one that had been trained already has not asked.
            if stopped == nil, k + 1 < mine.count { stopped = try stop.shouldStop(after: k) }
            progress.advance(to: (k + 1) * epochs)
        }
        progress.finish()
        // The first to stop waits for the others to see the same signal, file or clock.
        let reason = StopReason(code: try world.allReduce(stopped?.code ?? 0, .max))
        let shared = try TrialRecord.shared(group.isRoot ? records : [], world)
        try group.free()
        return (shared.sorted { $0.trial < $1.trial }, reason)
    }

    /// Figures of a rung. *Not collective.*
    private func report(_ results: TuningResults, rung: Int) throws {
        guard let best = results.ranking(rung: rung).first, let score = results.score(best, rung: rung) else { return }
        let failed = results.failures(rung: rung), count = results.rungs[rung].count
        try context.metrics.record(step: rung + 1, ["best_score": score, "trials": Double(count), "failed": Double(failed)])
        context.log.info(
            "rung \(rung + 1): \(count) \(count == 1 ? "trial" : "trials") of \(settings.halving.epochs(rung)) epochs, \(failed) failed; best is trial \(best) with \(Format.general(score, digits: 4))")
    }

    /// *Collective.*
    private func write(_ results: TuningResults) throws {
        try context.phases.measure(.io) {
            try context.writeData("tuning.h5") { try results.write(to: $0.root) }
            try context.communicator.agree {
                guard context.communicator.isRoot else { return }
                try context.directory.writeAtomically("tuning.html", text: TuningReport(results, provenance: context.provenance.attributes).html())
                try context.directory.writeAtomically("tuning.md", text: results.markdown)
            }
        }
    }

    /// The winner, as a configuration to train with. *Collective.*
    private func finish(_ results: TuningResults) throws {
        guard let best = results.winner, let score = results.lastScore(best) else { return }
        try context.communicator.agree {
            guard context.communicator.isRoot else { return }
            try context.directory.writeAtomically("tuned.yaml", text: settings.trials[best].configuration)
        }
        context.summary.set("trials", settings.trials.count)
        context.summary.set("failed_trials", results.records.filter { $0.failure != nil }.count)
        context.summary.set("best_trial", best)
        context.summary.set("best_score", score)
        context.summary.set("best_parameter_hash", results.records[best].parameterHash)
        context.summary.set("best_epochs", results.records[best].history.count)
        if settings.trials[0].values.isEmpty, let baseline = results.lastScore(0) {
            context.summary.set("baseline_score", baseline)
            context.summary.set("baseline_epochs", results.records[0].history.count)
        }
        for (k, dimension) in settings.dimensions.enumerated() { context.summary.set("best_\(dimension.setting)", settings.value(best, k)) }
        context.log.info("\n\(results.consoleTable)")
        context.log.info(
            "trial \(best) wins with \(Format.general(score, digits: 4)); gan3d train \(context.directory.path("tuned.yaml")) trains with its settings")
    }
}

extension StopReason {
    /// A positive number, for ranks to agree on a reason.
    fileprivate var code: Int {
        switch self {
        case .deadline: 1
        case .stopFile: 2
        case .signal("USR1"): 3
        case .signal("USR2"): 4
        case .signal: 5
        }
    }

    fileprivate init?(code: Int) {
        switch code {
        case 1: self = .deadline
        case 2: self = .stopFile
        case 3: self = .signal("USR1")
        case 4: self = .signal("USR2")
        case 5: self = .signal("TERM")
        default: return nil
        }
    }
}
