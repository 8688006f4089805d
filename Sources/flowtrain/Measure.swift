import AbelianFields
import ArgumentParser
import Batch
import LatticeFields

struct Measure: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Observables of chains and configurations, with autocorrelation-aware errors, as a table.",
        discussion: """
            Files of hmc, cluster and sample hold measurements, which are read. Files of configurations (hmc.configurations_every) are
            verified by checksum and action, and measured again, all that are named as one chain:

              flowtrain measure runs/phi4/hmc.h5 runs/phi4/samples.h5
              flowtrain measure runs/phi4/configurations/*.h5

            Chains of U(1) links (action.group: u1) are shown beside their exact values, with errors by the Gamma method, jackknife and bootstrap;
            --pyerrors writes one file's chains for that program as well.
            """)

    @Argument(help: "Files that `hmc`, `cluster` and `sample` wrote.")
    var files: [String]
    @Option(help: "U(1), one file: where to write its chains as pyerrors reads them.") var pyerrors: String?

    func run() throws {
        do {
            let abelian = try files.filter { try AbelianChainFile.isStored(in: $0) }
            for file in abelian {
                try AbelianMeasure.show(file)
                if let pyerrors { try AbelianMeasure.export(file, to: pyerrors) }
            }
            let files = files.filter { !abelian.contains($0) }
            let stored = try files.filter { try ConfigurationChain.isStored(in: $0) }
            for file in files where !stored.contains(file) {
                let chain = try ChainFile.read(file)
                show("\(file): \(chain.series.count) configurations", chain.extents, try chain.table())
            }
            guard !stored.isEmpty else { return }
            let chain = try ConfigurationChain(stored)
            let range = "trajectories \(chain.trajectories.first ?? 0) to \(chain.trajectories.last ?? 0)"
            show(
                "\(stored.count) files: \(chain.series.count) configurations, verified, \(range)", chain.description.extents,
                try ObservableTable(chain.series, action: chain.description.action, extents: chain.description.extents))
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
        if pyerrors != nil, files.count != 1 { throw ValidationError("--pyerrors takes one file, \(files.count) are given") }
    }
}
