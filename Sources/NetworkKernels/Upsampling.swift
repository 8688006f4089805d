import Numerics

/// Nearest-neighbour upsampling by whole factors.
public struct Upsampling: Sendable {
    public let channels: Int
    public let inputExtents: [Int]
    public let factors: [Int]
    public let outputExtents: [Int]
    private let sources: [Int32]

    /// - Throws: `KernelShapeError` if there is not one positive factor per axis.
    public init(channels: Int, inputExtents: [Int], factors: [Int]) throws {
        guard channels > 0, !inputExtents.isEmpty, factors.count == inputExtents.count, (inputExtents + factors).allSatisfy({ $0 > 0 }) else {
            throw KernelShapeError("upsampling: \(channels) channels of \(inputExtents) by factors \(factors): one positive factor per axis wanted")
        }
        self.channels = channels
        self.inputExtents = inputExtents
        self.factors = factors
        outputExtents = zip(inputExtents, factors).map { $0 * $1 }
        let strides = Extents.strides(of: inputExtents)
        var sources: [Int32] = []
        Extents.forEach(outputExtents) { site in
            sources.append(Int32(Extents.dot(zip(site, factors).map { $0 / $1 }, strides)))
        }
        self.sources = sources
    }

    public var inputSites: Int { inputExtents.reduce(1, *) }
    public var outputSites: Int { sources.count }

    /// output[c][y] = input[c][y / factor].
    public func forward(input: UnsafePointer<Lane>, output: UnsafeMutablePointer<Lane>) {
        let inputs = inputSites, outputs = sources.count
        for channel in 0..<channels {
            for site in 0..<outputs { output[channel * outputs + site] = input[channel * inputs + Int(sources[site])] }
        }
    }

    /// Transpose of `forward`; overwrites `inputGradient`.
    public func gradient(outputGradient: UnsafePointer<Lane>, inputGradient: UnsafeMutablePointer<Lane>) {
        let inputs = inputSites, outputs = sources.count
        inputGradient.update(repeating: .zero, count: channels * inputs)
        for channel in 0..<channels {
            for site in 0..<outputs { inputGradient[channel * inputs + Int(sources[site])] += outputGradient[channel * outputs + site] }
        }
    }
}
