import Batch
import Glibc
import LatticeFields
import MessagePassing
import Networks
import Numerics
import ParallelHDF5
import Training

/// The command `train`: reverse-KL training of a flow on all ranks, with checkpoints, to `flow.h5`.
public final class FlowTrainingRun<Flow: LaneFlow>: SteppedRun {
    package let context: JobContext
    private let lattice: LatticeSettings
    private let settings: TrainingSettings
    private let trainer: DataParallelTrainer<ReverseKullbackLeibler<Flow>>
    private var history = TrainingHistory()

    /// *Collective.*
    /// - Parameter parameters: where training starts, unless a checkpoint is found.
    public init(_ context: JobContext, lattice: LatticeSettings, settings: TrainingSettings, flow: Flow, parameters: [Float]) throws {
        self.context = context
        self.lattice = lattice
        self.settings = settings
        let action = lattice.action
        trainer = try DataParallelTrainer(
            objective: ReverseKullbackLeibler(
                flow: flow, action: LaneActionParameters(b: action.b, c: action.c, d: action.d), seed: context.seed,
                pathGradient: settings.pathGradient),
            parameters: parameters, options: settings.trainerOptions, communicator: context.communicator)
    }

    package var label: String { "train" }
    package var unit: String { "step" }
    package var position: Int { trainer.step }
    package var total: Int { settings.steps }
    package var checkpoints: CheckpointPolicy {
        CheckpointPolicy(
            configurationHash: context.configuration.hash(of: ["seed", "lattice", "action", "flow", "training"]),
            every: settings.checkpointEvery, keep: settings.keep, milestoneEvery: settings.milestoneEvery)
    }

    package func step() throws -> [String: Double] {
        try update()
        return ["loss": history.loss.last ?? 0, "std": history.deviation.last ?? 0]
    }

    private func update() throws {
        let report = try context.phases.measure(.compute) { try trainer.advance() }
        context.phases.move(report.exposedCommunicationSeconds, from: .compute, to: .allreduce)
        let loss = trainer.metrics[0]
        let square = trainer.metrics[1]
        let variance = square.isFinite ? max(0, square - loss * loss) : square
        history.append(loss: loss, deviation: variance.squareRoot(), gradientNorm: report.gradientNorm, seconds: report.seconds)
        guard loss.isFinite, variance.isFinite else {
            throw FlowError(
                "step \(trainer.step): the loss is \(loss), its variance \(variance); training has run away: lower training.learning_rate or training.gradient_norm_limit",
                exitCode: 70)
        }
        try guardBound(loss: loss, deviation: variance.squareRoot())
        guard trainer.step % settings.logEvery == 0 else { return }
        let volume = lattice.extents.reduce(1.0) { $0 * Double($1) }
        try context.metrics.record(
            step: trainer.step,
            [
                "loss": loss, "log_weight_deviation": variance.squareRoot(), "gradient_norm": report.gradientNorm,
                "learning_rate": report.learningRate, "action_density": trainer.metrics[2] / volume,
            ])
    }

    /// The loss is at least -log Z: below it, the density is wrong, as when an integrator's error is being learnt.
    private func guardBound(loss: Double, deviation: Double) throws {
        guard let logPartition = settings.logPartition else { return }
        let error = deviation / Double(settings.batch).squareRoot()
        if loss + 6 * error + 2e-3 < -logPartition {
            throw FlowError(
                "step \(trainer.step): loss \(loss) is below -log Z = \(-logPartition) by more than six standard errors (\(error)); the log density is wrong: raise flow.integration_steps or lower training.learning_rate")
        }
    }

    package func restore(from group: HDF5Group) throws {
        try trainer.restore(from: group.group("trainer"))
        history = try TrainingHistory(from: group.group("history"))
    }

    package func write(to group: HDF5Group) throws {
        try trainer.save(to: group.createGroup("trainer"))
        try history.write(to: group.createGroup("history"))
    }

    /// Writes `flow.h5` and the summary. *Collective.*
    package func conclude() throws {
        let parameters = Array(trainer.averagedParameters ?? trainer.parameters)
        try context.phases.measure(.io) {
            try context.writeData(FlowFile.name) { file in
                try FlowFile.write(parameters, layout: trainer.layout, extents: lattice.extents, action: lattice.action, to: file.root)
                try history.write(to: file.root.createGroup("history"))
                try file.root.setAttribute("training_core_seconds", history.seconds * Double(context.communicator.size))
            }
        }
        let tail = history.loss.suffix(max(1, history.loss.count / 20))
        context.summary.set("steps", settings.steps)
        context.summary.set("parameters", trainer.layout.count)
        context.summary.set("final_loss", tail.reduce(0, +) / Double(tail.count))
        context.summary.set("final_log_weight_deviation", history.deviation.last ?? .nan)
        context.summary.set("training_seconds", history.seconds)
        context.summary.set("parameter_hash", SHA256.hexadecimal(of: parameters.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }))
        context.log.info("wrote \(context.directory.path(FlowFile.name)): \(trainer.layout.count) parameters")
    }
}

extension TrainingSettings {
    /// The trainer's options. *Not collective.*
    var trainerOptions: TrainerOptions {
        let rule: any Optimizer =
            switch optimizer {
            case "adamw": Adam.withDecoupledDecay(firstDecay: firstDecay, secondDecay: secondDecay, weightDecay: weightDecay)
            case "rmsprop": RMSprop()
            case "sgd": StochasticGradientDescent()
            default: Adam(firstDecay: firstDecay, secondDecay: secondDecay, weightDecay: weightDecay)
            }
        var rate: LearningRateSchedule =
            switch schedule {
            case "constant": .constant(learningRate)
            case "exponential":
                .exponential(from: learningRate, factor: max(finalLearningRate, 1e-12) / max(learningRate, 1e-12), every: steps)
            case "one_cycle": .oneCycle(peak: learningRate, steps: steps)
            default: .cosine(from: learningRate, to: finalLearningRate, steps: max(1, steps - warmUp))
            }
        if warmUp > 0, schedule != "one_cycle" { rate = .warmUp(steps: warmUp, first: 0.05, then: rate) }
        return TrainerOptions(
            shardsPerBatch: batch / laneWidth, optimizer: rule, schedule: rate, gradientNormLimit: gradientNormLimit,
            weightAverageDecay: weightAverageDecay)
    }
}

/// One number a step.
struct TrainingHistory {
    var loss: [Double] = []
    var deviation: [Double] = []
    var gradientNorm: [Double] = []
    /// Wall time of all steps, over all restarts.
    var seconds = 0.0

    init() {}

    mutating func append(loss: Double, deviation: Double, gradientNorm: Double, seconds: Double) {
        self.loss.append(loss)
        self.deviation.append(deviation)
        self.gradientNorm.append(gradientNorm)
        self.seconds += seconds
    }

    func write(to group: HDF5Group) throws {
        try group.write("loss", loss).setAttribute("meaning", "mean of log q + S over the batch of each step")
        try group.write("log_weight_deviation", deviation)
        try group.write("gradient_norm", gradientNorm)
        try group.setAttribute("seconds", seconds)
    }

    init(from group: HDF5Group) throws {
        loss = try group.read("loss", as: Double.self)
        deviation = try group.read("log_weight_deviation", as: Double.self)
        gradientNorm = try group.read("gradient_norm", as: Double.self)
        seconds = try group.attribute("seconds", as: Double.self)
    }
}
