import ArgumentParser
import Batch
import PulsarNetworks

struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "One HTML page of a classifier: its training, how good it is, streams that it sorted.",
        discussion: """
            Takes run directories of `train`, `evaluate` and `classify`, in any number and order: frames of each class, training curve, confusion
            matrix, recall against S/N, dispersion measure and width, operating curves, what is kept of a mixture, throughput.

            Example:
              pulsardt report runs/classifier runs/evaluation runs/night --output report.html
            """)

    @Argument(help: "Run directories.") var runs: [String]
    @Option(help: "Where to write; default: report.html in the first run directory.") var output: String?
    @Option(help: "Directory for the drawings as SVG files.") var drawings: String?

    func validate() throws {
        if runs.isEmpty { throw ValidationError("name at least one run directory") }
    }

    func run() throws {
        do {
            var report = try ClassifierReport(directories: runs)
            let path = output ?? "\(runs[0])/report.html"
            try Files.writeAtomically(path, Array(report.html().utf8))
            if let drawings {
                try Files.makeDirectories(drawings)
                for drawing in report.drawings { try Files.writeAtomically("\(drawings)/\(drawing.name).svg", Array(drawing.svg.utf8)) }
            }
            print("wrote \(path)")
        } catch {
            throw Pulsardt.fail("report", error)
        }
    }
}
