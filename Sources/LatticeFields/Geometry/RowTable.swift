import LatticeKernels

/// The rows of a block, those that need no other rank's sites first: they are worked on while the halos travel.
final class RowTable: Sendable {
    /// Starts in the framed block; the number of the first site on the whole lattice.
    nonisolated(unsafe) let starts: UnsafeMutablePointer<Int>
    nonisolated(unsafe) let firstSites: UnsafeMutablePointer<Int>
    nonisolated(unsafe) let strides: UnsafeMutablePointer<Int>
    let strideCount: Int
    let count: Int
    let innerCount: Int
    let length: Int
    /// Whether the ends of each row touch another rank.
    let lastAxisIsCut: Bool
    /// Rows between neighbours along the first axis, if that is the only one that is cut or none is: then rows are in lattice order, the
    /// inner ones too. Nil otherwise, and in one dimension among ranks.
    let slice: Int?

    init(_ geometry: LatticeGeometry) {
        let axes = geometry.dimension
        strideCount = axes - 1
        length = geometry.localExtents[axes - 1]
        lastAxisIsCut = geometry.grid.dimensions[axes - 1] > 1
        count = geometry.localVolume / length
        slice = geometry.grid.dimensions.dropFirst().allSatisfy { $0 == 1 } && !lastAxisIsCut ? count / (axes == 1 ? 1 : geometry.localExtents[0]) : nil
        starts = .allocate(capacity: count)
        firstSites = .allocate(capacity: count)
        strides = .allocate(capacity: max(1, strideCount))
        for axis in 0..<strideCount { strides[axis] = geometry.strides[axis] }
        var inner: [(start: Int, site: Int)] = []
        var outer: [(start: Int, site: Int)] = []
        for row in 0..<count {
            var rest = row
            var coordinates = [Int](repeating: 0, count: axes)
            for axis in stride(from: axes - 2, through: 0, by: -1) {
                coordinates[axis] = rest % geometry.localExtents[axis]
                rest /= geometry.localExtents[axis]
            }
            let start = zip(coordinates, geometry.strides).reduce(0) { $0 + ($1.0 + 1) * $1.1 }
            let site = geometry.globalIndex(zip(coordinates, geometry.localOffsets).map(+))
            let touches = (0..<strideCount).contains { axis in
                geometry.grid.dimensions[axis] > 1 && (coordinates[axis] == 0 || coordinates[axis] == geometry.localExtents[axis] - 1)
            }
            if touches { outer.append((start, site)) } else { inner.append((start, site)) }
        }
        innerCount = inner.count
        for (row, entry) in (inner + outer).enumerated() {
            starts[row] = entry.start
            firstSites[row] = entry.site
        }
    }

    deinit {
        starts.deallocate()
        firstSites.deallocate()
        strides.deallocate()
    }

    /// Every site.
    var all: LatticeRows { rows(0..<count, 0..<length) }
    /// The sites that no halo of another rank touches.
    var interior: LatticeRows { rows(0..<innerCount, lastAxisIsCut ? 1..<max(1, length - 1) : 0..<length) }
    /// Inner rows beside the boundary: their neighbours in it need them as they are.
    func innerEdges(_ slice: Int) -> (first: LatticeRows, last: LatticeRows) {
        (rows(0..<slice, 0..<length), rows(innerCount - slice..<innerCount, 0..<length))
    }
    /// The others: whole rows, and the two ends of the inner ones.
    var boundaryRows: LatticeRows { rows(innerCount..<count, 0..<length) }
    var firstColumn: LatticeRows { rows(0..<innerCount, 0..<(lastAxisIsCut ? 1 : 0)) }
    var lastColumn: LatticeRows { rows(0..<innerCount, lastAxisIsCut && length > 1 ? length - 1..<length : 0..<0) }

    private func rows(_ range: Range<Int>, _ columns: Range<Int>) -> LatticeRows {
        LatticeRows(
            starts: starts + range.lowerBound, count: range.count, columns: columns, strides: strides, strideCount: strideCount)
    }
}
