import Glibc
import Numerics

/// Distances between two samples in a space of features, as the generative-model literature has them. Rows are showers. *Not collective.*
public enum FeatureDistances {
    /// Divides every feature by its largest magnitude in the reference, which both samples share.
    public static func scaled(_ rows: [[Double]], by reference: [[Double]]) -> [[Double]] {
        guard let width = reference.first?.count else { return rows }
        let largest = (0..<width).map { k in reference.reduce(0) { max($0, $1[k].magnitude) } }
        return rows.map { row in zip(row, largest).map { $1 > 0 ? $0 / $1 : $0 } }
    }

    /// Frechet distance of the normal distributions with the samples' moments:
    /// |m1 - m2|^2 + Tr(S1 + S2 - 2 (S1 S2)^1/2). Biased upwards for finite samples.
    /// - Throws: `NumericsError` where the eigenvalues do not converge.
    public static func frechet(_ first: [[Double]], _ second: [[Double]]) throws -> Double {
        let (m1, s1) = moments(first)
        let (m2, s2) = moments(second)
        let shift = zip(m1, m2).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        // Tr (S1 S2)^1/2 = Tr (S1^1/2 S2 S1^1/2)^1/2, whose matrix is symmetric.
        let root = try squareRoot(s1)
        let inner = LinearAlgebra.multiply(LinearAlgebra.multiply(root, s2), root)
        let values = try LinearAlgebra.symmetricEigen(symmetrised(inner)).values
        let cross = values.reduce(0) { $0 + max(0, $1).squareRoot() }
        let trace = (0..<s1.rows).reduce(0) { $0 + s1[$1, $1] + s2[$1, $1] }
        return shift + trace - 2 * cross
    }

    /// Frechet physics distance (Kansal et al., arXiv:2211.10295): the Frechet distance at ten sample sizes, even in 1/N, extrapolated to an
    /// infinite sample by a straight line in 1/N.
    public static func frechetPhysicsDistance(_ first: [[Double]], _ second: [[Double]], seed: UInt64) throws -> Estimate {
        let largest = min(first.count, second.count)
        let smallest = max(largest / 5, min(largest, 2 * (first.first?.count ?? 1)))
        guard smallest < largest else { return Estimate(value: try frechet(first, second), error: .infinity) }
        let stream = RandomStream(seed: seed, purpose: .comparison)
        let (sizes, batches) = (10, 10)
        var inverses: [Double] = []
        var distances: [Double] = []
        for k in 0..<sizes {
            let inverse = 1 / Double(smallest) + Double(k) / Double(sizes - 1) * (1 / Double(largest) - 1 / Double(smallest))
            let size = Int((1 / inverse).rounded())
            var sum = 0.0
            for batch in 0..<batches {
                let epoch = UInt64(k * batches + batch)
                sum += try frechet(
                    drawn(first, size, stream, epoch: 2 * epoch), drawn(second, size, stream, epoch: 2 * epoch + 1))
            }
            inverses.append(1 / Double(size))
            distances.append(sum / Double(batches))
        }
        let fit = try Statistics.linearFit(inverses, distances)
        return Estimate(value: max(0, fit.parameters[0].value), error: fit.parameters[0].error)
    }

    /// Kernel physics distance: unbiased squared maximum mean discrepancy with the kernel (x.y/d + 1)^4; median and half the central 67 % of
    /// ten random batches (arXiv:2211.10295).
    public static func kernelPhysicsDistance(_ first: [[Double]], _ second: [[Double]], batch: Int = 1000, seed: UInt64) -> Estimate {
        let stream = RandomStream(seed: seed, purpose: .comparison)
        let size = min(batch, first.count, second.count)
        guard size > 1 else { return Estimate(value: 0, error: .infinity) }
        let values = (0..<10).map { k in
            discrepancy(
                drawn(first, size, stream, epoch: 1 << 20 + UInt64(2 * k)), drawn(second, size, stream, epoch: 1 << 20 + UInt64(2 * k + 1)))
        }.sorted()
        let spread = (quantile(values, 0.83725) - quantile(values, 0.16275)) / 2
        return Estimate(value: quantile(values, 0.5), error: spread)
    }

    /// Unbiased squared maximum mean discrepancy with the kernel (x.y/d + 1)^4.
    public static func discrepancy(_ first: [[Double]], _ second: [[Double]]) -> Double {
        let x = matrix(first)
        let y = matrix(second)
        func kernelSum(_ a: Matrix, _ b: Matrix, diagonal: Bool) -> Double {
            let products = LinearAlgebra.multiply(a, b, transposeSecond: true)
            var sum = 0.0
            for i in 0..<products.rows {
                for j in 0..<products.columns where diagonal || i != j {
                    let k = products[i, j] / Double(a.columns) + 1
                    sum += k * k * k * k
                }
            }
            return sum
        }
        let (m, n) = (Double(x.rows), Double(y.rows))
        return kernelSum(x, x, diagonal: false) / (m * (m - 1)) + kernelSum(y, y, diagonal: false) / (n * (n - 1))
            - 2 * kernelSum(x, y, diagonal: true) / (m * n)
    }

    // MARK: -

    /// `size` rows without repetition, by a partial Fisher-Yates shuffle.
    static func drawn(_ rows: [[Double]], _ size: Int, _ stream: RandomStream, epoch: UInt64) -> [[Double]] {
        var order = Array(rows.indices)
        for i in 0..<min(size, rows.count) {
            let j = i + Int(stream.integer(below: UInt64(rows.count - i), epoch: epoch, index: UInt64(i), draw: 0))
            order.swapAt(i, j)
        }
        return order.prefix(size).map { rows[$0] }
    }

    private static func quantile(_ sorted: [Double], _ p: Double) -> Double {
        let position = p * Double(sorted.count - 1)
        let low = Int(position)
        let high = min(low + 1, sorted.count - 1)
        return sorted[low] + (position - Double(low)) * (sorted[high] - sorted[low])
    }

    private static func matrix(_ rows: [[Double]]) -> Matrix {
        Matrix(rows: rows.count, columns: rows.first?.count ?? 0, elements: Array(rows.joined()))
    }

    private static func moments(_ rows: [[Double]]) -> (mean: [Double], covariance: Matrix) {
        var x = matrix(rows)
        let n = Double(x.rows)
        let mean = (0..<x.columns).map { k in (0..<x.rows).reduce(0) { $0 + x[$1, k] } / n }
        for i in 0..<x.rows {
            for k in 0..<x.columns { x[i, k] -= mean[k] }
        }
        var covariance = LinearAlgebra.multiply(x, x, transposeFirst: true)
        for i in covariance.elements.indices { covariance.elements[i] /= max(1, n - 1) }
        return (mean, covariance)
    }

    private static func squareRoot(_ a: Matrix) throws -> Matrix {
        let (values, vectors) = try LinearAlgebra.symmetricEigen(symmetrised(a))
        var scaled = vectors
        for i in 0..<vectors.rows {
            let factor = max(0, values[i]).squareRoot()
            for j in 0..<vectors.columns { scaled[i, j] *= factor }
        }
        return LinearAlgebra.multiply(vectors, scaled, transposeFirst: true)
    }

    private static func symmetrised(_ a: Matrix) -> Matrix { Matrix(rows: a.rows, columns: a.columns) { (a[$0, $1] + a[$1, $0]) / 2 } }
}
