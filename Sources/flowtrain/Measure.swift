import ArgumentParser
import Batch
import LatticeFields

struct Measure: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Observables of chains and configurations, with autocorrelation-aware errors, as a table.",
        discussion: """
            Files of hmc, cluster and sample hold measurements, which are read. Files of configurations (configurations_every of
            hmc, cluster, sampling) are verified by checksum and action, and measured again, all that are named as one ensemble:

              flowtrain measure runs/phi4/hmc.h5 runs/phi4/samples.h5
              flowtrain measure runs/phi4/configurations/*.h5
            """)

    @Argument(help: "Files that `hmc`, `cluster` and `sample` wrote.")
    var files: [String]

    func run() throws {
        do {
            let stored = try files.filter { try ConfigurationChain.isStored(in: $0) }
            for file in files where !stored.contains(file) {
                let chain = try ChainFile.read(file)
                show("\(file): \(chain.series.count) configurations", chain.extents, try chain.table())
            }
            guard !stored.isEmpty else { return }
            let chain = try ConfigurationChain(stored)
            let range = "trajectories \(chain.trajectories.lowerBound) to \(chain.trajectories.upperBound)"
            let chains = chain.replicas.count == 1 ? "" : " of \(chain.replicas.count) chains"
            show(
                "\(stored.count) files: \(chain.count) configurations\(chains), verified, \(range)", chain.description.extents,
                try ObservableTable(replicas: chain.replicas, action: chain.description.action, extents: chain.description.extents))
        } catch {
            print("flowtrain measure: \(error)")
            throw ArgumentParser.ExitCode(Batch.ExitCode.badInput.rawValue)
        }
    }

    private func show(_ title: String, _ extents: [Int], _ table: ObservableTable) {
        print("\(title) of \(extents.map(String.init).joined(separator: "x"))")
        for row in table.rows { print("  \(row.description)") }
    }

    func validate() throws {
        if files.isEmpty { throw ValidationError("name at least one file") }
    }
}
