import Batch
import LatticeFields
import Networks
import ParallelHDF5

/// A trained flow on disk: one dataset a tensor in the group `parameters`, beside the lattice and the action it was trained for.
public enum FlowFile {
    public static let name = "flow.h5"

    /// *Collective.*
    static func write(
        _ parameters: [Float], layout: ParameterLayout, extents: [Int], action: ScalarAction, to root: HDF5Group
    ) throws {
        try root.setAttribute("format", "didymos flow")
        try root.setAttribute("format_version", Int64(1))
        try root.setAttribute("extents", extents.map(Int64.init))
        try root.setAttribute("action_b_c_d", [action.b, action.c, action.d])
        let group = try root.createGroup("parameters")
        for tensor in layout.tensors {
            try group.write(tensor.name, Array(parameters[tensor.range]), shape: tensor.shape)
        }
    }

    /// The parameters of a flow of the given layout. *Collective.*
    /// - Throws: `FlowError` naming the file and the tensor that is missing or of another shape.
    public static func read(_ file: HDF5File, layout: ParameterLayout) throws -> [Float] {
        let group = try file.root.group("parameters")
        var parameters = [Float](repeating: 0, count: layout.count)
        for tensor in layout.tensors {
            guard try group.hasObject(tensor.name) else {
                throw FlowError("\(file.path): no tensor '\(tensor.name)'; this flow was trained with other settings in section 'flow'")
            }
            let dataset = try group.dataset(tensor.name)
            guard dataset.shape == tensor.shape else {
                throw FlowError(
                    "\(file.path): tensor '\(tensor.name)' has shape \(dataset.shape), section 'flow' asks for \(tensor.shape)")
            }
            parameters.replaceSubrange(tensor.range, with: try dataset.read(as: Float.self))
        }
        return parameters
    }

    /// The parameters of the run directory's trained flow, and the core time of its training. *Collective.*
    /// - Throws: `FlowError` naming the file that is missing, or as `read`.
    package static func trained(_ layout: ParameterLayout, context: JobContext) throws -> (parameters: [Float], coreSeconds: Double) {
        let path = context.directory.path(name)
        let isThere = try context.communicator.broadcast(context.communicator.isRoot && Files.exists(path) ? 1 : 0, root: 0) == 1
        guard isThere else { throw FlowError("\(path): no trained flow; run `flowtrain train` with the same configuration and run directory first") }
        return try HDF5File.with(HDF5File.open(path, communicator: context.communicator)) { file in
            (try read(file, layout: layout), try file.root.attribute("training_core_seconds", as: Double.self))
        }
    }
}
