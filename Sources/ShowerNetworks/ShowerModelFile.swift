import Networks
import ParallelHDF5

/// A trained pair of networks on disk: group `generator` and group `discriminator`, each with `parameters/NAME` and `statistics/LAYER`.
public enum ShowerModelFile {
    static let format = "didymos shower networks"

    /// *Collective.*
    public static func write(_ generator: ShowerGenerator, _ g: [Float], _ discriminator: ShowerDiscriminator, _ d: [Float], to root: HDF5Group) throws {
        try root.setAttribute("format", format)
        try root.setAttribute("format_version", Int64(1))
        try root.setAttribute("profile", generator.architecture.name)
        try root.setAttribute("image_extents", generator.architecture.imageExtents.map(Int64.init))
        try root.setAttribute("image_power", Double(generator.architecture.imagePower))
        try root.setAttribute("energy_scale_GeV", generator.architecture.energyScale)
        try write(g, generator.layout, generator.moving, to: root.createGroup("generator"))
        try generator.layerEnergies?.write(to: root.group("generator"))
        try write(d, discriminator.layout, discriminator.moving, to: root.createGroup("discriminator"))
    }

    private static func write(_ values: [Float], _ layout: ParameterLayout, _ moving: MovingStatistics, to group: HDF5Group) throws {
        for tensor in layout.tensors { try group.write("parameters/\(tensor.name)", Array(values[tensor.range]), shape: tensor.shape) }
        try moving.write(to: group.createGroup("statistics"))
    }

    /// Parameters of a network; its moving statistics are replaced. *Collective.*
    /// - Throws: `ShowerNetworkError` naming the file and the tensor that is missing or of another shape.
    public static func read(_ file: HDF5File, _ name: String, layout: ParameterLayout, moving: inout MovingStatistics) throws -> [Float] {
        var none: LayerEnergies?
        return try read(file, name, layout: layout, moving: &moving, energies: &none)
    }

    /// The same of a generator, with what its layers hold.
    public static func read(
        _ file: HDF5File, _ name: String, layout: ParameterLayout, moving: inout MovingStatistics, energies: inout LayerEnergies?
    ) throws -> [Float] {
        guard try file.root.hasObject(name) else {
            throw ShowerNetworkError("\(file.path): no group '\(name)'; wanted a model that `gan3d train` wrote")
        }
        let group = try file.root.group(name)
        var values = [Float](repeating: 0, count: layout.count)
        for tensor in layout.tensors {
            let dataset = try group.dataset("parameters/\(tensor.name)")
            guard dataset.shape == tensor.shape else {
                throw ShowerNetworkError("\(file.path): \(name)/\(tensor.name) has shape \(dataset.shape), wanted \(tensor.shape): another profile")
            }
            values.replaceSubrange(tensor.range, with: try dataset.read(as: Float.self))
        }
        try moving.read(from: group.group("statistics"))
        try energies?.read(from: group)
        return values
    }
}
