import Batch

/// Everything that follows from files of records: tables, drawings, the forms' sections, one page. Nothing else is read but ceilings.
public struct ScalingReport {
    let results: [StudyResult]
    let ceilings: CeilingsFile?

    /// - Parameter warmUp: steps to leave out of each run instead of what its study says.
    public init(records paths: [String], ceilings: CeilingsFile?, warmUp: Int? = nil) throws {
        var results: [StudyResult] = []
        for path in paths {
            let file = try RecordFile(path: path)
            guard !file.records.isEmpty else { throw ScalingError("\(path): no records") }
            results.append(try StudyResult(file.latest, warmUp: warmUp))
        }
        guard !results.isEmpty else { throw ScalingError("name at least one file of records", code: .usage) }
        let names = results.map { $0.records[0].study }
        guard Set(names).count == names.count else { throw ScalingError("two files hold records of one study (\(names.joined(separator: ", ")))") }
        self.results = results
        self.ceilings = ceilings
    }

    /// Runs that did not pass, as lines for a person.
    public var failures: [String] { results.flatMap { $0.failures.map { "\($0.study) \($0.key): \($0.status.rawValue): \($0.message)" } } }

    /// Writes all files into `directory`. Returns their names.
    public func write(to directory: String) throws -> [String] {
        try Files.makeDirectories(directory)
        var written: [String] = []
        func put(_ name: String, _ text: String) throws {
            try Files.writeAtomically("\(directory)/\(name)", Array(text.utf8))
            written.append(name)
        }
        for result in results {
            let name = result.records[0].study, tables = StudyTables(result: result, ceilings: ceilings), plots = StudyPlots(result: result)
            try put("\(name)-runs.csv", tables.runs.csv)
            let listed = [tables.scaling, tables.statistics, tables.pop, tables.memory] + [tables.bounds, tables.milestones].compactMap(\.self)
            let laws = fits(result)
            let text = listed.map { "\($0.caption)\n\n\($0.markdown)\n" }.joined()
            try put("\(name).md", "# \(result.records[0].title)\n\n" + text + (laws.table.map { "\($0.caption)\n\n\($0.markdown)\n" } ?? "") + laws.refused.map { "Not fitted: \($0)\n" }.joined())
            try put("\(name)-prace.md", "\(tables.prace.caption)\n\n\(tables.prace.markdown)")
            for (part, plot) in [("time", plots.time), ("speedup", plots.speedUp), ("efficiency", plots.efficiency), ("phases", plots.phases)] {
                try put("\(name)-\(part).svg", plot.svg(identifier: "\(name)-\(part)"))
            }
        }
        try put("eurohpc.md", EuroHPCSection(results: results, ceilings: ceilings).markdown)
        try put("report.html", html())
        return written
    }

    private func fits(_ result: StudyResult) -> (fits: [ScalingFit], table: Table?, refused: [String]) {
        guard result.kind == .strong else { return ([], nil, []) }
        let points = result.rows.flatMap { row in row.cost.values.map { (processes: row.layout.count(result.kind), seconds: $0) } }
        var found: [ScalingFit] = [], refused: [String] = []
        for law in [ScalingFit.amdahl, ScalingFit.universal] {
            do { found.append(try law(points)) } catch { refused.append("\(error)") }
        }
        guard !found.isEmpty else { return ([], nil, refused) }
        var table = Table(
            caption: "Laws fitted to the times of all runs, by relative least squares. Valid inside the measured range; no extrapolation is made.",
            columns: ["Law", "Parameters", "Root mean square residual", "Largest residual", "Processes"])
        for fit in found {
            let largest = fit.residuals.map { abs($0.relative) }.max() ?? 0
            table.rows.append([
                fit.law, fit.parameters.map { "\($0.name) = \(Format.value($0.estimate.value, error: $0.estimate.error))" }.joined(separator: ", "),
                Shown.percent(fit.scatter), Shown.percent(largest), "\(fit.range.lowerBound) to \(fit.range.upperBound)",
            ])
        }
        return (found, table, refused)
    }

    /// One page of everything.
    public func html() -> String {
        let first = results[0].records[0]
        var page = HTMLReport(
            title: "Scaling on \(first.system.host)", subtitle: results.map { $0.records[0].title }.joined(separator: " · "),
            provenance: [
                ("software", "didymos \(first.version) (\(first.revision))"), ("MPI", first.messagePassing), ("processor", first.system.processor),
                ("processors", "\(first.system.cores)"), ("memory", Format.bytes(first.system.memoryBytes)), ("kernel", first.system.kernel),
                ("environment", first.environment.joined(separator: "\n")),
            ])
        for result in results { add(result, to: &page) }
        if let ceilings, !ceilings.entries.isEmpty { add(ceilings, to: &page) }
        return page.html()
    }

    private func add(_ table: Table, to page: inout HTMLReport) { page.table(columns: table.columns, rows: table.rows, caption: table.caption) }

    private func add(_ result: StudyResult, to page: inout HTMLReport) {
        let tables = StudyTables(result: result, ceilings: ceilings), plots = StudyPlots(result: result)
        let last = result.rows[result.rows.count - 1], base = result.base
        page.section(result.records[0].title)
        page.headline([
            ("base case", "\(Shown.number(base.cost.mean * 1e3)) ms", "a step on \(base.layout.description)"),
            ("largest", "\(Shown.number(last.cost.mean * 1e3)) ms", "a step on \(last.layout.description)"),
            ("efficiency there", Shown.percent(last.efficiency.value), last.efficiency.interval.map { "95 %: \(Shown.interval($0, digits: 3))" } ?? "one run: no interval"),
        ])
        for run in result.failures { page.remark("\(run.key) \(run.status.rawValue): \(run.message)", good: false) }
        if result.failures.isEmpty { page.remark("all \(result.records.count) runs passed, with the same check values for the same case", good: true) }
        let cores = result.records[0].system.cores
        for row in result.rows where row.layout.processes > cores * row.layout.nodes {
            page.remark("\(row.layout.processes) processes share \(cores * row.layout.nodes) processors: that row is oversubscribed and no statement about scaling", good: false)
        }
        let load = result.rows.flatMap(\.runs).map(\.loadBefore).max() ?? 0
        if load > 0.5 { page.remark("the machine was not idle: up to \(Shown.number(load, digits: 3)) runnable processes on average before a run", good: false) }
        add(tables.scaling, to: &page)
        page.figure([plots.time, plots.speedUp], caption: "Time of a step and speed-up, all runs shown; error bars are 95 % intervals.")
        page.figure([plots.efficiency, plots.phases], caption: "Parallel efficiency, and the phases of the whole run.")
        add(tables.statistics, to: &page)
        add(tables.pop, to: &page)
        if let bounds = tables.bounds { add(bounds, to: &page) }
        let laws = fits(result)
        if let table = laws.table {
            add(table, to: &page)
            page.figure(plots.fits(laws.fits), caption: "The laws inside the range they were fitted in.")
        }
        for text in laws.refused { page.paragraph("Not fitted: \(text).") }
        add(tables.memory, to: &page)
        if let milestones = tables.milestones { add(milestones, to: &page) }
        page.subsection("The twelve rules of Hoefler and Belli")
        for rule in Rules.judged(result, bounds: tables.bounds != nil) { page.remark("\(rule.rule): \(rule.how).", good: rule.kept) }
        page.details("Every run", text: tables.runs.csv)
    }

    private func add(_ ceilings: CeilingsFile, to page: inout HTMLReport) {
        page.section("Ceilings of the machine")
        let columns = ["Ranks", "f32 GF/s a rank", "f64 GF/s a rank", "Triad GB/s", "HDF5 write MB/s", "HDF5 read MB/s", "Load before"]
        page.table(
            columns: columns,
            rows: ceilings.entries.map {
                [
                    "\($0.ranks)", Shown.number($0.peakSingle * 1e-9), Shown.number($0.peakDouble * 1e-9), Shown.number($0.triad * 1e-9),
                    Shown.number($0.writeRate * 1e-6), Shown.number($0.readRate * 1e-6), Shown.number($0.loadBefore, digits: 3),
                ]
            }, caption: "Measured by `scaling calibrate`, all ranks at work at once. Reading may come from the page cache.")
        let steps = ceilings.entries.filter { !$0.lockstep.isEmpty }
        if !steps.isEmpty {
            page.table(
                columns: ["Ranks"] + steps[0].lockstep.map { "\(Shown.number($0.seconds * 1e6, digits: 3)) µs" },
                rows: steps.map { ["\($0.ranks)"] + $0.lockstep.map { Shown.percent($0.efficiency) } },
                caption: "What is left of the cores' speed when all ranks do equal work and meet after every piece of it, by the piece's length: no program that meets as often can be more efficient here.")
        }
        var plot = SVGPlot(
            "Messages", x: SVGPlot.Axis("size", unit: "B", scale: .logarithmic), y: SVGPlot.Axis("time", unit: "s", scale: .logarithmic), width: 640, height: 400)
        for entry in ceilings.entries {
            if !entry.pingPong.isEmpty { plot.points(x: entry.pingPong.map(\.bytes), y: entry.pingPong.map(\.seconds), name: "one way, \(entry.ranks) ranks", connected: true) }
            if !entry.allReduce.isEmpty { plot.points(x: entry.allReduce.map(\.bytes), y: entry.allReduce.map(\.seconds), name: "all-reduce, \(entry.ranks) ranks", connected: true) }
        }
        page.figure(plot, caption: "Ping-pong between the first and the last rank, one way, and all-reduce; medians.")
    }
}
