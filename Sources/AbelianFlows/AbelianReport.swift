import AbelianFields
import Batch
import Flows
import LatticeFields

/// The command `report` for U(1) run directories: observables beside exact values, histories of the topological charge at equal cost, and its
/// autocorrelation time against β.
public struct AbelianReport {
    /// What one file of a run holds.
    struct Method {
        let name: String
        let file: AbelianChainFile
        let table: AbelianTable
        let trainingSeconds: Double

        /// Core-seconds of an update of one chain.
        var cost: Double { file.coreSeconds / Double(max(1, file.updates)) }
        var chargeTime: ObservableEstimate? { table["charge"]?.estimate }
        /// Core-seconds for one independent value of the charge, without training.
        var independentCost: Double? { chargeTime.map { 2 * $0.integratedTime * cost * Double(file.measureEvery) } }
    }

    struct Run {
        let directory: String
        let methods: [Method]

        var beta: Double { methods.first?.file.beta ?? 0 }
        var extents: [Int] { methods.first?.file.extents ?? [] }
        var label: String { "\(extents.map(String.init).joined(separator: "×")), β = \(Format.general(beta, digits: 4))" }
    }

    private let runs: [Run]
    /// Deviations beyond this many standard errors count as disagreement (false alarm 6e-5 a number).
    private static let limit = 4.0
    private static let shown = ["plaquette", "topological_susceptibility", "wilson_loop_2x2", "wilson_loop_4x4", "string_tension_1_2"]

    /// Whether a run directory holds U(1) chains. *Not collective.*
    public static func holds(_ directory: String) -> Bool { ((try? chains(in: directory)) ?? []).isEmpty == false }

    private static func chains(in directory: String) throws -> [String] {
        try Files.list(directory).filter { $0.hasSuffix(".h5") && $0 != FlowFile.name }.sorted().filter {
            try AbelianChainFile.isStored(in: "\(directory)/\($0)")
        }
    }

    /// - Throws: naming the directory and what is missing. *Not collective.*
    public init(directories: [String]) throws {
        runs = try directories.map { directory in
            let methods = try Self.chains(in: directory).map { name -> Method in
                let file = try AbelianChainFile.read("\(directory)/\(name)")
                return Method(
                    name: String(name.dropLast(3)), file: file, table: try file.table(),
                    trainingSeconds: try AbelianChainFile.trainingSeconds("\(directory)/\(name)"))
            }
            guard !methods.isEmpty else { throw FlowError("\(directory): no chains of U(1) links; run `flowtrain hmc`, `sample` or `combine` first") }
            return Run(directory: directory, methods: methods)
        }.sorted { ($0.extents.first ?? 0, $0.beta) < ($1.extents.first ?? 0, $1.beta) }
    }

    /// Whether whatever moves its charge (at least a hundred independent values) agrees with the closed forms.
    public var agrees: Bool {
        runs.allSatisfy { run in run.methods.filter(Self.moves).allSatisfy { $0.table.rows.allSatisfy { abs(Self.deviation($0)) < Self.limit } } }
    }

    private static func moves(_ method: Method) -> Bool {
        guard let time = method.chargeTime else { return false }
        return Double(method.file.replicas.reduce(0) { $0 + $1.count }) > 200 * time.integratedTime
    }

    private static func deviation(_ row: AbelianTable.Row) -> Double {
        guard let exact = row.exact, row.estimate.error > 0 else { return 0 }
        return (row.estimate.value - exact) / row.estimate.error
    }

    /// Plots with names for files: the histories of each run, and τ_int against β where there are several.
    public func pictures() -> [(name: String, plot: SVGPlot)] {
        var result = runs.map { run in
            (name: "topology-history-\(run.extents.map(String.init).joined(separator: "x"))-beta-\(Format.general(run.beta, digits: 4))", plot: history(run))
        }
        if let times = times() { result.append((name: "topology-times", plot: times)) }
        return result
    }

    /// The whole page.
    public func html() -> String {
        var report = HTMLReport(
            title: "flowtrain", subtitle: "Compact U(1) in two dimensions: topology by hybrid Monte Carlo and by flows",
            provenance: [
                ("software", "didymos \(Provenance.version)"), ("revision", Provenance.revision),
                ("runs", runs.map(\.directory).joined(separator: ", ")),
            ])
        report.remark(
            agrees
                ? "Every chain whose charge moves agrees with the closed forms within \(Format.fixed(Self.limit, decimals: 0)) standard errors."
                : "A chain whose charge moves disagrees with a closed form by more than \(Format.fixed(Self.limit, decimals: 0)) standard errors.",
            good: agrees)
        if let times = times() {
            report.section("Critical slowing down of the topological charge")
            report.figure(times, caption: "τ_int of Q in updates of one chain: trajectories, sweeps, proposals, or one of each.")
        }
        for run in runs { section(run, &report) }
        return report.html()
    }

    private func section(_ run: Run, _ report: inout HTMLReport) {
        report.section(run.label)
        report.figure(
            history(run),
            caption: "The charge of one chain of each method over the same core time, apart by six units for the eye. Training is not counted; it is in the table.")
        report.table(
            columns: ["method", "updates", "⟨Q²⟩/V", "from exact / σ", "τ_int(Q), updates", "core time an update", "for an independent Q", "training"],
            rows: run.methods.map { method in
                let row = method.table["topological_susceptibility"]
                return [
                    method.name, "\(method.file.replicas.count) × \(method.file.updates / method.file.replicas.count)",
                    row.map { Format.value($0.estimate.value, error: $0.estimate.error) } ?? "–",
                    row.map { Format.fixed(Self.deviation($0), decimals: 1) } ?? "–",
                    method.chargeTime.map { Format.value($0.integratedTime, error: $0.integratedTimeError) } ?? "–", Self.seconds(method.cost),
                    method.independentCost.map(Self.seconds) ?? "–", method.trainingSeconds > 0 ? Self.seconds(method.trainingSeconds) : "–",
                ]
            }, caption: "Errors by the Gamma method: where the charge hardly moves its error is too small and is not to be believed. Core time.")
        report.table(
            columns: ["observable", "exact"] + run.methods.flatMap { [$0.name, "/ σ"] },
            rows: Self.shown.compactMap { name in
                let found = run.methods.map { $0.table[name] }
                guard let exact = found.compactMap({ $0?.exact }).first else { return nil }
                return [name.replacing("_", with: " "), Format.general(exact, digits: 7)]
                    + found.flatMap { row in
                        row.map { [Format.value($0.estimate.value, error: $0.estimate.error), Format.fixed(Self.deviation($0), decimals: 1)] } ?? ["–", "–"]
                    }
            }, caption: "Observables beside sums over characters on this torus; deviations in standard errors.")
    }

    /// The charge of the first chain of each method over the same core time.
    private func history(_ run: Run) -> SVGPlot {
        var plot = SVGPlot("Topological charge, \(run.label)", x: .init("core time of one chain", unit: "ms"), y: .init("Q, apart by 6"), width: 800)
        let drawn = run.methods.filter { $0.name != "heatbath" }
        let spans = drawn.map { $0.cost * Double($0.file.measureEvery) * Double($0.file.replicas.first?.count ?? 0) }
        let span = min(0.4, spans.min() ?? 0)
        for (place, method) in drawn.enumerated() {
            guard let chain = method.file.replicas.first else { continue }
            let spacing = method.cost * Double(method.file.measureEvery)
            let count = min(chain.count, Int(span / max(spacing, 1e-9)))
            let stride = max(1, count / 1500)
            let kept = Swift.stride(from: 0, to: count, by: stride)
            plot.line(
                x: kept.map { 1e3 * spacing * Double($0) }, y: kept.map { chain.charge[$0] + 6 * Double(place) }, name: method.name)
        }
        return plot
    }

    /// τ_int(Q) against β, a line for each method and lattice; nil for one run.
    private func times() -> SVGPlot? {
        guard runs.count > 1 else { return nil }
        var plot = SVGPlot("Topological charge", x: .init("β"), y: .init("τ_int(Q)", unit: "updates", scale: .logarithmic))
        var lines: [(name: String, lattice: String, points: [(Double, ObservableEstimate)])] = []
        for run in runs {
            let lattice = run.extents.map(String.init).joined(separator: "×")
            for method in run.methods {
                guard let time = method.chargeTime else { continue }
                if let place = lines.firstIndex(where: { $0.name == method.name && $0.lattice == lattice }) {
                    lines[place].points.append((run.beta, time))
                } else {
                    lines.append((method.name, lattice, [(run.beta, time)]))
                }
            }
        }
        let several = Set(lines.map(\.lattice)).count > 1
        for (place, line) in lines.enumerated() {
            // Methods that agree would hide one another.
            let shift = 0.03 * (Double(place % 5) - 2)
            plot.points(
                x: line.points.map { $0.0 + shift }, y: line.points.map(\.1.integratedTime), errors: line.points.map(\.1.integratedTimeError),
                name: several ? "\(line.name), \(line.lattice)" : line.name, connected: true)
        }
        return plot
    }

    private static func seconds(_ value: Double) -> String {
        switch value {
        case ..<1e-3: Format.general(value * 1e6, digits: 3) + " µs"
        case ..<1: Format.general(value * 1e3, digits: 3) + " ms"
        default: Format.general(value, digits: 3) + " s"
        }
    }
}
