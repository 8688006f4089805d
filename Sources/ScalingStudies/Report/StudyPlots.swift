import Batch

/// The drawings of one study. Points are measurements; a line joins them only where it is a law or an ideal.
struct StudyPlots {
    let result: StudyResult

    private var processes: [Double] { result.rows.map { Double($0.layout.count(result.kind)) } }
    private var ticks: [Double] { processes }
    private var axis: SVGPlot.Axis { SVGPlot.Axis("processes", scale: .logarithmic, ticks: ticks) }

    private func perRun(_ value: (StudyResult.Row, Double) -> Double) -> (x: [Double], y: [Double]) {
        let pairs = result.rows.flatMap { row in row.cost.values.map { (Double(row.layout.count(result.kind)), value(row, $0)) } }
        return (pairs.map(\.0), pairs.map(\.1))
    }

    private func errors(_ ratios: [Ratio]) -> [Double] {
        ratios.map { ratio in ratio.interval.map { ($0.upperBound - $0.lowerBound) / 2 } ?? 0 }
    }

    var time: SVGPlot {
        var plot = SVGPlot(result.records[0].study, x: axis, y: SVGPlot.Axis("time of a step", unit: "s", scale: .logarithmic), width: 520, height: 380)
        let all = perRun { $1 }
        plot.points(x: all.x, y: all.y, name: "runs", marker: .openCircle, colour: 5)
        plot.points(
            x: processes, y: result.rows.map(\.cost.mean), errors: result.rows.map { row in row.cost.meanInterval.map { $0.upperBound - row.cost.mean } ?? 0 },
            name: "mean, 95 %", marker: .circle, colour: 0)
        let base = result.base
        plot.line(
            x: processes, y: processes.map { result.kind == .strong ? base.cost.mean * processes[0] / $0 : base.cost.mean },
            name: "ideal", dashed: true, colour: 6)
        return plot
    }

    var speedUp: SVGPlot {
        let name = result.kind == .strong ? "speed-up" : "scaled speed-up"
        var plot = SVGPlot(
            "Over \(result.base.layout.description)", x: axis, y: SVGPlot.Axis(name, scale: .logarithmic), width: 520, height: 380)
        plot.points(
            x: processes, y: result.rows.map(\.speedUp.value), errors: errors(result.rows.map(\.speedUp)), name: "measured, 95 %", marker: .circle, colour: 0)
        plot.line(x: processes, y: processes.map { $0 / processes[0] }, name: "ideal", dashed: true, colour: 6)
        return plot
    }

    var efficiency: SVGPlot {
        var plot = SVGPlot("Parallel efficiency", x: axis, y: SVGPlot.Axis("efficiency"), width: 520, height: 380)
        plot.points(
            x: processes, y: result.rows.map(\.efficiency.value), errors: errors(result.rows.map(\.efficiency)), name: "measured, 95 %", marker: .circle,
            colour: 0)
        plot.horizontalLine(at: 1, name: "ideal")
        plot.horizontalLine(at: 0, colour: 6)
        return plot
    }

    var phases: SVGPlot {
        let names = result.base.runs[0].phases.map(\.name)
        let layers = ["compute", "halo", "allreduce", "checkpoint", "io", "other"].filter(names.contains).map { name in
            (name: name, values: result.rows.map { row in row.average { run in run.phases.first { $0.name == name }?.mean } ?? 0 })
        }
        let highest = result.rows.indices.map { i in layers.reduce(0) { $0 + $1.values[i] } }.max() ?? 0
        // Room above the bars for the names.
        let axis = SVGPlot.Axis("whole run", unit: "s", range: 0...max(1e-9, 1.6 * highest))
        var plot = SVGPlot("Where a rank's time goes, mean over ranks", x: SVGPlot.Axis("processes"), y: axis, width: 520, height: 380)
        plot.stackedBars(result.rows.map { "\($0.layout.count(result.kind))" }, layers: layers)
        return plot
    }

    /// The measured points and the laws fitted to them, drawn inside the measured range only.
    func fits(_ fits: [ScalingFit]) -> SVGPlot {
        var plot = SVGPlot("Fitted laws, measured range only", x: axis, y: SVGPlot.Axis("time of a step", unit: "s", scale: .logarithmic), width: 520, height: 380)
        let all = perRun { $1 }
        plot.points(x: all.x, y: all.y, name: "runs", marker: .openCircle, colour: 5)
        for (index, fit) in fits.enumerated() {
            let low = Double(fit.range.lowerBound), high = Double(fit.range.upperBound)
            let x = (0...60).map { low + (high - low) * Double($0) / 60 }
            plot.line(x: x, y: x.map(fit.cost), name: fit.law, dashed: index > 0, colour: index)
        }
        return plot
    }
}
