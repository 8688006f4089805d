import Batch
import Flows
import GaugeFields
import LatticeFields
import ParallelHDF5

/// The command `report` for runs of flows of SU(2) and SU(3): what the weights are worth, observables beside exact values and a heat bath's, training.
public struct NonAbelianReport {
    private struct Run {
        let directory: String
        let chain: GaugeChainFile
        let rows: [ComparedEstimate]
        /// Of `gauge.h5` in the same directory, if there is one of this lattice and action.
        let classical: [ComparedEstimate]
        let weights: ImportanceWeights
        let exactLogPartition: Double
        let coreSeconds, trainingSeconds: Double
        let loss: [Double]
        /// -log Z of the plaquettes that training is of.
        let bound: Double

        var label: String { "\(chain.group), \(chain.extents.map(String.init).joined(separator: "×")), β = \(Format.general(chain.beta, digits: 4))" }
        var volume: Int { chain.extents.reduce(1, *) }
    }

    private let runs: [Run]
    /// Deviations beyond this many standard errors count as disagreement (false alarm 6e-5 a number).
    private static let limit = 4.0
    private static let samples = "samples.h5"

    /// Whether a run directory holds samples of such a flow. *Not collective.*
    public static func holds(_ directory: String) -> Bool {
        let path = "\(directory)/\(samples)"
        return Files.exists(path) && (try? GaugeChainFile.isStored(in: path)) == true
    }

    /// - Throws: naming the file and what is missing. *Not collective.*
    public init(directories: [String]) throws {
        runs = try directories.map(Self.read).sorted { ($0.chain.group.degree, $0.volume, $0.chain.beta) < ($1.chain.group.degree, $1.volume, $1.chain.beta) }
    }

    private static func read(_ directory: String) throws -> Run {
        let path = "\(directory)/\(samples)"
        let chain = try GaugeChainFile.read(path)
        let theory = CharacterExpansion(group: chain.group, beta: chain.beta, volume: chain.extents.reduce(1, *))
        let (logWeights, seconds, training) = try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
            let densities = try file.root.read("log_density", as: Double.self), actions = try file.root.read("action", as: Double.self)
            return (
                zip(actions, densities).map { -$0 - $1 }, try file.root.attribute("core_seconds", as: Double.self),
                try file.root.attribute("training_core_seconds", as: Double.self)
            )
        }
        var loss: [Double] = [], bound = 0.0
        let flow = "\(directory)/\(FlowFile.name)"
        if Files.exists(flow) {
            (loss, bound) = try HDF5File.with(HDF5File.open(flow, communicator: nil)) { file in
                (try file.root.group("history").read("loss", as: Double.self), -(try file.root.attribute("log_partition", as: Double.self)))
            }
        }
        var classical: [ComparedEstimate] = []
        let other = "\(directory)/gauge.h5"
        if Files.exists(other) {
            let found = try GaugeChainFile.read(other)
            if found.extents == chain.extents, found.group == chain.group, found.beta == chain.beta { classical = try found.series.compared(with: theory) }
        }
        return Run(
            directory: directory, chain: chain, rows: try chain.series.compared(with: theory), classical: classical,
            weights: try ImportanceWeights(logWeights: logWeights), exactLogPartition: theory.logPartition, coreSeconds: seconds, trainingSeconds: training,
            loss: loss, bound: bound)
    }

    /// Whether log Z and all observables that are known exactly agree with what was found.
    public var agrees: Bool {
        runs.allSatisfy { run in
            abs(run.weights.logPartition - run.exactLogPartition) < Self.limit * run.weights.logPartitionError
                && run.rows.allSatisfy { abs($0.deviation) < Self.limit }
        }
    }

    /// The whole page.
    public func html() -> String {
        var report = HTMLReport(
            title: "flowtrain", subtitle: "SU(2) and SU(3) in two dimensions by flows of plaquettes",
            provenance: [
                ("software", "didymos \(Provenance.version)"), ("revision", Provenance.revision), ("runs", runs.map(\.directory).joined(separator: ", ")),
            ])
        let limit = Format.fixed(Self.limit, decimals: 0)
        report.remark(
            agrees
                ? "log Z and all observables that are known exactly agree with the closed forms within \(limit) standard errors."
                : "log Z or an observable disagrees with its closed form by more than \(limit) standard errors.", good: agrees)
        report.section("Flows")
        report.table(
            columns: ["run", "acceptance", "effective sample size", "log Z", "exact", "core time a sample", "training, core s"],
            rows: runs.map { run in
                let w = run.weights
                return [
                    run.label, Format.value(w.acceptanceRate, error: w.acceptanceRateError), Format.value(w.effectiveSampleSize, error: w.effectiveSampleSizeError),
                    Format.value(w.logPartition, error: w.logPartitionError), Format.fixed(run.exactLogPartition, decimals: 5),
                    Format.general(1e6 * run.coreSeconds / Double(run.chain.series.count), digits: 3) + " µs", Format.general(run.trainingSeconds, digits: 3),
                ]
            }, caption: "What the weights exp(-S)/q are worth, and log Z by their mean beside the sum over representations. Core time without measuring.")
        for run in runs { section(run, &report) }
        return report.html()
    }

    private func section(_ run: Run, _ report: inout HTMLReport) {
        report.section(run.label)
        report.table(
            columns: ["observable", "exact", "flow", "/ σ", "τ_int"] + (run.classical.isEmpty ? [] : ["gauge", "/ σ", "τ_int"]),
            rows: run.rows.map { row in
                func cells(_ row: ComparedEstimate?) -> [String] {
                    guard let row else { return ["–", "–", "–"] }
                    let e = row.estimate
                    return [
                        Format.value(e.value, error: e.error), row.exact == nil ? "–" : Format.fixed(row.deviation, decimals: 1),
                        Format.value(e.integratedTime, error: e.integratedTimeError),
                    ]
                }
                let other = run.classical.isEmpty ? [] : cells(run.classical.first { $0.estimate.name == row.estimate.name })
                return [row.estimate.name.replacing("_", with: " "), row.exact.map { Format.general($0, digits: 7) } ?? "–"] + cells(row) + other
            }, caption: "The flow's Markov chain beside exact values on this torus; deviations in standard errors, τ_int in proposals.")
        guard !run.loss.isEmpty else { return }
        var plot = SVGPlot("Training, \(run.label)", x: .init("step"), y: .init("loss less its least value", unit: "nats", scale: .logarithmic))
        let stride = max(1, run.loss.count / 1000)
        let kept = Swift.stride(from: 0, to: run.loss.count, by: stride)
        plot.line(x: kept.map(Double.init), y: kept.map { max(1e-6, run.loss[$0] - run.bound) }, name: "V plaquettes")
        report.figure(plot, caption: "Reverse Kullback-Leibler divergence of V independent plaquettes, by each step's own samples.")
    }
}
