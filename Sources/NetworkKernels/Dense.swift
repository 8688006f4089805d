import Numerics

/// A dense layer on `[feature]` of lanes; weights `[output][input]`.
public struct Dense: Sendable {
    public let inputs: Int
    public let outputs: Int
    /// Lanes of scratch memory that `weightGradient` needs.
    public let scratchLanes: Int

    public init(inputs: Int, outputs: Int) {
        self.inputs = inputs
        self.outputs = outputs
        scratchLanes = 0
    }

    /// output = weights * input + bias.
    public func forward(
        input: UnsafePointer<Lane>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?, output: UnsafeMutablePointer<Lane>
    ) {
        ReferenceDense.forward(inputs: inputs, outputs: outputs, input: input, weights: weights, bias: bias, output: output)
    }

    /// inputGradient = transposed weights * outputGradient.
    public func dataGradient(
        outputGradient: UnsafePointer<Lane>, weights: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Lane>
    ) {
        ReferenceDense.dataGradient(
            inputs: inputs, outputs: outputs, outputGradient: outputGradient, weights: weights, inputGradient: inputGradient)
    }

    /// Gradients by weights and bias, summed over the 16 samples; both are overwritten.
    public func weightGradient(
        input: UnsafePointer<Lane>, outputGradient: UnsafePointer<Lane>,
        weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Lane>
    ) {
        ReferenceDense.weightGradient(
            inputs: inputs, outputs: outputs, input: input, outputGradient: outputGradient,
            weightGradient: weightGradient, biasGradient: biasGradient)
    }
}
