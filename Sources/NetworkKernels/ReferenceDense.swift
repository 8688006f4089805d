import Numerics

/// The definition of a dense layer: what `Dense` is tested against.
public enum ReferenceDense {
    public static func forward(
        inputs: Int, outputs: Int, input: UnsafePointer<Lane>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output: UnsafeMutablePointer<Lane>
    ) {
        for o in 0..<outputs {
            var sum = Lane(repeating: bias?[o] ?? 0)
            for i in 0..<inputs { sum.addProduct(weights[o * inputs + i], input[i]) }
            output[o] = sum
        }
    }

    public static func dataGradient(
        inputs: Int, outputs: Int, outputGradient: UnsafePointer<Lane>, weights: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Lane>
    ) {
        for i in 0..<inputs {
            var sum = Lane.zero
            for o in 0..<outputs { sum.addProduct(weights[o * inputs + i], outputGradient[o]) }
            inputGradient[i] = sum
        }
    }

    public static func weightGradient(
        inputs: Int, outputs: Int, input: UnsafePointer<Lane>, outputGradient: UnsafePointer<Lane>,
        weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?
    ) {
        for o in 0..<outputs {
            for i in 0..<inputs { weightGradient[o * inputs + i] = (outputGradient[o] * input[i]).sum() }
            if let biasGradient { biasGradient[o] = outputGradient[o].sum() }
        }
    }
}
