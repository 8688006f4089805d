import AbelianFields
import Batch
import Flows
import Networks
import ParallelHDF5

/// A trained plaquette flow on disk: `flow.h5`, one dataset a tensor in the group `parameters`, beside the lattice and β it was trained for.
enum PlaquetteFlowFile {
    static let name = FlowFile.name

    /// *Collective.*
    static func write(_ parameters: [Float], flow: PlaquetteFlow, beta: Double, to root: HDF5Group) throws {
        try root.setAttribute("format", "didymos plaquette flow")
        try root.setAttribute("format_version", Int64(1))
        try root.setAttribute("action_group", Int64(1))
        try root.setAttribute("extents", flow.extents.map(Int64.init))
        try root.setAttribute("beta", beta)
        let group = try root.createGroup("parameters")
        for tensor in flow.layout.tensors { try group.write(tensor.name, Array(parameters[tensor.range]), shape: tensor.shape) }
    }

    /// Fresh parameters, or those of `training.transfer_from`: a flow of other β or extents has the same tensors. *Collective.*
    static func starting(_ flow: PlaquetteFlow, training: TrainingSettings, context: JobContext) throws -> [Float] {
        guard let directory = training.transferFrom else { return flow.initialParameters(seed: context.seed) }
        let path = "\(directory)/\(name)"
        return try HDF5File.with(HDF5File.open(path, communicator: context.communicator)) { file in
            let extents = try file.root.attributes("extents", as: Int64.self).map(Int.init)
            let other = try PlaquetteFlow(extents: extents, settings: flow.settings)
            let parameters = try FlowFile.read(file, layout: other.layout)
            context.log.info("starts from \(path), trained on \(extents.map(String.init).joined(separator: "x"))")
            return try flow.transferred(from: other, parameters: parameters)
        }
    }
}
