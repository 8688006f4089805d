import Batch
import Glitches

/// Networks that draw the strain's image from the witnesses'.
public enum GlitchNetworkKind: String, CaseIterable, Sendable {
    /// GlitchFlow's residual U-Net with non-local attention on its skip connections.
    case unet
    /// The generator of residual blocks with instance normalisation of itwinai's use case.
    case resnet
}

/// What a network is made of.
public struct GlitchArchitecture: Sendable, Equatable {
    public var kind: GlitchNetworkKind
    /// Witnesses.
    public var inputs: Int
    /// Channels of the widest images; deeper ones have two, four and eight times as many (64).
    public var base: Int
    /// Residual blocks of the `resnet` (12).
    public var blocks: Int
    /// Rows and columns of an image.
    public var size: Int
    /// Whether the U-Net's skip connections have attention.
    public var hasAttention: Bool

    public init(kind: GlitchNetworkKind = .unet, inputs: Int = 8, base: Int = 64, blocks: Int = 12, size: Int = 64, hasAttention: Bool = true) {
        (self.kind, self.inputs, self.base, self.blocks, self.size, self.hasAttention) = (kind, inputs, base, blocks, size, hasAttention)
    }

    /// From the section `network`: kind, base, blocks, attention.
    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ section: Configuration, inputs: Int, size: Int) throws {
        kind = try section.choice("kind", default: .unet)
        base = try section.int("base", default: 64, in: 8...512)
        guard base % 8 == 0 else { throw ConfigurationError("'network.base' is \(base), wanted a multiple of 8: attention compares an eighth of the channels") }
        blocks = try section.int("blocks", default: 12, in: 1...64)
        hasAttention = try section.bool("attention", default: true)
        (self.inputs, self.size) = (inputs, size)
    }

    /// - Throws: `GlitchError` for what no network is made of.
    func validate(_ file: String) throws {
        guard (1...4096).contains(inputs), (8...512).contains(base), base % 8 == 0, (1...64).contains(blocks), (16...512).contains(size), size % 8 == 0 else {
            throw GlitchError("\(file): found a network of \(inputs) inputs, base \(base), \(blocks) blocks and images of \(size); wanted positive numbers, base and size multiples of 8")
        }
    }
}

/// How far a generated image is from the true one.
public struct GlitchLoss: Sendable, Equatable {
    /// Share of the mean absolute difference; the rest is 1 - structural similarity.
    public var absoluteShare = 0.8
    /// Range of values for the similarity's constants.
    public var range = 21.0

    public init(absoluteShare: Double = 0.8, range: Double = 21) { (self.absoluteShare, self.range) = (absoluteShare, range) }
}
