import Batch
import Segments

/// The page that a scan ends in.
enum ScanReport {
    static func html(_ results: ScanResults, pictures: ScanPictures, settings: ScanSettings, provenance: [(name: String, value: String)]) -> String {
        let strain = results.triggers[0]
        let grid = results.grid
        var report = HTMLReport(
            title: "Which channels see the glitches of \(grid.channels[0].name)",
            subtitle: "\(grid.channels.count - 1) auxiliary channels, GPS \(grid.start) to \(grid.analysed(segment: grid.segments - 1).end)", provenance: provenance)
        let witnesses = results.rows.filter(\.isSelected)
        report.headline([
            ("Triggers of the strain", "\(strain.count)", "signal to noise above \(Format.general(settings.threshold))"),
            ("Witnesses", "\(witnesses.count)", "of \(results.rows.count) channels"),
            (
                "Vetoed", results.rounds.last.map { Format.fixed(100 * $0.cumulativeEfficiency, decimals: 1) + " %" } ?? "0 %",
                results.rounds.last.map { "for \(Format.fixed(100 * $0.cumulativeDeadtime, decimals: 2)) % of the time" } ?? "no round"
            ),
        ])
        report.section("Channels")
        report.paragraph(
            "A trigger of the strain counts as coincident where the channel has one within half a window; of \(settings.windows.count) windows the one is taken in which so many are least likely. Expected are those of chance; the significance is -log10 of the Poisson probability of so many, less log10 of the windows tried. A witness is safe, has a significance of at least \(Format.general(settings.significance)), and more than each slide of its triggers along the livetime.")
        report.table(
            columns: ["channel", "triggers", "window [s]", "coincident", "expected", "significance", "slides: mean", "chance", "ratio", "IoU", "verdict"],
            rows: results.rows.prefix(200).map { row in
                let c = row.coincidence
                return [
                    row.name, "\(c.auxiliaries)", Format.general(c.window), "\(c.coincident)", Format.general(c.expected, digits: 3), Format.fixed(c.significance, decimals: 2),
                    Format.general(c.slideMean, digits: 3), Format.general(c.slideProbability, digits: 2), Format.fixed(c.ratio, decimals: 3),
                    Format.fixed(c.intersectionOverUnion, decimals: 3), ScanResults.verdict(row),
                ]
            }, caption: "Auxiliary channels by significance\(results.rows.count > 200 ? ", the first 200; channels.csv has all" : "").")
        let shown = results.rows.prefix(20)
        if !shown.isEmpty {
            var plot = SVGPlot("", x: .init(""), y: .init("significance"), width: 900)
            plot.bars(shown.map(\.name), values: shown.map(\.coincidence.significance))
            plot.horizontalLine(at: settings.significance, name: "limit")
            report.figure(plot, caption: "Significance of the first \(shown.count) channels.")
        }
        if !pictures.pairs.isEmpty { report.section("What witnesses saw") }
        for pair in pictures.pairs {
            report.figure([pair.strain, pair.witness], caption: "The loudest glitch that \(pair.channel) shares with the strain, around GPS \(pair.time).")
        }
        rounds(results, &report)
        triggers(strain, grid, &report)
        if !grid.left.isEmpty {
            report.section("Left out")
            report.table(columns: ["channel", "reason"], rows: grid.left.map { [$0.name, $0.reason] }, caption: "Channels that cannot be scanned with these settings.")
        }
        return report.html()
    }

    private static func rounds(_ results: ScanResults, _ report: inout HTMLReport) {
        report.section("Rounds")
        guard !results.rounds.isEmpty else {
            report.paragraph("No channel reaches the significance of a round.")
            return
        }
        report.table(
            columns: ["round", "channel", "threshold", "window [s]", "significance", "use", "efficiency", "deadtime", "ratio", "efficiency so far", "deadtime so far"],
            rows: results.rounds.enumerated().map { index, round in
                [
                    "\(index + 1)", round.channel, Format.general(round.threshold), Format.general(round.window), Format.fixed(round.significance, decimals: 2),
                    Format.fixed(round.usePercentage, decimals: 3), Format.fixed(round.efficiency, decimals: 4), Format.fixed(round.deadtime, decimals: 5),
                    Format.general(round.efficiencyOverDeadtime, digits: 3), Format.fixed(round.cumulativeEfficiency, decimals: 4),
                    Format.fixed(round.cumulativeDeadtime, decimals: 5),
                ]
            }, caption: "Each round takes the most significant channel, vetoes around its triggers, and goes on with what is left.")
        var plot = SVGPlot("", x: .init("deadtime so far"), y: .init("efficiency so far"))
        plot.points(x: [0] + results.rounds.map(\.cumulativeDeadtime), y: [0] + results.rounds.map(\.cumulativeEfficiency), connected: true)
        report.figure(plot, caption: "What the rounds remove of the strain's triggers, and of the time.")
    }

    private static func triggers(_ strain: [Trigger], _ grid: ScanGrid, _ report: inout HTMLReport) {
        guard !strain.isEmpty else { return }
        report.section("Triggers of the strain")
        let seconds = strain.map { Double($0.time.nanoseconds - grid.start.nanoseconds) * 1e-9 }
        var plane = SVGPlot("", x: .init("time from GPS \(grid.start)", unit: "s"), y: .init("frequency", unit: "Hz", scale: .logarithmic), width: 900)
        let loud = strain.indices.filter { strain[$0].signalToNoise >= 10 }
        let faint = strain.indices.filter { strain[$0].signalToNoise < 10 }
        if !faint.isEmpty { plane.points(x: faint.map { seconds[$0] }, y: faint.map { strain[$0].frequency }, name: "signal to noise below 10") }
        if !loud.isEmpty { plane.points(x: loud.map { seconds[$0] }, y: loud.map { strain[$0].frequency }, name: "10 and above") }
        report.figure(plane, caption: "Where the strain's triggers are.")
    }
}
