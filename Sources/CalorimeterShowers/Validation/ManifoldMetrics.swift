import Numerics

/// Precision, recall, density and coverage of a sample against a reference, by nearest neighbours (Naeem et al., arXiv:2002.09797).
public struct ManifoldMetrics: Sendable, Equatable {
    /// Share of the sample inside the reference's manifold, and of the reference inside the sample's.
    public let precision: Double
    public let recall: Double
    /// Mean number of reference balls around a shower of the sample, over k.
    public let density: Double
    /// Share of reference showers that have one of the sample within their ball.
    public let coverage: Double

    /// Rows are showers, already scaled. A ball reaches to the k-th neighbour in its own sample. Quadratic in the number of showers.
    public init(sample: [[Double]], reference: [[Double]], neighbours k: Int = 5) {
        precondition(sample.count > k && reference.count > k, "every shower needs k neighbours")
        let own = Self.radii(reference, k)
        let other = Self.radii(sample, k)
        let distances = Self.distances(sample, reference)
        var (inside, balls) = (0, 0)
        var recalled = [Bool](repeating: false, count: reference.count)
        var covered = recalled
        for i in sample.indices {
            var found = 0
            for j in reference.indices {
                let distance = distances[i, j]
                if distance <= own[j] {
                    found += 1
                    covered[j] = true
                }
                if distance <= other[i] { recalled[j] = true }
            }
            balls += found
            if found > 0 { inside += 1 }
        }
        precision = Double(inside) / Double(sample.count)
        density = Double(balls) / Double(k * sample.count)
        recall = Double(recalled.filter(\.self).count) / Double(reference.count)
        coverage = Double(covered.filter(\.self).count) / Double(reference.count)
    }

    /// Squared distance of each row to its k-th neighbour.
    private static func radii(_ rows: [[Double]], _ k: Int) -> [Double] {
        let all = distances(rows, rows)
        return rows.indices.map { i in
            // The row itself is the nearest.
            (0..<rows.count).map { all[i, $0] }.sorted()[k]
        }
    }

    /// Squared distances of all pairs: |x|^2 + |y|^2 - 2 x.y, not below zero.
    private static func distances(_ a: [[Double]], _ b: [[Double]]) -> Matrix {
        let x = Matrix(rows: a.count, columns: a[0].count, elements: Array(a.joined()))
        let y = Matrix(rows: b.count, columns: b[0].count, elements: Array(b.joined()))
        var result = LinearAlgebra.multiply(x, y, transposeSecond: true)
        let xx = a.map { $0.reduce(0) { $0 + $1 * $1 } }
        let yy = b.map { $0.reduce(0) { $0 + $1 * $1 } }
        for i in a.indices {
            for j in b.indices { result[i, j] = max(0, xx[i] + yy[j] - 2 * result[i, j]) }
        }
        return result
    }
}
