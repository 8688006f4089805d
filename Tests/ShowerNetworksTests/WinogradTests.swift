import NetworkKernels
import Numerics
import ShowerKernels
import Testing

/// Minimal filtering against the definition of a convolution, every pass, every kernel extent and every odd edge.
@Suite struct WinogradTests {
    static let shapes: [(channels: (Int, Int), extents: [Int], kernel: [Int], before: [Int], after: [Int])] = [
        ((1, 5), [21, 7, 6], [5, 4, 3], [2, 1, 1], [2, 2, 1]),
        ((6, 2), [23, 6, 5], [5, 3, 4], [0, 0, 1], [0, 0, 1]),
        ((3, 6), [19, 5, 6], [4, 2, 3], [2, 0, 1], [2, 1, 0]),
        ((2, 3), [24, 4, 5], [3, 3, 2], [1, 1, 0], [1, 1, 0]),
        ((4, 1), [20, 4, 4], [6, 2, 2], [3, 0, 0], [2, 0, 0]),
    ]

    @Test("forward and both gradients", arguments: shapes.indices)
    func passes(_ index: Int) throws {
        let (channels, extents, kernel, before, after) = Self.shapes[index]
        let shape = try ConvolutionShape(
            inputChannels: channels.0, outputChannels: channels.1, inputExtents: extents, kernelExtents: kernel,
            padding: .amounts(lower: before, upper: after))
        let convolution = try #require(WinogradConvolution(shape))
        #expect(convolution.multiplyAddsPerSample < shape.multiplyAddsPerSample * 3 / 4)
        let stream = RandomStream(seed: UInt64(index), purpose: .test)
        func lanes(_ count: Int, _ epoch: UInt64) -> [Lane] { (0..<count).map { stream.normalLane(epoch: epoch, firstIndex: 0, draw: UInt32($0)) } }
        let inputs = shape.inputChannels * shape.inputSites, outputs = shape.outputChannels * shape.outputSites
        let input = lanes(inputs, 1), slope = lanes(outputs, 2)
        let weights = (0..<shape.weightCount).map { Float(stream.normal(epoch: 3, index: UInt64($0), draw: 0)) }
        let bias = (0..<shape.outputChannels).map { Float($0) }
        let unset = Lane(repeating: .nan)
        var scratch = [Lane](repeating: unset, count: convolution.scratchLanes)
        var found = [Lane](repeating: unset, count: outputs), wanted = found
        convolution.forward(input: input, weights: weights, bias: bias, output: &found, scratch: &scratch)
        ReferenceConvolution.forward(shape, input: input, weights: weights, bias: bias, output: &wanted)
        #expect(relativeError(found, wanted) < 3e-6)

        scratch = scratch.map { _ in unset }
        found = [Lane](repeating: unset, count: inputs)
        wanted = found
        convolution.dataGradient(outputGradient: slope, weights: weights, inputGradient: &found, scratch: &scratch)
        ReferenceConvolution.dataGradient(shape, outputGradient: slope, weights: weights, inputGradient: &wanted)
        #expect(relativeError(found, wanted) < 3e-6)

        scratch = scratch.map { _ in unset }
        var gradient = [Float](repeating: .nan, count: shape.weightCount), definition = gradient
        convolution.weightGradient(input: input, outputGradient: slope, weightGradient: &gradient, scratch: &scratch)
        ReferenceConvolution.weightGradient(shape, input: input, outputGradient: slope, weightGradient: &definition, biasGradient: nil)
        #expect(relativeError(gradient, definition) < 3e-6)
    }

    @Test("other shapes are refused")
    func refusals() throws {
        func convolution(_ extents: [Int], _ kernel: [Int], strides: [Int]? = nil, boundary: Boundary = .zero) throws -> WinogradConvolution? {
            WinogradConvolution(
                try ConvolutionShape(
                    inputChannels: 2, outputChannels: 2, inputExtents: extents, kernelExtents: kernel, strides: strides, padding: .valid,
                    boundary: boundary))
        }
        #expect(try convolution([24, 6, 6], [5, 3, 3]) != nil)
        #expect(try convolution([24, 6, 6], [2, 3, 3]) == nil)
        #expect(try convolution([5, 6, 6], [5, 3, 3]) == nil)
        #expect(try convolution([24, 6, 6], [5, 3, 3], strides: [1, 2, 1]) == nil)
        #expect(try convolution([24, 6, 6], [5, 3, 3], boundary: .periodic) == nil)
        #expect(try convolution([24, 6], [5, 3]) == nil)
    }

    /// Root of the mean square, of the whole.
    private func relativeError(_ found: [Lane], _ wanted: [Lane]) -> Double {
        relativeError(found.flatMap { lane in (0..<laneWidth).map { lane[$0] } }, wanted.flatMap { lane in (0..<laneWidth).map { lane[$0] } })
    }

    private func relativeError(_ found: [Float], _ wanted: [Float]) -> Double {
        let squares = zip(found, wanted).reduce(0.0) { sum, pair in
            let difference = Double(pair.0) - Double(pair.1)
            return sum + difference * difference
        }
        return (squares / wanted.reduce(0.0) { $0 + Double($1) * Double($1) }).squareRoot()
    }
}
