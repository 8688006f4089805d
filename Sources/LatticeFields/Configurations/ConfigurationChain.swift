import ParallelHDF5

/// Configurations of one ensemble in files, by chain and in the order of their trajectories: verified and measured again.
public struct ConfigurationChain: Sendable {
    public let description: EnsembleDescription
    /// Of all chains.
    public let trajectories: ClosedRange<Int>
    /// One series a chain.
    public let replicas: [MeasurementSeries]
    public var count: Int { replicas.reduce(0) { $0 + $1.count } }

    /// Whether a file holds configurations.
    /// - Throws: `HDF5Error` when it cannot be opened. *Not collective.*
    public static func isStored(in path: String) throws -> Bool {
        try HDF5File.with(HDF5File.open(path, communicator: nil)) { try ConfigurationStore.isStored(in: $0) }
    }

    /// Reads every configuration of the files. One process, *not collective*.
    /// - Throws: `LatticeError` or `HDF5Error` naming the file: damaged, of another ensemble than the first, or the same trajectory of a chain twice.
    public init(_ paths: [String]) throws {
        var found: [(record: ConfigurationRecord, path: String, measurement: FieldMeasurement)] = []
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
                    found.append((record, path, measurement))
                }
            }
        }
        guard let first, !found.isEmpty else { throw LatticeError("\(paths.first ?? "no file"): no configurations") }
        found.sort { ($0.record.chain, $0.record.trajectory) < ($1.record.chain, $1.record.trajectory) }
        for (one, next) in zip(found, found.dropFirst())
        where (one.record.chain, one.record.trajectory) == (next.record.chain, next.record.trajectory) {
            throw LatticeError("\(one.path) and \(next.path) both hold trajectory \(one.record.trajectory) of chain \(one.record.chain)")
        }
        var replicas: [MeasurementSeries] = []
        var chain: Int?
        for one in found {
            if one.record.chain != chain { replicas.append(MeasurementSeries(sliceCount: first.description.extents[0])) }
            chain = one.record.chain
            replicas[replicas.count - 1].append(one.measurement)
        }
        let order = found.map(\.record.trajectory)
        description = first.description
        trajectories = (order.min() ?? 0)...(order.max() ?? 0)
        self.replicas = replicas
    }
}
