import Numerics

/// Distances in the space of features, of a sample or of one half of the reference from the other.
public struct HighLevelMetrics: Sendable {
    /// Frechet distance of the whole samples, of the same size as the floor's, and extrapolated.
    public let frechet: Double
    public let frechetPhysicsDistance: Estimate
    public let kernelPhysicsDistance: Estimate
    public let manifold: ManifoldMetrics?

    /// Showers that enter the quadratic metrics.
    static let neighbourLimit = 1500

    /// Rows are unscaled feature vectors; both are scaled by `scale`, and cut to `size` rows so that a comparison and its floor have one size.
    init(_ sample: [[Double]], _ reference: [[Double]], scale: [[Double]], size: Int, seed: UInt64) throws {
        let x = Array(FeatureDistances.scaled(sample, by: scale).prefix(size))
        let y = Array(FeatureDistances.scaled(reference, by: scale).prefix(size))
        frechet = try FeatureDistances.frechet(x, y)
        frechetPhysicsDistance = try FeatureDistances.frechetPhysicsDistance(x, y, seed: seed)
        kernelPhysicsDistance = FeatureDistances.kernelPhysicsDistance(x, y, seed: seed)
        let near = min(Self.neighbourLimit, x.count, y.count)
        manifold = near > 5 ? ManifoldMetrics(sample: Array(x.prefix(near)), reference: Array(y.prefix(near))) : nil
    }
}
