import Batch
import LatticeFields
import ParallelHDF5

/// Chains of U(1) measurements that `hmc`, `heatbath`, `sample` or `combine` wrote.
public struct AbelianChainFile: Sendable {
    public let extents: [Int]
    public let beta: Double
    /// Independent chains of equal length.
    public let replicas: [AbelianSeries]
    /// Trajectories or sweeps between two measurements; 1 for samples.
    public let measureEvery: Int
    public let coreSeconds: Double
    /// Updates that the core time was spent on, over all chains.
    public let updates: Int

    /// Observables with Gamma-method errors, and exact values.
    public func table() throws -> AbelianTable { try AbelianTable(replicas: replicas, beta: beta, extents: extents) }

    /// Whether a file's measurements are of U(1) links. One rank alone, *not collective*.
    public static func isStored(in path: String) throws -> Bool {
        try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
            try file.root.hasAttribute("action_group") && file.root.attribute("action_group", as: Int64.self) == 1
        }
    }

    /// Writes what every such file has beside its series. *Collective.*
    package static func writeHeader(
        to root: HDF5Group, extents: [Int], beta: Double, measureEvery: Int, replicas: Int, coreSeconds: Double, updates: Int
    ) throws {
        try root.setAttribute("group", "U(1)")
        // 1: U(1).
        try root.setAttribute("action_group", Int64(1))
        try root.setAttribute("extents", extents.map(Int64.init))
        try root.setAttribute("beta", beta)
        try root.setAttribute("measure_every", Int64(measureEvery))
        try root.setAttribute("replicas", Int64(replicas))
        try root.setAttribute("core_seconds", coreSeconds)
        try root.setAttribute("updates", Int64(updates))
    }

    /// Reads a file; of samples, the Markov chain. One rank alone, *not collective*.
    /// - Throws: `AbelianError` or `HDF5Error` naming the file and what is missing.
    public static func read(_ path: String) throws -> AbelianChainFile {
        try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
            let root = file.root
            let extents = try root.attributes("extents", as: Int64.self).map { Int($0) }
            let replicas = try Int(root.attribute("replicas", as: Int64.self))
            var series = try AbelianSeries(from: root.group("series"))
            if try root.hasObject("chain") {
                let all = series
                series = AbelianSeries(loopCount: all.loopCount, hasPolyakov: all.hasPolyakov)
                for index in try root.read("chain", as: Int64.self) {
                    guard (0..<all.count).contains(Int(index)) else { throw AbelianError("\(path): chain names sample \(index) of \(all.count)") }
                    series.append(all[Int(index)])
                }
            }
            guard extents.count == 2, extents.allSatisfy({ $0 >= 2 }), replicas > 0, series.count % replicas == 0 else {
                throw AbelianError("\(path): \(extents.count) extents, \(series.count) configurations of \(replicas) chains; wanted 2, and chains of equal length")
            }
            let length = series.count / replicas
            let whole = series
            return AbelianChainFile(
                extents: extents, beta: try root.attribute("beta", as: Double.self),
                replicas: (0..<replicas).map { whole.part($0 * length..<($0 + 1) * length) },
                measureEvery: try Int(root.attribute("measure_every", as: Int64.self)),
                coreSeconds: try root.attribute("core_seconds", as: Double.self), updates: try Int(root.attribute("updates", as: Int64.self)))
        }
    }
}

extension AbelianChainFile {
    /// Core-seconds of the training that a file's proposals come from; 0 where there are none. One rank alone, *not collective*.
    public static func trainingSeconds(_ path: String) throws -> Double {
        try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
            try file.root.hasAttribute("training_core_seconds") ? file.root.attribute("training_core_seconds", as: Double.self) : 0
        }
    }
}
