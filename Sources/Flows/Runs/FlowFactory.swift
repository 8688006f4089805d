import Batch
import LatticeFields
import MessagePassing
import ParallelHDF5

/// Builds flows from their settings, and finds the parameters that they start from.
public enum FlowFactory {
    /// The flow that section `flow` describes, for a lattice and its action.
    public static func make(_ settings: FlowSettings, extents: [Int], action: ScalarAction) throws -> any LaneFlow {
        switch settings.architecture {
        case .affine, .realNVP:
            var coupling = settings.coupling
            coupling.extents = extents
            return CouplingFlowEngine(try CouplingFlow(coupling))
        case .continuous:
            let sizes = settings.continuous
            return ContinuousFlowEngine(
                try ContinuousFlow(
                    extents: extents, action: action, harmonics: sizes.harmonics, timeTerms: sizes.timeTerms, range: sizes.range,
                    steps: sizes.steps, startingFrequency: sizes.startingFrequency))
        }
    }

    /// Fresh parameters, or those of `training.transfer_from`. *Collective.*
    public static func startingParameters<Flow: LaneFlow>(
        of flow: Flow, settings: FlowSettings, training: TrainingSettings, context: JobContext
    ) throws -> [Float] {
        guard let directory = training.transferFrom else { return flow.initialParameters(seed: context.seed) }
        let path = "\(directory)/\(FlowFile.name)"
        return try HDF5File.with(HDF5File.open(path, communicator: context.communicator)) { file in
            let extents = try file.root.attributes("extents", as: Int64.self).map(Int.init)
            let coefficients = try file.root.attributes("action_b_c_d", as: Double.self)
            guard coefficients.count == 3, extents.count == flow.extents.count else {
                throw FlowError("\(path): a lattice of \(extents.count) axes and \(coefficients.count) coefficients; wanted \(flow.extents.count) and 3")
            }
            let action = try ScalarAction(b: coefficients[0], c: coefficients[1], d: coefficients[2], dimension: extents.count)
            guard let other = try make(settings, extents: extents, action: action) as? Flow else {
                throw FlowError("\(path): another kind of flow")
            }
            let parameters = try FlowFile.read(file, layout: other.layout)
            context.log.info("starts from \(path), trained on \(extents.map(String.init).joined(separator: "x"))")
            return try flow.transferred(from: other, parameters: parameters)
        }
    }

    /// The parameters that `train` left in the run directory. *Collective.*
    public static func trainedParameters<Flow: LaneFlow>(of flow: Flow, context: JobContext) throws -> [Float] {
        let path = context.directory.path(FlowFile.name)
        let isThere = try context.communicator.broadcast(context.communicator.isRoot && Files.exists(path) ? 1 : 0, root: 0) == 1
        guard isThere else {
            throw FlowError("\(path): no trained flow; run `flowtrain train` with the same configuration and run directory first")
        }
        return try HDF5File.with(HDF5File.open(path, communicator: context.communicator)) { file in
            try FlowFile.read(file, layout: flow.layout)
        }
    }
}
