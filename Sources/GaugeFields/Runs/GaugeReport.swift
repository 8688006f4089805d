import Batch
import GaugeKernels
import Glibc
import LatticeFields
import Numerics

/// The command `report` for runs of `gauge`: histories, autocorrelations, topological charge, scales of the gradient flow, and what an update costs over L and β.
public struct GaugeReport {
    private struct Run {
        let directory: String
        let chain: GaugeChainFile
        let rows: [ObservableEstimate]

        var volume: Int { chain.extents.reduce(1, *) }
        var lattice: String { chain.extents.map(String.init).joined(separator: "×") }
        var label: String { "\(chain.group), \(lattice), β = \(Format.general(chain.beta, digits: 5))" }
        var algorithm: String { chain.energyChanges.isEmpty ? "heat bath" : "hybrid Monte Carlo" }
        /// Updates that were measured or lie between measurements.
        var updates: Int { chain.series.count * chain.measureEvery }
        /// Core-seconds of an update of one site.
        var siteCost: Double { chain.coreSeconds / Double(max(1, updates)) / Double(volume) }
        subscript(name: String) -> ObservableEstimate? { rows.first { $0.name == name } }
    }

    private let runs: [Run]

    /// Whether a run directory holds a chain of `gauge`. *Not collective.*
    public static func holds(_ directory: String) -> Bool { (try? GaugeChainFile.isStored(in: "\(directory)/gauge.h5")) == true }

    /// - Throws: `LatticeError` or `HDF5Error` naming the file. *Not collective.*
    public init(directories: [String]) throws {
        runs = try directories.map { directory in
            let chain = try GaugeChainFile.read("\(directory)/gauge.h5")
            guard chain.series.count >= 8 else {
                throw LatticeError("\(directory)/gauge.h5: \(chain.series.count) measurements; wanted at least 8 for an error: let the run go on, with more gauge.updates")
            }
            return Run(directory: directory, chain: chain, rows: try chain.series.estimates(volume: chain.extents.reduce(1, *)))
        }.sorted { ($0.volume, $0.chain.beta) < ($1.volume, $1.chain.beta) }
    }

    /// The whole page.
    public func html() throws -> String {
        var report = HTMLReport(
            title: "flowtrain", subtitle: "Gauge fields: plaquettes, topological charge, gradient flow",
            provenance: [
                ("software", "didymos \(Provenance.version)"), ("revision", Provenance.revision), ("runs", runs.map(\.directory).joined(separator: ", ")),
            ])
        if let off = largestDeviation {
            report.remark(
                "Plaquettes in two dimensions lie within \(Format.fixed(off, decimals: 1)) standard errors of the closed form of one, which a torus of so many sites shares.", good: off < 4)
        }
        if runs.count > 1 { comparison(&report) }
        for run in runs { try section(run, &report) }
        return report.html()
    }

    /// From the closed form, in standard errors; nil where there is none.
    private var largestDeviation: Double? {
        runs.compactMap { run -> Double? in
            guard run.chain.extents.count == 2, run.chain.rectangleCoefficient == 0, let row = run["plaquette"], row.error > 0 else { return nil }
            return abs(row.value - ExactPlaquette.twoDimensional(run.chain.group, beta: run.chain.beta)) / row.error
        }.max()
    }

    private func comparison(_ report: inout HTMLReport) {
        report.section("Cost over the lattice and β")
        report.table(
            columns: ["run", "algorithm", "updates", "core time, a site's update", "τ_int(plaquette), updates", "core time, an independent plaquette", "τ_int(Q), updates", "t₀/a²", "w₀²/a²"],
            rows: runs.map { run in
                let every = Double(run.chain.measureEvery)
                let plaquette = run["plaquette"]
                // The charge is measured less often than the plaquette.
                let flows = every * Double(run.chain.series.count) / Double(max(1, run.chain.series.flowCount))
                return [
                    run.label, run.algorithm, "\(run.updates)", Self.seconds(run.siteCost), Self.time(plaquette, every),
                    plaquette.map { Self.seconds(2 * $0.integratedTime * every * run.siteCost * Double(run.volume)) } ?? "–", Self.time(run["charge"], flows),
                    Self.value(run["t0"]), Self.value(run["w0_squared"]),
                ]
            }, caption: "Errors and times by the Gamma method; core time of the updates alone, without measuring.")
        var cost = SVGPlot("Core time of a site's update", x: .init("sites", scale: .logarithmic), y: .init("core time", unit: "ns", scale: .logarithmic))
        var memory = SVGPlot("Autocorrelation of the plaquette", x: .init("β"), y: .init("τ_int", unit: "updates"))
        for algorithm in Set(runs.map { "\($0.chain.group), \($0.algorithm)" }).sorted() {
            let ours = runs.filter { "\($0.chain.group), \($0.algorithm)" == algorithm }
            cost.points(x: ours.map { Double($0.volume) }, y: ours.map { 1e9 * $0.siteCost }, name: algorithm)
            let rows = ours.compactMap { run in run["plaquette"].map { (run.chain.beta, $0, Double(run.chain.measureEvery)) } }
            memory.points(x: rows.map(\.0), y: rows.map { $0.1.integratedTime * $0.2 }, errors: rows.map { $0.1.integratedTimeError * $0.2 }, name: algorithm)
        }
        report.figure([cost, memory], caption: "Left: what the algorithm takes for one site; level where it is bound by arithmetic. Right: how long the plaquette remembers.")
    }

    private func section(_ run: Run, _ report: inout HTMLReport) throws {
        let chain = run.chain, series = chain.series
        report.section(run.label)
        var facts = "\(run.algorithm), \(run.updates) measured updates, \(chain.boundary) time"
        if chain.rectangleCoefficient != 0 { facts += ", rectangles with coefficient \(Format.general(chain.rectangleCoefficient, digits: 4))" }
        if !chain.energyChanges.isEmpty, chain.energyChanges.count >= 8 {
            let mean = try GammaAnalysis(series: chain.energyChanges.map { $0.isFinite ? exp(-$0) : 0 })
            facts += ", ⟨exp(-ΔH)⟩ = \(Format.value(mean.mean, error: mean.error))"
        }
        report.paragraph("\(run.directory): \(facts).")
        report.table(
            columns: ["observable", "mean", "τ_int, measurements"],
            rows: run.rows.map { [$0.name.replacing("_", with: " "), Format.value($0.value, error: $0.error), Format.value($0.integratedTime, error: $0.integratedTimeError)] },
            caption: "Errors by the Gamma method (Wolff, hep-lat/0306017), of derived quantities too.")
        guard let plaquettes = series["plaquette"] else { return }
        let every = Double(chain.measureEvery)
        var history = SVGPlot("History", x: .init("update"), y: .init("plaquette"))
        history.line(x: plaquettes.indices.map { every * Double($0 + 1) }, y: plaquettes)
        let analysis = try GammaAnalysis(series: plaquettes)
        var memory = SVGPlot("Autocorrelation", x: .init("updates"), y: .init("ρ"))
        let shown = analysis.autocorrelation
        memory.points(x: shown.indices.map { every * Double($0) }, y: shown, connected: true)
        memory.verticalLine(at: every * Double(analysis.window), name: "window")
        report.figure([history, memory], caption: "The plaquette, and its normalised autocorrelation function up to the window that its error is summed over.")
        if series.flowCount > 0 { try flowFigures(run, &report) }
    }

    private func flowFigures(_ run: Run, _ report: inout HTMLReport) throws {
        let series = run.chain.series, times = series.flowTimes
        let spacing = Double(run.chain.measureEvery * series.count) / Double(series.flowCount)
        let charges = (0..<series.flowCount).map { series.flowCharges[($0 + 1) * times.count - 1] }
        if run.chain.extents.count == 4 {
            let last = Format.general(times.last ?? 0, digits: 3)
            var history = SVGPlot("Topological charge at t = \(last)", x: .init("update"), y: .init("Q"))
            history.line(x: charges.indices.map { spacing * Double($0 + 1) }, y: charges)
            var values = SVGPlot("Its distribution", x: .init("Q"), y: .init("configurations"))
            let largest = (charges.map { abs($0) }.max() ?? 0).rounded(.up) + 0.5
            let bins = Int(min(200, 4 * largest))
            let edges = (0...bins).map { -largest + 2 * largest * Double($0) / Double(bins) }
            var counts = [Double](repeating: 0, count: bins)
            for charge in charges where charge.isFinite { counts[min(bins - 1, max(0, Int((charge + largest) / (2 * largest) * Double(bins))))] += 1 }
            values.histogram(edges: edges, counts: counts)
            report.figure([history, values], caption: "The charge by clovers at the end of the gradient flow.")
        }
        guard series.flowCount >= 8 else { return }
        var scale = SVGPlot("Gradient flow", x: .init("t", unit: "a²"), y: .init("t² E"))
        for (name, energies) in [("clovers", series.flowEnergies), ("plaquettes", series.flowPlaquetteEnergies)] {
            let points = try times.indices.map { k in try GammaAnalysis(series: (0..<series.flowCount).map { energies[$0 * times.count + k] }) }
            scale.points(x: times, y: zip(times, points).map { $0 * $0 * $1.mean }, errors: zip(times, points).map { $0 * $0 * $1.error }, name: name, connected: true)
        }
        scale.horizontalLine(at: 0.3, name: "0.3")
        let found = [("t₀", run["t0"]), ("w₀²", run["w0_squared"])].compactMap { name, row in row.map { "\(name) = \(Format.value($0.value, error: $0.error)) a²" } }
        report.figure(scale, caption: found.isEmpty ? "t²E does not reach 0.3: more gradient_flow.points would." : "t₀ is where t²E by clovers crosses 0.3: \(found.joined(separator: ", ")).")
    }

    private static func value(_ row: ObservableEstimate?) -> String { row.map { Format.value($0.value, error: $0.error) } ?? "–" }
    private static func time(_ row: ObservableEstimate?, _ every: Double) -> String {
        row.map { Format.value(every * $0.integratedTime, error: every * $0.integratedTimeError) } ?? "–"
    }

    private static func seconds(_ value: Double) -> String {
        switch value {
        case ..<1e-6: Format.general(value * 1e9, digits: 3) + " ns"
        case ..<1e-3: Format.general(value * 1e6, digits: 3) + " µs"
        case ..<1: Format.general(value * 1e3, digits: 3) + " ms"
        default: Format.general(value, digits: 3) + " s"
        }
    }
}
