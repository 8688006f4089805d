import ArgumentParser
import Batch
import ScalingStudies

struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tables, drawings and one HTML page from records.",
        discussion: """
            For each study NAME: NAME.md (PRACE's columns with efficiency and intervals, statistics, POP metrics, fits, memory, milestones
            row), NAME-prace.md (the form's columns alone), NAME-runs.csv (every run), NAME-time.svg, -speedup.svg, -efficiency.svg,
            -phases.svg. For all together: eurohpc.md, the section "Performance of Software", and report.html.

            Exits with 70 if a run in the records did not pass; the report is written, and names it.
            """)

    @Argument(help: "records.jsonl of one or more studies.") var records: [String]
    @Option(help: "Directory to write into; default: report beside the first records.") var output: String?
    @Option(help: "What `scaling calibrate` wrote; adds fractions of the machine's ceilings.") var ceilings: String?
    @Option(name: .customLong("warm-up"), help: "Steps to leave out of each run, instead of what the study says.") var warmUp: Int?

    func validate() throws {
        if records.isEmpty { throw ValidationError("name at least one records.jsonl") }
        if let warmUp, warmUp < 0 { throw ValidationError("--warm-up is \(warmUp), wanted 0 or more") }
    }

    func run() throws {
        try Scaling.attempt("report") {
            let report = try ScalingReport(records: records, ceilings: ceilings.map { try CeilingsFile(path: $0) }, warmUp: warmUp)
            let folder = records[0].lastIndex(of: "/").map { String(records[0][...$0]) } ?? ""
            let place = output ?? "\(folder)report"
            let names = try report.write(to: place)
            for failure in report.failures { Console.writeToError("FAILED \(failure)\n") }
            print("wrote \(names.count) files into \(place): open report.html")
            if !report.failures.isEmpty { throw ArgumentParser.ExitCode(Batch.ExitCode.internalError.rawValue) }
        }
    }
}
