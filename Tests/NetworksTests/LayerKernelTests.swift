import NetworkKernels
import Numerics
import Testing

/// Dense, pooling and upsampling kernels against their definitions and transposes.
@Suite struct LayerKernelTests {
    @Test("a dense layer agrees with its definition", arguments: [(1, 1), (1, 7), (3, 2), (16, 16), (17, 5), (23, 6), (64, 13), (40, 33)])
    func dense(inputs: Int, outputs: Int) {
        var random = Draws(seed: 11)
        let input = random.lanes(inputs), gradient = random.lanes(outputs), weights = random.floats(inputs * outputs), bias = random.floats(outputs)
        let layer = Dense(inputs: inputs, outputs: outputs)
        var scratch = lanes(layer.scratchLanes)
        var output = lanes(outputs), expectedOutput = lanes(outputs), back = lanes(inputs), expectedBack = lanes(inputs)
        layer.forward(input: input, weights: weights, bias: bias, output: &output)
        ReferenceDense.forward(inputs: inputs, outputs: outputs, input: input, weights: weights, bias: bias, output: &expectedOutput)
        #expect(largestDifference(output, expectedOutput) < 2e-6)
        layer.dataGradient(outputGradient: gradient, weights: weights, inputGradient: &back)
        ReferenceDense.dataGradient(inputs: inputs, outputs: outputs, outputGradient: gradient, weights: weights, inputGradient: &expectedBack)
        #expect(largestDifference(back, expectedBack) < 2e-6)
        var slope = [Float](repeating: .nan, count: weights.count), expectedSlope = slope
        var biasSlope = [Float](repeating: .nan, count: outputs), expectedBiasSlope = biasSlope
        layer.weightGradient(input: input, outputGradient: gradient, weightGradient: &slope, biasGradient: &biasSlope, scratch: &scratch)
        ReferenceDense.weightGradient(
            inputs: inputs, outputs: outputs, input: input, outputGradient: gradient, weightGradient: &expectedSlope, biasGradient: &expectedBiasSlope)
        #expect(largestDifference(slope, expectedSlope) < 2e-6)
        #expect(largestDifference(biasSlope, expectedBiasSlope) < 2e-6)
    }

    @Test("average pooling is the mean of the window, and its gradient the exact transpose")
    func averagePooling() throws {
        let shape = try WindowShape(channels: 3, inputExtents: [5, 6], windowExtents: [2, 2], strides: [1, 2])
        var random = Draws(seed: 12)
        let input = random.lanes(3 * shape.inputSites, wholeNumbers: true), gradient = random.lanes(3 * shape.outputSites, wholeNumbers: true)
        var output = lanes(3 * shape.outputSites), back = lanes(input.count)
        Pooling(shape).average(input: input, output: &output)
        Pooling(shape).averageGradient(outputGradient: gradient, inputGradient: &back)
        let corner = input[0] + input[1]
        #expect(output[0] == (corner + input[6] + input[7]) * 0.25)
        #expect(innerProduct(output, gradient) == innerProduct(input, back))
    }

    @Test("maximum pooling takes the largest value of each sample and sends its gradient to the first site that holds it")
    func maximumPooling() throws {
        let shape = try WindowShape(channels: 2, inputExtents: [6], windowExtents: [3])
        var random = Draws(seed: 13)
        let input = random.lanes(12, wholeNumbers: true), gradient = random.lanes(4, wholeNumbers: true)
        var output = lanes(4), back = lanes(12)
        Pooling(shape).maximum(input: input, output: &output)
        Pooling(shape).maximumGradient(input: input, output: output, outputGradient: gradient, inputGradient: &back)
        for sample in 0..<16 {
            for window in 0..<4 {
                let values = (0..<3).map { input[3 * window + $0][sample] }
                let largest = values.max() ?? .nan
                #expect(output[window][sample] == largest)
                for site in 0..<3 {
                    let expected = site == values.firstIndex(of: largest) ? gradient[window][sample] : 0
                    #expect(back[3 * window + site][sample] == expected)
                }
            }
        }
    }

    @Test("upsampling repeats each site, and its gradient is the exact transpose")
    func upsampling() throws {
        let layer = try Upsampling(channels: 2, inputExtents: [2, 3], factors: [2, 3])
        var random = Draws(seed: 14)
        let input = random.lanes(12, wholeNumbers: true), gradient = random.lanes(2 * layer.outputSites, wholeNumbers: true)
        var output = lanes(gradient.count), back = lanes(12)
        layer.forward(input: input, output: &output)
        layer.gradient(outputGradient: gradient, inputGradient: &back)
        #expect(layer.outputExtents == [4, 9])
        for y in 0..<4 {
            for x in 0..<9 { #expect(output[36 + 9 * y + x] == input[6 + y / 2 * 3 + x / 3]) }
        }
        #expect(innerProduct(output, gradient) == innerProduct(input, back))
    }

    @Test("windows and factors that cannot be are refused")
    func refused() {
        #expect(throws: KernelShapeError.self) { try WindowShape(channels: 1, inputExtents: [2], windowExtents: [3]) }
        #expect(throws: KernelShapeError.self) { try WindowShape(channels: 1, inputExtents: [2, 2], windowExtents: [2]) }
        #expect(throws: KernelShapeError.self) { try Upsampling(channels: 1, inputExtents: [2], factors: [0]) }
    }
}
