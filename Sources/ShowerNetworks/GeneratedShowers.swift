import Numerics
import ParallelHDF5

/// A file of generated showers, written sixteen at a time by whichever rank made them.
protocol GeneratedShowers {
    /// - Parameters:
    ///   - cells: sixteen showers `[x][y][layer]` in stored units.
    ///   - energies: GeV.
    ///   - angles: rad.
    ///   - first: number of the first shower.
    func write(_ cells: [Float], energies: [Double], angles: [Double], first: Int) throws
}

/// The CLIC layout: `ECAL` (N, x, y, layer), `energy`, `theta`, `sum`.
struct ClicShowers: GeneratedShowers {
    private let extents: [Int]
    private let cells: HDF5Dataset
    private let columns: [HDF5Dataset]

    /// *Collective.*
    init(_ root: HDF5Group, showers: Int, extents: [Int]) throws {
        self.extents = extents
        cells = try root.createDataset("ECAL", shape: [showers] + extents, type: .float32)
        try cells.setUnits("GeV x 50")
        columns = try [("energy", "GeV"), ("theta", "rad"), ("sum", "GeV x 50")].map { name, units in
            let dataset = try root.createDataset(name, shape: [showers], type: .float32)
            try dataset.setUnits(units)
            return dataset
        }
    }

    func write(_ cells: [Float], energies: [Double], angles: [Double], first: Int) throws {
        try self.cells.write(cells, offset: [first, 0, 0, 0], count: [laneWidth] + extents, collective: false)
        let sites = cells.count / laneWidth
        let sums = (0..<laneWidth).map { j in cells[j * sites..<(j + 1) * sites].reduce(0.0) { $0 + Double($1) } }
        for (dataset, values) in zip(columns, [energies, angles, sums]) {
            try dataset.write(values.map { Float($0) }, offset: [first], count: [laneWidth], collective: false)
        }
    }
}

/// The CaloChallenge's layout: `incident_energies` (N, 1) and `showers` (N, voxels) in MeV, and the angles beside them.
struct CylindricalShowers: GeneratedShowers {
    private let binning: CylindricalBinning
    private let voxels: HDF5Dataset
    private let columns: [HDF5Dataset]

    /// *Collective.*
    init(_ root: HDF5Group, showers: Int, binning: CylindricalBinning) throws {
        self.binning = binning
        voxels = try root.createDataset("showers", shape: [showers, binning.voxels], type: .float64)
        try voxels.setUnits("MeV")
        columns = try [("incident_energies", "MeV"), ("incident_theta", "rad")].map { name, units in
            let dataset = try root.createDataset(name, shape: [showers, 1], type: .float64)
            try dataset.setUnits(units)
            return dataset
        }
    }

    func write(_ cells: [Float], energies: [Double], angles: [Double], first: Int) throws {
        let sites = cells.count / laneWidth
        let rows = (0..<laneWidth).flatMap { j in
            binning.voxels(of: cells[j * sites..<(j + 1) * sites], scale: 1000 / ShowerArchitecture.storedPerGeV)
        }
        try voxels.write(rows, offset: [first, 0], count: [laneWidth, binning.voxels], collective: false)
        for (dataset, values) in zip(columns, [energies.map { 1000 * $0 }, angles]) {
            try dataset.write(values, offset: [first, 0], count: [laneWidth, 1], collective: false)
        }
    }
}
