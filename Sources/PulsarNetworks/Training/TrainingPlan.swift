import Batch
import Networks
import Training

extension ClassifierTrainingSettings {
    /// What a training step of a classifier asks of a machine; the making of the frames is not counted. *Not collective.*
    public func plan(_ classifier: FrameClassifier) -> StepPlan { plan(classifier.layout, classifier.report, metrics: ClassifierObjective.metrics.count) }

    /// What a training step of a U-Net asks of a machine. *Not collective.*
    func plan(_ learner: SegmentationLearner) -> StepPlan { plan(learner.layout, learner.report, metrics: SegmentationObjective.metrics.count) }

    private func plan(_ layout: ParameterLayout, _ report: PlanReport, metrics: Int) -> StepPlan {
        .training(size: batch, unit: "frames", layout: layout, report: report, metrics: metrics, checkpointEvery: checkpointEvery)
    }
}

/// What a U-Net costs, before a step has run.
public struct SegmentationCost: Sendable {
    public let step: StepPlan
    public let parameters: Int
    /// Of one rank, for sixteen frames.
    public let shardBytes: Int
    /// For the mask of one frame.
    public let multiplyAdds: Int

    /// - Throws: `ClassifierError` for axes that do not suit the network. *Not collective.*
    public init(_ model: SegmentationModel, _ settings: ClassifierTrainingSettings) throws {
        let learner = try SegmentationLearner(model)
        step = settings.plan(learner)
        parameters = learner.layout.count
        shardBytes = learner.report.arenaBytes + learner.report.scratchBytes
        multiplyAdds = learner.multiplyAdds
    }
}
