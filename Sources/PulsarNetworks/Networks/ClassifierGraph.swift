import Networks
import PulsarFrames

/// The networks as graphs: inputs of a prepared frame, logits of the classes.
public enum ClassifierGraph {
    /// One input of a network: its name and extents, in the order in which a prepared frame holds them.
    public struct Input: Sendable {
        public let name: String
        public let shape: [Int]
        public var count: Int { shape.reduce(1, *) }
    }

    /// A network's graph with output `logits`, and `loss` with its gradient if it is to be trained.
    /// - Throws: `ClassifierError` for axes that do not suit it.
    public static func build(_ model: ClassifierModel, training: Bool) throws -> (graph: Graph, inputs: [Input]) {
        try model.validate()
        let builder = GraphBuilder()
        let inputs = inputs(of: model)
        let tensors = try inputs.map { try builder.input($0.name, shape: $0.shape) }
        let logits: Tensor
        if let shape = model.kind.published {
            logits = try published(builder, tensors[0], shape.channels, shape.lastKernel, shape.hidden, classes: model.classes)
        } else {
            logits = try views(builder, tensors, classes: model.classes)
        }
        try builder.output("logits", logits)
        if training {
            let loss = try softmaxCrossEntropy(logits, targets: builder.input("targets", shape: [model.classes])).laneMean()
            try builder.output("loss", loss)
            try builder.differentiate(loss)
        }
        return (builder.graph, inputs)
    }

    static func inputs(of model: ClassifierModel) -> [Input] {
        guard model.kind == .didymos else { return [Input(name: "frame", shape: [1, model.axes.channels, model.axes.samples])] }
        let trials = FrameFeatures.trials(model).count
        return [
            Input(name: "image", shape: [1, FrameFeatures.side, FrameFeatures.side]), Input(name: "paths", shape: [1, trials, FrameFeatures.bins]),
            Input(name: "channels", shape: [FrameFeatures.channelFeatures, model.axes.channels]),
            Input(name: "series", shape: [FrameFeatures.seriesFeatures, model.axes.samples]),
        ]
    }

    /// The published family, with Keras' initial weights. Extents that pooling does not divide lose their last row, as in Keras.
    private static func published(
        _ builder: GraphBuilder, _ x: Tensor, _ channels: [Int], _ lastKernel: Int, _ hidden: Int, classes: Int
    ) throws -> Tensor {
        let valid = ConvolutionGeometry.Boundary.zeros(before: [0, 0], after: [0, 0])
        let glorot = Initializer.xavierUniform(gain: 1)
        var y = x
        for (k, outputs) in channels.enumerated() {
            let extent = k < 2 ? 5 : lastKernel
            y = try layer(builder, "conv\(k + 1)", y, outputs, [extent, extent], boundary: valid, pool: k < 2 ? [2, 2] : nil, weights: glorot)
        }
        y = try relu(builder.dense("hidden", y.flattened(), outputs: hidden, weights: glorot))
        return try builder.dense("classes", y, outputs: classes, weights: glorot)
    }

    /// Convolution, bias, rectifier, and the largest of each window: the largest is taken first, which gives the same bits (bias and rectifier keep the
    /// order of numbers) and spares them most of their work.
    private static func layer(
        _ builder: GraphBuilder, _ name: String, _ x: Tensor, _ outputs: Int, _ kernel: [Int], boundary: ConvolutionGeometry.Boundary,
        stride: [Int]? = nil, pool: [Int]?, weights: Initializer
    ) throws -> Tensor {
        var y = try builder.convolution(name, x, outputs: outputs, kernel: kernel, boundary: boundary, stride: stride, weights: weights, bias: nil)
        if let pool { y = try (pool == [2, 2] ? cropped(y) : y).maximumPooled(pool) }
        let bias = try builder.scope(name) { try builder.parameter("bias", shape: [outputs] + y.spatial.map { _ in 1 }, initializer: .zeros) }
        return try relu(y + bias)
    }

    /// Without the last row and column where their number is odd.
    private static func cropped(_ x: Tensor) throws -> Tensor {
        let extents = x.spatial.map { $0 / 2 * 2 }
        if extents == x.spatial { return x }
        let sites = (0..<extents[0]).flatMap { row in (0..<extents[1]).map { Int32(row * x.spatial[1] + $0) } }
        return try x.gathered(.table(sites: sites, extents: extents))
    }

    /// `didymos`: one small branch a view, each ending in its largest and its mean activations, so that where a signal lies does not matter; then four
    /// questions, whether there is a pulse, narrow-band, broad-band, other. A class is the sum of the answers that it says yes to: eight
    /// classes are three questions, and a rare mixture is learnt from the common ones.
    private static func views(_ builder: GraphBuilder, _ inputs: [Tensor], classes: Int) throws -> Tensor {
        let initial = Initializer.kaimingUniform(slope: 0)
        func same(_ kernel: [Int]) -> ConvolutionGeometry.Boundary { .zeros(before: kernel.map { $0 / 2 }, after: kernel.map { $0 / 2 }) }
        func layer(_ name: String, _ x: Tensor, _ outputs: Int, _ kernel: [Int], stride: [Int]? = nil, pool: [Int]? = nil) throws -> Tensor {
            try Self.layer(builder, name, x, outputs, kernel, boundary: same(kernel), stride: stride, pool: pool, weights: initial)
        }
        func summary(_ x: Tensor) throws -> Tensor {
            try concatenate([x.maximumPooled(x.spatial).flattened(), x.averagePooled(x.spatial).flattened()])
        }
        var image = try layer("image1", inputs[0], 8, [5, 5], stride: [2, 2])
        image = try layer("image2", image, 16, [3, 3], stride: [2, 2])
        image = try layer("image3", image, 16, [3, 3], stride: [2, 2])

        // What the largest of many paths is without a signal differs from place to place: a level for each.
        let level = try builder.parameter("level", shape: inputs[1].shape, initializer: .zeros)
        let strengths = try inputs[1] + level
        // The strongest path of eight neighbouring trials goes to the answers as it is, besides the branch.
        let strongest = try strengths.maximumPooled([8, FrameFeatures.bins]).flattened()
        var paths = try layer("paths1", strengths, 8, [3, 3], pool: [2, 1])
        paths = try layer("paths2", paths, 16, [3, 3], pool: [2, 2])
        paths = try layer("paths3", paths, 16, [3, 3])

        func line(_ name: String, _ x: Tensor) throws -> Tensor {
            var y = try layer("\(name)1", x, 8, [5], pool: [4])
            y = try layer("\(name)2", y, 16, [5], pool: [4])
            return try layer("\(name)3", y, 16, [3])
        }
        let seen = try concatenate([
            summary(image), summary(paths), strongest, summary(line("channels", inputs[2])), summary(line("series", inputs[3])),
        ])
        let hidden = try relu(builder.dense("hidden", seen, outputs: 32, weights: initial))
        let answers = try builder.dense("answers", hidden, outputs: 4)
        var table = [Float](repeating: 0, count: 4 * classes)
        for index in 0..<min(8, classes) {
            for bit in 0..<3 where index >> bit & 1 == 1 { table[4 * index + bit] = 1 }
        }
        if classes == 9 { table[4 * 8 + 3] = 1 }
        return try answers.dense(builder.constant(table, shape: [classes, 4]))
    }
}
