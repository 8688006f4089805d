import Networks
import Numerics

extension RandomPurpose {
    package static let classTraining = RandomPurpose(rawValue: 224)
    package static let classSampling = RandomPurpose(rawValue: 225)
}

/// A trained density of one matrix that is a function of its conjugacy class alone: a map of eigenangles, with respect to Haar's measure, whose parameters are
/// all zero for Haar's measure itself.
///
/// `element` numbers independent matrices of one sample. *Not collective.*
package protocol ClassDensity: AnyObject {
    var layout: ParameterLayout { get }
    /// Operations of drawing one matrix, functions counted as ten.
    var operations: Double { get }

    /// Takes the parameters, for all that follows.
    func prepare(_ parameters: UnsafePointer<Float>)

    /// Eigenangles of `count` matrices of samples `firstSample ..< firstSample + 16`, N lanes for each, and Σ log q.
    func draw(_ angles: UnsafeMutablePointer<DoubleLane>, count: Int, stream: RandomStream, epoch: UInt64, firstSample: UInt64) -> DoubleLane

    /// log q of a matrix with a trace, by the inverse map.
    func logDensity(trace: (re: Double, im: Double)) -> Double

    /// Σ log q and Σ S of matrices drawn as by `draw`, S = -(β/N) Re tr, and into `gradient` the sum of the derivatives of log q + S along the samples' paths
    /// by the parameters of `prepare`, times `scale`. The explicit dependence of log q has mean zero and is left out (Vaitl et al., arXiv:2206.09016).
    func train(
        count: Int, stream: RandomStream, epoch: UInt64, firstSample: UInt64, beta: Double, scale: Double, parameters: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>
    ) -> (logDensity: DoubleLane, action: DoubleLane)
}
