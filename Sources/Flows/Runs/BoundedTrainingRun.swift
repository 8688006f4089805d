import Batch
import MessagePassing
import ParallelHDF5
import Training

/// Training by the reverse Kullback-Leibler divergence of a theory whose log Z is known, on all ranks, with checkpoints: the loss can only lie above -log Z,
/// and the run ends where it does not.
///
/// The objective's metrics begin with the loss and the mean of its square.
package final class BoundedTrainingRun<Objective: ShardedObjective>: SteppedRun {
    package let context: JobContext
    private let training: TrainingSettings
    private let trainer: DataParallelTrainer<Objective>
    private let bound: Bound
    private let write: ([Float], HDF5Group) throws -> Void
    private var loss: [Double] = []
    private var deviation: [Double] = []
    private var seconds = 0.0

    /// What the loss is held against.
    package struct Bound {
        /// log Z of what the loss is of.
        package let logPartition: Double
        /// How far the mean of 100 steps may lie below -log Z, beside six of its standard errors.
        package let allowance: Double
        /// What to change where it lies further below.
        package let remedy: String

        package init(logPartition: Double, allowance: Double, remedy: String) {
            (self.logPartition, self.allowance, self.remedy) = (logPartition, allowance, remedy)
        }
    }

    /// *Collective.*
    /// - Parameter write: writes the trained parameters into the file of the flow.
    package init(
        _ context: JobContext, training: TrainingSettings, objective: Objective, parameters: [Float], bound: Bound,
        write: @escaping ([Float], HDF5Group) throws -> Void
    ) throws {
        self.context = context
        self.training = training
        self.bound = bound
        self.write = write
        trainer = try DataParallelTrainer(
            objective: objective, parameters: parameters, options: training.options, communicator: context.communicator)
    }

    package var label: String { "train" }
    package var unit: String { "step" }
    package var position: Int { trainer.step }
    package var total: Int { training.steps }
    package var checkpoints: CheckpointPolicy {
        CheckpointPolicy(
            configurationHash: context.configuration.hash(of: ["seed", "lattice", "action", "flow", "training"]), every: training.checkpointEvery,
            keep: training.keep, milestoneEvery: training.milestoneEvery)
    }

    package func step() throws -> [String: Double] {
        let report = try context.phases.measure(.compute) { try trainer.advance() }
        context.phases.move(report.exposedCommunicationSeconds, from: .compute, to: .allreduce)
        let value = trainer.metrics[0]
        let spread = max(0, trainer.metrics[1] - value * value).squareRoot()
        loss.append(value)
        deviation.append(spread)
        seconds += report.seconds
        guard value.isFinite, spread.isFinite else {
            throw FlowError("step \(trainer.step): the loss is \(value); training has run away: lower training.learning_rate", exitCode: 70)
        }
        try guardBound()
        if trainer.step % training.logEvery == 0 {
            try context.metrics.record(
                step: trainer.step,
                [
                    "loss": value, "loss_above_minus_log_Z": value + bound.logPartition, "log_weight_deviation": spread,
                    "gradient_norm": report.gradientNorm, "learning_rate": report.learningRate,
                ])
        }
        return ["loss+logZ": value + bound.logPartition, "std": spread]
    }

    /// The loss is at least -log Z, which is known: below it, the density is wrong. Held over 100 steps: a batch that lacks the rare samples
    /// of small weight may lie below.
    private func guardBound() throws {
        let steps = 100
        guard trainer.step % steps == 0, loss.count >= steps else { return }
        let tail = loss.suffix(steps)
        let mean = tail.reduce(0, +) / Double(steps)
        let spread = (tail.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(steps - 1)).squareRoot()
        let error = spread / Double(steps).squareRoot()
        guard mean + 6 * error + bound.allowance > -bound.logPartition else {
            throw FlowError(
                "step \(trainer.step): the loss, \(mean) over \(steps) steps, is below -log Z = \(-bound.logPartition) by more than six standard errors (\(error)); the log density is wrong: \(bound.remedy)",
                exitCode: 70)
        }
    }

    package func write(to group: HDF5Group) throws {
        try trainer.save(to: group.createGroup("trainer"))
        try writeHistory(to: group.createGroup("history"))
    }

    package func restore(from group: HDF5Group) throws {
        try trainer.restore(from: group.group("trainer"))
        let history = try group.group("history")
        loss = try history.read("loss", as: Double.self)
        deviation = try history.read("log_weight_deviation", as: Double.self)
        seconds = try history.attribute("seconds", as: Double.self)
    }

    private func writeHistory(to group: HDF5Group) throws {
        try group.write("loss", loss).setAttribute("meaning", "mean of log q + S over the batch of each step; at least -log Z")
        try group.write("log_weight_deviation", deviation)
        try group.setAttribute("seconds", seconds)
    }

    /// Writes `flow.h5` and the summary. *Collective.*
    package func conclude() throws {
        let parameters = Array(trainer.averagedParameters ?? trainer.parameters)
        try context.phases.measure(.io) {
            try context.writeData(FlowFile.name) { file in
                try write(parameters, file.root)
                try writeHistory(to: file.root.createGroup("history"))
                try file.root.setAttribute("log_partition", bound.logPartition)
                try file.root.setAttribute("training_core_seconds", seconds * Double(context.communicator.size))
            }
        }
        let tail = loss.suffix(max(1, loss.count / 20))
        context.summary.set("steps", training.steps)
        context.summary.set("parameters", parameters.count)
        context.summary.set("final_loss", tail.reduce(0, +) / Double(tail.count))
        context.summary.set("minus_log_Z_exact", -bound.logPartition)
        context.summary.set("final_log_weight_deviation", deviation.last ?? .nan)
        context.summary.set("training_core_seconds", seconds * Double(context.communicator.size))
        context.log.info("wrote \(context.directory.path(FlowFile.name)): \(parameters.count) parameters")
    }
}
