import NetworkKernels
import Numerics
import Testing

/// The fast convolution against its definition, and its passes against each other.
@Suite struct ConvolutionKernelTests {
    /// Shapes chosen for what is awkward: few channels, extents below a tile, kernels larger than the lattice, strides, every rank.
    static let shapes: [ConvolutionShape] = {
        let wanted: [(channels: (Int, Int), input: [Int], kernel: [Int], strides: [Int]?, padding: Padding, boundary: Boundary)] = [
            ((1, 8), [8, 8], [3, 3], nil, .same, .periodic),
            ((8, 8), [16, 16], [3, 3], nil, .same, .periodic),
            ((8, 2), [8, 8], [3, 3], nil, .same, .periodic),
            ((3, 3), [5, 7], [3, 3], nil, .same, .zero),
            ((1, 1), [1], [1], nil, .valid, .zero),
            ((5, 7), [2, 2], [3, 3], nil, .same, .periodic),
            ((2, 3), [2, 3], [5, 7], nil, .same, .periodic),
            ((2, 1), [9], [4], nil, .same, .zero),
            ((2, 1), [9], [4], [2], .same, .periodic),
            ((4, 4), [8, 8], [3, 3], [2, 2], .same, .periodic),
            ((4, 6), [9, 7], [3, 3], [2, 2], .same, .zero),
            ((4, 6), [9, 7], [3, 2], [2, 3], .valid, .periodic),
            ((3, 2), [7], [2], [3], .valid, .zero),
            ((2, 5), [6, 5], [3, 3], nil, .amounts(lower: [2, 0], upper: [3, 4]), .zero),
            ((2, 5), [6, 5], [3, 3], nil, .amounts(lower: [2, 0], upper: [3, 4]), .periodic),
            ((2, 5), [3, 3], [2, 2], [2, 2], .amounts(lower: [4, 5], upper: [1, 0]), .periodic),
            ((9, 5), [5, 6, 7], [3, 4, 2], nil, .valid, .zero),
            ((16, 8), [7, 9, 8], [5, 6, 6], nil, .amounts(lower: [0, 0, 1], upper: [0, 0, 1]), .zero),
            ((1, 16), [6, 7, 7], [5, 6, 6], nil, .amounts(lower: [2, 2, 2], upper: [2, 3, 3]), .zero),
            ((3, 4), [4, 4, 4, 4], [3, 3, 3, 3], nil, .same, .periodic),
            ((40, 6), [6, 5], [3, 3], nil, .same, .zero),
            ((37, 13), [11], [1], nil, .valid, .zero),
            // Rows and channels at distances that are powers of two: the sources are packed.
            ((18, 48), [4, 64], [3, 3], nil, .same, .zero),
            ((18, 48), [4, 64], [3, 3], nil, .same, .periodic),
            ((12, 64), [128], [9], nil, .same, .zero),
            ((12, 52), [2, 4, 64], [3, 3, 3], nil, .same, .zero),
            ((16, 48), [8, 128], [3, 3], [2, 2], .same, .periodic),
        ]
        return wanted.compactMap {
            try? ConvolutionShape(
                inputChannels: $0.channels.0, outputChannels: $0.channels.1, inputExtents: $0.input, kernelExtents: $0.kernel,
                strides: $0.strides, padding: $0.padding, boundary: $0.boundary)
        } + randomShapes(count: 60)
    }()

    @Test("every chosen shape is a shape") func allShapes() { #expect(Self.shapes.count == 87) }

    @Test("the fast passes agree with the definition", arguments: shapes)
    func agreesWithReference(shape: ConvolutionShape) {
        let problem = ConvolutionProblem(shape, seed: 1)
        let fast = problem.fast(), reference = problem.reference()
        #expect(largestDifference(fast.output, reference.output) < 4e-6)
        #expect(largestDifference(fast.inputGradient, reference.inputGradient) < 4e-6)
        #expect(largestDifference(fast.weightGradient, reference.weightGradient) < 4e-6)
        #expect(largestDifference(fast.biasGradient, reference.biasGradient) < 4e-6)
    }

    /// With small whole numbers every product and sum is exact, so the identity must hold to the last bit.
    @Test("the passes are exact transposes of one another: <A x, y> = <x, At y> = <w, dw>", arguments: shapes)
    func adjoint(shape: ConvolutionShape) {
        let problem = ConvolutionProblem(shape, seed: 2, wholeNumbers: true)
        let passes = problem.fast(bias: false)
        let forward = innerProduct(passes.output, problem.outputGradient)
        #expect(forward == innerProduct(problem.input, passes.inputGradient))
        #expect(forward == zip(problem.weights, passes.weightGradient).reduce(0) { $0 + Double($1.0) * Double($1.1) })
    }

    @Test("a sample never feels another one: permuted samples give permuted results, bit for bit")
    func samplesAreIndependent() throws {
        let shape = try ConvolutionShape(inputChannels: 5, outputChannels: 7, inputExtents: [6, 9], kernelExtents: [3, 3], boundary: .periodic)
        var problem = ConvolutionProblem(shape, seed: 3)
        let before = problem.fast()
        problem.input = problem.input.map(reversed)
        problem.outputGradient = problem.outputGradient.map(reversed)
        let after = problem.fast()
        #expect(before.output.map(reversed) == after.output)
        #expect(before.inputGradient.map(reversed) == after.inputGradient)
    }

    @Test("one colour of the checkerboard alone: the same values there, nothing touched elsewhere", arguments: shapes)
    func checkerboard(shape: ConvolutionShape) {
        let problem = ConvolutionProblem(shape, seed: 6, wholeNumbers: true)
        let whole = problem.fast()
        for parity in 0..<2 {
            let layer = Convolution(shape, outputParity: parity, inputParity: 1 - parity)
            var scratch = lanes(layer.scratchLanes), output = lanes(whole.output.count), inputGradient = lanes(whole.inputGradient.count)
            problem.bias.withUnsafeBufferPointer {
                layer.forward(input: problem.input, weights: problem.weights, bias: $0.baseAddress, output: &output, scratch: &scratch)
            }
            layer.dataGradient(
                outputGradient: problem.outputGradient, weights: problem.weights, inputGradient: &inputGradient, scratch: &scratch)
            func colour(_ index: Int, _ extents: [Int]) -> Int {
                var rest = index
                return extents.reversed().reduce(0) { sum, n in
                    defer { rest /= n }
                    return sum + rest % n
                } % 2
            }
            for i in output.indices {
                let isWanted = colour(i, shape.outputExtents) == parity
                #expect(isWanted ? output[i] == whole.output[i] : output[i][0].isNaN)
            }
            // Where input and output are out of step every site is computed, and a stride leaves the choice to its phases.
            for i in inputGradient.indices where colour(i, shape.inputExtents) == 1 - parity {
                #expect(inputGradient[i] == whole.inputGradient[i])
            }
        }
    }

    @Test("a periodic convolution commutes with translations, bit for bit")
    func translation() throws {
        let shape = try ConvolutionShape(inputChannels: 3, outputChannels: 4, inputExtents: [12], kernelExtents: [5], boundary: .periodic)
        var problem = ConvolutionProblem(shape, seed: 4)
        let before = problem.fast().output
        problem.input = problem.input.indices.map { problem.input[$0 / 12 * 12 + ($0 + 5) % 12] }
        let after = problem.fast().output
        #expect(after == before.indices.map { before[$0 / 12 * 12 + ($0 + 5) % 12] })
    }

    @Test("the gradients by weights and bias are the slope of the forward pass")
    func slope() throws {
        let shape = try ConvolutionShape(inputChannels: 2, outputChannels: 3, inputExtents: [5, 4], kernelExtents: [3, 2], strides: [2, 1])
        var problem = ConvolutionProblem(shape, seed: 5, wholeNumbers: true)
        let passes = problem.fast()
        for w in problem.weights.indices {
            let at = innerProduct(problem.fast().output, problem.outputGradient)
            problem.weights[w] += 1
            #expect(innerProduct(problem.fast().output, problem.outputGradient) - at == Double(passes.weightGradient[w]))
            problem.weights[w] -= 1
        }
        for o in problem.bias.indices {
            let at = innerProduct(problem.fast().output, problem.outputGradient)
            problem.bias[o] += 1
            #expect(innerProduct(problem.fast().output, problem.outputGradient) - at == Double(passes.biasGradient[o]))
            problem.bias[o] -= 1
        }
    }

    @Test("a transposed convolution is the convolution's data gradient, with a bias")
    func transposed() throws {
        let shape = try ConvolutionShape(inputChannels: 3, outputChannels: 5, inputExtents: [9, 8], kernelExtents: [4, 4], strides: [2, 2], padding: .amounts(lower: [1, 1], upper: [1, 1]))
        let problem = ConvolutionProblem(shape, seed: 6)
        let layer = TransposedConvolution(shape)
        let bias: [Float] = [1, -2, 3]
        var scratch = lanes(layer.scratchLanes)
        var output = lanes(3 * shape.inputSites)
        layer.forward(input: problem.outputGradient, weights: problem.weights, bias: bias, output: &output, scratch: &scratch)
        let expected = problem.reference().inputGradient
        for site in output.indices { #expect(abs((output[site] - expected[site] - bias[site / shape.inputSites])).max() < 1e-5) }
        var weightGradient = Array(repeating: Float(0), count: shape.weightCount), biasGradient: [Float] = [0, 0, 0]
        var inputGradient = lanes(5 * shape.outputSites)
        layer.weightGradient(
            input: problem.outputGradient, outputGradient: problem.input, weightGradient: &weightGradient, biasGradient: &biasGradient, scratch: &scratch)
        layer.dataGradient(outputGradient: problem.input, weights: problem.weights, inputGradient: &inputGradient, scratch: &scratch)
        #expect(largestDifference(weightGradient, problem.reference().weightGradient) < 4e-6)
        #expect(largestDifference(inputGradient, problem.reference(bias: false).output) < 4e-6)
        let sites = shape.inputSites
        for channel in 0..<3 {
            let sum = problem.input[channel * sites..<(channel + 1) * sites].reduce(0) { $0 + $1.sum() }
            #expect(abs(sum - biasGradient[channel]) < 1e-3)
        }
    }

    @Test("a shape that cannot be is refused in words")
    func refused() {
        let tooLarge = #expect(throws: KernelShapeError.self) {
            try ConvolutionShape(inputChannels: 1, outputChannels: 1, inputExtents: [4, 4], kernelExtents: [3, 5], padding: .valid)
        }
        #expect(tooLarge?.description.contains("axis 1") == true)
        #expect(throws: KernelShapeError.self) { try ConvolutionShape(inputChannels: 0, outputChannels: 1, inputExtents: [4], kernelExtents: [3]) }
        #expect(throws: KernelShapeError.self) { try ConvolutionShape(inputChannels: 1, outputChannels: 1, inputExtents: [4], kernelExtents: [3, 3]) }
        #expect(throws: KernelShapeError.self) {
            try ConvolutionShape(inputChannels: 1, outputChannels: 1, inputExtents: [4], kernelExtents: [3], padding: .amounts(lower: [-1], upper: [0]))
        }
    }

    private static func randomShapes(count: Int) -> [ConvolutionShape] {
        var random = Draws(seed: 7)
        var shapes: [ConvolutionShape] = []
        while shapes.count < count {
            let rank = random.next(1...3)
            let periodic = random.next(0...1) == 1
            let numbers = { (range: ClosedRange<Int>) in (0..<rank).map { _ in random.next(range) } }
            let padding: Padding
            switch random.next(0...2) {
            case 0: padding = .valid
            case 1: padding = .same
            default: padding = .amounts(lower: numbers(0...3), upper: numbers(0...3))
            }
            let shape = try? ConvolutionShape(
                inputChannels: random.next(1...9), outputChannels: random.next(1...9), inputExtents: numbers(1...(rank == 1 ? 40 : rank == 2 ? 11 : 6)),
                kernelExtents: numbers(1...4), strides: random.next(0...1) == 0 ? nil : numbers(1...3), padding: padding,
                boundary: periodic ? .periodic : .zero)
            if let shape { shapes.append(shape) }
        }
        return shapes
    }
}
