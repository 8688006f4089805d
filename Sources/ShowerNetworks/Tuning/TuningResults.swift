import Batch
import ParallelHDF5

/// What a search has found so far: every trial's record, and which trials came to which rung.
struct TuningResults {
    let settings: TuningSettings
    /// By number; without history where a trial has not trained yet.
    private(set) var records: [TrialRecord]
    /// Trials of each rung that was begun.
    private(set) var rungs: [[Int]] = []
    private(set) var isFinished = false

    init(_ settings: TuningSettings) {
        self.settings = settings
        records = settings.trials.map { TrialRecord(trial: $0.number) }
    }

    mutating func add(_ new: [TrialRecord], rung: Int, isComplete: Bool) {
        for record in new { records[record.trial] = record }
        rungs.append(new.map(\.trial))
        isFinished = isComplete && (rung + 1 == settings.halving.rungs || ranking(rung: rung).isEmpty)
    }

    /// Score of a trial at the end of a rung it was in.
    func score(_ trial: Int, rung: Int) -> Double? {
        rungs[rung].contains(trial) ? records[trial].score(after: settings.halving.epochs(rung)) : nil
    }

    /// Trials that came to the end of a rung, best first.
    func ranking(rung: Int) -> [Int] { SuccessiveHalving.ranked(rungs[rung].map { ($0, score($0, rung: rung)) }) }

    func failures(rung: Int) -> Int { rungs[rung].filter { score($0, rung: rung) == nil && records[$0].failure != nil }.count }

    /// The last rung that a trial came to the end of.
    func lastRung(_ trial: Int) -> Int? { rungs.indices.last { score(trial, rung: $0) != nil } }
    func lastScore(_ trial: Int) -> Double? { lastRung(trial).flatMap { score(trial, rung: $0) } }

    /// The best trial of the last rung that any trial came to the end of, once the search is done.
    var winner: Int? { isFinished ? order.first : nil }

    /// All trials: those that came furthest first, of these the best first, then those without a score.
    var order: [Int] {
        var result: [Int] = []
        for rung in rungs.indices.reversed() { result += ranking(rung: rung).filter { !result.contains($0) } }
        return result + records.indices.filter { !result.contains($0) }
    }

    /// What became of a trial, in a few words.
    func outcome(_ trial: Int) -> String {
        if let failure = records[trial].failure { return "failed: \(failure)" }
        if trial == winner { return "wins" }
        guard let last = lastRung(trial) else { return rungs.first?.contains(trial) == true ? "training" : "waiting" }
        if last + 1 < rungs.count, rungs[last + 1].contains(trial) { return "training" }
        return isFinished || last + 1 < rungs.count ? "left after rung \(last + 1)" : "in rung \(last + 1)"
    }

    // MARK: As text

    /// Names of the columns of `row`.
    var columns: [String] {
        ["trial"] + settings.dimensions.map(\.setting) + rungs.indices.map { "score after \(Self.epochs("\(settings.halving.epochs($0))"))" } + ["outcome"]
    }

    func row(_ trial: Int) -> [String] {
        ["\(trial)"] + settings.dimensions.indices.map { settings.value(trial, $0) }
            + rungs.indices.map { score(trial, rung: $0).map { Format.general($0, digits: 4) } ?? "–" } + [outcome(trial)]
    }

    var markdown: String {
        func line(_ cells: [String]) -> String { "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n" }
        var text = "# Search of the settings of a shower network\n\n\(description)\n\n"
        text += line(columns) + line(columns.map { _ in "---" })
        for trial in order { text += line(row(trial)) }
        return text + "\nScores: mean deviation of the longitudinal profile plus that of the deposit, of the best epoch so far; smaller is better.\n"
    }

    /// How was searched, in a sentence.
    var description: String {
        let halving = settings.halving
        let epochs = (0..<halving.rungs).map { "\(halving.epochs($0))" }.joined(separator: ", ")
        return "\(settings.trials.count) trials \(settings.isGrid ? "on a grid" : "at random")\(settings.trials[0].values.isEmpty ? ", the configuration as it stands first" : ""); successive halving, one in \(halving.eta) goes on; rungs end after \(Self.epochs(epochs))."
    }

    static func epochs(_ number: String) -> String { "\(number) \(number == "1" ? "epoch" : "epochs")" }

    /// The ten best trials, in columns.
    var consoleTable: String {
        let table = [columns] + order.prefix(10).map(row)
        let widths = columns.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        return table.map { cells in
            zip(cells, widths).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    // MARK: As HDF5

    /// `score` (trial, rung), `trials/NNNN` with settings and learning curves, NaN where there is none. *Collective;* every rank passes the same.
    func write(to root: HDF5Group) throws {
        let halving = settings.halving
        try root.setAttribute("format", "didymos shower tuning")
        try root.setAttribute("format_version", Int64(1))
        try root.setAttribute("search", settings.isGrid ? "grid" : "random")
        try root.setAttribute("eta", Int64(halving.eta))
        try root.setAttribute("winner", Int64(winner ?? -1))
        try root.write("rung_epochs", (0..<halving.rungs).map { Int64(halving.epochs($0)) })
        let scores = records.indices.flatMap { trial in
            (0..<halving.rungs).map { $0 < rungs.count ? score(trial, rung: $0) ?? .nan : .nan }
        }
        try root.write("score", scores, shape: [records.count, halving.rungs], units: "1")
        try root.write("failed", records.map { UInt8($0.failure == nil ? 0 : 1) })
        for (k, dimension) in settings.dimensions.enumerated() {
            // Numbers where the values are any, for plots; the text that was used is with each trial.
            let values = records.indices.map { Double(settings.value($0, k)) ?? .nan }
            try root.write("settings/\(dimension.setting)", values)
        }
        for record in records {
            let group = try root.createGroup("trials/\(record.trial)")
            for (k, dimension) in settings.dimensions.enumerated() { try group.setAttribute(dimension.setting, settings.value(record.trial, k)) }
            try record.write(to: group)
        }
    }
}
