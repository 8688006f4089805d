import NetworkKernels
import Networks
import Numerics
import ShowerKernels

/// One convolution layer with its kernels and the places of its parameters.
struct Stage {
    enum Kernel {
        case direct(Convolution)
        /// Minimal filtering, and the convolution tap by tap for what has to be exact.
        case winograd(WinogradConvolution, Convolution)
        case upsampled(UpsampledConvolution)
    }

    let layer: ConvolutionLayer
    let kernel: Kernel
    let inputChannels: Int
    let inputSites: Int
    let outputExtents: [Int]
    let weights: Range<Int>
    let bias: Range<Int>
    /// Of the batch normalisation, if there is one.
    let scale: Range<Int>?
    let shift: Range<Int>?
    /// First block of random words of the stage's dropout.
    let firstDraw: UInt32

    /// Products from which minimal filtering is worth its rounding errors: only the discriminator's second layer has so many. With all layers filtered
    /// a step has half the products, and gradients are off by more than 1e-5 (docs/decisions/shower-networks.md).
    private static let leastFiltered = 500_000_000

    var channels: Int { layer.channels }
    var sites: Int { outputExtents.reduce(1, *) }
    var lanes: Int { channels * sites }
    var inputLanes: Int { inputChannels * inputSites }

    var scratchLanes: Int {
        switch kernel {
        case .direct(let convolution): convolution.scratchLanes
        case .winograd(let filtered, let convolution): max(filtered.scratchLanes, convolution.scratchLanes)
        case .upsampled(let convolution): convolution.scratchLanes
        }
    }

    /// Multiply-adds of a pass for one sample, as done: forward or by the weights, and by the input.
    var multiplyAdds: Int {
        switch kernel {
        case .direct(let convolution): convolution.shape.multiplyAddsPerSample
        case .winograd(let filtered, _): filtered.multiplyAddsPerSample
        case .upsampled(let convolution): convolution.multiplyAddsPerSample
        }
    }
    var dataMultiplyAdds: Int {
        if case .winograd(let filtered, _) = kernel { filtered.dataMultiplyAddsPerSample } else { multiplyAdds }
    }
    /// By the input, in a pass that also takes the gradient by the parameters.
    var trainedDataMultiplyAdds: Int {
        if case .winograd(_, let convolution) = kernel { convolution.shape.multiplyAddsPerSample } else { multiplyAdds }
    }

    /// Lays the layers out one after the other, with their parameters appended to `layout` and `initializers`.
    static func stack(
        _ layers: [ConvolutionLayer], inputChannels: Int, extents: [Int], upsampling: (layer: Int, factors: [Int])?, layout: inout ParameterLayout,
        initializers: inout [Initializer]
    ) throws -> [Stage] {
        var stages: [Stage] = []
        var channels = inputChannels, extents = extents, draw = 0
        for (index, layer) in layers.enumerated() {
            let kernel: Kernel
            let outputs: [Int]
            do {
                if let upsampling, index == upsampling.layer {
                    let convolution = try UpsampledConvolution(
                        inputChannels: channels, outputChannels: layer.channels, inputExtents: extents, factors: upsampling.factors,
                        kernelExtents: layer.kernel)
                    kernel = .upsampled(convolution)
                    outputs = convolution.outputExtents
                } else {
                    let shape = try ConvolutionShape(
                        inputChannels: channels, outputChannels: layer.channels, inputExtents: extents, kernelExtents: layer.kernel,
                        strides: layer.strides, padding: .amounts(lower: layer.before, upper: layer.after))
                    let filtered = shape.multiplyAddsPerSample >= leastFiltered ? WinogradConvolution(shape) : nil
                    kernel = filtered.map { .winograd($0, Convolution(shape)) } ?? .direct(Convolution(shape))
                    outputs = shape.outputExtents
                }
            } catch {
                throw ShowerNetworkError("layer \(layer.name): \(error)")
            }
            func add(_ name: String, _ shape: [Int], _ initializer: Initializer) -> Range<Int> {
                initializers.append(initializer)
                return layout.add("\(layer.name)/\(name)", shape: shape)
            }
            let weights = add("weights", [layer.channels, channels] + layer.kernel, layer.initializer)
            let bias = add("bias", [layer.channels], .zeros)
            let scale = layer.isNormalised ? add("scale", [layer.channels], .ones) : nil
            let shift = layer.isNormalised ? add("shift", [layer.channels], .zeros) : nil
            let stage = Stage(
                layer: layer, kernel: kernel, inputChannels: channels, inputSites: extents.reduce(1, *), outputExtents: outputs,
                weights: weights, bias: bias, scale: scale, shift: shift, firstDraw: UInt32(draw))
            if layer.dropout > 0 { draw += DropoutMask.draws(stage.lanes) }
            stages.append(stage)
            channels = layer.channels
            extents = outputs
        }
        return stages
    }

    func forward(
        _ input: UnsafePointer<Lane>, parameters: UnsafePointer<Float>, output: UnsafeMutablePointer<Lane>,
        scratch: UnsafeMutablePointer<Lane>
    ) {
        let w = parameters + weights.lowerBound, b = parameters + bias.lowerBound
        switch kernel {
        case .direct(let convolution): convolution.forward(input: input, weights: w, bias: b, output: output, scratch: scratch)
        case .winograd(let filtered, _): filtered.forward(input: input, weights: w, bias: b, output: output, scratch: scratch)
        case .upsampled(let convolution): convolution.forward(input: input, weights: w, bias: b, output: output, scratch: scratch)
        }
    }

    /// Gradients by the parameters into `gradient` (if wanted) and by the input into `inputGradient` (if wanted); both overwritten.
    func backward(
        _ input: UnsafePointer<Lane>?, outputGradient: UnsafePointer<Lane>, parameters: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>?, inputGradient: UnsafeMutablePointer<Lane>?, scratch: UnsafeMutablePointer<Lane>
    ) {
        let w = parameters + weights.lowerBound
        let dw = gradient.map { $0 + weights.lowerBound }, db = gradient.map { $0 + bias.lowerBound }
        if let db { ChannelSums.sum(outputGradient, channels: channels, sites: sites, into: db) }
        switch kernel {
        case .direct(let convolution):
            if let dw, let input {
                convolution.weightGradient(
                    input: input, outputGradient: outputGradient, weightGradient: dw, biasGradient: nil, scratch: scratch)
            }
            if let inputGradient {
                convolution.dataGradient(outputGradient: outputGradient, weights: w, inputGradient: inputGradient, scratch: scratch)
            }
        case .winograd(let filtered, let convolution):
            if let dw, let input {
                filtered.weightGradient(input: input, outputGradient: outputGradient, weightGradient: dw, scratch: scratch)
            }
            guard let inputGradient else { return }
            if dw == nil {
                filtered.dataGradient(outputGradient: outputGradient, weights: w, inputGradient: inputGradient, scratch: scratch)
            } else {
                // The layer below sums it to the gradient of its bias, where it cancels.
                convolution.dataGradient(outputGradient: outputGradient, weights: w, inputGradient: inputGradient, scratch: scratch)
            }
        case .upsampled(let convolution):
            // Without parameter gradients the input is not looked at; any pointer serves.
            convolution.backward(
                input: input ?? outputGradient, weights: w, outputGradient: outputGradient, inputGradient: inputGradient,
                weightGradient: input == nil ? nil : dw, scratch: scratch)
        }
    }
}
