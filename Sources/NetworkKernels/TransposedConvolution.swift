import Numerics

/// A transposed convolution: `shape` is that of the convolution whose data gradient it is, so its input has
/// `shape.outputChannels` channels on `shape.outputExtents`, and its weights are `[input][output][kernel…]` as in PyTorch.
public struct TransposedConvolution: Sendable {
    public let convolution: Convolution
    public var shape: ConvolutionShape { convolution.shape }
    public var scratchLanes: Int { convolution.scratchLanes }

    public init(_ shape: ConvolutionShape) { convolution = Convolution(shape) }

    public func forward(
        input: UnsafePointer<Lane>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output: UnsafeMutablePointer<Lane>, scratch: UnsafeMutablePointer<Lane>
    ) {
        convolution.dataGradient(outputGradient: input, weights: weights, inputGradient: output, scratch: scratch)
        guard let bias else { return }
        let sites = shape.inputSites
        for channel in 0..<shape.inputChannels {
            let offset = Lane(repeating: bias[channel])
            for site in 0..<sites { output[channel * sites + site] += offset }
        }
    }

    public func dataGradient(
        outputGradient: UnsafePointer<Lane>, weights: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Lane>, scratch: UnsafeMutablePointer<Lane>
    ) {
        convolution.forward(input: outputGradient, weights: weights, bias: nil, output: inputGradient, scratch: scratch)
    }

    public func weightGradient(
        input: UnsafePointer<Lane>, outputGradient: UnsafePointer<Lane>,
        weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?,
        scratch: UnsafeMutablePointer<Lane>
    ) {
        convolution.weightGradient(
            input: outputGradient, outputGradient: input, weightGradient: weightGradient, biasGradient: nil, scratch: scratch)
        guard let biasGradient else { return }
        ChannelSums.sum(outputGradient, channels: shape.inputChannels, sites: shape.inputSites, into: biasGradient)
    }
}
