/// A complex 3x3 matrix in double precision, row by row.
struct SU3Matrix {
    /// Real and imaginary parts, `[3 a + b]`.
    var elements = InlineArray<9, SIMD2<Double>>(repeating: .zero)

    init() {}

    /// Eighteen numbers: rows, columns, real and imaginary part.
    init(_ numbers: UnsafePointer<Double>) {
        for k in 0..<9 { elements[k] = SIMD2(numbers[2 * k], numbers[2 * k + 1]) }
    }

    static func * (left: SU3Matrix, right: SU3Matrix) -> SU3Matrix {
        var product = SU3Matrix()
        for a in 0..<3 {
            for b in 0..<3 {
                var sum = SIMD2<Double>.zero
                for c in 0..<3 { sum += multiply(left.elements[3 * a + c], right.elements[3 * c + b]) }
                product.elements[3 * a + b] = sum
            }
        }
        return product
    }

    /// Re tr(self other^dagger).
    func realTrace(withAdjointOf other: SU3Matrix) -> Double {
        var sum = SIMD2<Double>.zero
        for k in 0..<9 { sum += elements[k] * other.elements[k] }
        return sum.x + sum.y
    }

    /// Re tr(self).
    var realTrace: Double { elements[0].x + elements[4].x + elements[8].x }

    /// Largest |(U U^dagger - 1)_ab|, and |det U - 1|; NaN when an element is none.
    var unitarityDefect: Double {
        var largest = 0.0
        for a in 0..<3 {
            for b in 0..<3 {
                var sum = SIMD2<Double>(a == b ? -1 : 0, 0)
                for c in 0..<3 {
                    let other = elements[3 * b + c]
                    sum += Self.multiply(elements[3 * a + c], SIMD2(other.x, -other.y))
                }
                let defect = (sum * sum).sum().squareRoot()
                if !(defect <= largest) { largest = defect }
            }
        }
        let third = Self.conjugateCross(elements, 0, 3)
        var determinant = SIMD2<Double>(-1, 0)
        for k in 0..<3 {
            let minor = third[k]
            determinant += Self.multiply(elements[6 + k], SIMD2(minor.x, -minor.y))
        }
        let defect = (determinant * determinant).sum().squareRoot()
        return defect <= largest ? largest : defect
    }

    /// The third row that two rows of an SU(3) matrix imply: the conjugate of their cross product.
    static func conjugateCross(_ m: InlineArray<9, SIMD2<Double>>, _ first: Int, _ second: Int) -> InlineArray<3, SIMD2<Double>> {
        InlineArray<3, SIMD2<Double>> { k in
            let i = (k + 1) % 3, j = (k + 2) % 3
            let product = multiply(m[first + i], m[second + j]) - multiply(m[first + j], m[second + i])
            return SIMD2(product.x, -product.y)
        }
    }

    @inline(__always)
    static func multiply(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> SIMD2<Double> {
        SIMD2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x)
    }
}
