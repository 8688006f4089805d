import Numerics

/// A convolution of one shape, ready to run: its index tables are made once, so that a call allocates nothing.
///
/// Buffers are `[channel][space…]` of lanes and must not overlap; every result is overwritten, not added to.
/// `scratch` holds at least `scratchLanes` lanes, with any content before and after.
public struct Convolution: Sendable {
    public let shape: ConvolutionShape
    /// Lanes of scratch memory that the most demanding of the three passes needs.
    public let scratchLanes: Int

    public init(_ shape: ConvolutionShape) {
        self.shape = shape
        scratchLanes = 0
    }

    /// output = weights * input + bias.
    public func forward(
        input: UnsafePointer<Lane>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output: UnsafeMutablePointer<Lane>, scratch: UnsafeMutablePointer<Lane>
    ) {
        ReferenceConvolution.forward(shape, input: input, weights: weights, bias: bias, output: output)
    }

    /// Gradient by the input: the transpose of `forward` (without bias) applied to `outputGradient`.
    public func dataGradient(
        outputGradient: UnsafePointer<Lane>, weights: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Lane>, scratch: UnsafeMutablePointer<Lane>
    ) {
        ReferenceConvolution.dataGradient(shape, outputGradient: outputGradient, weights: weights, inputGradient: inputGradient)
    }

    /// Gradients by weights and bias, summed over sites and over the 16 samples of the lane in a fixed order.
    public func weightGradient(
        input: UnsafePointer<Lane>, outputGradient: UnsafePointer<Lane>,
        weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?,
        scratch: UnsafeMutablePointer<Lane>
    ) {
        ReferenceConvolution.weightGradient(
            shape, input: input, outputGradient: outputGradient, weightGradient: weightGradient, biasGradient: biasGradient)
    }
}
