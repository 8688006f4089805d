import Numerics

/// A block of sums in registers, `rows` by `columns` lanes, of products of numbers or lanes with lanes: small matrix products of sixteen samples.
struct PanelProduct<let rows: Int, let columns: Int> {
    typealias Sums = InlineArray<rows, InlineArray<columns, Lane>>

    /// c[row][column] (+)= sum over k of a[row][k] b[k][column], where a holds numbers that are the same for all samples.
    @inline(never)
    static func broadcast(
        _ a: UnsafePointer<Float>, rowStride: Int, step: Int, _ b: UnsafePointer<Lane>, columnStride: Int, step bStep: Int, count: Int,
        into c: UnsafeMutablePointer<Lane>, resultRowStride: Int, resultColumnStride: Int, adds: Bool
    ) {
        var sums = Sums(repeating: InlineArray<columns, Lane>(repeating: .zero))
        if adds { load(&sums, c, resultRowStride, resultColumnStride) }
        var (a, b) = (a, b)
        for _ in 0..<count {
            let x = InlineArray<columns, Lane> { b[$0 &* columnStride] }
            for row in 0..<rows {
                let weight = Lane(repeating: a[row &* rowStride])
                for column in 0..<columns { sums[row][column].addProduct(weight, x[column]) }
            }
            a += step
            b += bStep
        }
        store(sums, c, resultRowStride, resultColumnStride)
    }

    /// The same where a holds a lane of samples, too.
    @inline(never)
    static func lanes(
        _ a: UnsafePointer<Lane>, rowStride: Int, step: Int, _ b: UnsafePointer<Lane>, columnStride: Int, step bStep: Int, count: Int,
        into c: UnsafeMutablePointer<Lane>, resultRowStride: Int, resultColumnStride: Int, adds: Bool
    ) {
        var sums = Sums(repeating: InlineArray<columns, Lane>(repeating: .zero))
        if adds { load(&sums, c, resultRowStride, resultColumnStride) }
        var (a, b) = (a, b)
        for _ in 0..<count {
            let x = InlineArray<columns, Lane> { b[$0 &* columnStride] }
            for row in 0..<rows {
                let weight = a[row &* rowStride]
                for column in 0..<columns { sums[row][column].addProduct(weight, x[column]) }
            }
            a += step
            b += bStep
        }
        store(sums, c, resultRowStride, resultColumnStride)
    }

    @inline(__always)
    private static func load(_ sums: inout Sums, _ c: UnsafePointer<Lane>, _ rowStride: Int, _ columnStride: Int) {
        for row in 0..<rows {
            for column in 0..<columns { sums[row][column] = c[row &* rowStride &+ column &* columnStride] }
        }
    }

    @inline(__always)
    private static func store(_ sums: Sums, _ c: UnsafeMutablePointer<Lane>, _ rowStride: Int, _ columnStride: Int) {
        for row in 0..<rows {
            for column in 0..<columns { c[row &* rowStride &+ column &* columnStride] = sums[row][column] }
        }
    }
}

/// A matrix of numbers or lanes, in elements of its kind.
struct Panel<Element> {
    let base: UnsafePointer<Element>
    /// From one row (of the left factor) or column (of the right one) to the next.
    let stride: Int
    /// From one term of the sum to the next.
    let step: Int
}

/// Where products go.
struct PanelResult {
    let base: UnsafeMutablePointer<Lane>
    let rowStride, columnStride: Int
    let adds: Bool
}

/// Matrix products of any extents out of blocks of registers.
enum Panels {
    /// result[row][column] (+)= sum over k of a[row][k] b[k][column].
    static func multiply(rows: Int, columns: Int, count: Int, _ a: Panel<Float>, _ b: Panel<Lane>, into result: PanelResult) {
        var column = 0
        while column < columns {
            let left = columns &- column
            let width = left >= 6 ? 6 : left >= 4 ? 4 : left >= 2 ? 2 : 1
            let source = b.base + column &* b.stride, target = result.base + column &* result.columnStride
            var row = 0
            while row < rows {
                let height = rows &- row >= 4 ? 4 : 1
                let from = a.base + row &* a.stride, to = target + row &* result.rowStride
                @inline(__always) func run<let r: Int, let c: Int>(_: PanelProduct<r, c>.Type) {
                    PanelProduct<r, c>.broadcast(
                        from, rowStride: a.stride, step: a.step, source, columnStride: b.stride, step: b.step, count: count, into: to,
                        resultRowStride: result.rowStride, resultColumnStride: result.columnStride, adds: result.adds)
                }
                switch (height, width) {
                case (4, 6): run(PanelProduct<4, 6>.self)
                case (4, 4): run(PanelProduct<4, 4>.self)
                case (4, 2): run(PanelProduct<4, 2>.self)
                case (4, _): run(PanelProduct<4, 1>.self)
                case (_, 6): run(PanelProduct<1, 6>.self)
                case (_, 4): run(PanelProduct<1, 4>.self)
                case (_, 2): run(PanelProduct<1, 2>.self)
                default: run(PanelProduct<1, 1>.self)
                }
                row &+= height
            }
            column &+= width
        }
    }

    /// The same with lanes on both sides: a product for each sample.
    static func multiply(rows: Int, columns: Int, count: Int, _ a: Panel<Lane>, _ b: Panel<Lane>, into result: PanelResult) {
        var column = 0
        while column < columns {
            let left = columns &- column
            let width = left >= 6 ? 6 : left >= 4 ? 4 : 1
            let source = b.base + column &* b.stride, target = result.base + column &* result.columnStride
            var row = 0
            while row < rows {
                let height = rows &- row >= 4 ? 4 : 1
                let from = a.base + row &* a.stride, to = target + row &* result.rowStride
                @inline(__always) func run<let r: Int, let c: Int>(_: PanelProduct<r, c>.Type) {
                    PanelProduct<r, c>.lanes(
                        from, rowStride: a.stride, step: a.step, source, columnStride: b.stride, step: b.step, count: count, into: to,
                        resultRowStride: result.rowStride, resultColumnStride: result.columnStride, adds: result.adds)
                }
                switch (height, width) {
                case (4, 6): run(PanelProduct<4, 6>.self)
                case (4, 4): run(PanelProduct<4, 4>.self)
                case (4, _): run(PanelProduct<4, 1>.self)
                case (_, 6): run(PanelProduct<1, 6>.self)
                case (_, 4): run(PanelProduct<1, 4>.self)
                default: run(PanelProduct<1, 1>.self)
                }
                row &+= height
            }
            column &+= width
        }
    }
}
