import Glibc
import Networks

/// Losses of images, per sample.
enum SimilarityLoss {
    static let window = 11
    static let width = 1.5

    /// The mean structural similarity of two images `[1, rows, columns]`: one number per sample.
    ///
    /// Gaussian windows of 11 by 11 (deviation 1.5) that lie inside the image whole, K1 = 0.01, K2 = 0.03. Source: Wang et al., IEEE Trans. Image
    /// Process. 13 (2004) 600, eq. 13 and section III.B.
    static func similarity(_ a: Tensor, _ b: Tensor, range: Double) throws -> Tensor {
        let (rows, columns) = (a.spatial[0], a.spatial[1])
        let builder = a.builder
        let weights = (0..<window).map { exp(-Double(($0 - window / 2) * ($0 - window / 2)) / (2 * width * width)) }
        let total = weights.reduce(0, +)
        let gaussian = weights.map { Float($0 / total) }
        let none = ConvolutionGeometry.Boundary.zeros(before: [0, 0, 0], after: [0, 0, 0])
        // Five images as one of three axes: no channel mixes with another.
        let moments = try concatenate([a, b, a.square(), b.square(), a * b]).reshaped([1, 5, rows, columns])
        let along = try moments.convolved(builder.constant(gaussian, shape: [1, 1, 1, 1, window]), boundary: none)
        let smooth = try along.convolved(builder.constant(gaussian, shape: [1, 1, 1, window, 1]), boundary: none)
            .reshaped([5, rows + 1 - window, columns + 1 - window])
        let parts = try (0..<5).map { try smooth.channels($0..<$0 + 1) }
        let (meanA, meanB) = (parts[0], parts[1])
        let (squareA, squareB, product) = (try meanA.square(), try meanB.square(), try meanA * meanB)
        let (varianceA, varianceB, covariance) = (try parts[2] - squareA, try parts[3] - squareB, try parts[4] - product)
        let first = Float(0.01 * range * 0.01 * range), second = Float(0.03 * range * 0.03 * range)
        let numerator = try (product * 2 + first) * (covariance * 2 + second)
        let denominator = try (squareA + squareB + first) * (varianceA + varianceB + second)
        return try (numerator / denominator).meanPerSample()
    }

    /// The mean absolute difference: one number per sample.
    static func absolute(_ a: Tensor, _ b: Tensor) throws -> Tensor { try (a - b).absolute().meanPerSample() }
}
