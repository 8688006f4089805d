import AbelianFields
import ArgumentParser
import Batch
import GaugeFields
import GaugeFiles
import LatticeFields

struct Measure: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Observables of chains and configurations, with autocorrelation-aware errors, as a table.",
        discussion: """
            Files of hmc, cluster and sample hold measurements, which are read. Files of configurations (configurations_every of
            hmc, cluster, sampling) are verified by checksum and action, and measured again, all that are named as one ensemble:

              flowtrain measure runs/phi4/hmc.h5 runs/phi4/samples.h5
              flowtrain measure runs/phi4/configurations/*.h5

            Chains of `gauge`, and of samples of SU(2) and SU(3), are shown alike; files of SU(3) links (ILDG, SciDAC, NERSC, MILC, openQCD) are verified and measured one by one:

              flowtrain measure runs/su3/gauge.h5 runs/su3/configurations/*.ildg --flow-time 2
            Chains of U(1) links (action.group: u1) are shown beside their exact values, with errors by the Gamma method, jackknife and bootstrap;
            --pyerrors writes one file's chains for that program as well.
            """)

    @Argument(help: "Files that `hmc`, `cluster`, `sample` and `gauge` wrote, or files of links.")
    var files: [String]
    @Option(name: .customLong("flow-time"), help: "Files of links: the gradient flow to this time, in lattice units.") var flowTime: Double?
    @Option(help: "U(1), one file: where to write its chains as pyerrors reads them.") var pyerrors: String?

    func run() throws {
        do {
            let fields = files.filter { (try? FieldFile.isOne($0)) == true }
            let links = files.filter { !fields.contains($0) && (try? GaugeFile.header($0)) != nil }
            var data = files.filter { !links.contains($0) && !fields.contains($0) }
            let abelian = try data.filter { try AbelianChainFile.isStored(in: $0) }
            for file in abelian {
                try AbelianMeasure.show(file)
                if let pyerrors { try AbelianMeasure.export(file, to: pyerrors) }
            }
            data.removeAll { abelian.contains($0) }
            let chains = try data.filter { try GaugeChainFile.isStored(in: $0) }
            try showGauge(chains: chains, links: links, fields: fields)
            let scalar = data.filter { !chains.contains($0) }
            let stored = try scalar.filter { try ConfigurationChain.isStored(in: $0) }
            for file in scalar where !stored.contains(file) {
                let chain = try ChainFile.read(file)
                show("\(file): \(chain.series.count) configurations", chain.extents, try chain.table())
            }
            guard !stored.isEmpty else { return }
            let chain = try ConfigurationChain(stored)
            let range = "trajectories \(chain.trajectories.lowerBound) to \(chain.trajectories.upperBound)"
            let of = chain.replicas.count == 1 ? "" : " of \(chain.replicas.count) chains"
            show(
                "\(stored.count) files: \(chain.count) configurations\(of), verified, \(range)", chain.description.extents,
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
        if let flowTime, !(flowTime > 0 && flowTime <= 100) { throw ValidationError("--flow-time is \(flowTime), wanted more than 0, at most 100") }
        if pyerrors != nil, files.count != 1 { throw ValidationError("--pyerrors takes one file, \(files.count) are given") }
    }
}
