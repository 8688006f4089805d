/// What lies beyond the edge of an activation.
public enum Boundary: String, Hashable, Sendable {
    case zero, periodic
}

/// How many sites are added to an activation before a window slides over it.
public enum Padding: Hashable, Sendable {
    /// None: the output shrinks by kernel - 1.
    case valid
    /// Output extent = ceil(input extent / stride); an even kernel has its extra site at the upper side, as in PyTorch.
    case same
    /// Sites per axis at the lower and the upper side.
    case amounts(lower: [Int], upper: [Int])
}

/// A shape that no kernel can serve, in the words of whoever asked for it.
public struct KernelShapeError: Error, CustomStringConvertible, Equatable {
    public let description: String
    package init(_ description: String) { self.description = description }
}

/// Shape of a convolution (a cross-correlation, as everywhere in machine learning) of any spatial rank.
///
/// Activations are `[channel][space…]` of lanes, weights `[output channel][input channel][kernel…]` as in PyTorch, last axis fastest.
public struct ConvolutionShape: Hashable, Sendable {
    public let inputChannels: Int
    public let outputChannels: Int
    public let inputExtents: [Int]
    public let kernelExtents: [Int]
    public let strides: [Int]
    public let lowerPadding: [Int]
    public let upperPadding: [Int]
    public let boundary: Boundary
    /// floor((input + lower + upper padding - kernel) / stride) + 1 on each axis.
    public let outputExtents: [Int]

    /// - Parameter strides: one per axis; 1 everywhere if nil.
    /// - Throws: `KernelShapeError` if the axes disagree in number, an extent is not positive or the kernel does not fit.
    public init(
        inputChannels: Int, outputChannels: Int, inputExtents: [Int], kernelExtents: [Int],
        strides: [Int]? = nil, padding: Padding = .same, boundary: Boundary = .zero
    ) throws {
        let rank = inputExtents.count
        let strides = strides ?? Array(repeating: 1, count: rank)
        guard inputChannels > 0, outputChannels > 0 else {
            throw KernelShapeError("convolution: \(inputChannels) -> \(outputChannels) channels; both must be positive")
        }
        guard rank > 0, kernelExtents.count == rank, strides.count == rank else {
            throw KernelShapeError(
                "convolution: input extents \(inputExtents), kernel \(kernelExtents) and strides \(strides) must have the same number of axes, at least one")
        }
        guard (inputExtents + kernelExtents + strides).allSatisfy({ $0 > 0 }) else {
            throw KernelShapeError("convolution: input extents \(inputExtents), kernel \(kernelExtents) and strides \(strides) must be positive")
        }
        var lower = Array(repeating: 0, count: rank), upper = lower
        switch padding {
        case .valid: break
        case .same:
            for axis in 0..<rank {
                let outputs = (inputExtents[axis] + strides[axis] - 1) / strides[axis]
                let total = max(0, (outputs - 1) * strides[axis] + kernelExtents[axis] - inputExtents[axis])
                lower[axis] = total / 2
                upper[axis] = total - total / 2
            }
        case .amounts(let low, let high):
            guard low.count == rank, high.count == rank, (low + high).allSatisfy({ $0 >= 0 }) else {
                throw KernelShapeError("convolution: padding \(low) and \(high) must be \(rank) numbers each, none negative")
            }
            lower = low
            upper = high
        }
        var outputs: [Int] = []
        for axis in 0..<rank {
            let room = inputExtents[axis] + lower[axis] + upper[axis] - kernelExtents[axis]
            guard room >= 0 else {
                throw KernelShapeError(
                    "convolution: kernel extent \(kernelExtents[axis]) of axis \(axis) is larger than the padded input \(room + kernelExtents[axis])")
            }
            outputs.append(room / strides[axis] + 1)
        }
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
        self.inputExtents = inputExtents
        self.kernelExtents = kernelExtents
        self.strides = strides
        lowerPadding = lower
        upperPadding = upper
        self.boundary = boundary
        outputExtents = outputs
    }

    /// The same convolution after its input has been padded.
    var withoutPadding: ConvolutionShape {
        let none = inputExtents.map { _ in 0 }
        return ConvolutionShape(
            inputChannels: inputChannels, outputChannels: outputChannels,
            inputExtents: inputExtents.indices.map { lowerPadding[$0] + inputExtents[$0] + upperPadding[$0] },
            kernelExtents: kernelExtents, strides: strides, lowerPadding: none, upperPadding: none, boundary: .zero, outputExtents: outputExtents)
    }

    /// The convolution with mirrored taps that is this one's transpose, if there is one: without strides, and on a periodic axis
    /// only if the output is as long as the input.
    var mirrored: ConvolutionShape? {
        let lower = zip(kernelExtents, lowerPadding).map { $0 - 1 - $1 }, upper = zip(kernelExtents, upperPadding).map { $0 - 1 - $1 }
        guard strides.allSatisfy({ $0 == 1 }), (lower + upper).allSatisfy({ $0 >= 0 }), boundary == .zero || inputExtents == outputExtents
        else { return nil }
        return ConvolutionShape(
            inputChannels: outputChannels, outputChannels: inputChannels, inputExtents: outputExtents, kernelExtents: kernelExtents,
            strides: strides, lowerPadding: lower, upperPadding: upper, boundary: boundary, outputExtents: inputExtents)
    }

    private init(
        inputChannels: Int, outputChannels: Int, inputExtents: [Int], kernelExtents: [Int], strides: [Int],
        lowerPadding: [Int], upperPadding: [Int], boundary: Boundary, outputExtents: [Int]
    ) {
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
        self.inputExtents = inputExtents
        self.kernelExtents = kernelExtents
        self.strides = strides
        self.lowerPadding = lowerPadding
        self.upperPadding = upperPadding
        self.boundary = boundary
        self.outputExtents = outputExtents
    }

    public var spatialRank: Int { inputExtents.count }
    /// Sites of one input channel.
    public var inputSites: Int { inputExtents.reduce(1, *) }
    /// Sites of one output channel.
    public var outputSites: Int { outputExtents.reduce(1, *) }
    /// Taps of one kernel.
    public var tapCount: Int { kernelExtents.reduce(1, *) }
    public var weightCount: Int { outputChannels * inputChannels * tapCount }
    /// Multiply-adds of a forward pass for one sample, padding counted as work.
    public var multiplyAddsPerSample: Int { weightCount * outputSites }
}
