import Networks

/// A convolution, its activation, its batch normalisation (after the activation) and its dropout.
public struct ConvolutionLayer: Sendable, Equatable {
    public var name: String
    public var channels: Int
    public var kernel: [Int]
    public var strides: [Int]
    public var before: [Int]
    public var after: [Int]
    /// Slope of the activation below zero: 0 for ReLU.
    public var negativeSlope: Float
    public var isNormalised: Bool
    public var dropout: Float
    public var initializer: Initializer

    public init(
        _ name: String, _ channels: Int, _ kernel: [Int], strides: [Int] = [1, 1, 1], before: [Int] = [0, 0, 0], after: [Int]? = nil, negativeSlope: Float = 0,
        normalised: Bool = true, dropout: Float = 0, initializer: Initializer = .kaimingUniform(slope: 0)
    ) {
        self.name = name
        self.channels = channels
        self.kernel = kernel
        self.strides = strides
        self.before = before
        self.after = after ?? before
        self.negativeSlope = negativeSlope
        isNormalised = normalised
        self.dropout = dropout
        self.initializer = initializer
    }
}

/// The two networks of a conditional adversarial shower model.
///
/// The generator is a dense layer onto a coarse box, and convolutions, one of them of a nearest-neighbour upsampling; the discriminator convolutions,
/// an average pooling, and two numbers: real or not (a logit), and the primary's energy. The image is the deposited energy, or the deposited energy
/// over the primary's, to the power `imagePower`.
public struct ShowerArchitecture: Sendable, Equatable {
    public var name: String
    /// Inputs of the generator: energy, angle, and normal numbers.
    public var latentCount: Int
    public var seedChannels: Int
    public var seedExtents: [Int]
    public var upsampling: [Int]
    /// The convolution that reads the upsampled box.
    public var upsampledLayer = 0
    public var generatorLayers: [ConvolutionLayer]
    public var imageExtents: [Int]
    public var imagePower: Float
    public var discriminatorLayers: [ConvolutionLayer]
    public var pooling: [Int]
    /// Added to the variance of a batch normalisation.
    public var epsilon: Float
    /// GeV of the primary that are 1 to the networks.
    public var energyScale: Double
    /// Whether deposits are divided by the primary's energy in units of the scale before the power: the response is then linear by construction.
    public var isRelative = false

    /// 3DGAN for variable angles as published, in its Keras form: 1,364,983 and 87,354 trainable parameters.
    ///
    /// Source: CERN-IT-INNOVATION/3DGAN, gan_models.py; Khattak et al., Eur. Phys. J. C 82 (2022) 386.
    public static let keras = ShowerArchitecture(
        name: "keras", latentCount: 256, seedChannels: 8, seedExtents: [9, 9, 8], upsampling: [6, 6, 6],
        generatorLayers: [
            ConvolutionLayer("conv1", 8, [6, 6, 8]),
            ConvolutionLayer("conv2", 6, [4, 4, 6], before: [2, 2, 1]),
            ConvolutionLayer("conv3", 6, [4, 4, 6], before: [2, 2, 1]),
            ConvolutionLayer("conv4", 6, [4, 4, 6], before: [2, 2, 1]),
            ConvolutionLayer("conv5", 6, [3, 3, 5], before: [1, 1, 0]),
            ConvolutionLayer("conv6", 6, [3, 3, 3], before: [1, 1, 0], normalised: false),
            ConvolutionLayer("conv7", 1, [2, 2, 2], normalised: false, initializer: .xavierNormal(gain: 1)),
        ],
        imageExtents: [51, 51, 25], imagePower: 0.85,
        discriminatorLayers: [
            ConvolutionLayer(
                "conv1", 16, [5, 6, 6], before: [2, 2, 2], after: [2, 3, 3], negativeSlope: 0.3, normalised: false, dropout: 0.2,
                initializer: .xavierUniform(gain: 1)),
            ConvolutionLayer("conv2", 8, [5, 6, 6], before: [0, 0, 1], negativeSlope: 0.3, dropout: 0.2, initializer: .xavierUniform(gain: 1)),
            ConvolutionLayer("conv3", 8, [5, 6, 6], before: [0, 0, 1], negativeSlope: 0.3, dropout: 0.2, initializer: .xavierUniform(gain: 1)),
            ConvolutionLayer("conv4", 8, [5, 6, 6], negativeSlope: 0.3, dropout: 0.2, initializer: .xavierUniform(gain: 1)),
        ],
        pooling: [2, 2, 2], epsilon: 1e-6, energyScale: 100)

    /// The same kinds of layers on a small box, with every odd padding: what tests run where the published size would take minutes.
    public static let miniature = ShowerArchitecture(
        name: "miniature", latentCount: 10, seedChannels: 3, seedExtents: [4, 4, 3], upsampling: [3, 3, 4],
        generatorLayers: [
            ConvolutionLayer("conv1", 4, [3, 3, 5]),
            ConvolutionLayer("conv2", 3, [2, 2, 3], before: [1, 1, 1]),
            ConvolutionLayer("conv3", 3, [3, 3, 3], before: [1, 1, 0], normalised: false),
            ConvolutionLayer("conv4", 1, [2, 2, 2], normalised: false, initializer: .xavierNormal(gain: 1)),
        ],
        imageExtents: [10, 10, 5], imagePower: 0.85,
        discriminatorLayers: [
            ConvolutionLayer(
                "conv1", 4, [3, 4, 4], before: [1, 1, 1], after: [1, 2, 2], negativeSlope: 0.3, normalised: false, dropout: 0.2,
                initializer: .xavierUniform(gain: 1)),
            ConvolutionLayer("conv2", 3, [3, 4, 4], before: [0, 0, 1], negativeSlope: 0.3, dropout: 0.2, initializer: .xavierUniform(gain: 1)),
        ],
        pooling: [2, 2, 2], epsilon: 1e-6, energyScale: 100)

    public var imageSites: Int { imageExtents.reduce(1, *) }
}
