import Numerics

/// A rule that turns a gradient into a change of the parameters, over flat vectors in whole lanes.
///
/// The formulas and their order of operations are those of `torch.optim`, which the tests compare them with.
public protocol Optimizer: Sendable {
    /// The name under which a checkpoint knows it.
    var name: String { get }
    /// Number of vectors of state, each as long as the parameters, all zero at the start.
    var momentCount: Int { get }

    /// Changes the parameters by one step. *Not collective.*
    ///
    /// - `moments`: `momentCount` vectors of `lanes` lanes, one after the other.
    /// - `lanes`: length of every vector; the padding beyond the last parameter has a zero gradient.
    /// - `step`: 1 for the first.
    /// - `gradientFactor`: what the gradient is multiplied by, for clipping.
    func update(
        parameters: UnsafeMutablePointer<Lane>, gradient: UnsafePointer<Lane>, moments: UnsafeMutablePointer<Lane>,
        lanes: Int, step: Int, learningRate: Double, gradientFactor: Float)
}
