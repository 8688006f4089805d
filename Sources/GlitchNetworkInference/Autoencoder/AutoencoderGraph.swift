import Networks

/// The graph of an autoencoder: input `series` [inputs, window], output `strain` [1, window]; with a loss also the input `target` [1, window] and the outputs `loss`,
/// which is differentiated, and `power` per sample.
struct AutoencoderGraph {
    let graph: Graph
    /// In the order of the graph; empty without normalisation.
    let normalised: [NormalisedConvolution]

    /// - Throws: `NetworkError` for extents that no kernel serves.
    init(_ architecture: AutoencoderArchitecture, normalisation: BatchNormalisation, hasLoss: Bool) throws {
        let builder = GraphBuilder()
        let layers = NormalisedConvolutions(builder, normalisation)
        let reach = AutoencoderArchitecture.kernel / 2
        let around = ConvolutionGeometry.Boundary.zeros(before: [reach], after: [reach])
        func layer(_ name: String, _ x: Tensor, _ outputs: Int, stride: [Int]? = nil) throws -> Tensor {
            let weights = Initializer.xavierUniform(gain: 1), kernel = [AutoencoderArchitecture.kernel]
            let y =
                architecture.isNormalised
                ? try layers.layer(name, "\(name)_normalisation", x, outputs: outputs, kernel: kernel, boundary: around, stride: stride, weights: weights)
                : try builder.convolution(name, x, outputs: outputs, kernel: kernel, boundary: around, stride: stride, weights: weights)
            return architecture.activation == .tanh ? try tanh(y) : try leakyRelu(y, slope: 0.1)
        }
        var x = try builder.input("series", shape: [architecture.inputs, architecture.window])
        x = try layer("input", x, architecture.inputs)
        for (level, width) in architecture.widths.enumerated() { x = try layer("down\(level + 1)", x, width, stride: [2]) }
        for (level, width) in ([architecture.inputs] + architecture.widths.dropLast()).reversed().enumerated() {
            x = try layer("up\(level + 1)", x.upsampled([2]), width)
        }
        // Nothing is subtracted before something is learnt.
        let strain = try builder.convolution(
            "output", x, outputs: 1, kernel: [AutoencoderArchitecture.kernel], boundary: around, weights: .normal(deviation: 0.01))
        try builder.output("strain", strain)
        if hasLoss {
            let target = try builder.input("target", shape: strain.shape)
            // Only where the window's ends are not felt.
            let isWanted = (0..<architecture.window).map { ($0 >= architecture.margin && $0 < architecture.margin + architecture.wanted) ? Float(1) : 0 }
            let left = try (target - strain) * builder.constant(isWanted, shape: [1, architecture.window])
            let power = try left.square().sumPerSample() * (1 / Float(architecture.wanted))
            try builder.output("power", power)
            let loss = try power.laneMean()
            try builder.output("loss", loss)
            if normalisation == .shard { try builder.differentiate(loss) }
        }
        graph = builder.graph
        normalised = layers.places
    }
}
