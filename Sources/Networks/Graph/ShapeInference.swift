extension Operation {
    /// The type of the result, or an error that names the node, what was found and what was wanted.
    func resultType(of inputs: [TensorType], node: String) throws -> TensorType {
        func failure(_ wanted: String, _ advice: String?) -> NetworkError {
            let found = inputs.isEmpty ? "no input" : inputs.map(\.description).joined(separator: ", ")
            return NetworkError(node: node, found: found, wanted: wanted, advice: advice)
        }
        func fail(_ wanted: String, advice: String? = nil) -> NetworkError { failure(wanted, advice) }
        if let arity, inputs.count != arity { throw fail("\(arity) input\(arity == 1 ? "" : "s")") }

        switch self {
        case .input, .parameter, .constant:
            throw fail("an operation with inputs")
        case .uniform(let extents, let draw):
            guard !extents.isEmpty, extents.allSatisfy({ $0 > 0 }) else { throw fail("positive extents") }
            guard extents.reduce(1, *) <= NoiseKey.largestCount, draw < NoiseKey.draws else {
                throw fail("at most \(NoiseKey.largestCount) elements and a draw below \(NoiseKey.draws)")
            }
            return TensorType(extents, batched: true)
        case .elementwise:
            var result = inputs[0]
            for input in inputs.dropFirst() {
                guard let next = TensorType.broadcast(result, input) else {
                    throw fail("equal shapes, or one channel, or one site", advice: "reshape or broadcast one of them first")
                }
                result = next
            }
            return result
        case .sum(let axes):
            if axes.contains(.lanes) && !inputs[0].batched { throw fail("a value per sample, to sum over lanes") }
            let x = inputs[0]
            let spatial = x.spatial.map { axes.contains(.sites) ? 1 : $0 }
            return TensorType([axes.contains(.channels) ? 1 : x.channels] + spatial, batched: x.batched && !axes.contains(.lanes))
        case .maximumOverChannels:
            guard inputs[0].batched else { throw fail("a value per sample") }
            return TensorType([1] + inputs[0].spatial, batched: true)
        case .broadcast(let type):
            guard TensorType.broadcast(inputs[0], type) == type else { throw fail("something that repeats to \(type)") }
            return type
        case .stopGradient:
            return inputs[0]
        case .reshape(let extents):
            guard !extents.isEmpty, extents.allSatisfy({ $0 > 0 }), extents.reduce(1, *) == inputs[0].count else {
                throw fail("as many elements as \(extents) holds (\(extents.reduce(1, *)))")
            }
            return TensorType(extents, batched: inputs[0].batched)
        case .sliceChannels(let range):
            guard !range.isEmpty, range.lowerBound >= 0, range.upperBound <= inputs[0].channels else {
                throw fail("channels \(range) to exist")
            }
            return TensorType([range.count] + inputs[0].spatial, batched: inputs[0].batched)
        case .padChannels(let before, let after):
            guard before >= 0, after >= 0 else { throw fail("numbers of channels that are not negative") }
            return TensorType([before + inputs[0].channels + after] + inputs[0].spatial, batched: inputs[0].batched)
        case .concatenateChannels:
            guard let first = inputs.first, inputs.allSatisfy({ $0.spatial == first.spatial && $0.batched == first.batched }) else {
                throw fail("inputs of equal spatial extents, all per sample or none")
            }
            return TensorType([inputs.map(\.channels).reduce(0, +)] + first.spatial, batched: first.batched)
        case .gatherSites(let map):
            guard let extents = map.resultExtents(of: inputs[0].spatial) else { throw fail("extents that fit the site map") }
            return TensorType([inputs[0].channels] + extents, batched: inputs[0].batched)
        case .scatterSites(let map, let extents):
            guard map.resultExtents(of: extents) == inputs[0].spatial else { throw fail("the result of the site map on \(extents)") }
            return TensorType([inputs[0].channels] + extents, batched: inputs[0].batched)
        case .convolution, .convolutionDataGradient, .convolutionWeightGradient:
            return try convolutionType(of: inputs, failure)
        case .dense, .denseDataGradient, .denseWeightGradient:
            return try denseType(of: inputs, failure)
        case .upsample(let factors):
            guard factors.count == inputs[0].spatial.count, factors.allSatisfy({ $0 > 0 }) else {
                throw fail("one positive factor per axis, not \(factors)")
            }
            return TensorType([inputs[0].channels] + zip(inputs[0].spatial, factors).map { $0 * $1 }, batched: inputs[0].batched)
        case .sumPool(let factors), .maximumPool(let factors):
            guard factors.count == inputs[0].spatial.count, factors.allSatisfy({ $0 > 0 }),
                zip(inputs[0].spatial, factors).allSatisfy({ $0 % $1 == 0 })
            else { throw fail("extents that are multiples of \(factors)", advice: "pad or crop to a multiple first") }
            return TensorType([inputs[0].channels] + zip(inputs[0].spatial, factors).map { $0 / $1 }, batched: inputs[0].batched)
        case .linearUpsample:
            guard inputs[0].batched, inputs[0].spatial.count == 2 else { throw fail("images per sample") }
            return TensorType([inputs[0].channels] + inputs[0].spatial.map { 2 * $0 }, batched: true)
        case .linearUpsampleGradient:
            guard inputs[0].batched, inputs[0].spatial.count == 2, inputs[0].spatial.allSatisfy({ $0 % 2 == 0 }) else {
                throw fail("images per sample of even extents")
            }
            return TensorType([inputs[0].channels] + inputs[0].spatial.map { $0 / 2 }, batched: true)
        case .attention:
            guard inputs.allSatisfy({ $0.batched && $0.spatial == inputs[0].spatial }), inputs[0].channels == inputs[1].channels else {
                throw fail("queries and keys of equal shape and values on the same sites, all per sample")
            }
            return TensorType([inputs[2].channels + 1] + inputs[0].spatial, batched: true)
        case .attentionGradient:
            let wanted = TensorType([inputs[2].channels + 1] + inputs[0].spatial, batched: true)
            guard inputs.allSatisfy({ $0.batched && $0.spatial == inputs[0].spatial }), inputs[0].channels == inputs[1].channels, inputs[3] == wanted,
                inputs[4] == wanted
            else { throw fail("what attention reads and makes, and the gradient of that") }
            return TensorType([2 * inputs[0].channels + inputs[2].channels] + inputs[0].spatial, batched: true)
        }
    }

    /// Number of inputs; nil for any number.
    var arity: Int? {
        switch self {
        case .input, .parameter, .constant, .uniform: 0
        case .elementwise(let e): e.arity
        case .concatenateChannels: nil
        case .convolution, .convolutionDataGradient, .convolutionWeightGradient, .dense, .denseDataGradient, .denseWeightGradient: 2
        case .attention: 3
        case .attentionGradient: 5
        default: 1
        }
    }

    private func convolutionType(of inputs: [TensorType], _ fail: (String, String?) -> NetworkError) throws -> TensorType {
        let (x, w) = (inputs[0], inputs[1])
        guard x.batched else { throw fail("a first input per sample", nil) }
        switch self {
        case .convolution(let geometry):
            guard !w.batched, w.extents.count == geometry.kernel.count + 2, Array(w.extents.dropFirst(2)) == geometry.kernel else {
                throw fail("weights [outputs, inputs] + \(geometry.kernel)", nil)
            }
            guard w.extents[1] == x.channels else { throw fail("weights for \(x.channels) input channels", nil) }
            guard let extents = geometry.outputExtents(of: x.spatial) else {
                throw fail(
                    "spatial extents that fit kernel \(geometry.kernel), stride \(geometry.stride), \(geometry.boundary)",
                    "a periodic axis must be a multiple of the stride and no shorter than the kernel")
            }
            return TensorType([w.extents[0]] + extents, batched: true)
        case .convolutionDataGradient(let geometry, let extents):
            guard !w.batched, w.extents.count == geometry.kernel.count + 2, Array(w.extents.dropFirst(2)) == geometry.kernel,
                w.extents[0] == x.channels, geometry.outputExtents(of: extents) == x.spatial
            else { throw fail("the result of a convolution of \(extents) with kernel \(geometry.kernel), and its weights", nil) }
            return TensorType([w.extents[1]] + extents, batched: true)
        case .convolutionWeightGradient(let geometry):
            guard w.batched, geometry.outputExtents(of: x.spatial) == w.spatial else {
                throw fail("an input and the result of its convolution with kernel \(geometry.kernel)", nil)
            }
            return TensorType([w.channels, x.channels] + geometry.kernel, batched: false)
        default:
            throw fail("a convolution", nil)
        }
    }

    private func denseType(of inputs: [TensorType], _ fail: (String, String?) -> NetworkError) throws -> TensorType {
        let (x, w) = (inputs[0], inputs[1])
        guard x.batched, x.sites == 1 else { throw fail("a first input [features] per sample", "reshape to [features] first") }
        switch self {
        case .dense:
            guard !w.batched, w.extents.count == 2, w.extents[1] == x.channels else { throw fail("weights [outputs, \(x.channels)]", nil) }
            return TensorType([w.extents[0]], batched: true)
        case .denseDataGradient:
            guard !w.batched, w.extents.count == 2, w.extents[0] == x.channels else { throw fail("weights [\(x.channels), inputs]", nil) }
            return TensorType([w.extents[1]], batched: true)
        default:
            guard w.batched, w.sites == 1 else { throw fail("a second input [features] per sample", nil) }
            return TensorType([w.channels, x.channels], batched: false)
        }
    }
}
