import ParallelHDF5

/// Configurations of one ensemble in files, in the order of their trajectories: verified and measured again.
public struct ConfigurationChain: Sendable {
    public let description: EnsembleDescription
    public let trajectories: [Int]
    public let series: MeasurementSeries

    /// Whether a file holds configurations.
    /// - Throws: `HDF5Error` when it cannot be opened. *Not collective.*
    public static func isStored(in path: String) throws -> Bool {
        try HDF5File.with(HDF5File.open(path, communicator: nil)) { try ConfigurationStore.isStored(in: $0) }
    }

    /// Reads every configuration of the files. One process, *not collective*.
    /// - Throws: `LatticeError` or `HDF5Error` naming the file: damaged, of another ensemble than the first, or the same trajectory twice.
    public init(_ paths: [String]) throws {
        var found: [(trajectory: Int, path: String, measurement: FieldMeasurement)] = []
        var first: (description: EnsembleDescription, lattice: PeriodicLattice)?
        for path in paths {
            try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
                let store = try ConfigurationStore.open(in: file)
                let ensemble = try first ?? (store.description, PeriodicLattice(extents: store.description.extents))
                guard store.description == ensemble.description else {
                    throw LatticeError("\(path): of another ensemble (lattice, action, convention or seed) than \(paths[0]); measure them apart")
                }
                first = ensemble
                for index in 0..<store.count {
                    let (record, measurement) = try store.measure(index, on: ensemble.lattice)
                    found.append((record.trajectory, path, measurement))
                }
            }
        }
        guard let first else { throw LatticeError("no file of configurations") }
        found.sort { $0.trajectory < $1.trajectory }
        for (one, next) in zip(found, found.dropFirst()) where one.trajectory == next.trajectory {
            throw LatticeError("\(one.path) and \(next.path) both hold trajectory \(one.trajectory)")
        }
        var series = MeasurementSeries(sliceCount: first.description.extents[0])
        for one in found { series.append(one.measurement) }
        description = first.description
        trajectories = found.map(\.trajectory)
        self.series = series
    }
}
