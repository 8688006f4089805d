import Networks

/// The U-Net as a graph: image `[1, side, side]` in, the logarithm of the odds of a pulse at each place out.
///
/// Source: Ronneberger et al., arXiv:1505.04597, with padding and batch normalisation, 7,762,465 parameters at base 32, as PulsarRFI_NN v0.2 has it in
/// `unet_semantic_segmentation`.
package struct SegmentationGraph {
    package let graph: Graph
    package let normalised: [NormalisedConvolution]
    /// How much more a place with a pulse counts than one without, as in PulsarRFI_NN.
    static let pulseWeight: Float = 3

    private static let around = ConvolutionGeometry.Boundary.zeros(before: [1, 1], after: [1, 1])
    private static let nothing = ConvolutionGeometry.Boundary.zeros(before: [0, 0], after: [0, 0])

    /// - Parameter loss: makes the output `loss` from the input `mask`, which is differentiated where the normalisation is the shard's.
    /// - Throws: `NetworkError` for extents that do not fit.
    package init(_ model: SegmentationModel, normalisation: BatchNormalisation, loss: Bool = false) throws {
        let builder = GraphBuilder()
        let layers = NormalisedConvolutions(builder, normalisation)
        let weights = Initializer.kaimingNormal(slope: 0)
        func block(_ name: String, _ x: Tensor, outputs: Int) throws -> Tensor {
            try builder.scope(name) {
                try (1...2).reduce(x) { y, number in
                    try relu(
                        layers.layer(
                            "convolution\(number)", "normalisation\(number)", y, outputs: outputs, kernel: [3, 3], boundary: Self.around, weights: weights))
                }
            }
        }
        var x = try builder.input("image", shape: [1, model.side, model.side])
        var skips: [Tensor] = []
        for level in 0..<4 {
            x = try block("encoder\(level + 1)", x, outputs: model.base << level)
            skips.append(x)
            x = try x.maximumPooled([2, 2])
        }
        x = try block("bottleneck", x, outputs: model.base << 4)
        for level in (0..<4).reversed() {
            let up = try builder.transposedConvolution(
                "up\(level + 1)", x, outputs: model.base << level, kernel: [2, 2], extents: skips[level].spatial, boundary: Self.nothing, stride: [2, 2],
                weights: weights)
            x = try block("decoder\(level + 1)", concatenate([up, skips[level]]), outputs: model.base << level)
        }
        let logits = try builder.convolution("final", x, outputs: 1, kernel: [1, 1], boundary: Self.nothing, weights: .normal(deviation: 0.01), bias: .constant(-3))
        try builder.output("logits", logits)
        if loss {
            let mask = try builder.input("mask", shape: logits.shape)
            // -log p where there is a pulse, -log (1 - p) elsewhere.
            let present = try softplus(-logits) * mask * Self.pulseWeight
            let absent = try softplus(logits) * (1 - mask)
            let total = try (present + absent).meanPerSample().laneMean()
            try builder.output("loss", total)
            if normalisation == .shard { try builder.differentiate(total) }
        }
        graph = builder.graph
        normalised = layers.places
    }
}
