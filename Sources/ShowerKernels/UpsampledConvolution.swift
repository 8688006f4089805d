import NetworkKernels
import Numerics

/// A valid convolution of a nearest-neighbour upsampling, without ever upsampling.
///
/// An output at y = f p + phase reads the fine sites y ... y + k - 1, which are copies of a few coarse cells. So for each phase the taps that fall
/// on one copy are added up beforehand, and what is left is a small convolution of the coarse activation: for a factor of 6 and a kernel of
/// 6x6x8, 7.3 cells instead of 288 taps. The sums are those of the layer as it is written, in another order. Phases that see as many cells are
/// the output channels of one convolution.
public struct UpsampledConvolution: Sendable {
    public let inputChannels: Int
    public let outputChannels: Int
    public let inputExtents: [Int]
    public let factors: [Int]
    public let kernelExtents: [Int]
    public let outputExtents: [Int]
    public let scratchLanes: Int
    private let groups: [Group]
    private let foldedLanes: Int
    private let largestResult: Int

    /// Phases whose kernels have the same extents.
    private struct Group: Sendable {
        let convolution: Convolution
        let phases: [[Int]]
        /// Outputs of a phase along each axis.
        var positions: [Int] { convolution.shape.outputExtents }
        var cells: [Int] { convolution.shape.kernelExtents }
    }

    /// Three axes. Throws `KernelShapeError` if the kernel does not fit.
    public init(inputChannels: Int, outputChannels: Int, inputExtents: [Int], factors: [Int], kernelExtents: [Int]) throws {
        guard inputExtents.count == 3, factors.count == 3, kernelExtents.count == 3 else {
            throw KernelShapeError("upsampled convolution: \(inputExtents), factors \(factors), kernel \(kernelExtents): three axes each wanted")
        }
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
        self.inputExtents = inputExtents
        self.factors = factors
        self.kernelExtents = kernelExtents
        outputExtents = (0..<3).map { inputExtents[$0] * factors[$0] - kernelExtents[$0] + 1 }
        // The first axis one phase at a time, so that what a group makes stays in the cache until it is spread.
        let axes = (0..<3).map { axis in
            let cells = (0..<factors[axis]).map { ($0 + kernelExtents[axis] - 1) / factors[axis] + 1 }
            return axis == 0
                ? (0..<factors[0]).map { [$0] }
                : Set(cells).sorted().map { count in (0..<factors[axis]).filter { cells[$0] == count } }
        }
        var groups: [Group] = []
        for x in axes[0] {
            for y in axes[1] {
                for z in axes[2] {
                    let first = [x[0], y[0], z[0]]
                    let phases = x.flatMap { a in y.flatMap { b in z.map { [a, b, $0] } } }
                    let shape = try ConvolutionShape(
                        inputChannels: inputChannels, outputChannels: phases.count * outputChannels, inputExtents: inputExtents,
                        kernelExtents: (0..<3).map { (first[$0] + kernelExtents[$0] - 1) / factors[$0] + 1 }, padding: .valid)
                    groups.append(Group(convolution: Convolution(shape), phases: phases))
                }
            }
        }
        self.groups = groups
        let shapes = groups.map(\.convolution.shape)
        foldedLanes = ((shapes.map(\.weightCount).max() ?? 0) + laneWidth - 1) / laneWidth
        largestResult = shapes.map { $0.outputChannels * $0.outputSites }.max() ?? 0
        scratchLanes =
            foldedLanes + largestResult + inputChannels * inputExtents.reduce(1, *) + (groups.map(\.convolution.scratchLanes).max() ?? 0)
    }

    public var outputSites: Int { outputExtents.reduce(1, *) }
    public var inputSites: Int { inputExtents.reduce(1, *) }
    public var weightCount: Int { outputChannels * inputChannels * kernelExtents.reduce(1, *) }
    /// Multiply-adds that are done, for one sample.
    public var multiplyAddsPerSample: Int { groups.reduce(0) { $0 + $1.convolution.shape.multiplyAddsPerSample } }

    /// output = weights * upsampled input + bias.
    public func forward(
        input: UnsafePointer<Lane>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>, output: UnsafeMutablePointer<Lane>,
        scratch: UnsafeMutablePointer<Lane>
    ) {
        let folded = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Float.self)
        let result = scratch + foldedLanes, rest = result + largestResult
        for group in groups {
            fold(weights, group, into: folded)
            group.convolution.forward(input: input, weights: folded, bias: nil, output: result, scratch: rest)
            forEachRow(group) { from, to, channel, count, step in
                let offset = Lane(repeating: bias[channel])
                for i in 0..<count { output[to + i * step] = result[from + i] + offset }
            }
        }
    }

    /// Gradients by input (overwritten; nil if unwanted), weights and bias (overwritten; nil if unwanted).
    public func backward(
        input: UnsafePointer<Lane>, weights: UnsafePointer<Float>, outputGradient: UnsafePointer<Lane>,
        inputGradient: UnsafeMutablePointer<Lane>?, weightGradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Lane>
    ) {
        let folded = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Float.self)
        let result = scratch + foldedLanes, part = result + largestResult
        let inputs = inputChannels * inputSites
        let rest = part + inputs
        weightGradient?.update(repeating: 0, count: weightCount)
        inputGradient?.update(repeating: .zero, count: inputs)
        for group in groups {
            forEachRow(group) { from, to, _, count, step in
                for i in 0..<count { result[from + i] = outputGradient[to + i * step] }
            }
            if let inputGradient {
                fold(weights, group, into: folded)
                group.convolution.dataGradient(outputGradient: result, weights: folded, inputGradient: part, scratch: rest)
                for i in 0..<inputs { inputGradient[i] += part[i] }
            }
            if let weightGradient {
                group.convolution.weightGradient(
                    input: input, outputGradient: result, weightGradient: folded, biasGradient: nil, scratch: rest)
                unfold(folded, group, into: weightGradient)
            }
        }
    }

    /// Calls `body` for every row of a group's result: its place, where it goes, channel, length, and distance of neighbours there.
    @inline(__always)
    private func forEachRow(_ group: Group, _ body: (_ from: Int, _ to: Int, _ channel: Int, _ count: Int, _ step: Int) -> Void) {
        let positions = group.positions
        var from = 0
        for phase in group.phases {
            for channel in 0..<outputChannels {
                for x in 0..<positions[0] {
                    for y in 0..<positions[1] {
                        let row = (channel * outputExtents[0] + x * factors[0] + phase[0]) * outputExtents[1] + y * factors[1] + phase[1]
                        body(from, row * outputExtents[2] + phase[2], channel, positions[2], factors[2])
                        from += positions[2]
                    }
                }
            }
        }
    }

    /// Calls `body` with the place of every weight and of the folded weight that it is part of.
    @inline(__always)
    private func forEachTap(_ group: Group, _ body: (_ weight: Int, _ folded: Int) -> Void) {
        let cells = group.cells, kernel = kernelExtents
        let pairs = outputChannels * inputChannels, count = cells[0] * cells[1] * cells[2]
        for (index, phase) in group.phases.enumerated() {
            for pair in 0..<pairs {
                let base = (index * pairs + pair) * count
                var weight = pair * kernel[0] * kernel[1] * kernel[2]
                for x in 0..<kernel[0] {
                    for y in 0..<kernel[1] {
                        let row = base + ((x + phase[0]) / factors[0] * cells[1] + (y + phase[1]) / factors[1]) * cells[2]
                        for z in 0..<kernel[2] {
                            body(weight, row + (z + phase[2]) / factors[2])
                            weight += 1
                        }
                    }
                }
            }
        }
    }

    private func fold(_ weights: UnsafePointer<Float>, _ group: Group, into folded: UnsafeMutablePointer<Float>) {
        folded.update(repeating: 0, count: group.convolution.shape.weightCount)
        forEachTap(group) { folded[$1] += weights[$0] }
    }

    private func unfold(_ folded: UnsafePointer<Float>, _ group: Group, into weights: UnsafeMutablePointer<Float>) {
        forEachTap(group) { weights[$0] += folded[$1] }
    }
}
