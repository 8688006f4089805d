import Glibc

/// Exact expectation values of interacting φ⁴ on a periodic chain of T sites or a 2 x T lattice, to ten digits and better.
///
/// Between slices exp(b φ φ') = Σ_n (b φ φ')ⁿ / n!, so the partition function is the trace of the T-th power of a matrix over the
/// occupation numbers n of a slice's bonds, whose elements are moments of a single slice: no quadrature over more than two sites.
/// An independent opinion on every Monte Carlo number of these lattices.
public struct TransferMatrix: Sendable {
    public let logPartitionFunction: Double
    /// ⟨φ_x²⟩, ⟨φ_x⁴⟩.
    public let fieldSquared: Double
    public let fieldFourth: Double
    /// V ⟨M²⟩.
    public let susceptibility: Double
    /// ⟨φ_x φ_{x+t}⟩ between slices, and within a slice (nil for a chain).
    public let temporalNeighbour: Double
    public let spatialNeighbour: Double?
    /// C(t) = ⟨Φ_0 Φ_t⟩ / width, Φ_t the sum of the field over slice t; t = 0 ..< T.
    public let zeroMomentumCorrelation: [Double]

    /// - Parameters:
    ///   - width: sites of a slice, 1 (a chain) or 2 (each pair bonded twice, as periodic shifts do).
    ///   - length: slices T >= 1.
    ///   - maximumOccupation: largest total number n kept; the terms left out fall like xⁿ/n! with x = b ⟨φ²⟩-ish.
    /// - Throws: `LatticeError` for another width, T < 1, or where the series has not converged to 1e-12.
    public init(action: ScalarAction, width: Int, length: Int, maximumOccupation: Int = 32) throws {
        guard width == 1 || width == 2, length >= 1, maximumOccupation >= 2 else {
            throw LatticeError("transfer matrix: width \(width), length \(length): wanted width 1 or 2, length at least 1")
        }
        let moments = SliceMoments(action: action, sites: width, maximumDegree: 2 * maximumOccupation + 4)
        let states = Self.states(width: width, maximumOccupation: maximumOccupation)
        // Even and odd total occupation do not mix, except through an odd power of the field.
        let even = states.filter { ($0.0 + $0.1) % 2 == 0 }
        let odd = states.filter { ($0.0 + $0.1) % 2 == 1 }
        let builder = OperatorBuilder(b: action.b, moments: moments)

        let blocks = [even, odd]
        let powers = blocks.map { block -> [DenseMatrix] in
            let one = builder.matrix(block, block, [(0, 0)])
            var list = [DenseMatrix.identity(block.count), one]
            while list.count <= length { list.append(list[list.count - 1] * one) }
            return list
        }
        let partition = powers[0][length].trace + powers[1][length].trace
        logPartitionFunction = Glibc.log(partition)
        let last = even.indices.last.map { powers[0][1].element($0, $0) } ?? 0
        guard partition.isFinite, partition > 0, last.magnitude < 1e-12 * powers[0][1].element(0, 0) else {
            throw LatticeError(
                "transfer matrix: not converged with occupations up to \(maximumOccupation); wanted a larger maximum or a smaller coupling",
                exitCode: 70)
        }

        func mean(_ monomials: [(Int, Int)]) -> Double {
            (0..<2).reduce(0.0) { sum, parity in
                sum + builder.matrix(blocks[parity], blocks[parity], monomials).traceOfProduct(powers[parity][length - 1])
            } / partition
        }
        let single = width == 1
        fieldSquared = mean([(2, 0)])
        fieldFourth = mean([(4, 0)])
        let withinSlice = single ? nil : mean([(1, 1)])
        spatialNeighbour = withinSlice

        // ⟨O_0 O_t⟩ for O odd in the field: parity alternates between the insertions.
        func pair(_ first: [(Int, Int)], _ second: [(Int, Int)], _ t: Int) -> Double {
            (0..<2).reduce(0.0) { sum, parity in
                let other = 1 - parity
                let a = builder.matrix(blocks[parity], blocks[other], first)
                let b = builder.matrix(blocks[other], blocks[parity], second)
                let forward = a * powers[other][t - 1]
                let backward = b * powers[parity][length - t - 1]
                return sum + forward.traceOfProduct(backward)
            } / partition
        }
        temporalNeighbour = length == 1 ? fieldSquared : pair([(1, 0)], [(1, 0)], 1)
        let slice: [(Int, Int)] = single ? [(1, 0)] : [(1, 0), (0, 1)]
        var correlation = [single ? fieldSquared : 2 * fieldSquared + 2 * (withinSlice ?? 0)]
        for t in 1..<max(1, length) {
            correlation.append(t <= length / 2 ? pair(slice, slice, t) : correlation[length - t])
        }
        zeroMomentumCorrelation = correlation.map { $0 / Double(width) }
        susceptibility = correlation.reduce(0, +) / Double(width)
    }

    private static func states(width: Int, maximumOccupation: Int) -> [(Int, Int)] {
        if width == 1 { return (0...maximumOccupation).map { ($0, 0) } }
        return (0...maximumOccupation).flatMap { total in (0...total).map { ($0, total - $0) } }
    }
}

/// Matrices of one slice with a polynomial of its fields inserted.
private struct OperatorBuilder {
    let b: Double
    let moments: SliceMoments

    /// Σ over the monomials φ_0^p φ_1^q of the elements √(|b|^{m+n} / m! n!) ∫ φ^{m+n} φ_0^p φ_1^q, with b's sign on the columns.
    func matrix(_ rows: [(Int, Int)], _ columns: [(Int, Int)], _ monomials: [(Int, Int)]) -> DenseMatrix {
        let left = rows.map(weight)
        let right = columns.map { weight($0) * (b < 0 && ($0.0 + $0.1) % 2 == 1 ? -1 : 1) }
        var result = DenseMatrix(rows: rows.count, columns: columns.count)
        for (i, m) in rows.enumerated() {
            for (j, n) in columns.enumerated() {
                let moment = monomials.reduce(0.0) { $0 + moments[m.0 + n.0 + $1.0, m.1 + n.1 + $1.1] }
                result.set(i, j, left[i] * right[j] * moment)
            }
        }
        return result
    }

    private func weight(_ n: (Int, Int)) -> Double {
        let total = Double(n.0 + n.1)
        let power = b == 0 ? (total == 0 ? 0 : -Double.infinity) : total * Glibc.log(b.magnitude)
        return Glibc.exp(0.5 * (power - Glibc.lgamma(Double(n.0) + 1) - Glibc.lgamma(Double(n.1) + 1)))
    }
}

/// A dense matrix, rows contiguous; just what traces of powers need.
private struct DenseMatrix {
    let rows: Int
    let columns: Int
    private var elements: [Double]

    init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        elements = [Double](repeating: 0, count: rows * columns)
    }

    static func identity(_ n: Int) -> DenseMatrix {
        var result = DenseMatrix(rows: n, columns: n)
        for i in 0..<n { result.set(i, i, 1) }
        return result
    }

    func element(_ i: Int, _ j: Int) -> Double { elements[i * columns + j] }
    mutating func set(_ i: Int, _ j: Int, _ value: Double) { elements[i * columns + j] = value }

    var trace: Double { (0..<min(rows, columns)).reduce(0) { $0 + element($1, $1) } }

    /// Tr(self · other) without the product.
    func traceOfProduct(_ other: DenseMatrix) -> Double {
        var sum = 0.0
        for i in 0..<rows {
            for j in 0..<columns { sum += elements[i * columns + j] * other.elements[j * other.columns + i] }
        }
        return sum
    }

    static func * (a: DenseMatrix, b: DenseMatrix) -> DenseMatrix {
        var result = DenseMatrix(rows: a.rows, columns: b.columns)
        let n = b.columns
        result.elements.withUnsafeMutableBufferPointer { out in
            b.elements.withUnsafeBufferPointer { right in
                for i in 0..<a.rows {
                    for k in 0..<a.columns {
                        let factor = a.elements[i * a.columns + k]
                        if factor == 0 { continue }
                        for j in 0..<n { out[i * n + j] += factor * right[k * n + j] }
                    }
                }
            }
        }
        return result
    }
}
