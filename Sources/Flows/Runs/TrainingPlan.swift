import Batch
import Numerics

extension TrainingSettings {
    /// What a training step of `flow` asks of a machine. *Not collective.*
    public func plan<Flow: LaneFlow>(_ flow: Flow) -> StepPlan {
        let parameters = flow.layout.count, metrics = 3
        let kept = 1 + trainerOptions.optimizer.momentCount + (weightAverageDecay == nil ? 0 : 1)
        // The gradient in integers, the magnitude of each tensor and a word for faults, exact sums of the metrics, the word that stops a run.
        return StepPlan(
            size: batch, unit: "samples", work: .shards(batch / laneWidth), operations: flow.cost.trainingOperations * Double(batch),
            sums: [
                .init(count: 1, bytes: 8 * parameters), .init(count: 1, bytes: 4 * (flow.layout.tensors.count + 1)),
                .init(count: 1, bytes: 64 * metrics), .init(count: 1, bytes: 4),
            ],
            checkpointBytes: Double(4 * kept * parameters), checkpointEvery: checkpointEvery)
    }
}
