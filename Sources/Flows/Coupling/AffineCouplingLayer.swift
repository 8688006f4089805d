import FlowKernels
import Networks
import NetworkKernels
import Numerics

/// One affine coupling on a checkerboard: a periodic convolutional network reads the frozen sites and gives shift and scale of the active ones.
///
/// Sources: Albergo, Kanwar, Shanahan, arXiv:1904.12072; with |s| and no bias it is Z2-equivariant (arXiv:2301.01504).
struct AffineCouplingLayer {
    private let siteCount: Int
    private let symmetric: Bool
    private let convolutions: [Convolution]
    private let weights: [Range<Int>]
    private let biases: [Range<Int>?]
    private let sites: ActiveSites
    /// Lanes: the field before the coupling, the network's input and every layer's output; shared scratch for cotangents.
    private let savedField: Int
    private let activations: [Int]
    private let cotangents: [Int]
    private let scratch: Int

    init(
        name: String, extents: [Int], parity: Int, hidden: [Int], kernelExtent: Int, symmetric: Bool, shared: CouplingScratch,
        layout: inout ParameterLayout, space: inout CouplingWorkspaceLayout
    ) throws {
        let channels = [1] + hidden + [2]
        siteCount = extents.reduce(1, *)
        self.symmetric = symmetric
        sites = ActiveSites(extents: extents, parity: parity)
        var convolutions: [Convolution] = []
        var weights: [Range<Int>] = []
        var biases: [Range<Int>?] = []
        for (index, (from, to)) in zip(channels, channels.dropFirst()).enumerated() {
            let shape = try ConvolutionShape(
                inputChannels: from, outputChannels: to, inputExtents: extents,
                kernelExtents: extents.map { _ in kernelExtent }, boundary: .periodic)
            // Shift and scale are read at the active sites only, and only frozen sites get a cotangent back: half of either pass.
            convolutions.append(
                Convolution(shape, outputParity: index == channels.count - 2 ? parity : nil, inputParity: index == 0 ? 1 - parity : nil))
            weights.append(layout.add("\(name).\(index).weight", shape: [to, from] + shape.kernelExtents))
            biases.append(symmetric ? nil : layout.add("\(name).\(index).bias", shape: [to]))
        }
        self.convolutions = convolutions
        self.weights = weights
        self.biases = biases
        savedField = space.reserveLanes(siteCount)
        let siteCount = siteCount
        activations = channels.map { space.reserveLanes($0 * siteCount) }
        cotangents = [shared.first, shared.second]
        scratch = shared.convolution
    }

    /// Lanes of convolution scratch that the layer needs.
    static func scratchLanes(extents: [Int], hidden: [Int], kernelExtent: Int) throws -> Int {
        let channels = [1] + hidden + [2]
        return try zip(channels, channels.dropFirst()).map { from, to in
            Convolution(
                try ConvolutionShape(
                    inputChannels: from, outputChannels: to, inputExtents: extents,
                    kernelExtents: extents.map { _ in kernelExtent }, boundary: .periodic)
            ).scratchLanes
        }.max() ?? 0
    }

    /// Uniform weights of variance 1/(3 fan-in), the default of PyTorch's convolutions; the last layer scaled by `lastGain`.
    func initialize(_ parameters: inout [Float], seed: UInt64, lastGain: Float) {
        let stream = RandomStream(seed: seed, purpose: .initialization)
        for (index, range) in weights.enumerated() {
            let fanIn = convolutions[index].shape.inputChannels * convolutions[index].shape.tapCount
            let bound = 1 / Float(fanIn).squareRoot() * (index == weights.count - 1 ? lastGain : 1)
            for position in range {
                parameters[position] = bound * Float(2 * stream.uniform(epoch: 0, index: UInt64(position), draw: 0) - 1)
            }
        }
    }

    func forward(
        _ field: UnsafeMutablePointer<Lane>, _ all: UnsafePointer<Float>, _ workspace: CouplingWorkspace,
        logJacobian: UnsafeMutablePointer<DoubleLane>
    ) {
        (workspace.lanes + savedField).update(from: field, count: siteCount)
        let output = runNetwork(field, all, workspace)
        AffineCouplingKernel.forward(
            field: field, shift: output, scale: output + siteCount, active: sites.list, activeCount: sites.count,
            symmetric: symmetric, logJacobian: logJacobian)
    }

    func inverse(
        _ field: UnsafeMutablePointer<Lane>, _ all: UnsafePointer<Float>, _ workspace: CouplingWorkspace,
        logJacobian: UnsafeMutablePointer<DoubleLane>
    ) {
        let output = runNetwork(field, all, workspace)
        AffineCouplingKernel.inverse(
            field: field, shift: output, scale: output + siteCount, active: sites.list, activeCount: sites.count,
            symmetric: symmetric, logJacobian: logJacobian)
    }

    /// The network on the frozen sites; returns shift and scale, one channel after the other.
    private func runNetwork(
        _ field: UnsafePointer<Lane>, _ all: UnsafePointer<Float>, _ workspace: CouplingWorkspace
    ) -> UnsafeMutablePointer<Lane> {
        let lanes = workspace.lanes
        AffineCouplingKernel.freeze(
            field, active: sites.list, activeCount: sites.count, siteCount: siteCount, input: lanes + activations[0])
        for (index, convolution) in convolutions.enumerated() {
            let output = lanes + activations[index + 1]
            convolution.forward(
                input: lanes + activations[index], weights: all + weights[index].lowerBound,
                bias: biases[index].map { all + $0.lowerBound }, output: output, scratch: lanes + scratch)
            if index < convolutions.count - 1 {
                AffineCouplingKernel.tanhForward(output, count: convolution.shape.outputChannels * siteCount)
            }
        }
        return lanes + activations[convolutions.count]
    }

    /// Reverse mode; weight gradients are added to `gradient`.
    func backward(
        _ cotangent: UnsafeMutablePointer<Lane>, _ all: UnsafePointer<Float>, _ workspace: CouplingWorkspace,
        logJacobianWeight: Float, gradient: UnsafeMutablePointer<Float>
    ) {
        let output = workspace.lanes + activations[convolutions.count]
        let first = workspace.lanes + cotangents[0]
        first.update(repeating: .zero, count: 2 * siteCount)
        AffineCouplingKernel.backward(
            input: workspace.lanes + savedField, scale: output + siteCount, cotangent: cotangent,
            shiftCotangent: first, scaleCotangent: first + siteCount, active: sites.list, activeCount: sites.count,
            symmetric: symmetric, logJacobianWeight: logJacobianWeight)
        addPullBack(to: cotangent, all, workspace, gradient: gradient)
    }

    func pushScore(_ score: UnsafeMutablePointer<Lane>, _ all: UnsafePointer<Float>, _ workspace: CouplingWorkspace) {
        let output = workspace.lanes + activations[convolutions.count]
        let first = workspace.lanes + cotangents[0]
        first.update(repeating: .zero, count: 2 * siteCount)
        AffineCouplingKernel.pushScore(
            input: workspace.lanes + savedField, scale: output + siteCount, score: score,
            shiftCotangent: first, scaleCotangent: first + siteCount, active: sites.list, activeCount: sites.count, symmetric: symmetric)
        addPullBack(to: score, all, workspace, gradient: nil)
    }

    /// Pulls the cotangent of the network's output back to its input, added at the frozen sites of `target`.
    private func addPullBack(
        to target: UnsafeMutablePointer<Lane>, _ all: UnsafePointer<Float>, _ workspace: CouplingWorkspace,
        gradient: UnsafeMutablePointer<Float>?
    ) {
        let lanes = workspace.lanes
        var above = lanes + cotangents[0]
        var below = lanes + cotangents[1]
        for index in stride(from: convolutions.count - 1, through: 0, by: -1) {
            let convolution = convolutions[index]
            let input = lanes + activations[index]
            if let gradient {
                // Each layer of a flow owns its weights, so the kernel may overwrite: a layer is visited once a shard.
                convolution.weightGradient(
                    input: input, outputGradient: above, weightGradient: gradient + weights[index].lowerBound,
                    biasGradient: biases[index].map { gradient + $0.lowerBound }, scratch: lanes + scratch)
            }
            convolution.dataGradient(
                outputGradient: above, weights: all + weights[index].lowerBound, inputGradient: below, scratch: lanes + scratch)
            if index > 0 {
                AffineCouplingKernel.tanhBackward(below, value: input, count: convolution.shape.inputChannels * siteCount)
            }
            swap(&above, &below)
        }
        AffineCouplingKernel.addFrozen(above, to: target, active: sites.list, activeCount: sites.count, siteCount: siteCount)
    }
}

/// Lanes that all couplings of a flow share: two cotangent buffers and the convolutions' scratch.
struct CouplingScratch {
    let first: Int
    let second: Int
    let convolution: Int
}

/// The sites of one parity of the checkerboard, in site order.
final class ActiveSites: Sendable {
    let count: Int
    nonisolated(unsafe) let list: UnsafeMutablePointer<Int32>

    init(extents: [Int], parity: Int) {
        let siteCount = extents.reduce(1, *)
        let sites = (0..<siteCount).filter { site in
            var rest = site
            var sum = 0
            for n in extents.reversed() {
                sum += rest % n
                rest /= n
            }
            return sum % 2 == parity
        }
        count = sites.count
        list = .allocate(capacity: max(1, count))
        for (i, site) in sites.enumerated() { list[i] = Int32(site) }
    }

    deinit { list.deallocate() }
}
