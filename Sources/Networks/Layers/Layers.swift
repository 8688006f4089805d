// Layers: a few lines each over the primitive operations, with their parameters.

extension GraphBuilder {
    /// A convolution with weights `[outputs, inputs, kernel…]` and a bias per output channel.
    ///
    /// Parameters `name/weights` and `name/bias`; Kaiming-uniform weights by default as in PyTorch, bias zero.
    public func convolution(
        _ name: String, _ x: Tensor, outputs: Int, kernel: [Int], boundary: ConvolutionGeometry.Boundary, stride: [Int]? = nil,
        weights initializer: Initializer = .kaimingUniform(slope: 2.236_068), bias: Initializer? = .zeros
    ) throws -> Tensor {
        try scope(name) {
            let weights = try parameter("weights", shape: [outputs, x.channels] + kernel, initializer: initializer)
            let y = try x.convolved(weights, boundary: boundary, stride: stride)
            return try addBias(bias, to: y)
        }
    }

    /// A transposed convolution onto `extents`, with weights `[inputs, outputs, kernel…]` as in PyTorch.
    public func transposedConvolution(
        _ name: String, _ x: Tensor, outputs: Int, kernel: [Int], extents: [Int], boundary: ConvolutionGeometry.Boundary,
        stride: [Int]? = nil, weights initializer: Initializer = .kaimingUniform(slope: 2.236_068), bias: Initializer? = .zeros
    ) throws -> Tensor {
        try scope(name) {
            let weights = try parameter("weights", shape: [x.channels, outputs] + kernel, initializer: initializer)
            let y = try x.transposeConvolved(weights, extents: extents, boundary: boundary, stride: stride)
            return try addBias(bias, to: y)
        }
    }

    /// `w x + b` on features `[inputs]`.
    public func dense(
        _ name: String, _ x: Tensor, outputs: Int, weights initializer: Initializer = .kaimingUniform(slope: 2.236_068),
        bias: Initializer? = .zeros
    ) throws -> Tensor {
        try scope(name) {
            let weights = try parameter("weights", shape: [outputs, x.channels], initializer: initializer)
            return try addBias(bias, to: x.dense(weights))
        }
    }

    private func addBias(_ bias: Initializer?, to y: Tensor) throws -> Tensor {
        guard let bias else { return y }
        return try y + parameter("bias", shape: [y.channels] + y.spatial.map { _ in 1 }, initializer: bias)
    }

    /// Batch normalisation with the statistics of the shard's own sixteen samples.
    ///
    /// Source: Ioffe and Szegedy, arXiv:1502.03167, algorithm 1; per shard as Hoffer et al., arXiv:1705.08741, algorithm 1.
    /// Returns the result and, per channel, the mean and the unbiased variance for running averages.
    public func ghostBatchNormalization(
        _ name: String, _ x: Tensor, epsilon: Float = 1e-5
    ) throws -> (result: Tensor, mean: Tensor, variance: Tensor) {
        try scope(name) {
            let count = Float(16 * x.type.sites)
            let mean = try x.sum(over: [.sites, .lanes]) * (1 / count)
            let centred = try x - mean
            let squares = try centred.square().sum(over: [.sites, .lanes])
            let scale = try (squares * (1 / count) + epsilon).squareRoot().reciprocal()
            let result = try affineChannels(centred * scale)
            return (result, mean, try squares * (1 / (count - 1)))
        }
    }

    /// Batch normalisation by given statistics per channel (unbatched `[channels, 1…]`), for use after training.
    public func batchNormalization(_ name: String, _ x: Tensor, mean: Tensor, variance: Tensor, epsilon: Float = 1e-5) throws -> Tensor {
        try scope(name) { try affineChannels((x - mean) * (variance + epsilon).squareRoot().reciprocal()) }
    }

    private func affineChannels(_ x: Tensor) throws -> Tensor {
        let shape = [x.channels] + x.spatial.map { _ in 1 }
        let scale = try parameter("scale", shape: shape, initializer: .ones)
        let shift = try parameter("shift", shape: shape, initializer: .zeros)
        return try x * scale + shift
    }

    /// Zeroes each element with probability `rate` and scales the rest by 1 / (1 - rate).
    ///
    /// `draw` tells the dropouts of a model apart; the numbers are those of the run's `NoiseKey`.
    /// Source: Srivastava et al., JMLR 15 (2014) 1929.
    public func dropout(_ x: Tensor, rate: Float, draw: UInt32) throws -> Tensor {
        guard rate >= 0, rate < 1 else {
            throw NetworkError(node: "dropout", found: "rate \(rate)", wanted: "0 <= rate < 1")
        }
        let keep = try uniform(shape: x.shape, draw: draw).greater(than: constant(rate))
        return try x * (keep * (1 / (1 - rate)))
    }
}
