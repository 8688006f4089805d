import NetworkKernels
import Numerics

/// Random numbers for the tests of kernels, a pure function of a seed.
struct Draws {
    private let key: SIMD2<UInt32>
    private var count: UInt32 = 0
    init(seed: UInt32) { key = SIMD2(seed, 0x6b65_726e) }

    mutating func next(_ range: ClosedRange<Int>) -> Int {
        count += 1
        return range.lowerBound + Int(Philox.block(counter: SIMD4(count, 0, 0, 0), key: key)[0] % UInt32(range.count))
    }
    /// Uniform in -1..<1, or one of -2, -1, 0, 1, 2.
    mutating func float(wholeNumber: Bool = false) -> Float {
        wholeNumber ? Float(next(-2...2)) : Float(next(-8_388_608...8_388_607)) / 8_388_608
    }
    mutating func floats(_ count: Int, wholeNumbers: Bool = false) -> [Float] { (0..<count).map { _ in float(wholeNumber: wholeNumbers) } }
    mutating func lanes(_ count: Int, wholeNumbers: Bool = false) -> [Lane] {
        (0..<count).map { _ in
            var lane = Lane()
            for i in 0..<16 { lane[i] = float(wholeNumber: wholeNumbers) }
            return lane
        }
    }
}

/// Lanes filled with NaN: a kernel that reads what it should have written is found out.
func lanes(_ count: Int) -> [Lane] { Array(repeating: Lane(repeating: .nan), count: max(1, count)) }

func reversed(_ lane: Lane) -> Lane {
    var result = Lane()
    for i in 0..<16 { result[i] = lane[15 - i] }
    return result
}

func abs(_ lane: Lane) -> Lane { lane.replacing(with: -lane, where: lane .< 0) }

/// Largest |a - b| relative to the largest |b|; infinite if anything is NaN.
func largestDifference(_ a: [Lane], _ b: [Lane]) -> Float {
    largestDifference(a.flatMap { lane in (0..<16).map { lane[$0] } }, b.flatMap { lane in (0..<16).map { lane[$0] } })
}

func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count, !(a + b).contains(where: { !$0.isFinite }) else { return .infinity }
    let difference = zip(a, b).map { Swift.abs($0 - $1) }.max() ?? 0
    return difference == 0 ? 0 : difference / (b.map { Swift.abs($0) }.max() ?? 0)
}

func innerProduct(_ a: [Lane], _ b: [Lane]) -> Double {
    zip(a, b).reduce(0) { sum, pair in (0..<16).reduce(sum) { $0 + Double(pair.0[$1]) * Double(pair.1[$1]) } }
}

/// A convolution's inputs, and all its passes by the fast kernels or by the definition.
struct ConvolutionProblem {
    let shape: ConvolutionShape
    var input: [Lane]
    var outputGradient: [Lane]
    var weights: [Float]
    var bias: [Float]

    struct Passes {
        var output: [Lane]
        var inputGradient: [Lane]
        var weightGradient: [Float]
        var biasGradient: [Float]
    }

    init(_ shape: ConvolutionShape, seed: UInt32, wholeNumbers: Bool = false) {
        var random = Draws(seed: seed)
        self.shape = shape
        input = random.lanes(shape.inputChannels * shape.inputSites, wholeNumbers: wholeNumbers)
        outputGradient = random.lanes(shape.outputChannels * shape.outputSites, wholeNumbers: wholeNumbers)
        weights = random.floats(shape.weightCount, wholeNumbers: wholeNumbers)
        bias = random.floats(shape.outputChannels, wholeNumbers: wholeNumbers)
    }

    private var empty: Passes {
        Passes(
            output: lanes(outputGradient.count), inputGradient: lanes(input.count),
            weightGradient: Array(repeating: .nan, count: weights.count), biasGradient: Array(repeating: .nan, count: bias.count))
    }

    func fast(bias withBias: Bool = true) -> Passes {
        let layer = Convolution(shape)
        var passes = empty
        var scratch = lanes(layer.scratchLanes)
        bias.withUnsafeBufferPointer {
            layer.forward(input: input, weights: weights, bias: withBias ? $0.baseAddress : nil, output: &passes.output, scratch: &scratch)
        }
        layer.dataGradient(outputGradient: outputGradient, weights: weights, inputGradient: &passes.inputGradient, scratch: &scratch)
        layer.weightGradient(
            input: input, outputGradient: outputGradient, weightGradient: &passes.weightGradient, biasGradient: &passes.biasGradient, scratch: &scratch)
        return passes
    }

    func reference(bias withBias: Bool = true) -> Passes {
        var passes = empty
        bias.withUnsafeBufferPointer {
            ReferenceConvolution.forward(shape, input: input, weights: weights, bias: withBias ? $0.baseAddress : nil, output: &passes.output)
        }
        ReferenceConvolution.dataGradient(shape, outputGradient: outputGradient, weights: weights, inputGradient: &passes.inputGradient)
        ReferenceConvolution.weightGradient(
            shape, input: input, outputGradient: outputGradient, weightGradient: &passes.weightGradient, biasGradient: &passes.biasGradient)
        return passes
    }
}
