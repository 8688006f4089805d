import Numerics

/// A dense layer on `[feature]` of lanes; weights `[output][input]`.
public struct Dense: Sendable {
    public let inputs: Int
    public let outputs: Int
    /// Lanes of scratch memory that `weightGradient` needs.
    public let scratchLanes: Int
    /// Offsets in bytes of consecutive lanes, and of the samples in the transposed input.
    private let features: [Int32]
    private let samples: [Int32]

    public init(inputs: Int, outputs: Int) {
        self.inputs = inputs
        self.outputs = outputs
        let lanesPerSample = (inputs + laneWidth - 1) / laneWidth
        scratchLanes = laneWidth * lanesPerSample
        features = (0..<max(inputs, outputs)).map { Int32($0 * 64) }
        samples = (0..<laneWidth).map { Int32($0 * lanesPerSample * 64) }
    }

    /// output = weights * input + bias.
    public func forward(
        input: UnsafePointer<Lane>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?, output: UnsafeMutablePointer<Lane>
    ) {
        features.withUnsafeBufferPointer { features in
            guard let features = features.baseAddress else { return }
            DensePass(
                input: UnsafeRawPointer(input), features: features, count: inputs, weights: weights, rowStride: inputs, tapStride: 1,
                bias: bias, output: output
            ).run(rows: outputs)
        }
    }

    /// inputGradient = transposed weights * outputGradient.
    public func dataGradient(
        outputGradient: UnsafePointer<Lane>, weights: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Lane>
    ) {
        features.withUnsafeBufferPointer { features in
            guard let features = features.baseAddress else { return }
            DensePass(
                input: UnsafeRawPointer(outputGradient), features: features, count: outputs, weights: weights, rowStride: 1, tapStride: inputs,
                bias: nil, output: inputGradient
            ).run(rows: inputs)
        }
    }

    /// Gradients by weights and bias, summed over the 16 samples; both are overwritten.
    ///
    /// With the input transposed to `[sample][feature]` this is a product of two matrices whose inner extent is the lane.
    public func weightGradient(
        input: UnsafePointer<Lane>, outputGradient: UnsafePointer<Lane>,
        weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Lane>
    ) {
        let row = scratchLanes
        scratch.withMemoryRebound(to: Float.self, capacity: row * laneWidth) { transposed in
            for feature in 0..<row {
                let lane = feature < inputs ? input[feature] : .zero
                for sample in 0..<laneWidth { transposed[sample * row + feature] = lane[sample] }
            }
        }
        samples.withUnsafeBufferPointer { samples in
            UnsafeRawPointer(outputGradient).withMemoryRebound(to: Float.self, capacity: outputs * laneWidth) { gradient in
                guard let samples = samples.baseAddress else { return }
                var output = 0
                while output + 4 <= outputs {
                    weightRows(Rows<4>(), output, UnsafeRawPointer(scratch), samples, gradient, weightGradient)
                    output += 4
                }
                while output < outputs {
                    weightRows(Rows<1>(), output, UnsafeRawPointer(scratch), samples, gradient, weightGradient)
                    output += 1
                }
            }
        }
        if let biasGradient { ChannelSums.sum(outputGradient, channels: outputs, sites: 1, into: biasGradient) }
    }

    /// Chooses the number of rows of a tile by type.
    private struct Rows<let count: Int> {}

    @inline(__always)
    private func weightRows<let rows: Int>(
        _: Rows<rows>, _ output: Int, _ transposed: UnsafeRawPointer, _ samples: UnsafePointer<Int32>, _ gradient: UnsafePointer<Float>,
        _ weightGradient: UnsafeMutablePointer<Float>
    ) {
        typealias Block = Tile<SIMD8<Float>, rows, 3, 3>
        let width = 8
        var first = 0
        while first < inputs {
            // A pointer beyond the last feature stays inside the row; what it computes is not kept.
            let pointers = Block.Pointers { transposed + min(first + $0 * width, scratchLanes - width) * 4 }
            var sums = Block.Sums(repeating: InlineArray<3, SIMD8<Float>>(repeating: .zero))
            Block.accumulate(
                &sums, inputs: pointers, offsets: samples, count: laneWidth, weights: gradient + output * laneWidth, weightStride: laneWidth)
            for row in 0..<rows {
                let to = weightGradient + (output + row) * inputs
                for column in 0..<3 {
                    let start = first + column * width
                    if start + width <= inputs {
                        UnsafeMutableRawPointer(to + start).storeBytes(of: sums[row][column], as: SIMD8<Float>.self)
                    } else {
                        for i in 0..<max(0, inputs - start) { to[start + i] = sums[row][column][i] }
                    }
                }
            }
            first += 3 * width
        }
    }
}

/// output[row] = bias[row] + sum over features of weights * input.
private struct DensePass {
    let input: UnsafeRawPointer
    let features: UnsafePointer<Int32>
    let count: Int
    let weights: UnsafePointer<Float>
    let rowStride: Int
    let tapStride: Int
    let bias: UnsafePointer<Float>?
    let output: UnsafeMutablePointer<Lane>

    func run(rows: Int) {
        var row = 0
        while row + 6 <= rows {
            run(Tile<SIMD8<Float>, 6, 1, 2>.self, row)
            row += 6
        }
        while row + 3 <= rows {
            run(Tile<SIMD8<Float>, 3, 1, 2>.self, row)
            row += 3
        }
        while row < rows {
            run(Tile<SIMD8<Float>, 1, 1, 2>.self, row)
            row += 1
        }
    }

    @inline(__always)
    private func run<let rows: Int>(_: Tile<SIMD8<Float>, rows, 1, 2>.Type, _ first: Int) {
        typealias Block = Tile<SIMD8<Float>, rows, 1, 2>
        var sums = Block.Sums(repeating: InlineArray<2, SIMD8<Float>>(repeating: .zero))
        if let bias {
            for row in 0..<rows { sums[row] = InlineArray<2, SIMD8<Float>>(repeating: SIMD8(repeating: bias[first + row])) }
        }
        Block.accumulate(
            &sums, inputs: Block.Pointers(repeating: input), offsets: features, count: count,
            weights: weights + first * rowStride, weightStride: rowStride, tapStride: tapStride)
        for row in 0..<rows { output[first + row] = Lane(lowHalf: sums[row][0], highHalf: sums[row][1]) }
    }
}
