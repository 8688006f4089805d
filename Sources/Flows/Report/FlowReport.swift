import Batch
import Glibc
import LatticeFields

/// The command `report`: one page of what one or more runs found, classical chain beside flow.
public struct FlowReport {
    private let runs: [RunRecord]
    private var report: HTMLReport

    /// Observables that are compared; the magnetisation itself averages to zero and says little.
    private static let compared = [
        "square", "fourth", "neighbour", "action_density", "absolute_magnetization", "susceptibility", "binder_cumulant",
        "correlation_length",
    ]
    /// Short names for the axes of plots.
    private static let symbols = [
        "square": "⟨φ²⟩", "fourth": "⟨φ⁴⟩", "neighbour": "⟨φφ′⟩", "action_density": "S/V", "absolute_magnetization": "⟨|M|⟩",
        "susceptibility": "χ", "binder_cumulant": "U₄", "correlation_length": "ξ",
    ]
    /// Deviations beyond this many combined standard errors count as disagreement (false alarm 6e-5 a number).
    private static let limit = 4.0

    /// - Throws: `FlowError` or `HDF5Error` naming the directory and what is missing. *Not collective.*
    public init(directories: [String]) throws {
        runs = try directories.map { try RunRecord($0) }.sorted { $0.volume < $1.volume }
        report = HTMLReport(
            title: "flowtrain", subtitle: "Lattice scalar field: hybrid Monte Carlo beside a normalising flow",
            provenance: [("software", "didymos \(Provenance.version)"), ("revision", Provenance.revision), ("runs", directories.joined(separator: ", "))])
    }

    /// Whether every compared observable of every run agrees.
    public var agrees: Bool { runs.allSatisfy { run in (comparisons(run) + clusterComparisons(run)).allSatisfy { abs($0.deviation) < Self.limit } } }

    /// The whole page.
    public mutating func html() -> String {
        headline()
        for run in runs { section(run) }
        if runs.count > 1 { volumes() }
        costs()
        return report.html()
    }

    private mutating func headline() {
        var figures: [(label: String, value: String, note: String)] = []
        for run in runs {
            guard let samples = run.samples else { continue }
            figures.append(
                ("acceptance, \(run.label)", Format.value(samples.weights.acceptanceRate, error: samples.weights.acceptanceRateError), "independence Metropolis"))
            figures.append(
                (
                    "effective sample size", Format.value(samples.weights.effectiveSampleSize, error: samples.weights.effectiveSampleSizeError),
                    "\(samples.logWeights.count) samples"
                ))
        }
        if !figures.isEmpty { report.headline(figures) }
        let worst = runs.flatMap { comparisons($0) + clusterComparisons($0) }.max { abs($0.deviation) < abs($1.deviation) }
        if let worst {
            report.remark(
                "\(agrees ? "The methods agree" : "The methods disagree"): the largest of their deviations is \(Format.fixed(abs(worst.deviation), decimals: 1)) combined standard errors (\(worst.name)); the limit is \(Format.fixed(Self.limit, decimals: 0)).",
                good: agrees)
        }
    }

    /// One observable by two methods.
    private struct Comparison {
        let name: String
        let chain: ObservableEstimate
        let flow: ObservableEstimate
        var deviation: Double { Self.deviation(chain, flow) }

        /// In combined standard errors.
        static func deviation(_ a: ObservableEstimate, _ b: ObservableEstimate) -> Double {
            let error = (a.error * a.error + b.error * b.error).squareRoot()
            return error > 0 ? (b.value - a.value) / error : 0
        }
    }

    /// The cluster chain's part of the comparison: against HMC, or against the flow where there is no HMC.
    private func clusterComparisons(_ run: RunRecord) -> [Comparison] {
        guard let cluster = run.cluster, let other = run.chain?.table ?? run.samples?.table else { return [] }
        return Self.compared.compactMap { name in
            guard let a = other[name], let b = cluster.table[name] else { return nil }
            return Comparison(name: name, chain: a, flow: b)
        }
    }

    private func comparisons(_ run: RunRecord) -> [Comparison] {
        guard let chain = run.chain, let samples = run.samples else { return [] }
        return Self.compared.compactMap { name in
            guard let a = chain.table[name], let b = samples.table[name] else { return nil }
            return Comparison(name: name, chain: a, flow: b)
        }
    }

    private mutating func section(_ run: RunRecord) {
        report.section("Lattice \(run.label)")
        let action = (run.chain?.file ?? run.samples?.file ?? run.cluster?.file)?.action
        if let action {
            report.paragraph(
                "S = Σ [-b Σ φφ' + c φ² + d φ⁴] with b = \(Format.general(action.b)), c = \(Format.general(action.c)), d = \(Format.general(action.d)); field in these units. Run directory \(run.directory).")
        }
        observables(run)
        if let training = run.training { trainingCurve(run, training) }
        correlator(run)
        if let samples = run.samples { weights(samples) }
    }

    private mutating func observables(_ run: RunRecord) {
        let rows = comparisons(run).map { c in
            [
                c.name.replacing("_", with: " "), Format.value(c.chain.value, error: c.chain.error), Format.value(c.flow.value, error: c.flow.error),
                Format.fixed(c.deviation, decimals: 1), Format.value(c.chain.integratedTime, error: c.chain.integratedTimeError),
                Format.value(c.flow.integratedTime, error: c.flow.integratedTimeError),
            ]
        }
        if !rows.isEmpty {
            report.table(
                columns: ["observable", "HMC", "flow", "difference / σ", "τ_int HMC", "τ_int flow"], rows: rows,
                caption: "Observables with Gamma-method errors (last digits in parentheses); τ_int in measurements.")
            var plot = SVGPlot("Integrated autocorrelation time", x: .init("observable"), y: .init("τ_int", unit: "measurements", scale: .logarithmic))
            let all = comparisons(run)
            let names = all.map { Self.symbols[$0.name] ?? $0.name }
            plot.bars(names, values: all.map(\.chain.integratedTime), errors: all.map(\.chain.integratedTimeError), name: "HMC")
            plot.bars(names, values: all.map(\.flow.integratedTime), errors: all.map(\.flow.integratedTimeError), name: "flow")
            report.figure(plot, caption: "Autocorrelation along the HMC chain and along the flow's Metropolis chain; 0.5 is independence.")
        } else if let table = run.chain?.table ?? run.samples?.table ?? run.cluster?.table {
            report.table(
                columns: ["observable", "value", "τ_int"],
                rows: table.rows.map {
                    [$0.name.replacing("_", with: " "), Format.value($0.value, error: $0.error), Format.value($0.integratedTime, error: $0.integratedTimeError)]
                }, caption: "Observables with Gamma-method errors.")
        }
        clusterObservables(run)
        for (name, table) in [("HMC", run.chain?.table), ("cluster", run.cluster?.table), ("flow", run.samples?.table)] {
            guard let identity = table?["schwinger_dyson"] else { continue }
            let deviation = identity.error > 0 ? (identity.value - 1) / identity.error : 0
            report.remark(
                "Schwinger-Dyson identity, exactly 1 for any coupling: \(name) gives \(Format.value(identity.value, error: identity.error)).",
                good: abs(deviation) < Self.limit)
        }
        if let changes = run.chain?.energyChanges, !changes.isEmpty {
            let values = changes.map { $0.isFinite ? exp(-$0) : 0 }
            let mean = values.reduce(0, +) / Double(values.count)
            let spread = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
            let error = spread / Double(values.count).squareRoot()
            report.remark("Area preservation, exactly 1: ⟨exp(-ΔH)⟩ = \(Format.value(mean, error: error)).", good: abs(mean - 1) < Self.limit * 1.5 * error + 1e-12)
        }
    }

    private mutating func clusterObservables(_ run: RunRecord) {
        let rows = clusterComparisons(run).compactMap { c -> [String]? in
            [
                c.name.replacing("_", with: " "), Format.value(c.flow.value, error: c.flow.error),
                run.chain.flatMap { $0.table[c.name] }.map { Format.fixed(Comparison.deviation($0, c.flow), decimals: 1) } ?? "–",
                run.samples.flatMap { $0.table[c.name] }.map { Format.fixed(Comparison.deviation($0, c.flow), decimals: 1) } ?? "–",
                Format.value(c.flow.integratedTime, error: c.flow.integratedTimeError),
            ]
        }
        guard !rows.isEmpty else { return }
        report.table(
            columns: ["observable", "cluster", "from HMC / σ", "from flow / σ", "τ_int cluster"], rows: rows,
            caption: "The same by cluster updates; deviations in combined standard errors.")
    }

    private mutating func trainingCurve(_ run: RunRecord, _ training: RunRecord.Training) {
        let steps = training.loss.indices.map { Double($0 + 1) }
        let volume = Double(max(1, run.volume))
        var loss = SVGPlot("Training", x: .init("step"), y: .init("loss / volume"))
        // The first steps of a fresh flow would flatten the rest.
        let start = min(training.loss.count / 50, training.loss.count)
        loss.line(x: Array(steps[start...]), y: training.loss[start...].map { $0 / volume }, name: "loss")
        if let weights = run.samples?.weights {
            loss.horizontalLine(at: -weights.logPartition / volume, name: "-log Z")
            let bound = LossBound(training, weights)
            report.remark(
                "The loss stays above -log Z = \(Format.value(-weights.logPartition, error: weights.logPartitionError)): \(Format.value(bound.loss, error: bound.error)) over the last \(bound.steps) steps.",
                good: bound.holds)
        }
        var deviation = SVGPlot("Spread of the log weights", x: .init("step"), y: .init("standard deviation of log w", scale: .logarithmic))
        deviation.line(x: steps, y: training.deviation, name: "batch")
        report.figure(
            [loss, deviation],
            caption: "Loss, bounded below by -log Z, and the spread of the log weights over \(training.loss.count) steps (\(training.parameterCount) parameters, \(Format.duration(training.coreSeconds)) of core time).")
    }

    private mutating func correlator(_ run: RunRecord) {
        var plot = SVGPlot("Two-point function at zero momentum", x: .init("distance", unit: "sites"), y: .init("C(t)", scale: .logarithmic))
        var drawn = false
        for (name, file) in [("HMC", run.chain?.file), ("cluster", run.cluster?.file), ("flow", run.samples?.file)] {
            guard let file, let c = Correlator(file.series, extents: file.extents) else { continue }
            plot.points(x: c.values.indices.map { Double($0) + (name == "flow" ? 0.08 : name == "cluster" ? -0.08 : 0) }, y: c.values, errors: c.errors, name: name)
            drawn = true
        }
        if drawn { report.figure(plot, caption: "C(t) = V/T Σ ⟨Φ_s Φ_{s+t}⟩ of the slice means Φ; errors by jackknife over 20 blocks.") }
    }

    private mutating func weights(_ samples: RunRecord.Samples) {
        let shifted = samples.logWeights.map { $0 - samples.weights.logPartition }
        let low = shifted.min() ?? -1, high = shifted.max() ?? 1
        let bins = 60
        let width = max(high - low, 1e-6) / Double(bins)
        var counts = [Double](repeating: 0, count: bins)
        for value in shifted { counts[min(bins - 1, max(0, Int((value - low) / width)))] += 1 }
        var plot = SVGPlot("Log weights", x: .init("log w - log Z"), y: .init("samples"))
        plot.histogram(edges: (0...bins).map { low + width * Double($0) }, counts: counts)
        report.figure(
            plot,
            caption: "Log importance weights; a perfect flow has them all at zero. log Z = \(Format.value(samples.weights.logPartition, error: samples.weights.logPartitionError)), standard deviation \(Format.fixed(samples.weights.deviation, decimals: 3)).")
    }

    private mutating func volumes() {
        let sampled = runs.compactMap { run in run.samples.map { (run, $0.weights) } }
        guard sampled.count > 1 else { return }
        report.section("Against the volume")
        let volume = sampled.map { Double($0.0.volume) }
        var plot = SVGPlot("Acceptance and effective sample size", x: .init("volume", unit: "sites", scale: .logarithmic), y: .init("fraction", range: 0...1))
        plot.points(x: volume, y: sampled.map(\.1.acceptanceRate), errors: sampled.map(\.1.acceptanceRateError), name: "acceptance")
        plot.points(x: volume, y: sampled.map(\.1.effectiveSampleSize), errors: sampled.map(\.1.effectiveSampleSizeError), name: "effective sample size")
        report.figure(plot, caption: "Acceptance of independence Metropolis, and effective sample size per sample.")
        var times = SVGPlot("Autocorrelation", x: .init("volume", unit: "sites", scale: .logarithmic), y: .init("τ_int of the slowest", scale: .logarithmic))
        let chains = runs.compactMap { run in run.chainCost.map { (Double(run.volume), $0.time) } }
        let flows = runs.compactMap { run in run.flowCost.map { (Double(run.volume), $0.time) } }
        times.points(x: chains.map(\.0), y: chains.map(\.1.integratedTime), errors: chains.map(\.1.integratedTimeError), name: "HMC")
        times.points(x: flows.map(\.0), y: flows.map(\.1.integratedTime), errors: flows.map(\.1.integratedTimeError), name: "flow")
        report.figure(times, caption: "Integrated autocorrelation time of the slowest observable, in measurements.")
    }

    private mutating func costs() {
        let rows = runs.compactMap { run -> [String]? in
            let classical = [run.chainCost?.seconds, run.clusterCost?.seconds]
            guard run.flowCost != nil || classical.contains(where: { $0 != nil }) else { return nil }
            let start = [run.label] + classical.map { $0.map(Self.seconds) ?? "–" }
            guard let flow = run.flowCost else { return start + ["–", "–", "–", "–", "–"] }
            let training = run.training?.coreSeconds ?? 0
            // Against the better of the classical methods: anything else would flatter the flow.
            let saved = classical.compactMap { $0 }.min().map { $0 - flow.seconds }
            return start + [
                Self.seconds(flow.seconds), Self.seconds(training),
                Self.seconds(flow.seconds + training / 1e4), Self.seconds(flow.seconds + training / 1e6),
                saved.map { $0 > 0 ? Format.general(training / $0, digits: 2) : "never" } ?? "–",
            ]
        }
        guard !rows.isEmpty else { return }
        report.section("Cost")
        report.table(
            columns: [
                "lattice", "HMC", "cluster", "flow, trained", "training", "flow for 10⁴, training included", "for 10⁶", "break-even, configurations",
            ], rows: rows,
            caption: "Core time for one independent configuration (2 τ_int of the slowest observable), and for the training once. Break-even: configurations after which the flow has cost less than the cheaper of the classical methods.")
    }

    private static func seconds(_ value: Double) -> String {
        switch value {
        case ..<1e-3: Format.general(value * 1e6, digits: 3) + " µs"
        case ..<1: Format.general(value * 1e3, digits: 3) + " ms"
        default: Format.general(value, digits: 3) + " s"
        }
    }
}

/// Whether the end of a training respects that log q is a density: a loss below -log Z means that an integrator's error was learnt.
struct LossBound {
    let steps: Int
    let loss: Double
    let error: Double
    let holds: Bool

    init(_ training: RunRecord.Training, _ weights: ImportanceWeights) {
        let tail = training.loss.suffix(max(20, training.loss.count / 20))
        steps = tail.count
        let mean = tail.reduce(0, +) / Double(tail.count)
        let spread = tail.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, tail.count - 1))
        loss = mean
        error = (spread / Double(tail.count) + weights.logPartitionError * weights.logPartitionError).squareRoot()
        holds = mean > -weights.logPartition - 4 * error - 1e-3 * weights.deviation
    }
}

/// The zero-momentum two-point function with jackknife errors.
struct Correlator {
    let values: [Double]
    let errors: [Double]

    /// Nil for fewer configurations than 40.
    init?(_ series: MeasurementSeries, extents: [Int]) {
        let blocks = 20
        let length = series.sliceCount
        guard series.count >= 2 * blocks, length > 1 else { return nil }
        let sliceSites = extents.dropFirst().reduce(1.0) { $0 * Double($1) }
        let half = length / 2 + 1
        var sums = [[Double]](repeating: [Double](repeating: 0, count: half), count: blocks)
        var counts = [Double](repeating: 0, count: blocks)
        for i in 0..<series.count {
            let slices = series.slices[i * length..<(i + 1) * length]
            let block = i * blocks / series.count
            counts[block] += 1
            for t in 0..<half {
                var sum = 0.0
                for s in 0..<length { sum += slices[slices.startIndex + s] * slices[slices.startIndex + (s + t) % length] }
                sums[block][t] += sum / Double(length) * sliceSites
            }
        }
        let total = counts.reduce(0, +)
        var values = [Double](repeating: 0, count: half)
        var errors = values
        for t in 0..<half {
            let all = sums.reduce(0) { $0 + $1[t] }
            values[t] = all / total
            let leaveOneOut = (0..<blocks).map { (all - sums[$0][t]) / (total - counts[$0]) }
            let mean = leaveOneOut.reduce(0, +) / Double(blocks)
            let spread = leaveOneOut.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            errors[t] = (spread * Double(blocks - 1) / Double(blocks)).squareRoot()
        }
        self.values = values
        self.errors = errors
    }
}
