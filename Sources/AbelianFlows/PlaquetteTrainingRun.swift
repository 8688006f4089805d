import AbelianFields
import Batch
import Flows

/// The command `train` for U(1): reverse-KL training of a plaquette flow on all ranks, with checkpoints, to `flow.h5`.
public struct PlaquetteTrainingRun {
    private let training: BoundedTrainingRun<PlaquetteFlowObjective>

    /// *Collective.*
    /// - Throws: `FlowError` where the flow has nothing to train.
    public init(_ context: JobContext, settings: AbelianSettings, flow: PlaquetteFlowSettings, training: TrainingSettings) throws {
        let made = try PlaquetteFlow(extents: settings.extents, settings: flow)
        guard flow.prior == .spline || flow.couplings > 0 else {
            throw FlowError("flow.prior is haar and flow.couplings 0: nothing to train; wanted a spline or couplings")
        }
        self.training = try BoundedTrainingRun(
            context, training: training, objective: PlaquetteFlowObjective(flow: made, beta: settings.beta, seed: context.seed),
            parameters: PlaquetteFlowFile.starting(made, training: training, context: context),
            bound: .init(
                logPartition: ExactAbelian(beta: settings.beta, volume: settings.volume).logPartition, allowance: 0.01, remedy: "raise flow.quadrature"),
            write: { parameters, root in try PlaquetteFlowFile.write(parameters, flow: made, beta: settings.beta, to: root) })
    }

    /// Runs to the end or to a stop. *Collective.*
    /// - Returns: why it stopped early, or nil when finished.
    public func run() throws -> StopReason? { try training.run() }
}
