import ArgumentParser
import Batch
import ScalingStudies

struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A model's prediction for a machine that cannot be reached, tested on measurements that it was not fitted to.",
        discussion: """
            Needs records of one or more studies of the same command, and a calibration on two or more ranks of the machine they were
            measured on. How work is shared out and what is sent, the application's `plan --json` says, or the study's section `model`. The
            largest number of processes of each study is held back to test the fit, and the error is printed. Studies of different sizes on
            few ranks, with the other cores kept busy (`layouts: {fill: 2}`), are the best to fit. What ranks lose on the measured machine by
            waiting for one that was held up comes from the calibration, too ("in step"), as the mean over all --ceilings given.

              scaling predict benchmarks/scaling-hmc/study-strong.yaml benchmarks/scaling-hmc/study-weak.yaml \\
                --records runs/hmc-strong/records.jsonl --records runs/hmc-weak/records.jsonl \\
                --ceilings runs/ceilings.json --machines benchmarks/machines.yaml --network infiniband-hdr200 --ranks-per-node 128

              model:                          # in a study, instead of the application's plan
                extents: ["{256*ranks}", "512"]   # of a lattice cut into blocks, or
                shards: "{4*ranks}"           # pieces of work that cannot be divided
                halos_per_step: 41            # exchanges with the neighbours
                bytes_per_site: 8
                sums: [{count: 3, bytes: 64}] # all-reduces of a step
                checkpoint_bytes: 2.1e6
                checkpoint_every: 1000        # steps
            """)

    @Argument(help: "Studies, YAML.") var studies: [String]
    @Option(help: "records.jsonl of each study, in the same order.") var records: [String]
    @Option(help: "What `scaling calibrate` wrote on the measured machine. May be repeated: how steady a machine is changes.") var ceilings: [String]
    @Option(help: "Table of networks and file systems, YAML.") var machines: String?
    @Option(help: "Network of the predicted machine, from the table; default: the measured one.") var network: String?
    @Option(name: .customLong("file-system"), help: "File system for checkpoints, from the table; default: checkpoints cost nothing.")
    var fileSystem: String?
    @Option(name: .customLong("ranks-per-node"), help: "Ranks that share a node's link.") var ranksPerNode = 128
    @Option(name: .customLong("core-speed"), help: "Speed of a core of that machine over one measured here.") var coreSpeed = 1.0
    @Option(name: .customLong("largest"), help: "Predict for 1, 2, 4, ... up to so many ranks.") var largest = 4096
    @Option(name: .customLong("hold-back"), help: "Numbers of processes to test on, not to fit. May be repeated.") var heldBack: [Int] = []
    @Option(help: "Markdown file; default: standard output.") var output: String?

    func validate() throws {
        guard !studies.isEmpty, studies.count == records.count else {
            throw ValidationError("\(studies.count) studies and \(records.count) --records, wanted as many of each")
        }
        guard ranksPerNode > 0, coreSpeed > 0, (1...10_000_000).contains(largest) else {
            throw ValidationError("--ranks-per-node, --core-speed and --largest must be positive, --largest at most 10000000")
        }
        guard !ceilings.isEmpty else { throw ValidationError("no --ceilings, wanted what `scaling calibrate` wrote") }
        if machines == nil, network != nil || fileSystem != nil { throw ValidationError("--network and --file-system need --machines") }
    }

    func run() throws {
        try Scaling.attempt("predict") {
            let pairs = try zip(studies, records).map { path, records in
                let study = try Study(path: path)
                let found = try RecordFile(path: records).latest
                guard found.allSatisfy({ $0.studyHash == study.hash }) else {
                    throw ScalingError("\(records): not made by \(path), or by an earlier version of it")
                }
                return (study: study, result: try StudyResult(found))
            }
            let calibrations = try ceilings.map { path in
                guard let found = try CeilingsFile(path: path).entries.last(where: { $0.ranks > 1 }) else {
                    throw ScalingError("\(path): no calibration on two or more ranks")
                }
                return found
            }
            let measured = try Network(measured: calibrations[0]), waiting = Waiting(measured: calibrations)
            let table = try machines.map { try MachineTable(path: $0) }
            let model = try PerformanceModel(pairs, network: measured, waiting: waiting, heldBack: heldBack.isEmpty ? nil : Set(heldBack))
            var ranks = [1]
            while let last = ranks.last, last * 2 <= largest { ranks.append(last * 2) }
            let report = PredictionReport(
                model, studies: pairs.map(\.study), network: try network.flatMap { try table?.network($0) } ?? measured, waiting: waiting, ranksPerNode: ranksPerNode,
                coreSpeed: coreSpeed, writeRate: try fileSystem.flatMap { try table?.writeRate($0) }, ranks: ranks)
            if let output {
                try Files.writeAtomically(output, Array(report.markdown.utf8))
                let error = report.largestError.map { "\(Format.fixed(100 * $0, decimals: 1)) %" } ?? "unknown: nothing was held back"
                print("wrote \(output): largest error on what was held back \(error)")
            } else {
                print(report.markdown)
            }
        }
    }
}
