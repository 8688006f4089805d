import FlowKernels
import Networks
import Numerics

/// A normalising flow as trainers and samplers see it: sixteen samples of one shard at a time, in memory that the instance owns.
///
/// *Not collective*: every call is one rank's.
public protocol LaneFlow: AnyObject {
    /// Lattice extents, the last axis fastest.
    var extents: [Int] { get }
    var layout: ParameterLayout { get }
    /// Parameters at the start of training.
    func initialParameters(seed: UInt64) -> [Float]

    /// Standard normal noise in `field` becomes sixteen fields; returns log q of each.
    func sample(_ field: UnsafeMutablePointer<Lane>, parameters: UnsafePointer<Float>) -> DoubleLane

    /// log q of sixteen given fields by the inverse map; `field` becomes the noise.
    func logDensity(_ field: UnsafeMutablePointer<Lane>, parameters: UnsafePointer<Float>) -> DoubleLane

    /// As `sample`, and the gradient of the shard's mean of log q + S by the parameters, written to `gradient`.
    ///
    /// - Parameters:
    ///   - action: the target's action.
    ///   - pathGradient: drop the score term, whose mean is zero (Vaitl et al., arXiv:2206.09016).
    /// - Returns: log q and S of each sample.
    func reverseKullbackLeibler(
        _ field: UnsafeMutablePointer<Lane>, parameters: UnsafePointer<Float>, action: LaneActionParameters, pathGradient: Bool,
        gradient: UnsafeMutablePointer<Float>
    ) -> (logDensity: DoubleLane, action: DoubleLane)

    /// The same flow computed with half the step size, where it is integrated numerically; nil for a map in closed form.
    var refined: Self? { get }

    /// Parameters for this lattice from those of a flow of the same kind on another one.
    ///
    /// - Throws: `FlowError` when the two do not fit.
    func transferred(from other: Self, parameters: [Float]) throws -> [Float]

    /// What a step costs, before one has run.
    var cost: FlowCost { get }
}

/// What a flow costs on one core.
public struct FlowCost: Sendable, Equatable {
    /// Floating-point operations of one sample: drawing it, and its share of a training step.
    public var samplingOperations: Double
    public var trainingOperations: Double
    /// Memory that a rank holds for the flow, beside parameters and optimizer.
    public var memoryBytes: Int

    public init(samplingOperations: Double, trainingOperations: Double, memoryBytes: Int) {
        self.samplingOperations = samplingOperations
        self.trainingOperations = trainingOperations
        self.memoryBytes = memoryBytes
    }
}

/// The scalar action's coefficients `S = Σ [-b Σ φφ' + c φ² + d φ⁴]`, in single precision for the kernels.
public struct LaneActionParameters: Sendable, Equatable {
    public var b: Float
    public var c: Float
    public var d: Float

    public init(b: Double, c: Double, d: Double) {
        self.b = Float(b)
        self.c = Float(c)
        self.d = Float(d)
    }
}

/// Standard normal noise on lanes.
public enum LaneNoise {
    /// Fills `siteCount` lanes with the noise of samples `firstSample ..< firstSample + 16` of an epoch. *Not collective.*
    public static func fill(
        _ field: UnsafeMutablePointer<Lane>, siteCount: Int, stream: RandomStream, epoch: UInt64, firstSample: UInt64
    ) {
        var site = 0
        while site < siteCount {
            let pair = stream.normalPairs(epoch: epoch, firstIndex: firstSample, block: UInt32(site / 2))
            field[site] = Lane(pair.0)
            if site + 1 < siteCount { field[site + 1] = Lane(pair.1) }
            site += 2
        }
    }

    /// log of the standard normal density of each sample.
    public static func logDensity(_ field: UnsafePointer<Lane>, siteCount: Int) -> DoubleLane {
        var square = DoubleLane.zero
        for site in 0..<siteCount {
            let z = DoubleLane(field[site])
            square.addProduct(z, z)
        }
        let normalization = -0.5 * Double(siteCount) * 1.837_877_066_409_345_5  // ln 2π
        return DoubleLane(repeating: normalization) - 0.5 * square
    }
}
