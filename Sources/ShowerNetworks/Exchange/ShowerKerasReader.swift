import ParallelHDF5

extension ShowerKeras {
    /// Takes the weights of an HDF5 file that Keras or `writeWeights` made: legacy weights, a legacy whole model, or Keras 3's `.weights.h5`.
    /// *Collective.*
    ///
    /// Layers are found by our names; where a kind of layer has other names, in the order of the model.
    /// - Throws: `ShowerNetworkError` naming the layer that is missing, of another shape or not finite.
    public static func readWeights(_ file: HDF5File, _ network: ShowerNetwork, channels: KerasChannels, into model: ShowerModel) throws {
        let found = try layers(of: file), wanted = KerasLayer.layers(model, network, channels: channels)
        var numbers = model[network]
        for kind in [KerasLayer.Kind.dense, .convolution, .normalisation] {
            let here = found.filter { $0.kind == kind }, want = wanted.filter { $0.kind == kind }
            guard here.count == want.count else {
                throw ShowerNetworkError(
                    "\(file.path): \(here.count) \(kind.rawValue) layers, wanted \(want.count) as the \(network.rawValue) of profile '\(model.architecture.name)' has")
            }
            let byName = want.map { layer in here.first { $0.name == layer.name } }
            let pairs = byName.contains { $0 == nil } ? here : byName.compactMap(\.self)
            for (stored, layer) in zip(pairs, want) {
                for (dataset, tensor) in zip(stored.datasets, layer.tensors) {
                    let place = "\(file.path): layer '\(stored.name)', \(tensor.name)"
                    guard dataset.shape == tensor.shape else {
                        throw ShowerNetworkError(
                            "\(place) has shape \(dataset.shape), wanted \(tensor.shape) of '\(layer.name)' in profile '\(model.architecture.name)'")
                    }
                    let values = try dataset.read(as: Float.self)
                    try values.requireFinite(place)
                    numbers.setKerasValues(values, tensor)
                }
            }
        }
        model[network] = numbers
    }

    private struct StoredLayer {
        let name: String
        let kind: KerasLayer.Kind
        /// As Keras orders them: kernel, bias; gamma, beta, mean, variance.
        let datasets: [HDF5Dataset]

        init(_ name: String, _ datasets: [HDF5Dataset], file: String) throws {
            self.name = name
            self.datasets = datasets
            switch datasets.map(\.shape.count) {
            case [2, 1]: kind = .dense
            case [5, 1]: kind = .convolution
            case [1, 1, 1, 1]: kind = .normalisation
            default:
                throw ShowerNetworkError(
                    "\(file): layer '\(name)' has weights of shapes \(datasets.map(\.shape)), wanted a dense layer or a three-dimensional convolution, with bias, or a batch normalisation")
            }
        }
    }

    private static func layers(of file: HDF5File) throws -> [StoredLayer] {
        if try file.root.hasAttribute("layer_names") { return try legacyLayers(file.root, file: file.path) }
        if try file.root.hasObject("model_weights") { return try legacyLayers(file.root.group("model_weights"), file: file.path) }
        if try file.root.hasObject("layers") { return try containerLayers(file.root.group("layers"), file: file.path) }
        throw ShowerNetworkError(
            "\(file.path): no attribute 'layer_names' and no group 'model_weights' or 'layers'; wanted weights that Keras saved or `gan3d export --format keras` wrote")
    }

    private static func legacyLayers(_ root: HDF5Group, file: String) throws -> [StoredLayer] {
        try root.stringAttributes("layer_names").compactMap { name in
            let group = try root.group(name)
            // Without weights the list of their names is of numbers.
            guard try !group.memberNames.isEmpty else { return nil }
            return try StoredLayer(name, group.stringAttributes("weight_names").map { try group.dataset($0) }, file: file)
        }
    }

    /// Keras 3: groups are called by class and number, `conv3d`, `conv3d_1`, in the order of the model; the layer's name is an attribute.
    private static func containerLayers(_ root: HDF5Group, file: String) throws -> [StoredLayer] {
        func number(_ group: String) -> (String, Int) {
            guard let bar = group.lastIndex(of: "_"), let value = Int(group[group.index(after: bar)...]) else { return (group, 0) }
            return (String(group[..<bar]), value)
        }
        return try root.memberNames.sorted { number($0) < number($1) }.compactMap { member in
            guard try root.hasObject("\(member)/vars") else { return nil }
            let group = try root.group("\(member)/vars")
            let count = try group.memberNames.count
            guard count > 0 else { return nil }
            let name = try group.hasAttribute("name") ? group.stringAttribute("name") : member
            return try StoredLayer(name, (0..<count).map { try group.dataset("\($0)") }, file: file)
        }
    }
}
