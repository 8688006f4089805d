import Numerics

/// A convolution of one shape, ready to run: its index tables are made once, so that a call allocates nothing.
///
/// Buffers are `[channel][space…]` of lanes and must not overlap; every result is overwritten, not added to.
/// `scratch` holds at least `scratchLanes` lanes, with any content before and after.
public struct Convolution: Sendable {
    public let shape: ConvolutionShape
    /// Lanes of scratch memory that the most demanding of the three passes needs.
    public let scratchLanes: Int

    private let correlation: Correlation
    private let transpose: TransposedCorrelation
    private let weightCorrelation: WeightCorrelation
    private let winograd: PlanarWinograd?

    /// - Parameters:
    ///   - outputParity: only outputs of this colour of the checkerboard (coordinate sum mod 2) are computed, the others are left as
    ///     they are; nil for all.
    ///   - inputParity: likewise for the gradient by the input. Gradients by weights always run over all sites.
    ///   - filtersMinimally: takes minimal filtering for wide layers of planes, whose rounding errors are some times larger
    ///     (docs/decisions/planar-winograd.md).
    public init(_ shape: ConvolutionShape, outputParity: Int? = nil, inputParity: Int? = nil, filtersMinimally: Bool = false) {
        self.shape = shape
        winograd = filtersMinimally && outputParity == nil && inputParity == nil ? PlanarWinograd(shape) : nil
        correlation = Correlation(
            axes: (0..<shape.spatialRank).map { AxisMap.forward(shape, axis: $0) },
            sourceChannels: shape.inputChannels, resultChannels: shape.outputChannels, parity: outputParity)
        transpose = TransposedCorrelation(shape, parity: inputParity)
        weightCorrelation = WeightCorrelation(shape)
        scratchLanes = winograd?.scratchLanes ?? max(correlation.scratchLanes, transpose.scratchLanes, weightCorrelation.scratchLanes)
    }

    /// Whether it is done with fewer products than written out.
    public var isFilteredMinimally: Bool { winograd != nil }

    /// output = weights * input + bias.
    public func forward(
        input: UnsafePointer<Lane>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output: UnsafeMutablePointer<Lane>, scratch: UnsafeMutablePointer<Lane>
    ) {
        if let winograd { return winograd.forward(input: input, weights: weights, bias: bias, output: output, scratch: scratch) }
        correlation.run(source: input, weights: weights, bias: bias, result: output, scratch: scratch)
    }

    /// Gradient by the input: the transpose of `forward` (without bias) applied to `outputGradient`.
    public func dataGradient(
        outputGradient: UnsafePointer<Lane>, weights: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Lane>, scratch: UnsafeMutablePointer<Lane>
    ) {
        if let winograd {
            return winograd.dataGradient(outputGradient: outputGradient, weights: weights, inputGradient: inputGradient, scratch: scratch)
        }
        transpose.run(outputGradient: outputGradient, weights: weights, inputGradient: inputGradient, scratch: scratch)
    }

    /// Gradients by weights and bias, summed over sites and over the 16 samples of the lane in a fixed order.
    public func weightGradient(
        input: UnsafePointer<Lane>, outputGradient: UnsafePointer<Lane>,
        weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?,
        scratch: UnsafeMutablePointer<Lane>
    ) {
        if let winograd {
            winograd.weightGradient(input: input, outputGradient: outputGradient, weightGradient: weightGradient, scratch: scratch)
        } else {
            weightCorrelation.run(input: input, outputGradient: outputGradient, weightGradient: weightGradient, scratch: scratch)
        }
        guard let biasGradient else { return }
        ChannelSums.sum(outputGradient, channels: shape.outputChannels, sites: shape.outputSites, into: biasGradient)
    }
}
