import Networks

/// The graph of a network, with or without its loss.
package struct GlitchGraph {
    package let graph: Graph
    /// In the order of the graph.
    package let normalised: [NormalisedConvolution]

    /// - Parameter loss: makes the outputs `l1` and `similarity` per sample from the input `target`, and `loss`, which is differentiated where the
    ///   normalisation is the shard's.
    /// - Throws: `NetworkError` for extents that do not fit.
    package init(_ architecture: GlitchArchitecture, normalisation: BatchNormalisation, loss: GlitchLoss? = nil) throws {
        let writer = GlitchGraphWriter(normalisation)
        let builder = writer.builder
        let images = try builder.input("images", shape: [architecture.inputs, architecture.size, architecture.size])
        let strain =
            switch architecture.kind {
            case .unet: try writer.unet(images, architecture)
            case .resnet: try writer.resnet(images, architecture)
            }
        try builder.output("strain", strain)
        if let loss {
            let target = try builder.input("target", shape: strain.shape)
            let absolute = try SimilarityLoss.absolute(strain, target)
            let similarity = try SimilarityLoss.similarity(strain, target, range: loss.range)
            try builder.output("l1", absolute)
            try builder.output("similarity", similarity)
            let share = Float(loss.absoluteShare)
            let total = try (absolute * share + (1 - similarity) * (1 - share)).laneMean()
            try builder.output("loss", total)
            if normalisation == .shard { try builder.differentiate(total) }
        }
        graph = builder.graph
        normalised = writer.layers.places
    }
}

/// Writes the layers of both networks.
final class GlitchGraphWriter {
    let builder: GraphBuilder
    let layers: NormalisedConvolutions

    /// He et al., arXiv:1502.01852: what the reference's initialisation is meant to be, which it calls before there are layers.
    private static let weights = Initializer.kaimingNormal(slope: 0.01)
    /// Of the last convolution. Most of an image is quiet, a soft plus of 0.05; where the first images are far from that, training overshoots to where
    /// the soft plus has no slope.
    private static let (small, quiet) = (Initializer.normal(deviation: 0.01), Initializer.constant(-3))
    private static let around = ConvolutionGeometry.Boundary.zeros(before: [1, 1], after: [1, 1])
    private static let nothing = ConvolutionGeometry.Boundary.zeros(before: [0, 0], after: [0, 0])

    init(_ normalisation: BatchNormalisation) {
        builder = GraphBuilder()
        layers = NormalisedConvolutions(builder, normalisation)
    }

    private func scope<R>(_ name: String, _ body: () throws -> R) rethrows -> R { try builder.scope(name, body) }

    // MARK: U-Net

    /// Three levels down, a bottleneck, three levels up; each of two residual blocks.
    func unet(_ images: Tensor, _ architecture: GlitchArchitecture) throws -> Tensor {
        var x = images
        var skips: [Tensor] = []
        for level in 0..<3 {
            x = try stage("encoder\(level + 1)", x, outputs: architecture.base << level)
            skips.append(x)
            x = try x.maximumPooled([2, 2])
        }
        x = try stage("bottleneck", x, outputs: architecture.base << 3)
        for level in (0..<3).reversed() {
            let width = architecture.base << level
            x = try scope("up\(3 - level)") {
                try builder.convolution("convolution", x.linearlyUpsampled(), outputs: width, kernel: [3, 3], boundary: Self.around, weights: Self.weights)
            }
            if architecture.hasAttention {
                let gated = try attention("attention\(3 - level)", skips[level], x)
                x = try concatenate([x, gated])
            }
            x = try stage("decoder\(3 - level)", x, outputs: width)
        }
        let y = try builder.convolution("final", x, outputs: 1, kernel: [1, 1], boundary: Self.nothing, weights: Self.small, bias: Self.quiet)
        return try softplus(y)
    }

    private func stage(_ name: String, _ x: Tensor, outputs: Int) throws -> Tensor {
        try scope(name) { try residual("block2", residual("block1", x, outputs: outputs), outputs: outputs) }
    }

    /// Convolution, normalisation, activation, convolution, normalisation, sum with the input, activation: He et al., arXiv:1512.03385.
    private func residual(_ name: String, _ x: Tensor, outputs: Int) throws -> Tensor {
        try scope(name) {
            let first = try leakyRelu(normalisedConvolution(1, x, outputs: outputs), slope: 0.01)
            let second = try normalisedConvolution(2, first, outputs: outputs)
            let shortcut =
                x.channels == outputs
                ? x : try builder.convolution("shortcut", x, outputs: outputs, kernel: [1, 1], boundary: Self.nothing, weights: Self.weights, bias: nil)
            return try leakyRelu(second + shortcut, slope: 0.01)
        }
    }

    private func normalisedConvolution(_ number: Int, _ x: Tensor, outputs: Int) throws -> Tensor {
        try layers.layer(
            "convolution\(number)", "normalisation\(number)", x, outputs: outputs, kernel: [3, 3], boundary: Self.around, weights: Self.weights)
    }

    /// Every site of the skip connection looks at all sites of what comes from below: `x + gamma attention(query(x), key(g), value(g))`.
    ///
    /// Source: Wang et al., arXiv:1711.07971, with the weight gamma, 0 at first, of Zhang et al., arXiv:1805.08318, eq. 3.
    private func attention(_ name: String, _ x: Tensor, _ g: Tensor) throws -> Tensor {
        try scope(name) {
            let width = max(1, x.channels / 8)
            func projection(_ name: String, _ source: Tensor, _ outputs: Int) throws -> Tensor {
                try builder.convolution(name, source, outputs: outputs, kernel: [1, 1], boundary: Self.nothing, weights: Self.weights)
            }
            let result = try attended(queries: projection("query", x, width), keys: projection("key", g, width), values: projection("value", g, x.channels))
            return try result * builder.parameter("gamma", shape: [1], initializer: .zeros) + x
        }
    }

    // MARK: ResNet

    /// A wide convolution, two halvings, residual blocks, two doublings, a last convolution. The end is a soft plus instead of the reference's
    /// rectifier, whose outputs can die.
    func resnet(_ images: Tensor, _ architecture: GlitchArchitecture) throws -> Tensor {
        var x = try scope("first") {
            try relu(instanceNormalised(convolution("convolution", reflected(images, by: 3), outputs: architecture.base, kernel: 7)))
        }
        for level in 1...2 {
            x = try scope("down\(level)") {
                try relu(
                    instanceNormalised(
                        builder.convolution(
                            "convolution", x, outputs: architecture.base << level, kernel: [3, 3], boundary: Self.around, stride: [2, 2], weights: Self.weights)))
            }
        }
        let width = architecture.base << 2
        for block in 1...architecture.blocks {
            x = try scope("block\(block)") {
                let y = try relu(instanceNormalised(convolution("convolution1", reflected(x, by: 1), outputs: width, kernel: 3)))
                return try x + instanceNormalised(convolution("convolution2", reflected(y, by: 1), outputs: width, kernel: 3))
            }
        }
        for level in (0..<2).reversed() {
            x = try scope("up\(2 - level)") {
                try relu(
                    builder.convolution(
                        "convolution", x.upsampled([2, 2]), outputs: architecture.base << level, kernel: [3, 3], boundary: Self.around, weights: Self.weights))
            }
        }
        return try softplus(convolution("final", reflected(x, by: 1), outputs: 1, kernel: 3, weights: Self.small, bias: Self.quiet))
    }

    private func convolution(_ name: String, _ x: Tensor, outputs: Int, kernel: Int, weights: Initializer = weights, bias: Initializer = .zeros) throws -> Tensor {
        try builder.convolution(name, x, outputs: outputs, kernel: [kernel, kernel], boundary: Self.nothing, weights: weights, bias: bias)
    }

    /// Mean 0 and variance 1 over the sites of each channel and sample, without parameters: Ulyanov et al., arXiv:1607.08022.
    private func instanceNormalised(_ x: Tensor) throws -> Tensor {
        let share = 1 / Float(x.type.sites)
        let centred = try x - x.sum(over: .sites) * share
        let variance = try centred.square().sum(over: .sites) * share
        return try centred * (variance + 1e-5).squareRoot().reciprocal()
    }

    /// Mirrored at the middle of the outermost sites.
    private func reflected(_ x: Tensor, by reach: Int) throws -> Tensor {
        let (rows, columns) = (x.spatial[0], x.spatial[1])
        func mirror(_ i: Int, _ extent: Int) -> Int {
            let inner = i < 0 ? -i : i
            return inner < extent ? inner : 2 * (extent - 1) - inner
        }
        var sites: [Int32] = []
        for row in -reach..<rows + reach {
            for column in -reach..<columns + reach { sites.append(Int32(mirror(row, rows) * columns + mirror(column, columns))) }
        }
        return try x.gathered(.table(sites: sites, extents: [rows + 2 * reach, columns + 2 * reach]))
    }
}
