extension ShowerArchitecture {
    /// Every profile: what a configuration or a model file may name.
    public static let profiles: [ShowerArchitecture] = [.keras, .didymos, .miniature, .small]

    /// - Throws: `ShowerNetworkError` with the names there are. *Not collective.*
    public static func profile(named name: String) throws -> ShowerArchitecture {
        guard let found = profiles.first(where: { $0.name == name }) else {
            throw ShowerNetworkError("no profile '\(name)', wanted \(profiles.map(\.name).joined(separator: " or "))")
        }
        return found
    }

    /// Our own networks for the same box, for a training that has minutes: a fortieth of the operations of `keras`.
    ///
    /// Deposits over the primary's energy, to the power 0.5; two convolutions of the coarse box before the upsampling; no batch normalisation in the
    /// generator, so that it is the same function in training, after it, and with averaged weights; a strided discriminator. Why: docs/decisions/shower-training.md.
    public static let didymos = ShowerArchitecture(
        name: "didymos", latentCount: 64, seedChannels: 12, seedExtents: [10, 10, 10], upsampling: [6, 6, 3], upsampledLayer: 2,
        generatorLayers: [
            ConvolutionLayer("coarse1", 12, [3, 3, 3], before: [1, 1, 1], negativeSlope: 0.2, normalised: false, initializer: .kaimingUniform(slope: 0.2)),
            ConvolutionLayer("coarse2", 10, [3, 3, 3], before: [1, 1, 1], negativeSlope: 0.2, normalised: false, initializer: .kaimingUniform(slope: 0.2)),
            ConvolutionLayer("fine1", 4, [6, 6, 4], negativeSlope: 0.2, normalised: false, initializer: .kaimingUniform(slope: 0.2)),
            ConvolutionLayer("fine2", 4, [3, 3, 3], before: [0, 0, 1], negativeSlope: 0.2, normalised: false, initializer: .kaimingUniform(slope: 0.2)),
            ConvolutionLayer("deposits", 1, [3, 3, 3], normalised: false, initializer: .xavierNormal(gain: 1)),
        ],
        imageExtents: [51, 51, 25], imagePower: 0.5,
        discriminatorLayers: [
            ConvolutionLayer(
                "conv1", 8, [5, 5, 5], strides: [2, 2, 2], before: [2, 2, 2], negativeSlope: 0.2, normalised: false,
                initializer: .kaimingUniform(slope: 0.2)),
            ConvolutionLayer(
                "conv2", 16, [4, 4, 4], strides: [2, 2, 2], before: [1, 1, 1], negativeSlope: 0.2, dropout: 0.1, initializer: .kaimingUniform(slope: 0.2)),
            ConvolutionLayer(
                "conv3", 24, [3, 3, 3], strides: [2, 2, 2], before: [1, 1, 1], negativeSlope: 0.2, dropout: 0.1, initializer: .kaimingUniform(slope: 0.2)),
        ],
        pooling: [1, 1, 1], epsilon: 1e-6, energyScale: 100, isRelative: true)

    /// `didymos`' kinds of layers on the small box of `miniature`, for tests.
    public static let small = ShowerArchitecture(
        name: "small", latentCount: 8, seedChannels: 4, seedExtents: [5, 5, 4], upsampling: [3, 3, 2], upsampledLayer: 1,
        generatorLayers: [
            ConvolutionLayer("coarse", 4, [3, 3, 3], before: [1, 1, 1], negativeSlope: 0.2, normalised: false, initializer: .kaimingUniform(slope: 0.2)),
            ConvolutionLayer("fine", 3, [4, 4, 2], negativeSlope: 0.2, normalised: false, initializer: .kaimingUniform(slope: 0.2)),
            ConvolutionLayer("deposits", 1, [3, 3, 3], normalised: false, initializer: .xavierNormal(gain: 1)),
        ],
        imageExtents: [10, 10, 5], imagePower: 0.5,
        discriminatorLayers: [
            ConvolutionLayer(
                "conv1", 4, [3, 3, 3], strides: [2, 2, 2], before: [1, 1, 1], negativeSlope: 0.2, normalised: false, initializer: .kaimingUniform(slope: 0.2)),
            ConvolutionLayer(
                "conv2", 6, [4, 4, 3], strides: [2, 2, 2], before: [1, 1, 1], negativeSlope: 0.2, dropout: 0.1, initializer: .kaimingUniform(slope: 0.2)),
        ],
        pooling: [1, 1, 1], epsilon: 1e-6, energyScale: 100, isRelative: true)
}

extension ShowerArchitecture {
    /// Stored deposits per GeV, as the variable-angle files of 3DGAN have them.
    public static let storedPerGeV = 50.0
}
