import Batch

/// What `scaling predict` says: the fit, its test on what was held back, and the prediction.
public struct PredictionReport {
    let model: PerformanceModel
    let studies: [Study]
    let network: Network
    let waiting: Waiting
    let ranksPerNode: Int
    let coreSpeed: Double
    let writeRate: Double?
    let ranks: [Int]

    /// The largest error on held-back measurements that a model may have.
    static let goal = 0.15

    public init(
        _ model: PerformanceModel, studies: [Study], network: Network, waiting: Waiting = .none, ranksPerNode: Int, coreSpeed: Double, writeRate: Double?,
        ranks: [Int]
    ) {
        self.model = model
        self.studies = studies
        self.network = network
        self.waiting = waiting
        self.ranksPerNode = ranksPerNode
        self.coreSpeed = coreSpeed
        self.writeRate = writeRate
        self.ranks = ranks
    }

    public var markdown: String {
        var text = "# A model's prediction, not a measurement\n\n"
        text += "A step takes \(Shown.number(model.constant)) s that more ranks do not shorten, and \(Shown.number(model.perUnit)) s a site or shard of the busiest rank: fitted to measurements. "
        text += "To this come messages on \(network.name) (latency and overheads \(Shown.number((network.latency + 2 * network.overhead) * 1e6)) µs, \(Shown.number(1e-9 / network.gapPerByte)) GB/s a node shared by \(ranksPerNode) ranks), none of them hidden behind work, "
        text += "and checkpoints at \(writeRate.map { "\(Shown.number($0 * 1e-9)) GB/s" } ?? "no cost"). Cores are taken as \(Shown.number(coreSpeed)) times as fast as those measured. "
        text += "Contention for memory and links beyond that and imbalance are not in the model. \(waitingText)\n\n## Tested on measurements\n\n"
        text += comparisons.markdown + "\n"
        if model.fitIsIdler {
            text += "**The fit had idle cores, the test had none:** what cores share counts as error. Give the studies `layouts: {fill: ...}`.\n\n"
        }
        if let error = largestError {
            let passed = error <= Self.goal
            text += "The largest error on what was held back is \(Shown.percent(error)): "
            text += passed ? "the model passes its test.\n\n" : "**the model fails its test** (goal \(Shown.percent(Self.goal))), and what follows must not be relied on.\n\n"
        } else {
            text += "**Nothing was held back, so the model is untested.**\n\n"
        }
        for study in studies { text += "## \(study.title)\n\n\(prediction(study).markdown)\n" }
        return text
    }

    private var waitingText: String {
        guard !waiting.lengths.isEmpty else { return "The calibration timed no pieces of work, so that waiting for ranks that are held up is not in it either." }
        let pieces = zip(waiting.lengths, waiting.losses).map { "\(Shown.number($1 * 1e6, digits: 3)) µs behind \(Shown.number($0 * 1e6, digits: 3)) µs of work" }
        return "Ranks of the measured machine wait for one that was held up: \(pieces.joined(separator: ", ")), by its calibration; fit and test have that, the prediction is for a machine that holds up none."
    }

    private var comparisons: Table {
        var table = Table(caption: "", columns: ["Study", "Processes", "Busy cores", "Use", "Measured (s)", "Model (s)", "Error"])
        for (use, list) in [("fitted", model.fitted), ("held back", model.heldBack), ("oversubscribed, not used", model.oversubscribed)] {
            for c in list {
                table.rows.append(["\(c.study)", "\(c.count)", "\(c.busyCores) of \(c.cores)", use, Shown.number(c.measured), Shown.number(c.predicted), Shown.percent(c.error)])
            }
        }
        return table
    }

    private func prediction(_ study: Study) -> Table {
        var table = Table(
            caption: "", columns: ["Ranks", "Nodes", "Step (s), MODEL", "Work (s)", "Messages (s)", "Checkpoints (s)", "Efficiency, MODEL"])
        var base: (ranks: Int, total: Double)?
        for p in ranks {
            do {
                let step = try model.predict(study, ranks: p, network: network, ranksPerNode: ranksPerNode, coreSpeed: coreSpeed, writeRate: writeRate)
                let first = base ?? (p, step.total)
                base = first
                let growth = study.kind == .strong ? Double(first.ranks) / Double(p) : 1
                table.rows.append([
                    "\(p)", "\((p + ranksPerNode - 1) / ranksPerNode)", Shown.number(step.total), Shown.number(step.work), Shown.number(step.messages),
                    Shown.number(step.checkpoint), Shown.number(growth * first.total / step.total, digits: 3),
                ])
            } catch { table.rows.append(["\(p)", "\((p + ranksPerNode - 1) / ranksPerNode)", "\(error)", "", "", "", ""]) }
        }
        return table
    }

    /// The largest relative error on what was held back; nil if nothing was.
    public var largestError: Double? { model.heldBack.map { abs($0.error) }.max() }
}
