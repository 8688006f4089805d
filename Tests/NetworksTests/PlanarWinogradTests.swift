import NetworkKernels
import Numerics
import Testing

@Suite("minimal filtering of planes") struct PlanarWinogradTests {
    private static func shape(_ inputs: Int, _ outputs: Int, _ extents: [Int], lower: [Int] = [1, 1], upper: [Int] = [1, 1]) -> ConvolutionShape? {
        try? ConvolutionShape(
            inputChannels: inputs, outputChannels: outputs, inputExtents: extents, kernelExtents: [3, 3], padding: .amounts(lower: lower, upper: upper))
    }

    /// Whole tiles, parts of tiles, one tile, no padding, the widest padding, uneven padding, more tiles than a block.
    static let shapes = [
        shape(64, 64, [8, 8]), shape(64, 80, [7, 10]), shape(96, 64, [4, 4]), shape(64, 64, [10, 6], lower: [0, 0], upper: [0, 0]),
        shape(64, 64, [5, 6], lower: [2, 2], upper: [2, 2]), shape(64, 64, [6, 9], lower: [0, 2], upper: [1, 0]), shape(64, 64, [24, 20]),
        shape(64, 64, [2, 2]),
    ].compactMap { $0 }

    /// Rounding errors are those of F(4 x 4, 3 x 3), some ten times those of the definition in single precision.
    @Test("the three passes agree with the definition", arguments: shapes)
    func agrees(shape: ConvolutionShape) {
        let problem = ConvolutionProblem(shape, seed: 3)
        let layer = Convolution(shape, filtersMinimally: true)
        #expect(layer.isFilteredMinimally)
        let reference = problem.reference()
        var output = lanes(problem.outputGradient.count), inputGradient = lanes(problem.input.count), scratch = lanes(layer.scratchLanes)
        var weightGradient = [Float](repeating: .nan, count: shape.weightCount), biasGradient = [Float](repeating: .nan, count: shape.outputChannels)
        layer.forward(input: problem.input, weights: problem.weights, bias: problem.bias, output: &output, scratch: &scratch)
        layer.dataGradient(outputGradient: problem.outputGradient, weights: problem.weights, inputGradient: &inputGradient, scratch: &scratch)
        layer.weightGradient(
            input: problem.input, outputGradient: problem.outputGradient, weightGradient: &weightGradient, biasGradient: &biasGradient, scratch: &scratch)
        #expect(largestDifference(output, reference.output) < 3e-5)
        #expect(largestDifference(inputGradient, reference.inputGradient) < 3e-5)
        #expect(largestDifference(weightGradient, reference.weightGradient) < 3e-5)
        #expect(largestDifference(biasGradient, reference.biasGradient) < 4e-6)
    }

    @Test("a sample never feels another one, bit for bit") func samplesAreIndependent() throws {
        let shape = try #require(Self.shapes.first)
        let problem = ConvolutionProblem(shape, seed: 4)
        let layer = Convolution(shape, filtersMinimally: true)
        var scratch = lanes(layer.scratchLanes), one = lanes(problem.outputGradient.count), other = one
        layer.forward(input: problem.input, weights: problem.weights, bias: nil, output: &one, scratch: &scratch)
        layer.forward(input: problem.input.map(reversed), weights: problem.weights, bias: nil, output: &other, scratch: &scratch)
        #expect(one == other.map(reversed))
    }

    @Test("only wide layers of 3 by 3 taps with zeros around are filtered") func others() throws {
        func isFiltered(_ inputs: Int, _ outputs: Int, _ kernel: [Int] = [3, 3], _ strides: [Int]? = nil, _ boundary: Boundary = .zero) throws -> Bool {
            let shape = try ConvolutionShape(
                inputChannels: inputs, outputChannels: outputs, inputExtents: [8, 8], kernelExtents: kernel, strides: strides, boundary: boundary)
            return Convolution(shape, filtersMinimally: true).isFilteredMinimally
        }
        #expect(try isFiltered(64, 64))
        #expect(try !isFiltered(32, 64) && !isFiltered(64, 48) && !isFiltered(64, 72))
        #expect(try !isFiltered(64, 64, [5, 5]) && !isFiltered(64, 64, [3, 3], [2, 2]) && !isFiltered(64, 64, [3, 3], nil, .periodic))
        #expect(!Convolution(try #require(Self.shapes.first)).isFilteredMinimally)
    }
}
