import Numerics

/// How a parameter tensor starts. Weights are `[outputs, inputs, kernel…]`.
///
/// Sources: He et al., arXiv:1502.01852, eq. 10 and 15 (Kaiming); Glorot and Bengio, AISTATS 2010, eq. 16 (Xavier).
public enum Initializer: Hashable, Sendable {
    case constant(Float)
    case values([Float])
    case uniform(Float)
    case normal(deviation: Float)
    /// Variance 2 / ((1 + slope^2) fanIn); slope 5^(1/2) gives the default of PyTorch's layers.
    case kaimingUniform(slope: Float)
    case kaimingNormal(slope: Float)
    /// Variance 2 gain^2 / (fanIn + fanOut).
    case xavierUniform(gain: Float)
    case xavierNormal(gain: Float)

    public static let zeros = Initializer.constant(0)
    public static let ones = Initializer.constant(1)

    /// Fills one tensor. The numbers depend on the seed, the tensor's position in the layout and the element alone.
    package func fill(_ out: inout [Float], range: Range<Int>, shape: [Int], tensor: Int, seed: UInt64) {
        let kernel = shape.dropFirst(2).reduce(1, *)
        let fanIn = Float((shape.count > 1 ? shape[1] : 1) * kernel)
        let fanOut = Float(shape[0] * kernel)
        func random(_ deviation: Float, normal: Bool) {
            for (element, position) in range.enumerated() {
                let draw = normal ? Self.normal(seed, tensor, element) : Self.symmetricUniform(seed, tensor, element) * Float(3).squareRoot()
                out[position] = deviation * draw
            }
        }
        switch self {
        case .constant(let value): for position in range { out[position] = value }
        case .values(let values): for (element, position) in range.enumerated() { out[position] = values[element] }
        case .uniform(let bound): random(bound / Float(3).squareRoot(), normal: false)
        case .normal(let deviation): random(deviation, normal: true)
        case .kaimingUniform(let slope): random((2 / ((1 + slope * slope) * fanIn)).squareRoot(), normal: false)
        case .kaimingNormal(let slope): random((2 / ((1 + slope * slope) * fanIn)).squareRoot(), normal: true)
        case .xavierUniform(let gain): random(gain * (2 / (fanIn + fanOut)).squareRoot(), normal: false)
        case .xavierNormal(let gain): random(gain * (2 / (fanIn + fanOut)).squareRoot(), normal: true)
        }
    }

    private static func normal(_ seed: UInt64, _ tensor: Int, _ element: Int) -> Float {
        Float(RandomStream(seed: seed, purpose: .initialization).normal(epoch: UInt64(tensor), index: UInt64(element), draw: 0))
    }

    private static func symmetricUniform(_ seed: UInt64, _ tensor: Int, _ element: Int) -> Float {
        Float(2 * RandomStream(seed: seed, purpose: .initialization).uniform(epoch: UInt64(tensor), index: UInt64(element), draw: 0) - 1)
    }
}

extension Graph {
    /// The flat parameter vector at the start of training. Not collective; the same on every rank for the same seed.
    public func initialParameters(seed: UInt64) -> [Float] {
        var result = [Float](repeating: 0, count: layout.count)
        for (index, (tensor, initializer)) in zip(layout.tensors, initializers).enumerated() {
            initializer.fill(&result, range: tensor.range, shape: tensor.shape, tensor: index, seed: seed)
        }
        return result
    }
}
