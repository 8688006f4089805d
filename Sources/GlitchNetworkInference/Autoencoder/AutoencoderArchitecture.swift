import Batch
import GlitchInference
import Glitches

/// A convolutional autoencoder in time, after DeepClean: witnesses in, what they add to the strain out.
///
/// Source: Ormiston et al., Phys. Rev. Research 2, 033066 (2020), and the widths of ML4GW's DeepClean: 8, 16, 32, 64 channels, kernels of 7, tanh. Halvings are
/// strides, doublings repeat samples before a convolution where DeepClean transposes one of the same size.
public struct AutoencoderArchitecture: Sendable, Equatable {
    public enum Activation: String, CaseIterable, Sendable {
        case tanh
        /// Leaky rectifier, which does not bound what is loud.
        case leaky
    }

    /// Series that go in.
    public var inputs: Int
    /// Channels after each halving of time.
    public var widths: [Int]
    public var activation: Activation
    /// Whether a batch normalisation stands behind each convolution but the last.
    public var isNormalised: Bool
    /// Samples of a window whose strain is foretold.
    public var wanted: Int

    public static let kernel = 7
    /// Samples on either side of the wanted ones: more than the network looks to either side.
    public var margin: Int { 16 << (widths.count - 1) }
    /// Samples of a window.
    public var window: Int { wanted + 2 * margin }

    public init(inputs: Int, widths: [Int] = [8, 16, 32, 64], activation: Activation = .tanh, isNormalised: Bool = true, wanted: Int = 1024) {
        (self.inputs, self.widths, self.activation, self.isNormalised, self.wanted) = (inputs, widths, activation, isNormalised, wanted)
    }

    /// From the section `network`: widths, activation, normalisation.
    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ section: Configuration, inputs: Int, rate: Int) throws {
        widths = try section.ints("widths", default: [8, 16, 32, 64], in: 1...1024, count: 1...6)
        activation = try section.choice("activation", default: .tanh)
        isNormalised = try section.bool("normalisation", default: true)
        (self.inputs, wanted) = (inputs, rate)
    }

    /// - Throws: `GlitchError` for what no network is made of.
    func validate(_ file: String) throws {
        guard (1...4096).contains(inputs), (1...6).contains(widths.count), widths.allSatisfy({ (1...1024).contains($0) }), (64...1 << 20).contains(wanted),
            wanted % (1 << widths.count) == 0
        else {
            throw GlitchError("\(file): found an autoencoder of \(inputs) inputs, widths \(widths) and \(wanted) samples; wanted up to six widths of at most 1024, and samples that halve so often")
        }
    }
}
