import Batch
import ParallelHDF5

/// Trained networks for Keras: the architecture as JSON, the weights as legacy HDF5, both for channels last.
///
/// `keras.models.model_from_json` reads the one and `load_weights` the other. The networks work on images, (GeV x 50)^0.85 as published.
/// Source: Keras 3, saving/legacy/legacy_h5_format.py, whose layout Keras 2 shares.
public enum ShowerKeras {
    /// `model_from_json`'s text. *Not collective.*
    public static func architecture(_ model: ShowerModel, _ network: ShowerNetwork) -> String {
        var builder = Builder(model: model, network: network)
        return builder.model.prettyText
    }

    /// Writes the weights. *Collective.*
    public static func writeWeights(_ model: ShowerModel, _ network: ShowerNetwork, to root: HDF5Group) throws {
        let layers = KerasLayer.layers(model, network, channels: .last)
        try root.setAttribute("layer_names", layers.map(\.name))
        try root.setAttribute("backend", "tensorflow")
        try root.setAttribute("keras_version", "3.0.0")
        for layer in layers {
            let group = try root.createGroup(layer.name)
            try group.setAttribute("weight_names", layer.tensors.map { "\(layer.name)/\($0.name)" })
            for tensor in layer.tensors {
                try group.write("\(layer.name)/\(tensor.name)", model[network].kerasValues(tensor), shape: tensor.shape)
            }
        }
    }

    private struct Builder {
        let architecture: ShowerArchitecture
        let network: ShowerNetwork
        let stages: [Stage]
        private var layers: [JSON] = []
        /// Name of the layer that the next one reads.
        private var last = ""

        init(model: ShowerModel, network: ShowerNetwork) {
            architecture = model.architecture
            self.network = network
            stages = model.stages(network)
        }

        var model: JSON {
            mutating get {
                let a = architecture
                layers = []
                switch network {
                case .generator:
                    input("latent", [a.latentCount])
                    let box = a.seedExtents + [a.seedChannels]
                    add("Dense", "dense", ["units": .integer(box.reduce(1, *)), "activation": "linear"])
                    add("Reshape", "box", ["target_shape": list(box)])
                    addStages()
                    return wrap(outputs: [last])
                case .discriminator:
                    input("image", a.imageExtents + [1])
                    addStages()
                    add(
                        "AveragePooling3D", "pooling",
                        ["pool_size": list(a.pooling), "strides": list(a.pooling), "padding": "valid", "data_format": "channels_last"])
                    add("Flatten", "features", ["data_format": "channels_last"])
                    let features = last
                    add("Dense", "generation", ["units": 1, "activation": "sigmoid"])
                    last = features
                    add("Dense", "auxiliary", ["units": 1, "activation": "linear"])
                    return wrap(outputs: ["generation", "auxiliary"])
                }
            }
        }

        private func list(_ values: [Int]) -> JSON { .array(values.map(JSON.integer)) }

        private mutating func addStages() {
            for (index, layer) in stages.map(\.layer).enumerated() {
                if network == .generator, index == architecture.upsampledLayer {
                    add("UpSampling3D", "upsampling", ["size": list(architecture.upsampling), "data_format": "channels_last"])
                }
                if layer.before + layer.after != [Int](repeating: 0, count: 6) {
                    let padding = zip(layer.before, layer.after).map { list([$0, $1]) }
                    add("ZeroPadding3D", "\(layer.name)_padding", ["padding": .array(padding), "data_format": "channels_last"])
                }
                add(
                    "Conv3D", layer.name,
                    [
                        "filters": .integer(layer.channels), "kernel_size": list(layer.kernel), "strides": list(layer.strides), "padding": "valid", "activation": "linear",
                        "data_format": "channels_last",
                    ])
                if layer.negativeSlope == 0 {
                    add("ReLU", "\(layer.name)_activation", [:])
                } else {
                    add("LeakyReLU", "\(layer.name)_activation", ["negative_slope": number(layer.negativeSlope)])
                }
                if layer.isNormalised {
                    add(
                        "BatchNormalization", KerasLayer.normalisationName(layer),
                        ["axis": -1, "momentum": number(MovingStatistics.momentum), "epsilon": number(architecture.epsilon)])
                }
                if layer.dropout > 0 { add("Dropout", "\(layer.name)_dropout", ["rate": number(layer.dropout)]) }
            }
        }

        /// The decimal number that was meant, not all digits of its nearest `Float`.
        private func number(_ value: Float) -> JSON { .number(Double("\(value)") ?? Double(value)) }

        private mutating func input(_ name: String, _ shape: [Int]) {
            append("InputLayer", name, ["batch_shape": .array([.null] + shape.map(JSON.integer)), "dtype": "float32"], reads: nil)
        }

        private mutating func add(_ kind: String, _ name: String, _ settings: JSON) { append(kind, name, settings, reads: last) }

        private mutating func append(_ kind: String, _ name: String, _ settings: JSON, reads: String?) {
            var configuration = settings.object ?? JSONObject()
            configuration["name"] = .string(name)
            layers.append([
                "module": "keras.layers", "class_name": .string(kind), "config": .object(configuration), "registered_name": .null,
                "name": .string(name), "inbound_nodes": .array(reads.map { [.array([.array([.string($0), 0, 0, [:]])])] } ?? []),
            ])
            last = name
        }

        private func wrap(outputs: [String]) -> JSON {
            let first = layers.first?["name"] ?? .null
            return [
                "module": "keras.models", "class_name": "Model", "registered_name": "Functional",
                "config": [
                    "name": .string(network.rawValue), "trainable": true, "layers": .array(layers), "input_layers": .array([.array([first, 0, 0])]),
                    "output_layers": .array(outputs.map { .array([.string($0), 0, 0]) }),
                ],
                "keras_version": "3.0.0", "backend": "tensorflow",
            ]
        }
    }
}
