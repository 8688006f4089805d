import CProcess
import Logging
import MessagePassing

/// Everything a command needs of its surroundings, the same on every rank unless said otherwise.
public final class JobContext {
    /// Program and subcommand, `flowtrain train`.
    public let name: String
    public let communicator: Communicator
    public let configuration: Configuration
    /// The section `run`: about this execution, not part of the configuration's hash.
    public let execution: Configuration
    public let directory: RunDirectory
    public let stop: StopController
    /// Figures as the run goes; written by rank 0.
    public let metrics: Metrics
    /// Prints on rank 0 only, to standard error and to `log.txt`.
    public let log: Logger
    public let phases: Phases
    /// The key `seed` of the configuration, 1 if it has none.
    public let seed: UInt64
    /// Number of times the batch system started this job again.
    public let restartCount: Int
    public let provenance: Provenance
    /// Findings for `summary.json`; what rank 0 sets is written.
    public var summary = RunSummary()

    let console: Console?
    let started: Double

    /// Reads the configuration, takes the run directory, starts the log. *Collective.*
    init(
        name: String, communicator: Communicator, configuration path: String?, overrides: [String], runDirectory: String?,
        timeLimit: Double?, phases: Phases, started: Double, translate: (String, String) throws -> String
    ) throws {
        self.name = name
        self.communicator = communicator
        self.phases = phases
        self.started = started
        configuration =
            try path.map { try Configuration.load(path: $0, overrides: overrides, communicator: communicator, translate: translate) }
            ?? Configuration(text: "", name: "command line", overrides: overrides)
        execution = try configuration.section("run")
        seed = UInt64(try configuration.int("seed", default: 1, in: 0...Int.max))
        let stem = configuration.name.split(separator: ".").first.map(String.init) ?? "run"
        let place = try execution.string("directory", default: runDirectory ?? "runs/\(path == nil ? "run" : stem)")
        let limits = [timeLimit, try execution.duration("time_limit")].compactMap(\.self)
        let margin = try execution.duration("stop_margin") ?? 30
        let level = try execution.string("log_level", default: "info", oneOf: Logger.Level.allCases.map(\.rawValue))
        let tensorBoard = try execution.bool("tensorboard", default: true)
        let prometheus = try execution.bool("prometheus", default: true)

        let directory = try RunDirectory(path: runDirectory ?? place, communicator: communicator)
        self.directory = directory
        do {
            console = communicator.isRoot ? Console() : nil
            let console = console
            let text = configuration.canonicalText
            try communicator.agree {
                guard let console else { return }
                try console.open(directory.path("log.txt"))
                try directory.writeAtomically("configuration.yaml", text: text)
            }
        } catch {
            directory.close()
            throw error
        }
        let handler = JobLogHandler(console: console, level: Logger.Level(rawValue: level) ?? .info)
        log = Logger(label: name, factory: { _ in handler })
        stop = StopController(
            communicator: communicator, directory: directory, timeLimit: limits.min(), margin: margin, start: started)
        metrics = Metrics(
            directory: directory, isRoot: communicator.isRoot, tensorBoard: tensorBoard, prometheus: prometheus,
            name: Self.lastWord(name))
        restartCount = HostInformation.restartCount
        provenance = Provenance(
            command: name, configurationName: configuration.name, configurationText: configuration.canonicalText,
            configurationHash: configuration.hash, seed: seed, ranks: communicator.size, started: Format.timestamp())
        logStart()
    }

    /// The subcommand, which names the command's files.
    static func lastWord(_ name: String) -> String { name.split(separator: " ").last.map(String.init) ?? name }

    private func logStart() {
        let ranks = communicator.size == 1 ? "1 rank" : "\(communicator.size) ranks"
        log.info("\(name) \(Provenance.version) (\(Provenance.revision)) on \(ranks), run directory \(directory.path)")
        if let job = Slurm.job { log.info("batch job \(job)\(restartCount > 0 ? ", restart \(restartCount)" : "")") }
        if let owner = directory.takenOver { log.warning("took over the lock of \(owner), which has ended") }
        if let remaining = stop.remainingSeconds { log.info("\(Format.duration(remaining)) left until the time limit") }
    }

    /// A progress display of this job. *Not collective.*
    public func progress(total: Int, unit: String, label: String) -> Progress {
        Progress(total: total, unit: unit, label: label, console: console)
    }

    /// Writes the summary and closes the files, so that nothing is left to do but to leave. *Collective.*
    func conclude(_ reason: StopReason?) throws {
        let reports = try RankReports.gathered(communicator, phases: phases)
        let settings = configuration.resolvedText
        try communicator.agree {
            try metrics.close()
            guard let reports else { return }
            try directory.writeAtomically("settings-\(Self.lastWord(name)).yaml", text: settings)
            let code: ExitCode = reason == nil ? .finished : .continueMe
            try writeSummary(reports, code: code.rawValue, reason: reason.map { "stopped: \($0)" } ?? "finished")
        }
        let time = Format.duration(process_monotonic_seconds() - started)
        if let reason {
            log.notice("stopped after \(time): \(reason); the same command goes on from here")
        } else {
            let efficiency = reports?.efficiency.map {
                ", load balance \(Format.fixed($0.loadBalance, decimals: 3)), communication efficiency \(Format.fixed($0.communicationEfficiency, decimals: 3))"
            }
            log.info("finished in \(time)\(communicator.size > 1 ? efficiency ?? "" : "")")
        }
    }

    /// Leaves a summary of a job that failed, as far as that is still possible. On rank 0. *Not collective.*
    func concludeFailed(code: Int32, message: String) {
        console?.showBar("")
        console?.printToFile("\(Format.timestamp()) \("critical".padding(to: 8)) \(message)")
        // The failure that is being reported matters more than one here.
        try? metrics.close()
        try? writeSummary(RankReports.alone(phases: phases), code: code, reason: "failed: \(message)")
    }

    private func writeSummary(_ reports: RankReports, code: Int32, reason: String) throws {
        var object = JSONObject()
        object["command"] = .string(name)
        object["version"] = .string(Provenance.version)
        object["revision"] = .string(Provenance.revision)
        object["exit"] = ["code": .integer(Int(code)), "reason": .string(reason)]
        object["started"] = .string(provenance.started)
        object["ended"] = .string(Format.timestamp())
        object["wall_seconds"] = .number(process_monotonic_seconds() - started)
        object["job"] = Slurm.job.map(JSON.string) ?? .null
        object["restart_count"] = .integer(restartCount)
        object["ranks"] = .integer(communicator.size)
        object["message_passing"] = .string(MessagePassing.libraryVersion)
        object["seed"] = .integer(Int(seed))
        object["configuration"] = ["file": .string(configuration.name), "hash": .string(provenance.configurationHash)]
        reports.fill(&object)
        object["steps"] = stop.stepTimes.json
        object["results"] = .object(summary.results)
        let text = JSON.object(object).prettyText
        try directory.writeAtomically("summary-\(Self.lastWord(name)).json", text: text)
        try directory.writeAtomically("summary.json", text: text)
    }
}
