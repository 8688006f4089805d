/// What two rows of an SU(3) matrix say of the third.
enum SU3Rows {
    /// Writes the third row of eighteen numbers, `[row][column][re, im]`: the conjugate of the cross product of the first two.
    static func completeThird(_ link: UnsafeMutablePointer<Double>) {
        func element(_ row: Int, _ column: Int) -> SIMD2<Double> { SIMD2(link[6 * row + 2 * column], link[6 * row + 2 * column + 1]) }
        for k in 0..<3 {
            let i = (k + 1) % 3, j = (k + 2) % 3
            let product = multiply(element(0, i), element(1, j)) - multiply(element(0, j), element(1, i))
            link[12 + 2 * k] = product.x
            link[12 + 2 * k + 1] = -product.y
        }
    }

    private static func multiply(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> SIMD2<Double> {
        SIMD2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x)
    }
}
