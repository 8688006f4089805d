import Batch

/// The section "Performance of Software" of the EuroHPC forms, with its seven sub-headings, as Markdown.
struct EuroHPCSection {
    let results: [StudyResult]
    let ceilings: CeilingsFile?

    var markdown: String {
        var text = "## Performance of Software\n\n### Testing of your code on the requested machine\n\n"
        let first = results[0].records[0]
        text += "The runs below were made on \(systems.joined(separator: "; ")). "
        text += "They are measurements of that machine, not of another.\n\n### Quantify the HPC performance of your project\n\n"
        text += "#### Strong and weak scalability\n\n"
        for result in results {
            let table = StudyTables(result: result, ceilings: ceilings).scaling
            text += "\(table.caption)\n\n\(table.markdown)\n"
        }
        text += "#### Precision reported\n\n"
        let precisions = Set(results.flatMap { $0.records.map { "\($0.application) \($0.command): \($0.precision)" } }).sorted()
        text += precisions.map { "- \($0)\n" }.joined()
        text += "- Every run's check values (\(Set(results.flatMap { $0.records.flatMap { $0.check.map(\.name) } }).sorted().joined(separator: ", "))) were compared with those of the other runs of its case.\n\n"
        text += "#### Time-to-solution\n\n"
        for result in results {
            for row in [result.base, result.rows[result.rows.count - 1]] {
                text += "- \(result.records[0].title), \(row.layout.description): \(Shown.number(row.cost.mean)) s a step (median of runs \(Shown.number(row.cost.median)) s), \(Shown.number(row.whole.mean)) s for a run of \(row.steps) steps, files included.\n"
                if result.rows.count == 1 { break }
            }
        }
        text += "\n#### System scale\n\n"
        for result in results {
            let last = result.rows[result.rows.count - 1].layout
            text += "- \(result.records[0].title): up to \(last.nodes) \(last.nodes == 1 ? "node" : "nodes") and \(last.processes) MPI \(last.processes == 1 ? "process" : "processes"), one thread each. Nothing larger was measured and nothing is extrapolated.\n"
        }
        text += "\n#### Measurement mechanism\n\n"
        text += "Wall time of the whole application, files included, and of single steps by the monotonic clock of rank 0; phases by timers of every rank; peak memory from the operating system. "
        text += "\(results.map { "\($0.records.count)" }.joined(separator: " and ")) runs; mean, median and 95 % intervals. Program: didymos \(first.version) (\(first.revision)), \(first.messagePassing.split(separator: ",").first.map(String.init) ?? "MPI unknown").\n\n"
        text += "#### Memory usage\n\n"
        for result in results { text += "\(result.records[0].title):\n\n\(StudyTables(result: result, ceilings: ceilings).memory.markdown)\n" }
        text += "#### OPTIONAL: Percentage of available peak performance\n\n"
        let bounds = results.compactMap { result in StudyTables(result: result, ceilings: ceilings).bounds.map { (result.records[0].title, $0) } }
        text += bounds.isEmpty
            ? "Not given: no ceilings were measured, or the studies name no operation counts.\n"
            : bounds.map { "\($0.0): \($0.1.caption)\n\n\($0.1.markdown)\n" }.joined()
        return text
    }

    private var systems: [String] {
        let runs = results.flatMap(\.records)
        return Set(runs.map { "\($0.system.host) (\($0.system.processor), \($0.system.cores) processors, \(Format.bytes($0.system.memoryBytes)))" }).sorted()
    }
}
