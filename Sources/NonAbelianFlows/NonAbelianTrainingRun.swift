import Batch
import Flows
import GaugeFields
import GaugeKernels
import Networks
import ParallelHDF5

/// The command `train` for SU(2) and SU(3): the density of one plaquette, on all ranks, with checkpoints, to `flow.h5`.
public struct NonAbelianTrainingRun {
    private let training: BoundedTrainingRun<NonAbelianFlowObjective>

    /// *Collective.*
    /// - Throws: `FlowError` or `HDF5Error` where `training.transfer_from` names no flow of the group.
    public init(_ context: JobContext, settings: NonAbelianSettings, training: TrainingSettings) throws {
        let flow = NonAbelianFlow(settings)
        let one = CharacterExpansion(group: settings.group, beta: settings.beta, volume: settings.volume).logOnePlaquette
        self.training = try BoundedTrainingRun(
            context, training: training, objective: NonAbelianFlowObjective(flow: flow, seed: context.seed),
            parameters: NonAbelianFlowFile.starting(flow, training: training, context: context),
            // What a batch lacks of rare matrices is so much for each plaquette.
            bound: .init(logPartition: Double(settings.volume) * one, allowance: max(0.01, 4e-5 * Double(settings.volume)), remedy: "report it"),
            write: { parameters, root in try NonAbelianFlowFile.write(parameters, flow: flow, to: root) })
    }

    /// Runs to the end or to a stop. *Collective.*
    /// - Returns: why it stopped early, or nil when finished.
    public func run() throws -> StopReason? { try training.run() }
}

/// A trained flow on disk: `flow.h5`, one dataset a tensor in the group `parameters`, beside the group, the lattice and β it was trained for.
enum NonAbelianFlowFile {
    /// *Collective.*
    static func write(_ parameters: [Float], flow: NonAbelianFlow, to root: HDF5Group) throws {
        try root.setAttribute("format", "didymos class density flow")
        try root.setAttribute("format_version", Int64(1))
        try root.setAttribute("group", flow.settings.group.rawValue)
        try root.setAttribute("extents", flow.settings.extents.map(Int64.init))
        try root.setAttribute("beta", flow.settings.beta)
        let group = try root.createGroup("parameters")
        for tensor in flow.layout.tensors { try group.write(tensor.name, Array(parameters[tensor.range]), shape: tensor.shape) }
    }

    /// Fresh parameters, or those of `training.transfer_from`: a flow of another β or lattice has the same tensors. *Collective.*
    static func starting(_ flow: NonAbelianFlow, training: TrainingSettings, context: JobContext) throws -> [Float] {
        guard let directory = training.transferFrom else { return flow.initialParameters }
        let path = "\(directory)/\(FlowFile.name)"
        return try HDF5File.with(HDF5File.open(path, communicator: context.communicator)) { file in
            let found = try file.root.hasAttribute("group") ? file.root.stringAttribute("group") : "none"
            guard found == flow.settings.group.rawValue else {
                throw FlowError("training.transfer_from: \(path) is a flow of the group \(found), wanted \(flow.settings.group.rawValue)")
            }
            let parameters = try FlowFile.read(file, layout: flow.layout)
            let beta = try file.root.attribute("beta", as: Double.self)
            context.log.info("starts from \(path), trained at beta \(beta)")
            return parameters
        }
    }
}
