import Numerics

/// Showers of a sample and as many of the reference as rows of features, for a classifier.
struct ClassifierTable {
    let width: Int
    /// Whether a row is the reference's.
    let isReference: [Bool]
    private let values: [Float]
    var count: Int { isReference.count }

    /// Rows of equal length; the sample's come first.
    init(sample: [[Float]], reference: [[Float]]) {
        width = sample.first?.count ?? reference.first?.count ?? 0
        isReference = sample.map { _ in false } + reference.map { _ in true }
        values = Array((sample + reference).joined())
    }

    private init(width: Int, isReference: [Bool], values: [Float]) { (self.width, self.isReference, self.values) = (width, isReference, values) }

    func withRow<R>(_ row: Int, _ body: (UnsafePointer<Float>) -> R) -> R {
        values.withUnsafeBufferPointer { all in
            guard let base = all.baseAddress else { preconditionFailure("a table with rows has values") }
            return body(base + row * width)
        }
    }

    /// Every feature less its mean over `rows`, over its standard deviation there. What lies more than ten deviations out is moved in, and a
    /// feature that does not vary becomes zero.
    func standardised(by rows: [Int]) -> ClassifierTable {
        var sums = [Double](repeating: 0, count: width), squares = sums
        for row in rows {
            withRow(row) { values in for k in 0..<width { sums[k] += Double(values[k]) } }
        }
        let means = sums.map { $0 / Double(max(1, rows.count)) }
        for row in rows {
            withRow(row) { values in
                for k in 0..<width { squares[k] += (Double(values[k]) - means[k]) * (Double(values[k]) - means[k]) }
            }
        }
        let scales = squares.indices.map { k -> Double in
            let deviation = (squares[k] / Double(max(1, rows.count))).squareRoot()
            return deviation > 1e-9 * max(1, means[k].magnitude) ? 1 / deviation : 0
        }
        var result = values
        for row in 0..<count {
            for k in 0..<width {
                let scaled = (Double(values[row * width + k]) - means[k]) * scales[k]
                result[row * width + k] = Float(min(10, max(-10, scaled)))
            }
        }
        return ClassifierTable(width: width, isReference: isReference, values: result)
    }

    /// The rows in `count` parts, each with the same share of both kinds; which row is where is a function of the seed.
    func folds(_ count: Int, seed: UInt64) -> [[Int]] {
        let stream = RandomStream(seed: seed, purpose: .comparison)
        var folds = [[Int]](repeating: [], count: count)
        for kind in [false, true] {
            var rows = isReference.indices.filter { isReference[$0] == kind }
            for i in rows.indices.dropLast() {
                let j = i + Int(stream.integer(below: UInt64(rows.count - i), epoch: kind ? 1 << 30 : 1 << 30 + 1, index: UInt64(i), draw: 0))
                rows.swapAt(i, j)
            }
            for (place, row) in rows.enumerated() { folds[place % count].append(row) }
        }
        return folds
    }
}
