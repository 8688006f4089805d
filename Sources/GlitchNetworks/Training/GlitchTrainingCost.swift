import Batch
import Training

/// What the training of a network costs, before a step has run.
public struct GlitchTrainingCost: Sendable {
    public let step: StepPlan
    public let parameters: Int
    public let tensors: Int
    /// Of one rank, for sixteen images.
    public let shardBytes: Int

    /// - Throws: `NetworkError` for extents that no kernel serves. *Not collective.*
    public init(_ architecture: GlitchArchitecture, _ settings: GlitchTrainingSettings) throws {
        let learner = try GlitchLearner(architecture, loss: settings.loss)
        step = .training(
            size: settings.batch, unit: "images", layout: learner.layout, report: learner.report, metrics: GlitchObjective.metrics.count,
            checkpointEvery: settings.checkpointEvery)
        parameters = learner.layout.count
        tensors = learner.layout.tensors.count
        shardBytes = learner.report.arenaBytes + learner.report.scratchBytes
    }
}
