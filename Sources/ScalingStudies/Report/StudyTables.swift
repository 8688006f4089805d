import Batch

/// The tables of one study.
struct StudyTables {
    let result: StudyResult
    let ceilings: CeilingsFile?

    private var unit: String { result.records[0].sizeUnit }
    private func size(_ row: StudyResult.Row) -> Double { row.runs[0].size }
    private func count(_ row: StudyResult.Row) -> Int { row.layout.count(result.kind) }
    /// What is said of rows that had copies beside them.
    private var copies: String {
        guard !result.filled.isEmpty else { return "" }
        let rows = result.filled.map { "\($0.layout.ranks) (\($0.layout.instances) copies)" }.joined(separator: ", ")
        return " Rows of a machine kept busy by copies of the same run, whose figures are of one copy: \(rows) processes."
    }

    /// The columns of PRACE's form, with efficiency and its interval added. The wall-clock time is that of the counted kind of step times the
    /// steps of a run; the whole application is beside it.
    var scaling: Table {
        let weak = result.kind != .strong
        var table = Table(
            caption: "\(result.records[0].title). Wall clock time: mean seconds of a step times the steps of a run, after a warm-up; whole run: files and setting up included. Ratios are to the first row, an MPI run of the same program.\(copies)",
            columns: [
                "Number of cores", "Wall clock time (s)", weak ? "Scaled speed-up vs the first one" : "Speed-up vs the first one", "Number of Nodes",
                "Number of process", "Efficiency", "95 % interval", "Whole run (s)", unit, "Runs",
            ])
        for row in result.rows {
            table.rows.append([
                "\(count(row))", Shown.number(row.cost.mean * Double(row.steps)), Shown.number(row.speedUp.value), "\(row.layout.nodes)",
                "\(count(row))", Shown.number(row.efficiency.value, digits: 3), Shown.interval(row.efficiency.interval, digits: 3),
                Shown.number(row.whole.mean), Shown.number(size(row)), "\(row.runs.count)",
            ])
        }
        return table
    }

    /// PRACE's columns and nothing else, to paste.
    var prace: Table {
        var table = Table(
            caption: result.kind == .weak ? "C) Weak scaling curve" : result.kind == .strong ? "B) Strong scaling curve" : "A) Some typical user test cases",
            columns: ["Number of cores", "Wall clock time"] + (result.kind == .weak ? [] : ["Speed-up vs the first one"]) + ["Number of Nodes", "Number of process"])
        for row in result.rows {
            let speedUp = result.kind == .weak ? [] : [Shown.number(row.speedUp.value)]
            table.rows.append(
                ["\(count(row))", "\(Shown.number(row.cost.mean * Double(row.steps))) s"] + speedUp
                    + ["\(row.layout.nodes)", "\(count(row))"])
        }
        return table
    }

    /// Mean, median, intervals, stalls.
    var statistics: Table {
        var table = Table(
            caption: "Seconds of a step. Mean of the runs' means with Student's 95 % interval; median of the runs with the distribution-free interval, which needs six runs; shortest and longest run; mean over median of all samples (above 1.05: stalls); p of Jarque and Bera's test that single samples are normal.",
            columns: ["Processes", "Mean", "95 % of mean", "Median", "95 % of median", "Shortest", "Longest", "Mean/median", "Normal, p", "Load before"])
        for row in result.rows {
            table.rows.append([
                "\(count(row))", Shown.number(row.cost.mean), Shown.interval(row.cost.meanInterval), Shown.number(row.cost.median),
                Shown.interval(row.cost.medianInterval), Shown.optional(row.cost.values.min()), Shown.optional(row.cost.values.max()),
                Shown.number(row.stallRatio), Shown.optional(CostSummary.normality(row.samples), digits: 2),
                Shown.number(row.runs.map(\.loadBefore).max() ?? 0, digits: 3),
            ])
        }
        return table
    }

    /// The model of the POP centre of excellence (co-design.pop-coe.eu/metrics), from the applications' own timers.
    var pop: Table {
        var table = Table(
            caption: "POP metrics from the applications' own timers. Parallel efficiency = load balance × communication efficiency; computation scaling: useful seconds of all ranks, first row over this one (for weak scaling per process); global efficiency: the product. Serialisation and transfer need an ideal network to tell apart and are not given.",
            columns: ["Processes", "Global efficiency", "Parallel efficiency", "Load balance", "Communication efficiency", "Computation scaling"])
        let reference = result.base.usefulSecondsPerStep.map { $0 / (result.kind == .strong ? 1 : Double(result.base.layout.ranks)) }
        for row in result.rows {
            let balance = row.average(\.loadBalance), communication = row.average(\.communicationEfficiency)
            let useful = row.usefulSecondsPerStep.map { $0 / (result.kind == .strong ? 1 : Double(row.layout.ranks)) }
            let computation = reference.flatMap { r in useful.map { $0 > 0 ? r / $0 : .nan } }
            let parallel = balance.flatMap { b in communication.map { b * $0 } }
            let global = parallel.flatMap { p in computation.map { p * $0 } }
            table.rows.append(
                ["\(count(row))"] + [global, parallel, balance, communication, computation].map { Shown.optional($0, digits: 3) })
        }
        return table
    }

    /// Rates beside what the machine can do; nil without operation counts or ceilings.
    var bounds: Table? {
        guard let ceilings, result.records[0].operations != nil || result.records[0].bytes != nil else { return nil }
        var table = Table(
            caption: "Rates beside the ceilings that `scaling calibrate` measured: operations and bytes of a step as the application's plan counts them, over the mean time of a step. A ceiling marked * is that of fewer ranks, multiplied up.",
            columns: ["Processes", "GF/s", "Ceiling GF/s", "Fraction", "GB/s", "Ceiling GB/s", "Fraction"])
        for row in result.rows {
            // Processes that share a processor have no more of it together.
            let busy = min(count(row), row.layout.nodes * row.runs[0].system.cores)
            guard let bound = ceilings.bound(busy, precision: row.runs[0].precision) else { continue }
            let flops = row.runs[0].operations.map { $0 / row.cost.mean }, bytes = row.runs[0].bytes.map { $0 / row.cost.mean }
            let mark = bound.measured ? "" : " *"
            table.rows.append([
                "\(count(row))", Shown.optional(flops.map { $0 * 1e-9 }), Shown.number(bound.flops * 1e-9) + mark,
                Shown.percent(flops.map { $0 / bound.flops }), Shown.optional(bytes.map { $0 * 1e-9 }), Shown.number(bound.bytes * 1e-9) + mark,
                Shown.percent(bytes.map { $0 / bound.bytes }),
            ])
        }
        return table
    }

    var memory: Table {
        var table = Table(
            caption: "Peak memory of a rank, and what a run wrote.", columns: ["Processes", "Largest rank", "Mean rank", "All ranks", "Files written"])
        for row in result.rows {
            let mean = row.average { $0.peakMemoryMean } ?? 0
            table.rows.append([
                "\(count(row))", Format.bytes(row.runs.map(\.peakMemoryMax).max() ?? 0), Format.bytes(mean),
                Format.bytes(mean * Double(count(row))), Format.bytes(row.runs.map(\.bytesWritten).max() ?? 0),
            ])
        }
        return table
    }

    /// The milestones row; nil if the study names no production, or one on a layout that was not measured: nothing is extrapolated.
    var milestones: Table? {
        guard let record = result.records.last, let layout = record.productionLayout, let runs = record.productionRuns,
            let steps = record.productionSteps, let row = result.rows.first(where: { $0.layout == layout })
        else { return nil }
        let hours = Double(runs) * Double(layout.nodes) * Double(steps) * row.cost.mean / 3600
        return Table(
            caption: "Milestones row: node-hours = runs × nodes × steps × measured mean seconds of a step / 3600.",
            columns: ["Run Type", "Code(s)", "No. of runs", "No. of nodes", "No. of steps per run", "Time per step (s)", "Total node hours"],
            rows: [[
                record.title, "\(record.application) \(record.command)", "\(runs)", "\(layout.nodes)", "\(steps)", Shown.number(row.cost.mean),
                Shown.number(hours),
            ]])
    }

    /// Every attempt, those that failed included.
    var runs: Table {
        var table = Table(
            caption: "Every run.",
            columns: [
                "study", "key", "attempt", "status", "message", "nodes", "ranks", "instances", "size", "steps", "mean_step_seconds", "median_step_seconds",
                "wall_seconds", "launch_seconds", "load_balance", "communication_efficiency", "peak_bytes_max", "load_before", "started", "host",
            ])
        for run in result.records {
            let counted = run.counted(warmUp: result.warmUp)
            table.rows.append([
                run.study, run.key, "\(run.attempt)", run.status.rawValue, run.message, "\(run.layout.nodes)", "\(run.layout.ranks)",
                "\(run.layout.instances)", Shown.number(run.size, digits: 12), "\(run.steps)",
                counted.isEmpty ? "" : Format.general(counted.reduce(0, +) / Double(counted.count), digits: 9),
                counted.isEmpty ? "" : Format.general(CostSummary.median(counted), digits: 9), Format.general(run.wallSeconds, digits: 9),
                Format.general(run.launchSeconds, digits: 9), run.loadBalance.map { Format.general($0) } ?? "",
                run.communicationEfficiency.map { Format.general($0) } ?? "", Format.general(run.peakMemoryMax, digits: 12),
                Format.general(run.loadBefore), run.started, run.system.host,
            ])
        }
        return table
    }
}
