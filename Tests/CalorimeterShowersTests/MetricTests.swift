import CalorimeterShowers
import Numerics
import TestSupport
import Testing

@Suite("Distances between samples in feature space")
struct MetricTests {
    /// Rows of independent normal numbers, shifted and scaled.
    private func rows(_ count: Int, _ epoch: UInt64, shift: Double = 0, scale: Double = 1, width: Int = 4) -> [[Double]] {
        let stream = RandomStream(seed: 11, purpose: .test)
        return (0..<count).map { i in
            (0..<width).map { shift + scale * stream.normal(epoch: epoch, index: UInt64(i), draw: UInt32($0)) }
        }
    }

    @Test("Frechet distance of normal samples: |shift|^2 + (difference of deviations)^2 for each feature")
    func frechet() throws {
        let x = rows(4000, 0)
        #expect(abs(try FeatureDistances.frechet(x, x)) < 1e-9)
        // The same numbers moved and stretched: exact but for rounding.
        let y = x.map { $0.map { 3 + 2 * $0 } }
        // S2 = 4 S1, so the deviations of all directions differ by themselves.
        var wanted = 0.0
        for k in 0..<4 {
            let column = x.map { $0[k] }
            let shift = 3 + Statistics.mean(column)
            wanted += shift * shift + Statistics.variance(column)
        }
        #expect(abs(try FeatureDistances.frechet(x, y) - wanted) < 1e-8 * wanted)
    }

    @Test("FPD takes the bias of finite samples away; KPD is unbiased")
    func unbiased() throws {
        let (x, y) = (rows(1200, 0), rows(1200, 1))
        let raw = try FeatureDistances.frechet(x, y)
        let extrapolated = try FeatureDistances.frechetPhysicsDistance(x, y, seed: 1)
        #expect(extrapolated.value < 0.5 * raw || extrapolated.value < 3 * extrapolated.error, "\(extrapolated) of \(raw)")
        let near = FeatureDistances.kernelPhysicsDistance(x, y, seed: 1)
        let far = FeatureDistances.kernelPhysicsDistance(x, rows(1200, 1, shift: 0.5), seed: 1)
        #expect(abs(near.value) < 5 * near.error)
        #expect(far.value > 10 * abs(near.value) && far.value > 5 * far.error, "\(far) \(near)")
    }

    @Test("two points each: the kernel discrepancy by hand")
    func kernel() {
        // k(x, x') = (x x' + 1)^4 in one dimension.
        let value = FeatureDistances.discrepancy([[0], [1]], [[1], [2]])
        #expect(abs(value - (1 + 81 - 2 * (1 + 1 + 16 + 81) / 4.0)) < 1e-9)
    }

    @Test("precision, recall, density and coverage: all near 1 for one source, 0 for disjoint ones, recall low for a collapsed sample")
    func manifold() {
        let (x, y) = (rows(300, 0), rows(300, 1))
        let same = ManifoldMetrics(sample: x, reference: y)
        #expect(same.precision > 0.85 && same.recall > 0.85 && abs(same.density - 1) < 0.2 && same.coverage > 0.85, "\(same)")
        #expect(ManifoldMetrics(sample: rows(300, 0, shift: 50), reference: y) == ManifoldMetrics(sample: rows(300, 2, shift: 90), reference: y))
        let collapsed = ManifoldMetrics(sample: rows(300, 0, scale: 0.05), reference: y)
        #expect(collapsed.precision > 0.9 && collapsed.recall < 0.1 && collapsed.coverage < 0.4, "\(collapsed)")
    }
}
