import Glibc
import MessagePassing
import ParallelHDF5

/// The training file: encoded showers with their conditions, all units and encodings as attributes.
///
/// `ECAL` (N, x, y, layer) encoded cells; `conditions` (N, 6); `energy` GeV, `theta` rad, `pdg`, `total` (N) the sum of the cells in
/// GeV times the encoding's scale, before the power.
public final class TrainingWriter {
    public static let format = "didymos calorimeter training"
    private let encoding: ShowerEncoding
    private let grid: ShowerGrid
    private let datasets: (cells: HDF5Dataset, conditions: HDF5Dataset, energy: HDF5Dataset, theta: HDF5Dataset, particle: HDF5Dataset, total: HDF5Dataset)

    /// Makes the datasets for `count` showers. *Collective.*
    public init(_ root: HDF5Group, grid: ShowerGrid, count: Int, encoding: ShowerEncoding, deflate: Int?) throws {
        (self.grid, self.encoding) = (grid, encoding)
        try root.setAttribute("format", Self.format)
        try root.setAttribute("format_version", Int64(1))
        let cells = try root.createDataset(
            ShowerLayout.cells, shape: [count] + grid.extents, type: .float32,
            chunk: deflate.map { _ in [min(ShowerLayout.chunk, max(1, count))] + grid.extents }, deflate: deflate)
        try cells.setUnits("(energy in GeV * \(encoding.scale))^\(encoding.exponent)")
        try cells.setAttribute(ShowerLayout.scaleAttribute, encoding.scale)
        try cells.setAttribute("exponent", encoding.exponent)
        try cells.setAttribute("axes", ["shower", "x", "y", "layer"])
        let conditions = try root.createDataset("conditions", shape: [count, ShowerEncoding.conditionNames.count], type: .float32)
        try conditions.setAttribute("columns", ShowerEncoding.conditionNames)
        try conditions.setAttribute(
            "column_units", ["\(encoding.energyScale) GeV", "rad", "0 electron, 1 photon, -1 positron", "1", "pads from the centre", "pads from the centre"])
        try conditions.setUnits("see column_units")
        func column(_ name: String, _ type: HDF5Type, _ units: String) throws -> HDF5Dataset {
            let dataset = try root.createDataset(name, shape: [count], type: type)
            try dataset.setUnits(units)
            return dataset
        }
        datasets = (
            cells, conditions, try column(ShowerLayout.energy, .float32, "GeV"), try column(ShowerLayout.theta, .float32, "rad"),
            try column(ShowerLayout.particle, .int32, "1"), try column("total", .float32, "GeV / \(encoding.scale)")
        )
    }

    /// Encodes and writes this rank's showers at `first`; the block may be empty. *Collective.*
    public func write(_ block: ShowerBlock, at first: Int) throws {
        let count = block.count
        let place = count == 0 ? 0 : first
        let (scale, exponent) = (encoding.scale, encoding.exponent)
        var totals = [Float](repeating: 0, count: count)
        var conditions: [Float] = []
        for i in 0..<count {
            var sum = 0.0
            for k in block.range(i) { sum += Double(block.cells[k]) }
            totals[i] = Float(sum * scale)
            let (x, y) = Self.position(block, i)
            conditions += [
                Float(block.energy[i] / encoding.energyScale), Float(block.theta[i]), ShowerEncoding.code(block.particle[i]),
                Float(encoding.geometry), x, y,
            ]
        }
        let encoded = block.cells.map { $0 == 0 ? 0 : Float(pow(Double($0) * scale, exponent)) }
        let width = ShowerEncoding.conditionNames.count
        try datasets.cells.write(encoded, offset: [place, 0, 0, 0], count: [count] + (count == 0 ? [0, 0, 0] : grid.extents))
        try datasets.conditions.write(conditions, offset: [place, 0], count: [count, count == 0 ? 0 : width])
        try datasets.energy.write(block.energy.map { Float($0) }, offset: [place], count: [count])
        try datasets.theta.write(block.theta.map { Float($0) }, offset: [place], count: [count])
        try datasets.particle.write(block.particle, offset: [place], count: [count])
        try datasets.total.write(totals, offset: [place], count: [count])
    }

    /// Barycentre of a shower in pads from the centre of the grid.
    private static func position(_ block: ShowerBlock, _ i: Int) -> (Float, Float) {
        let grid = block.grid
        var (sum, sumX, sumY) = (0.0, 0.0, 0.0)
        var k = block.range(i).lowerBound
        for x in 0..<grid.x {
            for y in 0..<grid.y {
                var column = 0.0
                for _ in 0..<grid.layers {
                    column += Double(block.cells[k])
                    k += 1
                }
                sum += column
                sumX += column * (Double(x) + 0.5)
                sumY += column * (Double(y) + 0.5)
            }
        }
        guard sum > 0 else { return (0, 0) }
        return (Float(sumX / sum - Double(grid.x) / 2), Float(sumY / sum - Double(grid.y) / 2))
    }
}
