import AbelianFields
import Batch
import Flows
import MessagePassing
import Numerics
import ParallelHDF5
import Training

/// The command `train` for U(1): reverse-KL training of a plaquette flow on all ranks, with checkpoints, to `flow.h5`.
public final class PlaquetteTrainingRun: SteppedRun {
    package let context: JobContext
    private let settings: AbelianSettings
    private let training: TrainingSettings
    private let flow: PlaquetteFlow
    private let trainer: DataParallelTrainer<PlaquetteFlowObjective>
    private let logPartition: Double
    private var loss: [Double] = []
    private var deviation: [Double] = []
    private var seconds = 0.0

    /// *Collective.*
    public init(_ context: JobContext, settings: AbelianSettings, flow: PlaquetteFlowSettings, training: TrainingSettings) throws {
        self.context = context
        self.settings = settings
        self.training = training
        self.flow = try PlaquetteFlow(extents: settings.extents, settings: flow)
        guard flow.prior == .spline || flow.couplings > 0 else {
            throw FlowError("flow.prior is haar and flow.couplings 0: nothing to train; wanted a spline or couplings")
        }
        logPartition = ExactAbelian(beta: settings.beta, volume: settings.volume).logPartition
        trainer = try DataParallelTrainer(
            objective: PlaquetteFlowObjective(flow: self.flow, beta: settings.beta, seed: context.seed),
            parameters: PlaquetteFlowFile.starting(self.flow, training: training, context: context), options: training.options,
            communicator: context.communicator)
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
                    "loss": value, "loss_above_minus_log_Z": value + logPartition, "log_weight_deviation": spread,
                    "gradient_norm": report.gradientNorm, "learning_rate": report.learningRate,
                ])
        }
        return ["loss+logZ": value + logPartition, "std": spread]
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
        guard mean + 6 * error + 0.01 > -logPartition else {
            throw FlowError(
                "step \(trainer.step): the loss, \(mean) over \(steps) steps, is below -log Z = \(-logPartition) by more than six standard errors (\(error)); the log density is wrong: raise flow.quadrature",
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
            try context.writeData(PlaquetteFlowFile.name) { file in
                try PlaquetteFlowFile.write(parameters, flow: flow, beta: settings.beta, to: file.root)
                try writeHistory(to: file.root.createGroup("history"))
                try file.root.setAttribute("log_partition", logPartition)
                try file.root.setAttribute("training_core_seconds", seconds * Double(context.communicator.size))
            }
        }
        let tail = loss.suffix(max(1, loss.count / 20))
        context.summary.set("steps", training.steps)
        context.summary.set("parameters", flow.layout.count)
        context.summary.set("final_loss", tail.reduce(0, +) / Double(tail.count))
        context.summary.set("minus_log_Z_exact", -logPartition)
        context.summary.set("final_log_weight_deviation", deviation.last ?? .nan)
        context.summary.set("training_core_seconds", seconds * Double(context.communicator.size))
        context.log.info("wrote \(context.directory.path(PlaquetteFlowFile.name)): \(flow.layout.count) parameters")
    }
}
