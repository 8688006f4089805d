import Batch

/// The page of a search: who wins, how the trials learned, and what the settings do to the score.
struct TuningReport {
    private let results: TuningResults
    private let settings: TuningSettings
    private var report: HTMLReport

    init(_ results: TuningResults, provenance: [(name: String, value: String)]) {
        (self.results, settings) = (results, results.settings)
        report = HTMLReport(title: "Search of the settings of a shower network", subtitle: results.description, provenance: provenance)
    }

    func html() -> String {
        var page = self
        page.headline()
        page.curves()
        page.dependence()
        page.table()
        return page.report.html()
    }

    private mutating func headline() {
        guard let best = results.order.first, let score = results.lastScore(best) else { return }
        let failed = results.records.filter { $0.failure != nil }.count
        let state = results.isFinished ? "of the last rung" : "so far; the search is not finished"
        var figures: [(label: String, value: String, note: String)] = [
            ("best trial", "\(best)", state),
            ("score", Format.general(score, digits: 4), "after \(results.records[best].history.count) epochs; smaller is better"),
            ("trials", "\(settings.trials.count)", "\(failed) failed"),
        ]
        if settings.trials[0].values.isEmpty, let baseline = results.lastScore(0) {
            figures.append(("unchanged", Format.general(baseline, digits: 4), "the configuration as it stands, after \(results.records[0].history.count) epochs"))
        }
        report.headline(figures)
        let values = settings.dimensions.indices.map { "\(settings.dimensions[$0].setting) \(settings.value(best, $0))" }
        report.paragraph("The best trial has \(values.joined(separator: ", ")). A score is the mean deviation of the longitudinal profile from that of the test showers plus the deviation of the deposit, of the best epoch so far.")
    }

    private mutating func curves() {
        report.section("Learning curves")
        let axis = SVGPlot.Axis("score", scale: .logarithmic)
        var all = SVGPlot("Score by epoch", x: .init("epoch"), y: axis), best = SVGPlot("Best score so far", x: .init("epoch"), y: axis)
        for (rank, trial) in results.order.reversed().enumerated() {
            let scores = results.records[trial].history.map(\.total)
            let epochs = scores.indices.map { Double($0 + 1) }
            let leads = rank + 1 == results.order.count
            all.points(
                x: epochs, y: scores, name: leads ? "trial \(trial), the best" : nil, marker: leads ? .circle : .openCircle, connected: true,
                colour: leads ? 1 : 0)
            let running = scores.indices.map { scores[...$0].min() ?? .nan }
            best.line(x: epochs, y: running, name: leads ? "trial \(trial)" : nil, faint: !leads, colour: leads ? 1 : 0)
        }
        for rung in results.rungs.indices { best.verticalLine(at: Double(settings.halving.epochs(rung)), name: rung == 0 ? "ends of rungs" : nil) }
        report.figure([all, best], caption: "Every trial's score after each epoch, and the best so far, by which trials go on.")
    }

    private mutating func dependence() {
        guard !results.rungs.isEmpty else { return }
        var plots: [SVGPlot] = []
        for (k, dimension) in settings.dimensions.enumerated() {
            let places = settings.trials.map { Double(settings.value($0.number, k)) ?? .nan }
            guard places.contains(where: \.isFinite) else { continue }
            var scale = SVGPlot.Scale.linear
            if case .logUniform = dimension.values { scale = .logarithmic }
            var plot = SVGPlot(
                dimension.setting, x: .init(dimension.setting, scale: scale), y: .init("score after \(TuningResults.epochs("\(settings.halving.firstEpochs)"))", scale: .logarithmic))
            for last in results.rungs.indices {
                let trials = results.records.indices.filter { results.lastRung($0) == last }
                plot.points(
                    x: trials.map { places[$0] }, y: trials.map { results.score($0, rung: 0) ?? .nan },
                    name: k == 0 ? "came to rung \(last + 1)" : nil, colour: last)
            }
            plots.append(plot)
        }
        guard !plots.isEmpty else { return }
        report.section("What the settings do")
        for first in stride(from: 0, to: plots.count, by: 2) {
            report.figure(Array(plots[first..<min(first + 2, plots.count)]), caption: "Score at the end of the first rung, by setting.")
        }
    }

    private mutating func table() {
        report.section("Trials")
        report.table(columns: results.columns, rows: results.order.map(results.row), caption: "All trials, best first; scores after so many epochs.")
    }
}
