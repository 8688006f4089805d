/// How the batch normalisations of a network are done.
public enum BatchNormalisation: Sendable {
    /// By the statistics of the shard, which become outputs: for training.
    case shard
    /// By a bias of the convolution before it, into whose weights scale and deviation are folded: for use.
    case folded
}

/// A convolution without bias and the normalisation behind it, by the paths of their parameters.
public struct NormalisedConvolution: Sendable, Equatable {
    public let convolution: String
    public let normalisation: String
    public let channels: Int
}

/// Writes convolutions with a batch normalisation behind each, and knows in which order they came.
public final class NormalisedConvolutions {
    public let builder: GraphBuilder
    public let normalisation: BatchNormalisation
    public private(set) var places: [NormalisedConvolution] = []

    public init(_ builder: GraphBuilder, _ normalisation: BatchNormalisation) {
        self.builder = builder
        self.normalisation = normalisation
    }

    /// Parameters `convolution/weights`, `normalisation/scale` and `normalisation/shift`, and outputs `normalisation/mean` and `normalisation/variance`; where it
    /// is folded `convolution/weights` and `convolution/bias`.
    public func layer(
        _ convolution: String, _ normalisation: String, _ x: Tensor, outputs: Int, kernel: [Int], boundary: ConvolutionGeometry.Boundary,
        stride: [Int]? = nil, weights: Initializer
    ) throws -> Tensor {
        let place = NormalisedConvolution(convolution: builder.path(convolution), normalisation: builder.path(normalisation), channels: outputs)
        places.append(place)
        let isFolded = self.normalisation == .folded
        let y = try builder.convolution(
            convolution, x, outputs: outputs, kernel: kernel, boundary: boundary, stride: stride, weights: weights, bias: isFolded ? .zeros : nil)
        if isFolded { return y }
        let (result, mean, variance) = try builder.ghostBatchNormalization(normalisation, y)
        try builder.output("\(place.normalisation)/mean", mean)
        try builder.output("\(place.normalisation)/variance", variance)
        return result
    }
}

extension [NormalisedConvolution] {
    /// Parameters of the folded graph, in its layout, from those of the graph for training.
    /// - Parameters:
    ///   - layout: of `parameters`.
    ///   - means, variances: of each place's channels.
    ///   - epsilon: that was added to the variances.
    public func folded(
        _ parameters: [Float], layout: ParameterLayout, means: [[Float]], variances: [[Float]], into target: ParameterLayout, epsilon: Float = 1e-5
    ) -> [Float] {
        let sources = Dictionary(layout.tensors.map { ($0.name, $0.range) }, uniquingKeysWith: { first, _ in first })
        let targets = Dictionary(target.tensors.map { ($0.name, $0.range) }, uniquingKeysWith: { first, _ in first })
        var result = [Float](repeating: 0, count: target.count)
        for (name, range) in targets {
            if let source = sources[name] { result.replaceSubrange(range, with: parameters[source]) }
        }
        for (index, place) in enumerated() {
            guard let weights = targets["\(place.convolution)/weights"], let bias = targets["\(place.convolution)/bias"],
                let scale = sources["\(place.normalisation)/scale"], let shift = sources["\(place.normalisation)/shift"]
            else { continue }
            let each = weights.count / place.channels
            for channel in 0..<place.channels {
                let factor = parameters[scale.lowerBound + channel] / (variances[index][channel] + epsilon).squareRoot()
                for k in 0..<each { result[weights.lowerBound + channel * each + k] *= factor }
                result[bias.lowerBound + channel] = parameters[shift.lowerBound + channel] - means[index][channel] * factor
            }
        }
        return result
    }
}
