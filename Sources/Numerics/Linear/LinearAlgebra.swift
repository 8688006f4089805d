import COpenBLAS

/// Dense linear algebra by OpenBLAS and its LAPACK, on one thread: the ranks are the parallelism, and sums keep their order. *Not collective.*
public enum LinearAlgebra {
    private static let oneThread: Void = openblas_set_num_threads(1)

    /// C = alpha op(A) op(B) + beta C in single precision, row-major; op(A) is m x k, op(B) k x n.
    public static func gemm(
        transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Float = 1,
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, beta: Float = 0, _ c: UnsafeMutablePointer<Float>
    ) {
        _ = oneThread
        cblas_sgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
            blasint(m), blasint(n), blasint(k), alpha, a, blasint(transposeA ? m : k), b, blasint(transposeB ? k : n), beta, c, blasint(n))
    }

    /// The same in double precision.
    public static func gemm(
        transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Double = 1,
        _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, beta: Double = 0, _ c: UnsafeMutablePointer<Double>
    ) {
        _ = oneThread
        cblas_dgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
            blasint(m), blasint(n), blasint(k), alpha, a, blasint(transposeA ? m : k), b, blasint(transposeB ? k : n), beta, c, blasint(n))
    }

    /// The product of two matrices.
    public static func multiply(
        _ a: Matrix, _ b: Matrix, transposeFirst: Bool = false, transposeSecond: Bool = false
    ) -> Matrix {
        let (m, k) = transposeFirst ? (a.columns, a.rows) : (a.rows, a.columns)
        let (inner, n) = transposeSecond ? (b.columns, b.rows) : (b.rows, b.columns)
        precondition(k == inner, "a product of matrices has one inner extent")
        var c = Matrix(rows: m, columns: n)
        if m * n * k > 0 {
            gemm(transposeA: transposeFirst, transposeB: transposeSecond, m: m, n: n, k: k, a.elements, b.elements, &c.elements)
        }
        return c
    }

    /// Eigenvalues of a symmetric matrix in ascending order, and its orthonormal eigenvectors, one a row. Only the lower triangle is read.
    /// - Throws: `NumericsError` for a matrix that is not square or not finite, or no convergence.
    public static func symmetricEigen(_ a: Matrix) throws -> (values: [Double], vectors: Matrix) {
        _ = oneThread
        try check(a, square: true, "symmetric eigenvalues")
        var vectors = a
        var values = [Double](repeating: 0, count: a.rows)
        // LAPACK's columns are our rows: its upper triangle is our lower one, and the eigenvectors come as rows.
        try lapack("dsyevd") { info in
            var n = blasint(a.rows)
            var (size, integers) = (1 + 6 * n + 2 * n * n, 3 + 5 * n)
            var work = [Double](repeating: 0, count: Int(size))
            var integerWork = [blasint](repeating: 0, count: Int(integers))
            dsyevd_("V", "U", &n, &vectors.elements, &n, &values, &work, &size, &integerWork, &integers, &info)
        }
        return (values, vectors)
    }

    /// A = U diag(s) V^T with s descending: U is rows x r, V^T r x columns, r the lesser extent.
    /// - Throws: `NumericsError` for a matrix that is empty or not finite, or no convergence.
    public static func singularValues(_ a: Matrix) throws -> (u: Matrix, s: [Double], vTransposed: Matrix) {
        _ = oneThread
        try check(a, square: false, "singular values")
        let r = min(a.rows, a.columns)
        // LAPACK sees the transpose, so its U^T is our V and its V^T our U.
        var copy = a.elements
        var s = [Double](repeating: 0, count: r)
        var left = Matrix(rows: r, columns: a.columns)
        var right = Matrix(rows: a.rows, columns: r)
        try lapack("dgesdd") { info in
            var (m, n, k) = (blasint(a.columns), blasint(a.rows), blasint(r))
            var size = 5 * k * k + 7 * k + max(m, n) + 32 * (m + n)
            var work = [Double](repeating: 0, count: Int(size))
            var integerWork = [blasint](repeating: 0, count: 8 * r)
            dgesdd_("S", &m, &n, &copy, &m, &s, &left.elements, &m, &right.elements, &k, &work, &size, &integerWork, &info)
        }
        return (right, s, left)
    }

    /// X with A X = B for a symmetric positive definite A, by Cholesky's factorisation. Only the lower triangle of A is read.
    /// - Throws: `NumericsError` where A is not positive definite, not square or not finite, or B has other rows.
    public static func solvePositive(_ a: Matrix, _ b: Matrix) throws -> Matrix {
        _ = oneThread
        try check(a, square: true, "solution of a positive definite system")
        guard b.rows == a.rows, b.columns > 0 else {
            throw NumericsError("solution of a positive definite system: \(a.rows) equations, \(b.rows) x \(b.columns) right hand sides")
        }
        var factor = a.elements
        var x = b.transposed
        try lapack("dposv", positive: "the matrix is not positive definite") { info in
            var (n, count) = (blasint(a.rows), blasint(b.columns))
            dposv_("U", &n, &count, &factor, &n, &x.elements, &n, &info)
        }
        return x.transposed
    }

    private static func check(_ a: Matrix, square: Bool, _ task: String) throws {
        guard a.rows > 0, a.columns > 0, !square || a.rows == a.columns else {
            throw NumericsError("\(task): the matrix is \(a.rows) x \(a.columns); wanted \(square ? "a square one" : "an element at least")")
        }
        guard a.elements.allSatisfy(\.isFinite) else { throw NumericsError("\(task): an element of the matrix is not finite") }
    }

    private static func lapack(
        _ routine: String, positive: String = "no convergence", _ call: (inout blasint) -> Void
    ) throws {
        var info: blasint = 0
        call(&info)
        if info != 0 { throw NumericsError("LAPACK \(routine): \(info > 0 ? positive : "argument \(-info) is refused") (info \(info))") }
    }
}
