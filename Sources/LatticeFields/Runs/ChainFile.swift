import ParallelHDF5

/// A chain of measurements that `hmc`, `cluster` or `sample` wrote.
public struct ChainFile: Sendable {
    public let extents: [Int]
    public let action: ScalarAction
    public let series: MeasurementSeries
    /// Trajectories between two measurements; 1 for independent samples.
    public let measureEvery: Int
    /// Independent chains of equal length, one after the other in `series`.
    public let replicas: Int

    /// Observables with Gamma-method errors.
    /// - Throws: `NumericsError` for a series too short.
    public func table() throws -> ObservableTable {
        let length = series.count / replicas
        return try ObservableTable(
            replicas: (0..<replicas).map { series.part($0 * length..<($0 + 1) * length) }, action: action, extents: extents)
    }

    /// Reads `hmc.h5`, `cluster.h5` or `samples.h5`; of the last, the Markov chain. One rank alone, *not collective*.
    /// - Throws: `LatticeError` or `HDF5Error` naming the file and what is missing.
    public static func read(_ path: String) throws -> ChainFile {
        try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
            let root = file.root
            let extents = try root.attributes("extents", as: Int64.self).map { Int($0) }
            let coefficients = try root.attributes("action_b_c_d", as: Double.self)
            guard coefficients.count == 3, (1...4).contains(extents.count) else {
                throw LatticeError("\(path): \(extents.count) extents and \(coefficients.count) action coefficients; wanted 1 to 4 and 3")
            }
            var series = try MeasurementSeries(from: root.group("series"))
            if try root.hasObject("chain") {
                var chained = MeasurementSeries(sliceCount: series.sliceCount)
                for index in try root.read("chain", as: Int64.self) {
                    guard (0..<series.count).contains(Int(index)) else {
                        throw LatticeError("\(path): chain names sample \(index) of \(series.count)")
                    }
                    chained.append(series[Int(index)])
                }
                series = chained
            }
            let replicas = try root.hasAttribute("replicas") ? Int(root.attribute("replicas", as: Int64.self)) : 1
            guard replicas > 0, series.count % replicas == 0 else {
                throw LatticeError("\(path): \(series.count) configurations of \(replicas) chains; wanted chains of equal length")
            }
            return ChainFile(
                extents: extents,
                action: try ScalarAction(b: coefficients[0], c: coefficients[1], d: coefficients[2], dimension: extents.count),
                series: series,
                measureEvery: try root.hasAttribute("measure_every") ? Int(root.attribute("measure_every", as: Int64.self)) : 1,
                replicas: replicas)
        }
    }
}
