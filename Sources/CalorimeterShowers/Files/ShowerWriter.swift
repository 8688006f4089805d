import MessagePassing
import ParallelHDF5

/// Writes showers in the CLIC layout into an open file, block by block, chunked and deflated.
public final class ShowerWriter {
    public let grid: ShowerGrid
    public let count: Int
    public let scale: Double
    private let cells: HDF5Dataset
    private let columns: (energy: HDF5Dataset, theta: HDF5Dataset, sum: HDF5Dataset, particle: HDF5Dataset)

    /// Makes the datasets for `count` showers in `root`. *Collective.*
    /// - Parameters:
    ///   - scale: stored units per GeV, 50 as variable-angle files have it.
    ///   - deflate: zlib level of the cells, nil for none.
    public init(
        _ root: HDF5Group, grid: ShowerGrid, count: Int, scale: Double = ShowerLayout.scale, deflate: Int? = 1
    ) throws {
        (self.grid, self.count, self.scale) = (grid, count, scale)
        cells = try root.createDataset(
            ShowerLayout.cells, shape: [count] + grid.extents, type: .float32, chunk: [min(ShowerLayout.chunk, max(1, count))] + grid.extents,
            deflate: deflate)
        try cells.setUnits(scale == 1 ? "GeV" : "GeV / \(scale)")
        try cells.setAttribute(ShowerLayout.scaleAttribute, scale)
        try cells.setAttribute("axes", ["shower", "x", "y", "layer"])
        func column(_ name: String, _ type: HDF5Type, _ units: String) throws -> HDF5Dataset {
            let dataset = try root.createDataset(name, shape: [count], type: type)
            try dataset.setUnits(units)
            return dataset
        }
        columns = (
            try column(ShowerLayout.energy, .float32, "GeV"), try column(ShowerLayout.theta, .float32, "rad"),
            try column(ShowerLayout.sum, .float32, scale == 1 ? "GeV" : "GeV / \(scale)"), try column(ShowerLayout.particle, .int32, "1")
        )
    }

    /// Writes this rank's block at its place; a block may be empty. *Collective.*
    ///
    /// A deflated chunk is rewritten whole: blocks of several ranks should not share one.
    public func write(_ block: ShowerBlock) throws {
        let scale = scale
        let stored = block.cells.map { Float(Double($0) * scale) }
        let sums = (0..<block.count).map { i -> Float in
            var sum = 0.0
            for k in block.range(i) { sum += Double(stored[k]) }
            return Float(sum)
        }
        // A rank that has nothing takes part with an empty selection at the start.
        let place = block.count == 0 ? 0 : block.first
        try cells.write(stored, offset: [place, 0, 0, 0], count: [block.count] + (block.count == 0 ? [0, 0, 0] : grid.extents))
        try columns.energy.write(block.energy.map { Float($0) }, offset: [place], count: [block.count])
        try columns.theta.write(block.theta.map { Float($0) }, offset: [place], count: [block.count])
        try columns.sum.write(sums, offset: [place], count: [block.count])
        try columns.particle.write(block.particle, offset: [place], count: [block.count])
    }
}
