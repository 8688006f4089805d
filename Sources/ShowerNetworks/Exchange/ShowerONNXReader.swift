import ModelExchange

extension ShowerONNX {
    /// Takes the weights of an ONNX file that `encode` made. *Not collective.*
    ///
    /// Constants are found by name; what else is in the file, its nodes included, is not looked at.
    /// - Throws: `ShowerNetworkError` with the byte where the file is damaged, or the tensor that is missing, of another shape or not finite.
    public static func read(_ bytes: [UInt8], file: String, _ network: ShowerNetwork, into model: ShowerModel) throws {
        var numbers = model[network]
        var missing: [String: Target] = [:]
        for tensor in model.layout(network).tensors { missing[tensor.name] = Target(shape: tensor.shape, place: .parameters(tensor.range)) }
        for (k, layer) in numbers.moving.layers.enumerated() {
            missing["\(layer.name)/mean"] = Target(shape: [layer.values.mean.count], place: .mean(k))
            missing["\(layer.name)/variance"] = Target(shape: [layer.values.mean.count], place: .variance(k))
        }
        var energies = network == .generator ? model.generator.layerEnergies : nil
        let basis = ConditionalMoments.basisCount
        if let energies {
            let layers = energies.layers
            missing[energySlopes] = Target(shape: [basis - 1, 2 * layers + 2], place: .moments(first: 1))
            missing[energyConstants] = Target(shape: [2 * layers + 2], place: .moments(first: 0))
            missing[energyCorrelation] = Target(shape: [layers, layers], place: .correlation)
            missing[energyThresholds] = Target(shape: [layers], place: .thresholds)
        }
        let wanted = missing.count
        do {
            try ONNXConstants(bytes, file: file).forEach { constant in
                guard let target = missing.removeValue(forKey: constant.name) else { return }
                guard constant.shape == target.shape else {
                    throw ShowerNetworkError(
                        "\(file): '\(constant.name)' has shape \(constant.shape), wanted \(target.shape): another profile than '\(model.architecture.name)'")
                }
                let values = try constant.floats()
                try values.requireFinite("\(file): '\(constant.name)'")
                switch target.place {
                case .parameters(let range): numbers.parameters.replaceSubrange(range, with: values)
                case .mean(let k): numbers.moving.layers[k].values.mean = values
                case .variance(let k): numbers.moving.layers[k].values.variance = values
                case .thresholds: energies?.thresholds = values
                case .correlation:
                    let layers = model.architecture.imageExtents[2]
                    for (i, value) in values.enumerated() { energies?.correlation[i % layers * layers + i / layers] = Double(value) }
                case .moments(let first):
                    let rows = model.architecture.imageExtents[2] + 1
                    for (i, value) in values.enumerated() {
                        let row = i % (2 * rows), place = row % rows * basis + first + i / (2 * rows)
                        if row < rows { energies?.means[place] = Double(value) } else { energies?.spreads[place] = Double(value) }
                    }
                }
            }
        } catch let error as ModelExchangeError { throw ShowerNetworkError(error.description) }
        if let first = missing.keys.sorted().first {
            throw ShowerNetworkError(
                "\(file): \(missing.count) of \(wanted) tensors of the \(network.rawValue) of profile '\(model.architecture.name)' are missing, the first '\(first)'; wanted a file of `gan3d export --format onnx`")
        }
        model[network] = numbers
        if network == .generator { model.generator.layerEnergies = energies }
    }

    private struct Target {
        enum Place {
            case parameters(Range<Int>)
            case mean(Int)
            case variance(Int)
            case thresholds
            case correlation
            /// Of the basis function `first` and the ones after it.
            case moments(first: Int)
        }
        let shape: [Int]
        let place: Place
    }
}
