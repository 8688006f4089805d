import Glibc
import Glitches
import Numerics

/// Sums for the least-squares filters from several series to one: products of all series at all lags. Summed in integers, so that the result does not depend
/// on who adds which stretch.
package struct NormalEquations {
    package let series, later, earlier: Int
    /// Lower blocks and their mirror images: [row][column] of series and lag.
    package private(set) var products: [Int64]
    /// Of each series and lag with the target.
    package private(set) var target: [Int64]
    /// Of the target with itself, and how many samples.
    private(set) var square: Int64 = 0
    private(set) var samples: Int64 = 0

    private static let unit = 65536.0
    var lags: Int { later + 1 + earlier }
    var size: Int { series * lags }

    package init(series: Int, later: Int, earlier: Int) {
        (self.series, self.later, self.earlier) = (series, later, earlier)
        let size = series * (later + 1 + earlier)
        products = [Int64](repeating: 0, count: size * size)
        target = [Int64](repeating: 0, count: size)
    }

    private static func whole(_ x: Double) -> Int64 { Int64(max(-4e18, min((x * unit).rounded(), 4e18))) }

    /// Adds samples `range` of a stretch; all series begin and end with it and hold `earlier` + 1 samples before the range and `later` after it. Series
    /// that are 0 all over are passed over. Each should have a variance of about 1.
    package mutating func add(_ inputs: [[Double]], target y: [Double], range: Range<Int>) {
        precondition(inputs.count == series && range.lowerBound > earlier && range.upperBound + later <= y.count, "a stretch has its lags")
        let (lags, size, later) = (lags, size, later)
        let count = range.count
        let active = inputs.indices.filter { index in inputs[index].contains { $0 != 0 } }
        y.withUnsafeBufferPointer { y in
            guard let y = y.baseAddress else { return }
            square &+= Self.whole(InnerProduct.of(y + range.lowerBound, y + range.lowerBound, count: count))
            samples &+= Int64(count)
            for j in active {
                inputs[j].withUnsafeBufferPointer { v in
                    guard let v = v.baseAddress else { return }
                    for l in 0..<lags { target[j * lags + l] &+= Self.whole(InnerProduct.of(v + (range.lowerBound + later - l), y + range.lowerBound, count: count)) }
                }
            }
        }
        var block = [Double](repeating: 0, count: lags * lags)
        for (place, j) in active.enumerated() {
            for k in active[...place] {
                inputs[j].withUnsafeBufferPointer { a in
                    inputs[k].withUnsafeBufferPointer { b in
                        guard let a = a.baseAddress, let b = b.baseAddress else { return }
                        Self.products(a, b, range, lags: lags, later: later, into: &block)
                    }
                }
                for l in 0..<lags {
                    for m in 0..<lags {
                        let value = Self.whole(block[l * lags + m])
                        products[(j * lags + l) * size + k * lags + m] &+= value
                        if j != k { products[(k * lags + m) * size + j * lags + l] &+= value }
                    }
                }
            }
        }
    }

    /// Sum of a(t + later - l) b(t + later - m) over the range: the first row and column directly, the rest from its neighbour up and left, which
    /// differs by one sample at either end.
    private static func products(
        _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ range: Range<Int>, lags: Int, later: Int, into block: inout [Double]
    ) {
        let (begin, end, count) = (range.lowerBound + later, range.upperBound + later, range.count)
        for l in 0..<lags {
            block[l * lags] = InnerProduct.of(a + (begin - l), b + begin, count: count)
            block[l] = InnerProduct.of(a + begin, b + (begin - l), count: count)
        }
        for l in 1..<max(1, lags) {
            for m in 1..<lags {
                block[l * lags + m] = block[(l - 1) * lags + m - 1] + a[begin - l] * b[begin - m] - a[end - l] * b[end - m]
            }
        }
    }

    // MARK: - As words

    package var words: [Int64] { products + target + [square, samples] }

    /// Adds sums that came as words; false for another size.
    package mutating func add(words: [Int64]) -> Bool {
        guard words.count == size * size + size + 2 else { return false }
        for i in products.indices { products[i] &+= words[i] }
        for i in target.indices { target[i] &+= words[size * size + i] }
        square &+= words[words.count - 2]
        samples &+= words[words.count - 1]
        return true
    }

    // MARK: - Solution

    /// Filters of the `chosen` series, and by how much they lower the sum of squares.
    /// - Throws: `NumericsError` where the equations cannot be solved.
    package func solve(_ chosen: [Int]) throws -> (filters: [[Double]], reduction: Double) {
        let count = chosen.count * lags
        var (matrix, right) = ([Double](repeating: 0, count: count * count), [Double](repeating: 0, count: count))
        for (p, j) in chosen.enumerated() {
            for l in 0..<lags {
                let row = p * lags + l
                right[row] = Double(target[j * lags + l])
                for (q, k) in chosen.enumerated() {
                    for m in 0..<lags { matrix[row * count + q * lags + m] = Double(products[(j * lags + l) * size + k * lags + m]) }
                }
            }
        }
        // Narrow-band series leave combinations of lags that nothing determines.
        for p in chosen.indices {
            let mean = (0..<lags).reduce(0.0) { $0 + matrix[(p * lags + $1) * (count + 1)] } / Double(lags)
            for l in 0..<lags { matrix[(p * lags + l) * (count + 1)] += 1e-4 * mean + 1 }
        }
        let solution = try LinearAlgebra.solvePositive(
            Matrix(rows: count, columns: count, elements: matrix), Matrix(rows: count, columns: 1, elements: right)).elements
        var fitted = 0.0
        for i in 0..<count {
            var product = 0.0
            for k in 0..<count { product += matrix[i * count + k] * solution[k] }
            fitted += solution[i] * (2 * right[i] - product)
        }
        return (chosen.indices.map { p in Array(solution[p * lags..<(p + 1) * lags]) }, fitted / Self.unit)
    }

    /// One series after the other, the best first, while each is worth more than its taps: by Schwarz's criterion (Ann. Stat. 6, 461, 1978).
    /// - Returns: the series, and the gain of each in logarithm of likelihood as it was taken.
    package func select(most: Int) throws -> [(series: Int, gain: Double)] {
        let total = Double(square) / Self.unit
        guard samples > 0, total > 0 else { return [] }
        var chosen: [(series: Int, gain: Double)] = []
        var reached = 0.0
        // A series of which there is next to nothing cannot be filtered.
        var left = (0..<series).filter { Double(products[($0 * lags) * (size + 1)]) / Self.unit > 4 * Double(lags) }
        while chosen.count < most {
            var best: (series: Int, reduction: Double)?
            for candidate in left {
                let reduction = try solve(chosen.map(\.series) + [candidate]).reduction
                if reduction > best?.reduction ?? 0 { best = (candidate, reduction) }
            }
            guard let best else { break }
            let variance = max(1e-12, total - best.reduction) / Double(samples)
            let gain = (best.reduction - reached) / variance / 2
            guard gain > 0.5 * Double(lags) * log(Double(samples)) else { break }
            chosen.append((best.series, gain))
            reached = best.reduction
            left.removeAll { $0 == best.series }
        }
        return chosen
    }
}
