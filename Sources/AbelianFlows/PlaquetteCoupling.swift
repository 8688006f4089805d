import AbelianKernels
import NetworkKernels
import Networks
import Numerics

/// One gauge-equivariant coupling on the plaquettes: links of one direction on every fourth line are updated by what a convolutional network reads
/// in frozen plaquettes; each moves the plaquette on one side as a projection says, and the one on the other side by the opposite.
///
/// Source: Kanwar et al., arXiv:2003.06413, section II and figure 3. In two dimensions a link touches two plaquettes, so the layer is written on
/// them and the links never appear; the sum of all plaquettes is kept.
final class PlaquetteCoupling {
    private let sites: Int
    private let convolutions: [Convolution]
    private let weights: [Range<Int>]
    private let biases: [Range<Int>]
    private let active: UnsafeMutablePointer<Int32>
    private let passive: UnsafeMutablePointer<Int32>
    private let frozen: UnsafeMutablePointer<Int32>
    private let activeCount: Int
    private let frozenCount: Int
    /// Inputs and outputs of all layers, kept for the way back.
    private let activations: [UnsafeMutablePointer<Lane>]
    private let cotangents: [UnsafeMutablePointer<Lane>]
    private let scratch: UnsafeMutablePointer<Lane>
    private let saved: UnsafeMutablePointer<DoubleLane>

    /// - Parameter number: of the layer; it decides direction and lines, all of which have had their turn after eight.
    init(number: Int, extents: [Int], hidden: [Int], kernelExtent: Int, layout: inout ParameterLayout) throws {
        let channels = [2] + hidden + [2]
        let count = extents.reduce(1, *)
        sites = count
        var convolutions: [Convolution] = []
        var weights: [Range<Int>] = []
        var biases: [Range<Int>] = []
        for (index, (from, to)) in zip(channels, channels.dropFirst()).enumerated() {
            let shape = try ConvolutionShape(
                inputChannels: from, outputChannels: to, inputExtents: extents, kernelExtents: extents.map { _ in kernelExtent }, boundary: .periodic)
            convolutions.append(Convolution(shape))
            weights.append(layout.add("couplings.\(number).\(index).weight", shape: [to, from, kernelExtent, kernelExtent]))
            biases.append(layout.add("couplings.\(number).\(index).bias", shape: [to]))
        }
        self.convolutions = convolutions
        self.weights = weights
        self.biases = biases
        // Lines across the direction of the links: active, then two that are read, and the one that takes the difference.
        let axis = number % 2
        let offset = [0, 2, 1, 3][number / 2 % 4]
        func list(_ phase: Int) -> [Int32] {
            (0..<count).filter { site in
                let place = axis == 0 ? site / extents[1] : site % extents[1]
                return (place + 8 - offset) % 4 == phase
            }.map { Int32($0) }
        }
        let acting = list(0)
        let partners = acting.map { site -> Int32 in
            let (x, y) = (Int(site) / extents[1], Int(site) % extents[1])
            return axis == 0
                ? Int32((x + extents[0] - 1) % extents[0] * extents[1] + y) : Int32(x * extents[1] + (y + extents[1] - 1) % extents[1])
        }
        let reading = list(1) + list(2)
        func store(_ values: [Int32]) -> UnsafeMutablePointer<Int32> {
            let pointer = UnsafeMutablePointer<Int32>.allocate(capacity: max(1, values.count))
            pointer.initialize(from: values, count: values.count)
            return pointer
        }
        active = store(acting)
        passive = store(partners)
        frozen = store(reading)
        activeCount = acting.count
        frozenCount = reading.count
        func lanes(_ channels: Int) -> UnsafeMutablePointer<Lane> {
            let pointer = UnsafeMutablePointer<Lane>.allocate(capacity: max(1, channels * count))
            pointer.initialize(repeating: .zero, count: max(1, channels * count))
            return pointer
        }
        activations = channels.map(lanes)
        let widest = channels.max() ?? 2
        cotangents = [lanes(widest), lanes(widest)]
        let need = max(1, convolutions.map(\.scratchLanes).max() ?? 1)
        scratch = .allocate(capacity: need)
        scratch.initialize(repeating: .zero, count: need)
        saved = .allocate(capacity: sites)
        saved.initialize(repeating: .zero, count: sites)
    }

    deinit {
        for pointer in activations + cotangents + [scratch] { pointer.deallocate() }
        for pointer in [active, passive, frozen] { pointer.deallocate() }
        saved.deallocate()
    }

    /// Uniform weights of variance 1/(3 fan-in); the last layer a tenth of it, so that the flow starts near the identity.
    func initialize(_ parameters: inout [Float], seed: UInt64) {
        let stream = RandomStream(seed: seed, purpose: .initialization)
        for (index, range) in weights.enumerated() {
            let fanIn = convolutions[index].shape.inputChannels * convolutions[index].shape.tapCount
            let bound = 1 / Float(fanIn).squareRoot() * (index == weights.count - 1 ? 0.1 : 1)
            for position in range { parameters[position] = bound * Float(2 * stream.uniform(epoch: 0, index: UInt64(position), draw: 0) - 1) }
        }
    }

    /// The network on the frozen plaquettes; returns scale and shift, one channel after the other.
    private func runNetwork(_ field: UnsafePointer<DoubleLane>, _ all: UnsafePointer<Float>) -> UnsafeMutablePointer<Lane> {
        ProjectionKernel.features(field, frozen: frozen, count: frozenCount, sites: sites, output: activations[0])
        for (index, convolution) in convolutions.enumerated() {
            let output = activations[index + 1]
            convolution.forward(
                input: activations[index], weights: all + weights[index].lowerBound, bias: all + biases[index].lowerBound, output: output,
                scratch: scratch)
            if index < convolutions.count - 1 { ProjectionKernel.tanhForward(output, count: convolution.shape.outputChannels * sites) }
        }
        return activations[convolutions.count]
    }

    func forward(_ field: UnsafeMutablePointer<DoubleLane>, _ all: UnsafePointer<Float>, logJacobian: inout DoubleLane) {
        saved.update(from: field, count: sites)
        let output = runNetwork(field, all)
        ProjectionKernel.forward(
            field, scale: output, shift: output + sites, active: active, passive: passive, count: activeCount, logJacobian: &logJacobian)
    }

    func inverse(_ field: UnsafeMutablePointer<DoubleLane>, _ all: UnsafePointer<Float>, logJacobian: inout DoubleLane) {
        let output = runNetwork(field, all)
        ProjectionKernel.inverse(
            field, scale: output, shift: output + sites, active: active, passive: passive, count: activeCount, logJacobian: &logJacobian)
    }

    /// Reverse mode of the last `forward`, for the mean over samples of a function less log J; gradients of the weights are written.
    func backward(_ cotangent: UnsafeMutablePointer<DoubleLane>, _ all: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>) {
        var above = cotangents[0]
        var below = cotangents[1]
        for i in 0..<2 * sites { above[i] = .zero }
        ProjectionKernel.backward(
            input: saved, scale: activations[convolutions.count], cotangent: cotangent, scaleCotangent: above, shiftCotangent: above + sites,
            active: active, passive: passive, count: activeCount, logJacobianWeight: -1)
        for index in stride(from: convolutions.count - 1, through: 0, by: -1) {
            let convolution = convolutions[index]
            let input = activations[index]
            convolution.weightGradient(
                input: input, outputGradient: above, weightGradient: gradient + weights[index].lowerBound,
                biasGradient: gradient + biases[index].lowerBound, scratch: scratch)
            for range in [weights[index], biases[index]] {
                for position in range { gradient[position] /= Float(laneWidth) }
            }
            convolution.dataGradient(
                outputGradient: above, weights: all + weights[index].lowerBound, inputGradient: below, scratch: scratch)
            if index > 0 { ProjectionKernel.tanhBackward(below, value: input, count: convolution.shape.inputChannels * sites) }
            swap(&above, &below)
        }
        ProjectionKernel.addFeatures(saved, features: above, frozen: frozen, count: frozenCount, sites: sites, to: cotangent)
    }

    /// Operations of one sample on the way out.
    var operations: Double {
        convolutions.reduce(0.0) { total, convolution in
            let shape = convolution.shape
            return total + 2 * Double(shape.inputChannels * shape.outputChannels * shape.tapCount) * Double(sites)
        }
    }
}
