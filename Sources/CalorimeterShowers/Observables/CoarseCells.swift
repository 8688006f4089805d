import Glibc

/// Shower images at a resolution that a dense network can take: blocks of cells.
struct CoarseCells {
    /// Blocks along x, y and depth.
    let extents: [Int]
    /// The block of each cell.
    private let block: [Int32]
    /// Numbers of a shower: the logarithm of the primary's energy, and one for each block.
    var count: Int { 1 + extents.reduce(1, *) }

    /// At most `most` blocks along each direction, as even as they can be.
    init(grid: ShowerGrid, most: [Int]) {
        let extents = zip(grid.extents, most).map { min($0, $1) }
        self.extents = extents
        func blocks(_ axis: Int) -> [Int] { (0..<grid.extents[axis]).map { $0 * extents[axis] / grid.extents[axis] } }
        let (x, y, z) = (blocks(0), blocks(1), blocks(2))
        block = x.flatMap { i in y.flatMap { j in z.map { k in Int32((i * extents[1] + j) * extents[2] + k) } } }
    }

    /// log10 of the primary's energy in GeV, and of each block's energy over it plus 10^-6.
    func features(of showers: ShowerBlock, _ i: Int, threshold: Double) -> [Float] {
        var sums = [Double](repeating: 0, count: count - 1)
        let start = showers.range(i).lowerBound, limit = Float(threshold)
        for cell in block.indices {
            let value = showers.cells[start + cell]
            if value > 0, value >= limit { sums[Int(block[cell])] += Double(value) }
        }
        return [Float(log10(showers.energy[i]))] + sums.map { Float(log10($0 / showers.energy[i] + 1e-6)) }
    }
}
