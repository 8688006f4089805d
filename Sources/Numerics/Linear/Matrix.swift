/// A dense matrix of doubles, row by row.
public struct Matrix: Sendable, Equatable {
    public let rows: Int
    public let columns: Int
    /// rows x columns elements, the column running fastest.
    public var elements: [Double]

    public init(rows: Int, columns: Int, elements: [Double]) {
        precondition(elements.count == rows * columns, "a matrix has rows times columns elements")
        (self.rows, self.columns, self.elements) = (rows, columns, elements)
    }

    public init(rows: Int, columns: Int, _ element: (Int, Int) -> Double = { _, _ in 0 }) {
        var elements = [Double]()
        elements.reserveCapacity(rows * columns)
        for i in 0..<rows {
            for k in 0..<columns { elements.append(element(i, k)) }
        }
        (self.rows, self.columns, self.elements) = (rows, columns, elements)
    }

    public static func identity(_ n: Int) -> Matrix { Matrix(rows: n, columns: n) { $0 == $1 ? 1 : 0 } }

    public var transposed: Matrix { Matrix(rows: columns, columns: rows) { self[$1, $0] } }

    public subscript(row: Int, column: Int) -> Double {
        get { elements[row * columns + column] }
        set { elements[row * columns + column] = newValue }
    }
}
