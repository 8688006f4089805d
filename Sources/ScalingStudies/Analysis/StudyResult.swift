import Batch

/// All that follows from the records of one study.
public struct StudyResult: Sendable {
    public let records: [RunRecord]
    public let rows: [Row]
    /// Runs whose newest record is not a passed one.
    public let failures: [RunRecord]
    let warmUp: Int?

    /// The runs of one layout.
    public struct Row: Sendable {
        public let layout: Layout
        public let runs: [RunRecord]
        /// Seconds of one step: each run's mean, or for a throughput study the group's time over its steps.
        public let cost: CostSummary
        /// All counted samples of all runs.
        public let samples: [Double]
        /// Seconds of the whole application, files and setting up included.
        public let whole: CostSummary
        /// Steps left out of each run; nil: as the study says.
        let warmUp: Int?
        public let steps: Int
        public let speedUp: Ratio
        public let efficiency: Ratio

        /// Mean over runs of a figure that all of them have; nil if one has not.
        func average(_ figure: (RunRecord) -> Double?) -> Double? {
            let values = runs.compactMap(figure)
            return values.count == runs.count && !values.isEmpty ? values.reduce(0, +) / Double(values.count) : nil
        }

        /// The median of the runs' median steps: the step that nothing disturbed, which is what a model without noise speaks of.
        var typical: Double {
            CostSummary.median(runs.map { run in
                let samples = run.counted(warmUp: warmUp)
                return samples.isEmpty ? cost.median : CostSummary.median(samples)
            })
        }

        /// A slow step now and then lifts the mean over the median; 1 without.
        public var stallRatio: Double {
            let middle = CostSummary.median(samples)
            return middle > 0 ? samples.reduce(0, +) / Double(samples.count) / middle : .nan
        }

        /// Total useful seconds of all ranks in one step, by the application's timers.
        var usefulSecondsPerStep: Double? {
            average { run in
                run.phases.first { $0.name == "compute" }.map { $0.mean * Double(run.layout.ranks) / Double(max(1, run.steps)) }
            }
        }
    }

    public var kind: ScalingKind { records[0].kind }
    public var base: Row { rows[0] }
    /// Rows whose copies kept other cores busy, so that every core had what it has in the larger layouts.
    var filled: [Row] { kind == .throughput ? [] : rows.filter { $0.layout.instances > 1 } }

    /// - Parameter records: of one study; the newest of each run counts.
    /// - Parameter warmUp: steps left out of each run; nil takes what the study says.
    /// Throws a `ScalingError` if nothing passed or the records are of several studies.
    public init(_ records: [RunRecord], warmUp: Int? = nil) throws {
        guard let first = records.first else { throw ScalingError("there are no records") }
        guard records.allSatisfy({ $0.studyHash == first.studyHash && $0.kind == first.kind }) else {
            throw ScalingError("'\(first.study)': the records are of different studies; give each its own file")
        }
        self.records = records
        self.warmUp = warmUp
        failures = records.filter { $0.status != .passed }
        let passed = Dictionary(grouping: records.filter { $0.status == .passed && !$0.counted(warmUp: warmUp).isEmpty }, by: \.layout)
        var measured: [(layout: Layout, runs: [RunRecord], cost: CostSummary, whole: CostSummary)] = []
        for layout in passed.keys.sorted() {
            let runs = passed[layout] ?? []
            let costs = runs.map { Self.cost($0, warmUp: warmUp) }
            if let cost = CostSummary(costs), let whole = CostSummary(runs.map(\.wallSeconds)) { measured.append((layout, runs, cost, whole)) }
        }
        guard let base = measured.first else {
            throw ScalingError("'\(first.study)': none of \(records.count) runs passed: \(first.message)")
        }
        let kind = first.kind
        rows = measured.map { row in
            let growth = Double(row.layout.count(kind)) / Double(base.layout.count(kind))
            let same = row.layout == base.layout
            let speedUp = Ratio(factor: kind == .strong ? 1 : growth, base.cost, over: row.cost, same: same)
            let efficiency = Ratio(factor: kind == .strong ? 1 / growth : 1, base.cost, over: row.cost, same: same)
            return Row(
                layout: row.layout, runs: row.runs, cost: row.cost, samples: row.runs.flatMap { $0.counted(warmUp: warmUp) }, whole: row.whole, warmUp: warmUp,
                steps: row.runs.map { $0.steps }.max() ?? 0, speedUp: speedUp, efficiency: efficiency)
        }
    }

    private static func cost(_ run: RunRecord, warmUp: Int?) -> Double {
        // Instances that run at the same time end at different times: what counts is when the last one is done.
        if run.kind == .throughput { return run.launchSeconds / Double(max(1, run.steps)) }
        let counted = run.counted(warmUp: warmUp)
        return counted.reduce(0, +) / Double(counted.count)
    }
}
