import Numerics

/// Minimal filtering along one axis: m neighbouring results of a filter of r = 9 - m taps with eight products instead of m r.
///
/// Inputs, filter and results are polynomials; products are taken at the points 0, 1, -1, 2, -2, 1/2, -1/2 and infinity. All the numbers that meet an
/// activation are exact in single precision, and points come in pairs, so that even and odd parts are shared.
/// Source: Winograd, Arithmetic Complexity of Computations (1980), chapter IV; Lavin and Gray, arXiv:1509.09308.
enum EightPoints {
    /// Half a lane: eight inputs of a lane each would not fit the registers.
    typealias Half = SIMD8<Float>

    static let count = 8
    private static let finite: [Double] = [0, 1, -1, 2, -2, 0.5, -0.5]

    /// `[point][tap]`: a filter's eight numbers from its taps.
    static func filterMatrix(taps: Int) -> [Float] {
        let rows = finite.map { a in
            let product = finite.filter { $0 != a }.reduce(1) { $0 * (a - $1) }
            var power = 1 / product
            return (0..<taps).map { _ in
                defer { power *= a }
                return Float(power)
            }
        }
        return rows.flatMap { $0 } + (0..<taps).map { $0 == taps - 1 ? 1 : 0 }
    }

    @inline(__always)
    private static func fma(_ a: Half, _ b: Float, _ c: Half) -> Half {
        var sum = c
        sum.addProduct(a, Half(repeating: b))
        return sum
    }

    /// Eight neighbouring inputs -> their eight numbers, `distance` halves apart.
    static func split(_ sources: InlineArray<8, UnsafePointer<Half>>, count: Int, into points: UnsafeMutablePointer<Half>, distance: Int) {
        for i in 0..<count {
            let x = InlineArray<8, Half> { sources[$0][i] }
            let to = points + i
            // The other factors of x (x^2 - 1) (x^2 - 4) (x^2 - 1/4), for each point.
            to[0] = fma(x[2] - x[4], 5.25, x[6] - x[0])
            to[7 * distance] = fma(x[3] - x[5], 5.25, x[7] - x[1])
            let even: Half = fma(x[4], -4.25, x[2] + x[6]), odd: Half = fma(x[3], -4.25, x[1] + x[5])
            to[distance] = even + odd
            to[2 * distance] = even - odd
            let evenOfTwo: Half = fma(x[2], 0.25, fma(x[4], -1.25, x[6])), oddOfTwo: Half = fma(x[1], 0.5, fma(x[3], -2.5, x[5] + x[5]))
            to[3 * distance] = evenOfTwo + oddOfTwo
            to[4 * distance] = evenOfTwo - oddOfTwo
            let evenOfHalf: Half = fma(x[2], 4, fma(x[4], -5, x[6])), oddOfHalf: Half = fma(x[1], 2, fma(x[3], -2.5, x[5] * 0.5))
            to[5 * distance] = evenOfHalf + oddOfHalf
            to[6 * distance] = evenOfHalf - oddOfHalf
        }
    }

    /// Eight products -> m neighbouring results, plus a constant.
    @inline(__always)
    static func join<let m: Int>(
        _ points: UnsafePointer<Half>, distance: Int, count: Int, constant: Float, into results: InlineArray<m, UnsafeMutablePointer<Half>>
    ) {
        for i in 0..<count {
            let p = InlineArray<8, Half> { points[$0 &* distance &+ i] }
            let one = p[1] + p[2], two = p[3] + p[4], half = p[5] + p[6]
            let oddOne = p[1] - p[2], oddTwo = p[3] - p[4], oddHalf = p[5] - p[6]
            var power: Float = 1, inverse: Float = 1
            for k in 0..<m {
                var y = k % 2 == 0 ? fma(two, power, fma(half, inverse, one)) : fma(oddTwo, power, fma(oddHalf, inverse, oddOne))
                if k == 0 { y += p[0] }
                if k == m - 1 { y += p[7] }
                results[k][i] = y + constant
                power *= 2
                inverse *= 0.5
            }
        }
    }

    /// The transpose of `join`: gradients by m results -> gradients by the eight products.
    @inline(__always)
    static func spread<let m: Int>(
        _ results: InlineArray<m, UnsafePointer<Half>>, count: Int, into points: UnsafeMutablePointer<Half>, distance: Int
    ) {
        for i in 0..<count {
            let g = InlineArray<m, Half> { results[$0][i] }
            var one = g[0], two = g[0], half = g[0]
            var oddOne = Half.zero, oddTwo = Half.zero, oddHalf = Half.zero
            var power: Float = 1, inverse: Float = 1
            for k in 1..<m {
                power *= 2
                inverse *= 0.5
                if k % 2 == 0 {
                    one += g[k]
                    two = fma(g[k], power, two)
                    half = fma(g[k], inverse, half)
                } else {
                    oddOne += g[k]
                    oddTwo = fma(g[k], power, oddTwo)
                    oddHalf = fma(g[k], inverse, oddHalf)
                }
            }
            let to = points + i
            to[0] = g[0]
            to[distance] = one + oddOne
            to[2 * distance] = one - oddOne
            to[3 * distance] = two + oddTwo
            to[4 * distance] = two - oddTwo
            to[5 * distance] = half + oddHalf
            to[6 * distance] = half - oddHalf
            to[7 * distance] = g[m - 1]
        }
    }
}
