import Networks
import ParallelHDF5

/// A trained network as model files hold it, in the layout of its training graph:
///
///     parameters/NAME                               a dataset for each tensor, in its shape
///     statistics/NORMALISATION/mean, .../variance   of each batch normalisation's channels
public struct StoredNetwork: Sendable {
    public let parameters: [Float]
    /// `[normalisation][channel]`, in the order of the network.
    public let means, variances: [[Float]]

    public init(parameters: [Float], means: [[Float]], variances: [[Float]]) { (self.parameters, self.means, self.variances) = (parameters, means, variances) }

    /// *Collective* as the file is.
    /// - Parameter wrong: an error that names the file, and what was found and wanted.
    public init(
        from root: HDF5Group, layout: ParameterLayout, normalised: [NormalisedConvolution], wrong: (_ what: String, _ found: String, _ wanted: String) -> any Error
    ) throws {
        func numbers(_ name: String, _ shape: [Int]) throws -> [Float] {
            guard try root.hasObject(name) else { throw wrong(name, "nothing", "numbers of shape \(shape)") }
            let dataset = try root.dataset(name)
            guard dataset.shape == shape else { throw wrong(name, "shape \(dataset.shape)", "\(shape)") }
            let values = try dataset.read(as: Float.self)
            guard values.allSatisfy(\.isFinite) else { throw wrong(name, "what is no number", "numbers") }
            return values
        }
        var parameters = [Float](repeating: 0, count: layout.count)
        for tensor in layout.tensors { parameters.replaceSubrange(tensor.range, with: try numbers("parameters/\(tensor.name)", tensor.shape)) }
        self.parameters = parameters
        means = try normalised.map { try numbers("statistics/\($0.normalisation)/mean", [$0.channels]) }
        variances = try normalised.map { place in
            let name = "statistics/\(place.normalisation)/variance", found = try numbers(name, [place.channels])
            guard found.allSatisfy({ $0 >= 0 }) else { throw wrong(name, "a negative one", "variances") }
            return found
        }
    }

    /// *Collective;* every rank passes the same.
    public func write(to root: HDF5Group, layout: ParameterLayout, normalised: [NormalisedConvolution]) throws {
        for tensor in layout.tensors { try root.write("parameters/\(tensor.name)", Array(parameters[tensor.range]), shape: tensor.shape) }
        for (index, place) in normalised.enumerated() {
            try root.write("statistics/\(place.normalisation)/mean", means[index])
            try root.write("statistics/\(place.normalisation)/variance", variances[index])
        }
    }
}
