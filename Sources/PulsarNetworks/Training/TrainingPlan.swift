import Batch
import Numerics

extension ClassifierTrainingSettings {
    /// What a training step asks of a machine; the making of the frames is not counted. *Not collective.*
    public func plan(_ classifier: FrameClassifier) -> StepPlan {
        let parameters = classifier.layout.count, shards = batch / laneWidth
        // The gradient in integers, the magnitude of each tensor and a word for faults, exact sums of the metrics, the word that stops a run.
        return StepPlan(
            size: batch, unit: "frames", work: .shards(shards), operations: Double(classifier.report.operations) * Double(shards),
            sums: [
                .init(count: 1, bytes: 8 * parameters), .init(count: 1, bytes: 4 * (classifier.layout.tensors.count + 1)),
                .init(count: 1, bytes: 64 * ClassifierObjective.metrics.count), .init(count: 1, bytes: 4),
            ],
            // Weights and Adam's two moments.
            checkpointBytes: Double(4 * 3 * parameters), checkpointEvery: checkpointEvery)
    }
}
