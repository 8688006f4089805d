import Batch
import LatticeFields
import MessagePassing
import ParallelHDF5

/// What a run directory holds, as far as its commands have got: read by `report`, on one rank.
struct RunRecord {
    let directory: String
    let chain: Chain?
    let cluster: Cluster?
    let samples: Samples?
    let training: Training?

    struct Chain {
        let file: ChainFile
        let table: ObservableTable
        let coreSeconds: Double
        let energyChanges: [Double]
    }

    struct Cluster {
        let file: ChainFile
        let table: ObservableTable
        let coreSeconds: Double
    }

    struct Samples {
        let file: ChainFile
        let table: ObservableTable
        let weights: ImportanceWeights
        let logWeights: [Double]
        let coreSeconds: Double
    }

    struct Training {
        let loss: [Double]
        let deviation: [Double]
        let coreSeconds: Double
        let parameterCount: Int
    }

    var extents: [Int] { chain?.file.extents ?? samples?.file.extents ?? cluster?.file.extents ?? [] }
    var volume: Int { extents.reduce(1, *) }
    var label: String { extents.map(String.init).joined(separator: "×") }

    /// - Throws: `FlowError` when the directory holds no output of `hmc` or `sample`.
    init(_ directory: String) throws {
        self.directory = directory
        func path(_ name: String) -> String? {
            let path = "\(directory)/\(name)"
            return Files.exists(path) ? path : nil
        }
        chain = try path("hmc.h5").map { path in
            let file = try ChainFile.read(path)
            let (seconds, changes) = try HDF5File.with(HDF5File.open(path, communicator: nil)) {
                (try $0.root.attribute("core_seconds", as: Double.self), try $0.root.read("energy_change", as: Double.self))
            }
            return Chain(file: file, table: try file.table(), coreSeconds: seconds, energyChanges: changes)
        }
        cluster = try path("cluster.h5").map { path in
            let file = try ChainFile.read(path)
            let seconds = try HDF5File.with(HDF5File.open(path, communicator: nil)) { try $0.root.attribute("core_seconds", as: Double.self) }
            return Cluster(file: file, table: try file.table(), coreSeconds: seconds)
        }
        samples = try path("samples.h5").map { path in
            let file = try ChainFile.read(path)
            let (seconds, logWeights) = try HDF5File.with(HDF5File.open(path, communicator: nil)) { opened -> (Double, [Double]) in
                let densities = try opened.root.read("log_density", as: Double.self)
                let actions = try opened.root.read("action", as: Double.self)
                return (try opened.root.attribute("sampling_core_seconds", as: Double.self), zip(actions, densities).map { -$0 - $1 })
            }
            return Samples(
                file: file, table: try file.table(),
                weights: try ImportanceWeights(logWeights: logWeights), logWeights: logWeights, coreSeconds: seconds)
        }
        training = try path(FlowFile.name).map { path in
            try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
                let history = try TrainingHistory(from: file.root.group("history"))
                let group = try file.root.group("parameters")
                let count = try group.memberNames.reduce(0) { $0 + (try group.dataset($1).count) }
                return Training(
                    loss: history.loss, deviation: history.deviation,
                    coreSeconds: try file.root.attribute("training_core_seconds", as: Double.self), parameterCount: count)
            }
        }
        guard chain != nil || samples != nil || cluster != nil else {
            throw FlowError("\(directory): no hmc.h5, cluster.h5 or samples.h5; run `flowtrain hmc` and `flowtrain sample` first")
        }
    }

    /// Core-seconds for one independent configuration of the slowest observable, by HMC.
    var chainCost: (seconds: Double, time: ObservableEstimate)? {
        guard let chain, let slowest = Self.slowest(chain.table) else { return nil }
        let perMeasurement = chain.coreSeconds / Double(chain.energyChanges.count) * Double(chain.file.measureEvery)
        return (perMeasurement * 2 * slowest.integratedTime, slowest)
    }

    /// The same by cluster updates.
    var clusterCost: (seconds: Double, time: ObservableEstimate)? {
        guard let cluster, cluster.file.series.count > 0, let slowest = Self.slowest(cluster.table) else { return nil }
        return (cluster.coreSeconds / Double(cluster.file.series.count) * 2 * slowest.integratedTime, slowest)
    }

    /// The same by the flow's Metropolis chain, training apart.
    var flowCost: (seconds: Double, time: ObservableEstimate)? {
        guard let samples, let slowest = Self.slowest(samples.table) else { return nil }
        return (samples.coreSeconds / Double(samples.logWeights.count) * 2 * slowest.integratedTime, slowest)
    }

    private static func slowest(_ table: ObservableTable) -> ObservableEstimate? {
        table.rows.filter { ["susceptibility", "absolute_magnetization", "square", "action_density"].contains($0.name) }
            .max { $0.integratedTime < $1.integratedTime }
    }
}
