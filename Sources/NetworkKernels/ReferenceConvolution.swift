import Numerics

/// The definition of a convolution and of its three gradients, one lane at a time: what `Convolution` is tested against.
public enum ReferenceConvolution {
    /// output[o][y] = bias[o] + sum over i, k of weights[o][i][k] * input[i][y * stride + k - lowerPadding].
    public static func forward(
        _ shape: ConvolutionShape, input: UnsafePointer<Lane>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output: UnsafeMutablePointer<Lane>
    ) {
        for o in 0..<shape.outputChannels {
            for y in 0..<shape.outputSites { output[o * shape.outputSites + y] = Lane(repeating: bias?[o] ?? 0) }
        }
        forEachTerm(shape) { weight, source, target in
            output[target].addProduct(weights[weight], input[source])
        }
    }

    /// The transpose of `forward` without bias, applied to a gradient; overwrites `inputGradient`.
    public static func dataGradient(
        _ shape: ConvolutionShape, outputGradient: UnsafePointer<Lane>, weights: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Lane>
    ) {
        inputGradient.update(repeating: .zero, count: shape.inputChannels * shape.inputSites)
        forEachTerm(shape) { weight, source, target in
            inputGradient[source].addProduct(weights[weight], outputGradient[target])
        }
    }

    /// Gradients by weights and bias, summed over the samples; both are overwritten.
    public static func weightGradient(
        _ shape: ConvolutionShape, input: UnsafePointer<Lane>, outputGradient: UnsafePointer<Lane>,
        weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?
    ) {
        var sums = Array(repeating: Lane.zero, count: shape.weightCount)
        forEachTerm(shape) { weight, source, target in
            sums[weight].addProduct(input[source], outputGradient[target])
        }
        for (weight, sum) in sums.enumerated() { weightGradient[weight] = sum.sum() }
        guard let biasGradient else { return }
        for o in 0..<shape.outputChannels {
            var sum = Lane.zero
            for y in 0..<shape.outputSites { sum += outputGradient[o * shape.outputSites + y] }
            biasGradient[o] = sum.sum()
        }
    }

    /// Every (weight, input lane, output lane) that meet in a product.
    private static func forEachTerm(_ shape: ConvolutionShape, _ body: (Int, Int, Int) -> Void) {
        let inputStrides = Extents.strides(of: shape.inputExtents)
        var tap = 0
        Extents.forEach(shape.kernelExtents) { k in
            var y = 0
            Extents.forEach(shape.outputExtents) { site in
                var source = 0
                var inside = true
                for axis in 0..<shape.spatialRank {
                    var x = site[axis] * shape.strides[axis] + k[axis] - shape.lowerPadding[axis]
                    if shape.boundary == .periodic { x = Extents.wrap(x, shape.inputExtents[axis]) }
                    inside = inside && x >= 0 && x < shape.inputExtents[axis]
                    source += x * inputStrides[axis]
                }
                if inside {
                    for o in 0..<shape.outputChannels {
                        for i in 0..<shape.inputChannels {
                            body(
                                (o * shape.inputChannels + i) * shape.tapCount + tap,
                                i * shape.inputSites + source, o * shape.outputSites + y)
                        }
                    }
                }
                y += 1
            }
            tap += 1
        }
    }
}
