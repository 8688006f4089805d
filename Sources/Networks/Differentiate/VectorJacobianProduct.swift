extension GraphBuilder {
    /// The cotangent that `node` sends to one of its inputs; nil where the derivative is zero everywhere.
    func vectorJacobianProduct(of node: Int, input position: Int, cotangent g: Tensor) throws -> Tensor? {
        let record = graph.nodes[node]
        let y = Tensor(self, node)
        let inputs = record.inputs.map { Tensor(self, $0) }
        let x = inputs.first ?? y
        switch record.operation {
        case .input, .parameter, .constant, .uniform, .stopGradient:
            return nil
        case .elementwise(let e):
            return try elementwiseProduct(e, y: y, inputs: inputs, position: position, g: g).map { try reduced($0, to: inputs[position].type) }
        case .sum:
            return try g.broadcast(to: x.type)
        case .broadcast:
            return try reduced(g, to: x.type)
        case .maximumOverChannels:
            return try x.equal(to: y) * g
        case .reshape:
            return try g.reshaped(x.shape)
        case .sliceChannels(let range):
            return try g.paddedChannels(before: range.lowerBound, after: x.channels - range.upperBound)
        case .padChannels(let before, _):
            return try g.channels(before..<before + x.channels)
        case .concatenateChannels:
            let start = inputs[..<position].map(\.channels).reduce(0, +)
            return try g.channels(start..<start + inputs[position].channels)
        case .gatherSites(let map):
            return try g.scattered(map, extents: x.spatial)
        case .scatterSites(let map, _):
            return try g.gathered(map)
        case .upsample(let factors):
            return try g.sumPooled(factors)
        case .sumPool(let factors):
            return try g.upsampled(factors)
        case .maximumPool(let factors):
            // Every site that attains the maximum takes part: exact but on a set of measure zero.
            return try y.upsampled(factors).equal(to: x) * g.upsampled(factors)
        case .linearUpsample:
            return try append(.linearUpsampleGradient, [g])
        case .linearUpsampleGradient:
            return try append(.linearUpsample, [g])
        case .attention:
            // One call makes all three, whichever is asked for first.
            let all = try append(.attentionGradient, inputs + [y, g])
            let first = position * x.channels
            return try all.channels(first..<first + inputs[position].channels)
        case .attentionGradient:
            throw NetworkError(
                node: record.name, found: "a second derivative of attention", wanted: "first derivatives only",
                advice: "write attention out with dense operations")
        default:
            return try linearProduct(record.operation, inputs: inputs, position: position, g: g)
        }
    }

    /// Convolutions and dense layers are bilinear: each gradient is another of the three.
    private func linearProduct(_ operation: Operation, inputs: [Tensor], position: Int, g: Tensor) throws -> Tensor {
        let (a, b) = (inputs[0], inputs[1])
        switch (operation, position) {
        case (.convolution(let geometry), 0): return try append(.convolutionDataGradient(geometry, extents: a.spatial), [g, b])
        case (.convolution(let geometry), _): return try append(.convolutionWeightGradient(geometry), [a, g])
        case (.convolutionDataGradient(let geometry, _), 0): return try append(.convolution(geometry), [g, b])
        case (.convolutionDataGradient(let geometry, _), _): return try append(.convolutionWeightGradient(geometry), [g, a])
        case (.convolutionWeightGradient(let geometry), 0):
            return try append(.convolutionDataGradient(geometry, extents: a.spatial), [b, g])
        case (.convolutionWeightGradient(let geometry), _): return try append(.convolution(geometry), [a, g])
        case (.dense, 0): return try append(.denseDataGradient, [g, b]).reshaped(a.shape)
        case (.dense, _): return try append(.denseWeightGradient, [a, g])
        case (.denseDataGradient, 0): return try append(.dense, [g, b]).reshaped(a.shape)
        case (.denseDataGradient, _): return try append(.denseWeightGradient, [g, a])
        case (.denseWeightGradient, 0): return try append(.denseDataGradient, [b, g]).reshaped(a.shape)
        default: return try append(.dense, [a, g]).reshaped(b.shape)
        }
    }

    private func elementwiseProduct(_ e: Elementwise, y: Tensor, inputs: [Tensor], position: Int, g: Tensor) throws -> Tensor? {
        let a = inputs[0]
        switch e {
        case .affine(let scale, _): return try g * scale
        case .square: return try g * a * 2
        case .absolute: return try g * a.sign()
        case .reciprocal: return try -(g * y.square())
        case .squareRoot: return try g / y * 0.5
        case .power(let p): return try g * a.power(p - 1) * p
        case .exp: return try g * y
        case .log: return try g / a
        case .tanh: return try y.tanhGradient(g)
        case .sigmoid: return try y.sigmoidGradient(g)
        case .softplus: return try g * Networks.sigmoid(a)
        case .sin: return try g * Networks.cos(a)
        case .cos: return try -(g * Networks.sin(a))
        case .erf: return try g * Networks.exp(-(a.square())) * Float(2 / Double.pi.squareRoot())
        case .leakyRelu(let slope): return try g * a.leakyStep(slope: slope)
        case .sign, .leakyStep, .greater, .equal: return nil
        case .add: return g
        case .subtract: return position == 0 ? g : try -g
        case .multiply: return try g * inputs[1 - position]
        case .divide: return position == 0 ? try g / inputs[1] : try -(g * y / inputs[1])
        case .maximum, .minimum:
            // Equal inputs share the gradient.
            let (one, other) = (inputs[position], inputs[1 - position])
            let wins = e == .maximum ? try one.greater(than: other) : try other.greater(than: one)
            return try g * (wins + one.equal(to: other) * 0.5)
        case .tanhGradient: return position == 1 ? try a.tanhGradient(g) : try g * inputs[1] * a * -2
        case .sigmoidGradient: return position == 1 ? try a.sigmoidGradient(g) : try g * inputs[1] * (1 - 2 * a)
        case .select:
            let zero = try constant(0)
            switch position {
            case 0: return nil
            case 1: return try a.select(g, else: zero)
            default: return try a.select(zero, else: g)
            }
        }
    }

    /// Sums over what was repeated.
    private func reduced(_ g: Tensor, to type: TensorType) throws -> Tensor {
        try g.sum(over: .repeated(type, in: g.type)).reshaped(type.extents)
    }
}
