import Numerics

/// Minimal filtering F(4, 3): four neighbouring results of a filter of three taps with six products, at the points 0, 1, -1, 2, -2 and infinity.
///
/// Source: Winograd, Arithmetic Complexity of Computations (1980), chapter IV; the matrices of Lavin and Gray, arXiv:1509.09308, section 4.3.
enum SixPoints {
    static let count = 6
    /// Results of a tile along an axis.
    static let results = 4
    /// Of both axes.
    static let points = 36

    @inline(__always)
    private static func fma(_ a: Lane, _ b: Float, _ c: Lane) -> Lane { c.addingProduct(a, Lane(repeating: b)) }

    /// Six neighbouring inputs to their six numbers.
    @inline(__always)
    static func split(_ x: InlineArray<6, Lane>) -> InlineArray<6, Lane> {
        let even = fma(x[2], -4, x[4]), odd = fma(x[1], -4, x[3])
        let far = x[4] - x[2], turn = x[3] - x[1]
        return [
            fma(x[0], 4, fma(x[2], -5, x[4])), even + odd, even - odd, fma(turn, 2, far), fma(turn, -2, far), fma(x[1], 4, fma(x[3], -5, x[5])),
        ]
    }

    /// Six products to four results.
    @inline(__always)
    static func join(_ p: InlineArray<6, Lane>) -> InlineArray<4, Lane> {
        let one = p[1] + p[2], oddOne = p[1] - p[2], two = p[3] + p[4], oddTwo = p[3] - p[4]
        return [p[0] + one + two, fma(oddTwo, 2, oddOne), fma(two, 4, one), fma(oddTwo, 8, oddOne) + p[5]]
    }

    /// The transpose of `join`: four gradients to those of the six products.
    @inline(__always)
    static func spread(_ g: InlineArray<4, Lane>) -> InlineArray<6, Lane> {
        let even = g[0] + g[2], odd = g[1] + g[3]
        let evenTwo = fma(g[2], 4, g[0]), oddTwo = fma(g[3], 4, g[1])
        return [g[0], even + odd, even - odd, fma(oddTwo, 2, evenTwo), fma(oddTwo, -2, evenTwo), g[3]]
    }

    /// Three taps to their six numbers.
    @inline(__always)
    static func filter<V: SIMD>(_ w: InlineArray<3, V>) -> InlineArray<6, V> where V.Scalar == Float {
        let even = w[0] + w[2], evenTwo = w[0] + 4 * w[2]
        let sixth: Float = -1 / 6, part: Float = 1 / 24, double: Float = 1 / 12
        return [
            w[0] * 0.25, (even + w[1]) * sixth, (even - w[1]) * sixth, evenTwo * part + w[1] * double, evenTwo * part - w[1] * double, w[2],
        ]
    }

    /// The transpose of `filter`: gradients by the six numbers to those by three taps.
    @inline(__always)
    static func taps(_ u: InlineArray<6, Lane>) -> InlineArray<3, Lane> {
        let one = u[1] + u[2], oddOne = u[1] - u[2], two = u[3] + u[4], oddTwo = u[3] - u[4]
        let sixth = Lane(repeating: -1 / 6), part = Lane(repeating: 1 / 24)
        return [
            fma(u[0], 0.25, one * sixth + two * part), oddOne * sixth + oddTwo * Lane(repeating: 1 / 12),
            (one * sixth + two * Lane(repeating: 1 / 6)) + u[5],
        ]
    }
}
