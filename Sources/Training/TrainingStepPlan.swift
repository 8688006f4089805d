import Batch
import Networks
import Numerics

extension StepPlan {
    /// What a step of `DataParallelTrainer` asks of a machine. *Not collective.*
    /// - Parameters:
    ///   - size, unit: samples of a batch, and what they are.
    ///   - report: of the plan of one shard's loss and gradient.
    ///   - metrics: that an objective sums, the loss among them.
    ///   - moments: numbers that the optimizer keeps of each parameter.
    public static func training(
        size: Int, unit: String, layout: ParameterLayout, report: PlanReport, metrics: Int, moments: Int = 2, checkpointEvery: Int
    ) -> StepPlan {
        let parameters = layout.count, shards = size / laneWidth
        // The gradient in integers, the magnitude of each tensor and a word for faults, exact sums of the metrics, the word that stops a run.
        return StepPlan(
            size: size, unit: unit, work: .shards(shards), operations: Double(report.operations) * Double(shards),
            sums: [
                .init(count: 1, bytes: 8 * parameters), .init(count: 1, bytes: 4 * (layout.tensors.count + 1)), .init(count: 1, bytes: 64 * metrics),
                .init(count: 1, bytes: 4),
            ],
            checkpointBytes: Double(4 * (1 + moments) * parameters), checkpointEvery: checkpointEvery)
    }
}
