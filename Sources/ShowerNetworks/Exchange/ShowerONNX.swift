import Batch
import ModelExchange

/// Trained networks as ONNX, in standard operators, by the running averages of the normalisations.
///
/// The generator has one input, `latent` (N, 256): energy / 100 GeV, polar angle in rad, normal numbers; and one output, `deposits` in GeV. That is
/// what the example Par04 of Geant4 feeds and reads. The discriminator takes such deposits and says `generation`, the probability of a real
/// shower, and `auxiliary`, energy / 100 GeV; where images are relative to the primary's energy, it has a second input `energy` / 100 GeV. Its two heads without parameters, angle and sum, stay outside.
public enum ShowerONNX {
    /// Order of the cells of a shower.
    public enum Axes: String, Sendable, CaseIterable {
        /// x, y, layer: the CLIC files'.
        case cells = "xyz"
        /// layer, x, y: what DDML of Key4hep reads.
        case layers = "zxy"
    }

    /// The bytes of the file. *Not collective.*
    public static func encode(_ model: ShowerModel, _ network: ShowerNetwork, axes: Axes) -> [UInt8] {
        let architecture = model.architecture
        var onnx = ONNXModel(name: "\(architecture.name)_\(network.rawValue)", producerVersion: Provenance.version)
        onnx.metadata = [
            ("profile", architecture.name), ("deposits_unit", "GeV"), ("cell_order", axes.rawValue),
            ("energy_scale_GeV", "\(architecture.energyScale)"), ("latent", "energy / energy_scale_GeV, theta in rad, normal numbers"),
        ]
        var builder = Builder(onnx: onnx, model: model, network: network, axes: axes)
        switch network {
        case .generator: builder.buildGenerator()
        case .discriminator: builder.buildDiscriminator()
        }
        return builder.onnx.encoded()
    }

    /// Tensors of `LayerEnergies`: means and spreads, (basis without its constant, 2 layers + 2) and (2 layers + 2); the correlation, transposed; thresholds.
    static let energySlopes = "layers/slopes"
    static let energyConstants = "layers/constants"
    static let energyCorrelation = "layers/correlation"
    static let energyThresholds = "layers/thresholds"

    private struct Builder {
        var onnx: ONNXModel
        let model: ShowerModel
        let network: ShowerNetwork
        let axes: Axes
        var architecture: ShowerArchitecture { model.architecture }

        private var shape: [ONNXModel.Extent] {
            let e = architecture.imageExtents
            return [.named("N")] + (axes == .cells ? e : [e[2], e[0], e[1]]).map { .fixed($0) }
        }

        mutating func buildGenerator() {
            let a = architecture
            onnx.addInput("latent", [.named("N"), .fixed(a.latentCount)])
            onnx.addOutput("deposits", shape)
            var value = onnx.add(
                "Gemm", ["latent", parameter("dense/weights"), parameter("dense/bias")], to: "dense", [("transB", .integer(1))])
            value = reshaped(value, [0, a.seedChannels] + a.seedExtents, to: "box")
            value = addStages(value)
            // What is not positive is no energy, and has no power.
            if let last = model.stages(.generator).last?.layer, last.isNormalised || last.negativeSlope != 0 {
                value = onnx.add("Relu", [value], to: "image")
            }
            value = reshaped(value, [0] + a.imageExtents, to: "cells")
            if let energies = model.generator.layerEnergies { value = filled(value, energies) }
            if axes == .layers { value = onnx.add("Transpose", [value], to: "ordered", [("perm", .integers([0, 3, 1, 2]))]) }
            let power = onnx.add("inverse_power", [1 / a.imagePower], shape: [])
            value = onnx.add("Pow", [value, power], to: "stored")
            if a.isRelative {
                value = onnx.add("Mul", [value, reshaped(latent(0, "unit/energy"), [0, 1, 1, 1], to: "unit")], to: "absolute")
            }
            let scale = onnx.add("stored_per_GeV", [Float(ShowerArchitecture.storedPerGeV)], shape: [])
            _ = onnx.add("Div", [value, scale], to: "deposits")
        }

        /// One of the latent numbers, (N, 1).
        private mutating func latent(_ index: Int, _ name: String) -> String {
            let first = onnx.add("\(name)/first", [index]), behind = onnx.add("\(name)/behind", [index + 1])
            return onnx.add("Slice", ["latent", first, behind, onnx.add("\(name)/axis", [1])], to: name)
        }

        /// `cells` cut, and scaled so that its layers hold what is drawn for them: `LayerEnergies.cut` and `.draw`.
        private mutating func filled(_ cells: String, _ energies: LayerEnergies) -> String {
            let layers = energies.layers, basis = ConditionalMoments.basisCount
            let thresholds = onnx.add(ShowerONNX.energyThresholds, energies.thresholds, shape: [layers])
            let cut = onnx.add("Relu", [onnx.add("Sub", [cells, thresholds], to: "above")], to: "cut")
            let axes = onnx.add("layers/plane", [1, 2])
            let sums = onnx.add("ReduceSum", [onnx.add("Mul", [cut, cut], to: "layers/energies"), axes], to: "layers/sums", [("keepdims", .integer(1))])
            let wanted = reshaped(drawn(energies, basis), [0, 1, 1, layers], to: "layers/wanted")
            // An empty layer has nothing to scale.
            let least = onnx.add("layers/least", [Float.leastNormalMagnitude], shape: [])
            let ratio = onnx.add("Div", [wanted, onnx.add("Max", [sums, least], to: "layers/safe")], to: "layers/ratio")
            return onnx.add("Mul", [cut, onnx.add("Sqrt", [ratio], to: "layers/factors")], to: "calibrated")
        }

        /// What the layers hold, (N, layers).
        private mutating func drawn(_ energies: LayerEnergies, _ basis: Int) -> String {
            let layers = energies.layers
            let energy = onnx.add("Log", [latent(0, "layers/energy")], to: "layers/log_energy")
            let angle = latent(1, "layers/angle")
            let cotangent = onnx.add(
                "Div", [onnx.add("Cos", [angle], to: "layers/cosine"), onnx.add("Sin", [angle], to: "layers/sine")], to: "layers/cotangent")
            let columns = [
                energy, cotangent, onnx.add("Mul", [energy, energy], to: "layers/energy2"),
                onnx.add("Mul", [energy, cotangent], to: "layers/product"), onnx.add("Mul", [cotangent, cotangent], to: "layers/cotangent2"),
            ]
            let conditions = onnx.add("Concat", columns, to: "layers/basis", [("axis", .integer(1))])
            let table = energies.means + energies.spreads, count = 2 * (layers + 1)
            let slopes = (1..<basis).flatMap { k in (0..<count).map { Float(table[$0 * basis + k]) } }
            let constants = (0..<count).map { Float(table[$0 * basis]) }
            let moments = onnx.add(
                "Gemm",
                [
                    conditions, onnx.add(ShowerONNX.energySlopes, slopes, shape: [basis - 1, count]),
                    onnx.add(ShowerONNX.energyConstants, constants, shape: [count]),
                ], to: "layers/moments")
            func part(_ source: String, _ range: Range<Int>, _ name: String) -> String {
                onnx.add(
                    "Slice",
                    [source, onnx.add("\(name)/first", [range.lowerBound]), onnx.add("\(name)/behind", [range.upperBound]), onnx.add("\(name)/axis", [1])],
                    to: name)
            }
            let transposed = (0..<layers * layers).map { Float(energies.correlation[$0 % layers * layers + $0 / layers]) }
            let correlated = onnx.add(
                "MatMul",
                [part("latent", 2..<2 + layers, "layers/noise"), onnx.add(ShowerONNX.energyCorrelation, transposed, shape: [layers, layers])],
                to: "layers/correlated")
            func normal(_ mean: String, _ spread: String, _ noise: String, _ name: String) -> String {
                let width = onnx.add("Relu", [spread], to: "\(name)/width")
                let away = onnx.add("Mul", [width, noise], to: "\(name)/away")
                return onnx.add("Relu", [onnx.add("Add", [mean, away], to: "\(name)/normal")], to: name)
            }
            let roots = normal(
                part(moments, 0..<layers, "layers/root_means"), part(moments, layers + 1..<2 * layers + 1, "layers/root_spreads"), correlated, "layers/roots")
            let total = normal(
                part(moments, layers..<layers + 1, "layers/total_mean"), part(moments, 2 * layers + 1..<2 * layers + 2, "layers/total_spread"),
                part("latent", 2 + layers..<3 + layers, "layers/total_noise"), "layers/total")
            let squares = onnx.add("Mul", [roots, roots], to: "layers/squares")
            let sum = onnx.add("ReduceSum", [squares, onnx.add("layers/along", [1])], to: "layers/sum", [("keepdims", .integer(1))])
            return onnx.add("Mul", [onnx.add("Div", [squares, sum], to: "layers/shares"), total], to: "layers/drawn")
        }

        mutating func buildDiscriminator() {
            let a = architecture
            onnx.addInput("deposits", shape)
            onnx.addOutput("generation", [.named("N"), .fixed(1)])
            onnx.addOutput("auxiliary", [.named("N"), .fixed(1)])
            var value = "deposits"
            if axes == .layers { value = onnx.add("Transpose", [value], to: "ordered", [("perm", .integers([0, 2, 3, 1]))]) }
            let scale = onnx.add("stored_per_GeV", [Float(ShowerArchitecture.storedPerGeV)], shape: [])
            value = onnx.add("Mul", [value, scale], to: "stored")
            if a.isRelative {
                onnx.addInput("energy", [.named("N"), .fixed(1)])
                value = onnx.add("Div", [value, reshaped("energy", [0, 1, 1, 1], to: "unit")], to: "relative")
            }
            let power = onnx.add("power", [a.imagePower], shape: [])
            value = onnx.add("Pow", [value, power], to: "cells")
            value = reshaped(value, [0, 1] + a.imageExtents, to: "image")
            value = addStages(value)
            value = onnx.add("AveragePool", [value], to: "pooled", [("kernel_shape", .integers(a.pooling)), ("strides", .integers(a.pooling))])
            value = onnx.add("Flatten", [value], to: "features", [("axis", .integer(1))])
            let logit = onnx.add(
                "Gemm", [value, parameter("generation/weights"), parameter("generation/bias")], to: "logit", [("transB", .integer(1))])
            _ = onnx.add("Sigmoid", [logit], to: "generation")
            _ = onnx.add(
                "Gemm", [value, parameter("auxiliary/weights"), parameter("auxiliary/bias")], to: "auxiliary", [("transB", .integer(1))])
        }

        /// Convolution, activation, normalisation, layer after layer; a dropout passes everything after the training.
        private mutating func addStages(_ input: String) -> String {
            var value = input
            for (index, (layer, normalisation)) in zip(model.stages(network).map(\.layer), model.normalisations(network)).enumerated() {
                let name = layer.name
                if network == .generator, index == architecture.upsampledLayer { value = upsampled(value) }
                value = onnx.add(
                    "Conv", [value, parameter("\(name)/weights"), parameter("\(name)/bias")], to: "\(name)/result",
                    [
                        ("kernel_shape", .integers(layer.kernel)), ("strides", .integers(layer.strides)),
                        ("pads", .integers(layer.before + layer.after)),
                    ])
                value =
                    layer.negativeSlope == 0
                    ? onnx.add("Relu", [value], to: "\(name)/activation")
                    : onnx.add("LeakyRelu", [value], to: "\(name)/activation", [("alpha", .float(layer.negativeSlope))])
                guard let statistics = normalisation else { continue }
                let mean = onnx.add("\(name)/mean", statistics.mean, shape: [layer.channels])
                let variance = onnx.add("\(name)/variance", statistics.variance, shape: [layer.channels])
                value = onnx.add(
                    "BatchNormalization", [value, parameter("\(name)/scale"), parameter("\(name)/shift"), mean, variance],
                    to: "\(name)/normalised", [("epsilon", .float(architecture.epsilon))])
            }
            return value
        }

        private mutating func upsampled(_ value: String) -> String {
            let factors = architecture.upsampling
            let scales = onnx.add("upsampling", ([1, 1] + factors).map(Float.init), shape: [2 + factors.count])
            return onnx.add(
                "Resize", [value, "", scales], to: "upsampled",
                [("coordinate_transformation_mode", .text("asymmetric")), ("mode", .text("nearest")), ("nearest_mode", .text("floor"))])
        }

        private mutating func parameter(_ name: String) -> String {
            let tensor = model.tensor(network, name)
            return onnx.add(name, Array(model[network].parameters[tensor.range]), shape: tensor.shape)
        }

        private mutating func reshaped(_ value: String, _ shape: [Int], to output: String) -> String {
            onnx.add("Reshape", [value, onnx.add("\(output)/shape", shape)], to: output)
        }
    }
}
