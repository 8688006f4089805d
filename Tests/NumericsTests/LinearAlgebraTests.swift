import Glibc
import Numerics
import Testing

@Suite struct LinearAlgebraTests {
    func matrix(_ rows: Int, _ columns: Int, draw: UInt32 = 0) -> Matrix {
        let stream = RandomStream(seed: 3, purpose: .test)
        return Matrix(rows: rows, columns: columns) { stream.normal(epoch: UInt64($0), index: UInt64($1), draw: draw) }
    }

    func distance(_ a: Matrix, _ b: Matrix) -> Double {
        #expect(a.rows == b.rows && a.columns == b.columns)
        return zip(a.elements, b.elements).map { ($0 - $1).magnitude }.max() ?? 0
    }

    @Test func productsAgreeWithTheDefinition() {
        let (a, b) = (matrix(4, 6), matrix(6, 3, draw: 2))
        let plain = Matrix(rows: 4, columns: 3) { i, k in (0..<6).reduce(0) { $0 + a[i, $1] * b[$1, k] } }
        #expect(distance(LinearAlgebra.multiply(a, b), plain) < 1e-14)
        #expect(distance(LinearAlgebra.multiply(a.transposed, b, transposeFirst: true), plain) < 1e-14)
        #expect(distance(LinearAlgebra.multiply(a, b.transposed, transposeSecond: true), plain) < 1e-14)
        var single = [Float](repeating: 1, count: 12)
        LinearAlgebra.gemm(m: 4, n: 3, k: 6, alpha: 2, a.elements.map(Float.init), b.elements.map(Float.init), beta: -1, &single)
        for i in single.indices { #expect((Double(single[i]) - (2 * plain.elements[i] - 1)).magnitude < 1e-5) }
    }

    /// The second difference on n points has the eigenvalues 2 - 2 cos(pi k / (n + 1)).
    @Test func eigenvaluesOfTheSecondDifference() throws {
        let n = 20
        // The upper triangle is rubbish: it is not read.
        let a = Matrix(rows: n, columns: n) { $0 == $1 ? 2 : $0 == $1 + 1 ? -1 : $0 < $1 ? 77 : 0 }
        let (values, vectors) = try LinearAlgebra.symmetricEigen(a)
        for k in 0..<n { #expect((values[k] - (2 - 2 * cos(.pi * Double(k + 1) / Double(n + 1)))).magnitude < 1e-13) }
        #expect(distance(LinearAlgebra.multiply(vectors, vectors, transposeSecond: true), .identity(n)) < 1e-13)
        let symmetric = Matrix(rows: n, columns: n) { $0 >= $1 ? a[$0, $1] : a[$1, $0] }
        let image = LinearAlgebra.multiply(vectors, symmetric)
        #expect(distance(image, Matrix(rows: n, columns: n) { values[$0] * vectors[$0, $1] }) < 1e-13)
    }

    @Test(arguments: [(5, 3), (3, 5), (4, 4)])
    func singularValuesComposeTheMatrix(rows: Int, columns: Int) throws {
        let a = matrix(rows, columns)
        let (u, s, v) = try LinearAlgebra.singularValues(a)
        #expect(s == s.sorted(by: >) && s.count == min(rows, columns))
        let scaled = Matrix(rows: u.rows, columns: u.columns) { u[$0, $1] * s[$1] }
        #expect(distance(LinearAlgebra.multiply(scaled, v), a) < 1e-13)
        #expect(distance(LinearAlgebra.multiply(u, u, transposeFirst: true), .identity(s.count)) < 1e-13)
        // The squares sum to the square of Frobenius's norm.
        #expect((s.reduce(0) { $0 + $1 * $1 } - a.elements.reduce(0) { $0 + $1 * $1 }).magnitude < 1e-12)
    }

    @Test func positiveSystemsAreSolved() throws {
        // Hilbert's matrix of three, whose inverse has integers.
        let hilbert = Matrix(rows: 3, columns: 3) { 1 / Double($0 + $1 + 1) }
        let inverse = Matrix(rows: 3, columns: 3, elements: [9, -36, 30, -36, 192, -180, 30, -180, 180])
        #expect(distance(try LinearAlgebra.solvePositive(hilbert, .identity(3)), inverse) < 1e-10)
        let b = matrix(3, 2)
        #expect(distance(LinearAlgebra.multiply(hilbert, try LinearAlgebra.solvePositive(hilbert, b)), b) < 1e-12)
    }

    @Test func refusesWhatHasNoSolution() {
        let indefinite = Matrix(rows: 2, columns: 2, elements: [1, 2, 2, 1])
        #expect(throws: NumericsError.self) { try LinearAlgebra.solvePositive(indefinite, .identity(2)) }
        #expect(throws: NumericsError.self) { try LinearAlgebra.symmetricEigen(matrix(2, 3)) }
        #expect(throws: NumericsError.self) { try LinearAlgebra.symmetricEigen(Matrix(rows: 1, columns: 1, elements: [.nan])) }
        #expect(throws: NumericsError.self) { try LinearAlgebra.singularValues(Matrix(rows: 0, columns: 3)) }
    }
}
