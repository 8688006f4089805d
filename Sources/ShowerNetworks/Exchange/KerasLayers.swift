/// Which way Keras counts the cells of a box: the channels after the space, or before it.
public enum KerasChannels: String, Sendable, CaseIterable {
    case last
    case first
}

/// The layers of a network that hold weights, as Keras has them.
///
/// Keras stores a convolution kernel as (x, y, z, in, out) and a dense one as (in, out); ours are (out, in, x, y, z) and (out, in). Where a dense
/// layer makes a box, its columns follow the box: (x, y, z, channel) with channels last. A dense layer that reads a box sees the channels last
/// either way, because Keras' Flatten turns them. All of it is one operation: axes in reverse.
struct KerasLayer {
    enum Kind: String {
        case dense
        case convolution
        case normalisation
    }

    enum Place {
        case parameters(Range<Int>)
        case mean(Int)
        case variance(Int)
    }

    struct Tensor {
        /// Keras' name within the layer.
        let name: String
        /// Keras' shape.
        let shape: [Int]
        /// Our shape, axes as far as they are to be reversed.
        let view: [Int]
        let place: Place
    }

    let name: String
    let kind: Kind
    let tensors: [Tensor]

    /// In the order in which a Keras model has them.
    static func layers(_ model: ShowerModel, _ network: ShowerNetwork, channels: KerasChannels) -> [KerasLayer] {
        let a = model.architecture
        var result: [KerasLayer] = []
        func dense(_ name: String, inputs: Int, outputs: Int, kernelView: [Int], biasView: [Int]) {
            result.append(
                KerasLayer(
                    name: name, kind: .dense,
                    tensors: [
                        Tensor(
                            name: "kernel", shape: [inputs, outputs], view: kernelView,
                            place: .parameters(model.tensor(network, "\(name)/weights").range)),
                        Tensor(name: "bias", shape: [outputs], view: biasView, place: .parameters(model.tensor(network, "\(name)/bias").range)),
                    ]))
        }
        if network == .generator {
            let sites = a.seedExtents.reduce(1, *), box = a.seedChannels * sites
            dense(
                "dense", inputs: a.latentCount, outputs: box,
                kernelView: channels == .last ? [a.seedChannels, sites, a.latentCount] : [box, a.latentCount],
                biasView: channels == .last ? [a.seedChannels, sites] : [box])
        }
        var normalised = 0
        for stage in model.stages(network) {
            let layer = stage.layer
            result.append(
                KerasLayer(
                    name: layer.name, kind: .convolution,
                    tensors: [
                        Tensor(
                            name: "kernel", shape: layer.kernel + [stage.inputChannels, layer.channels],
                            view: [layer.channels, stage.inputChannels, layer.kernel.reduce(1, *)], place: .parameters(stage.weights)),
                        Tensor(name: "bias", shape: [layer.channels], view: [layer.channels], place: .parameters(stage.bias)),
                    ]))
            guard let scale = stage.scale, let shift = stage.shift else { continue }
            let places: [(String, Place)] = [
                ("gamma", .parameters(scale)), ("beta", .parameters(shift)), ("moving_mean", .mean(normalised)),
                ("moving_variance", .variance(normalised)),
            ]
            result.append(
                KerasLayer(
                    name: normalisationName(layer), kind: .normalisation,
                    tensors: places.map { Tensor(name: $0.0, shape: [layer.channels], view: [layer.channels], place: $0.1) }))
            normalised += 1
        }
        if network == .discriminator {
            let last = model.stages(network).last?.channels ?? 1, features = model.tensor(network, "generation/weights").range.count
            for name in ["generation", "auxiliary"] {
                dense(name, inputs: features, outputs: 1, kernelView: [last, features / last], biasView: [1])
            }
        }
        return result
    }

    static func normalisationName(_ layer: ConvolutionLayer) -> String { "\(layer.name)_normalisation" }
}

extension NetworkNumbers {
    /// Numbers of a tensor as Keras has them.
    func kerasValues(_ tensor: KerasLayer.Tensor) -> [Float] {
        switch tensor.place {
        case .parameters(let range): Self.reversingAxes(Array(parameters[range]), tensor.view)
        case .mean(let k): moving.layers[k].values.mean
        case .variance(let k): moving.layers[k].values.variance
        }
    }

    mutating func setKerasValues(_ values: [Float], _ tensor: KerasLayer.Tensor) {
        switch tensor.place {
        case .parameters(let range): parameters.replaceSubrange(range, with: Self.reversingAxes(values, tensor.view.reversed()))
        case .mean(let k): moving.layers[k].values.mean = values
        case .variance(let k): moving.layers[k].values.variance = values
        }
    }

    /// `values` of `shape`, row-major, as the tensor with its axes in reverse order.
    static func reversingAxes(_ values: [Float], _ shape: [Int]) -> [Float] {
        var result = values
        var index = [Int](repeating: 0, count: shape.count)
        for value in values {
            var place = 0
            for axis in shape.indices.reversed() { place = place * shape[axis] + index[axis] }
            result[place] = value
            for axis in shape.indices.reversed() {
                index[axis] += 1
                if index[axis] < shape[axis] { break }
                index[axis] = 0
            }
        }
        return result
    }
}
