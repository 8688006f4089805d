/// The primitive operations: every model, its gradient, and the gradient of its gradient are made of these.
///
/// The set is closed under differentiation: the gradient of each case is a composition of cases.
public enum Operation: Hashable, Sendable {
    /// A value given anew for every run.
    case input
    /// A tensor of the flat parameter vector, by its position in the layout.
    case parameter(Int)
    /// A fixed table, by its position in the graph's constants.
    case constant(Int)
    /// Uniform numbers in (0, 1), one per element and sample, keyed by the run and by `draw`.
    case uniform([Int], draw: UInt32)

    case elementwise(Elementwise)
    /// A sum over the given axes, which stay with extent one.
    case sum(ReductionAxes)
    /// The largest value over channels, which stay with extent one.
    case maximumOverChannels
    /// Repetition over channels, sites or lanes.
    case broadcast(TensorType)
    /// The same value, through which no gradient flows.
    case stopGradient

    /// The same elements in the same order under other extents.
    case reshape([Int])
    case sliceChannels(Range<Int>)
    /// Channels with `before` and `after` channels of zeros around them.
    case padChannels(before: Int, after: Int)
    case concatenateChannels
    /// `y[c, i] = x[c, map(i)]`, zero where the map names no site.
    case gatherSites(SiteMap)
    /// `y[c, map(i)] += x[c, i]`: the transpose of `gatherSites` on a lattice of `extents`.
    case scatterSites(SiteMap, extents: [Int])

    /// `y[o, p] = sum_{i, k} w[o, i, k] x[i, stride p + k - before]`; inputs x, w.
    case convolution(ConvolutionGeometry)
    /// The transpose of a convolution in x; inputs dy, w. `extents` are the spatial extents of x.
    case convolutionDataGradient(ConvolutionGeometry, extents: [Int])
    /// The transpose of a convolution in w, summed over lanes; inputs x, dy.
    case convolutionWeightGradient(ConvolutionGeometry)
    /// `y = w x` with w `[outputs, inputs]`; inputs x, w.
    case dense
    /// `w^T dy`; inputs dy, w.
    case denseDataGradient
    /// `dy x^T` summed over lanes; inputs x, dy.
    case denseWeightGradient

    /// Each site repeated `factors` times along each axis.
    case upsample([Int])
    /// The sum over windows of `factors` sites: the transpose of `upsample`.
    case sumPool([Int])
    case maximumPool([Int])

    /// Images of twice the rows and columns, interpolated along straight lines between the middles of sites.
    case linearUpsample
    /// The transpose of `linearUpsample`.
    case linearUpsampleGradient
    /// Attention of all sites to all sites; inputs queries, keys `[d, space…]` and values `[c, space…]`, result `[c + 1, space…]`, whose last channel
    /// is the logarithm of the sum of exponentials: no gradient flows through it.
    case attention
    /// Gradients by queries, keys and values, `[d + d + c, space…]`; inputs queries, keys, values, the result, its gradient. It has no gradient of
    /// its own.
    case attentionGradient
}

/// Operations on one element at a time. `a`, `b`, `c` are the inputs.
public enum Elementwise: Hashable, Sendable {
    case affine(scale: Float, shift: Float)
    case square, absolute, sign, reciprocal, squareRoot
    case power(Float)
    case exp, log, tanh, sigmoid, softplus, sin, cos, erf
    /// `a` above zero, `slope * a` below.
    case leakyRelu(slope: Float)
    /// 1 above zero, `slope` below: the derivative of `leakyRelu`.
    case leakyStep(slope: Float)
    case add, subtract, multiply, divide, maximum, minimum
    /// 1 where a > b, else 0.
    case greater
    /// 1 where a = b, else 0.
    case equal
    /// `b (1 - a^2)`: the gradient of tanh from its output a.
    case tanhGradient
    /// `b a (1 - a)`: the gradient of the sigmoid from its output a.
    case sigmoidGradient
    /// `b` where a > 0, else `c`.
    case select

    /// Number of inputs.
    public var arity: Int {
        switch self {
        case .affine, .square, .absolute, .sign, .reciprocal, .squareRoot, .power, .exp, .log, .tanh, .sigmoid,
            .softplus, .sin, .cos, .erf, .leakyRelu, .leakyStep:
            1
        case .add, .subtract, .multiply, .divide, .maximum, .minimum, .greater, .equal, .tanhGradient, .sigmoidGradient: 2
        case .select: 3
        }
    }
}

/// Kernel extents, stride and boundary of a convolution, along 1 to 3 axes.
public struct ConvolutionGeometry: Hashable, Sendable {
    public enum Boundary: Hashable, Sendable {
        /// The lattice is a torus: output p is centred on input `stride p`.
        case periodic
        /// Zeros outside, `before` and `after` of them along each axis.
        case zeros(before: [Int], after: [Int])
    }
    public var kernel: [Int]
    public var stride: [Int]
    public var boundary: Boundary

    public init(kernel: [Int], stride: [Int]? = nil, boundary: Boundary) {
        self.kernel = kernel
        self.stride = stride ?? kernel.map { _ in 1 }
        self.boundary = boundary
    }

    /// Sites by which the window starts before the output's own site.
    public var before: [Int] {
        switch boundary {
        case .periodic: kernel.map { ($0 - 1) / 2 }
        case .zeros(let before, _): before
        }
    }

    /// Spatial extents of the result, nil if the window does not fit.
    public func outputExtents(of extents: [Int]) -> [Int]? {
        guard extents.count == kernel.count, stride.count == kernel.count, (1...3).contains(kernel.count),
            zip(kernel, stride).allSatisfy({ $0 > 0 && $1 > 0 })
        else { return nil }
        switch boundary {
        case .periodic:
            // The window must not meet itself around the torus.
            guard zip(extents, stride).allSatisfy({ $0 % $1 == 0 }), zip(extents, kernel).allSatisfy({ $0 >= $1 }) else { return nil }
            return zip(extents, stride).map { $0 / $1 }
        case .zeros(let before, let after):
            guard before.count == kernel.count, after.count == kernel.count, (before + after).allSatisfy({ $0 >= 0 }) else { return nil }
            let padded = extents.indices.map { extents[$0] + before[$0] + after[$0] - kernel[$0] }
            guard padded.allSatisfy({ $0 >= 0 }) else { return nil }
            return padded.indices.map { padded[$0] / stride[$0] + 1 }
        }
    }
}
