import Batch
import Glibc

/// Runs a study, run by run, and keeps what each gave. *Not collective:* it starts MPI programs and is none itself.
public struct StudyRunner {
    let study: Study
    let output: String
    let launcher: Launcher
    let report: (String) -> Void
    public private(set) var file: RecordFile

    /// What came out of all runs.
    public struct Outcome: Sendable, Equatable {
        public var passed = 0
        /// Runs whose record was there already.
        public var kept = 0
        public var failures: [String] = []
        public var isGood: Bool { failures.isEmpty }
    }

    /// - Parameters:
    ///   - output: directory for `records.jsonl` and the runs; made if missing.
    ///   - method: replaces the study's launcher.
    ///   - report: gets a line for a person, now and then.
    /// Throws if the records there are of another study.
    public init(_ study: Study, output: String, method: Study.LaunchSettings.Method? = nil, report: @escaping (String) -> Void) throws {
        self.study = study
        self.output = output
        self.report = report
        launcher = Launcher(method.map { study.launch.with($0) } ?? study.launch)
        try Files.makeDirectories("\(output)/runs")
        file = try RecordFile(path: "\(output)/records.jsonl")
        if let torn = try file.dropTornLine() { report("dropped an incomplete last record: \(torn.prefix(60))…") }
        guard file.records.allSatisfy({ $0.studyHash == study.hash }) else {
            throw ScalingError("\(file.path) holds records of another study or of this one before it was changed; choose another --output")
        }
    }

    /// Runs what has not passed yet: layouts next to each other, repetition after repetition, so that slow drifts of the machine
    /// meet all layouts alike. Stops at nothing: every failure is told and the next run is started.
    /// - Parameter only: name of the one layout to run, such as `n2-p256-i1`; nil for all.
    public mutating func run(only: String? = nil) throws -> Outcome {
        var outcome = Outcome()
        let layouts = study.layouts.filter { only == nil || $0.name == only }
        guard !layouts.isEmpty else {
            throw ScalingError("the study has no layout '\(only ?? "")', wanted one of \(study.layouts.map(\.name).joined(separator: ", "))", code: .usage)
        }
        try prepare()
        for repetition in 1...study.repeats {
            for layout in layouts {
                let key = "\(layout.name)-r\(repetition)"
                let earlier = file.records.filter { $0.key == key }
                if earlier.last?.status == .passed {
                    outcome.kept += 1
                    continue
                }
                let record = try runOne(layout, repetition, attempt: (earlier.last?.attempt ?? 0) + 1)
                try file.append(record)
                if record.status == .passed { outcome.passed += 1 } else { outcome.failures.append("\(key): \(record.status.rawValue): \(record.message)") }
                tell(record)
            }
        }
        return outcome
    }

    private func tell(_ record: RunRecord) {
        let counted = record.counted()
        let each = counted.isEmpty ? 0 : counted.reduce(0, +) / Double(counted.count)
        report(
            "\(study.name) \(record.layout.description), repeat \(record.repetition): "
                + (record.status == .passed
                    ? "\(Format.general(each * 1e3, digits: 4)) ms a step over \(record.steps) steps, \(Format.duration(record.launchSeconds)) in all"
                    : "\(record.status.rawValue): \(record.message)"))
    }

    /// Makes the inputs, once.
    private func prepare() throws {
        for (index, template) in study.preparations.enumerated() {
            let done = "\(output)/prepared-\(index + 1)"
            if Files.exists(done) { continue }
            let line = try template.filled(Layout(ranks: 1), output: output)
            let words = line.split(separator: " ").map(String.init)
            guard let first = words.first else { throw ScalingError("'prepare' holds an empty line") }
            report("preparing: \(line)")
            let log = "\(output)/prepare-\(index + 1).log"
            // The configurations and scripts it names are looked for beside the study's own, if they are not here.
            let folder = study.configuration.lastIndex(of: "/").map { String(study.configuration[...$0]) } ?? ""
            let arguments = words.dropFirst().map { [".yaml", ".py", ".sh"].contains(where: $0.hasSuffix) && !Files.exists($0) ? folder + $0 : $0 }
            let process = try ChildProcess(
                launcher.prefix(Layout(ranks: 1)) + [launcher.program(first)] + arguments, environment: study.launch.environment, output: log)
            let end = ChildProcess.wait(for: [process], limit: study.launch.timeLimit)
            guard end == [.exited(0)] else { throw ScalingError("preparing the inputs failed (\(line)): see \(log)", code: .inputOutput) }
            try Files.writeAtomically(done, Array((line + "\n").utf8))
        }
    }

    private func runOne(_ layout: Layout, _ repetition: Int, attempt: Int) throws -> RunRecord {
        let name = "\(layout.name)-r\(repetition)-a\(attempt)"
        let base = "\(output)/runs/\(name)"
        let overrides = try study.overrides.map { try $0.filled(layout, output: output) }
        let arguments = try study.arguments.map { try $0.filled(layout, output: output) }
        let directories = (0..<layout.instances).map { layout.instances == 1 ? base : "\(base)/\($0 + 1)" }
        let log = "\(output)/runs/\(name).log"
        try FileTree.remove(base)
        if layout.instances > 1 { try Files.makeDirectories(base) }
        func words(_ directory: String) -> [String] {
            launcher.prefix(layout) + [launcher.program(study.application), study.command] + arguments + [study.configuration, "--run", directory]
                + overrides.flatMap { ["--set", $0] }
        }
        var record = RunRecord(study, layout, repetition: repetition, attempt: attempt, command: words(base), overrides: overrides)
        record.loadBefore = SystemDescription.load
        record.started = Format.timestamp()
        let start = Phases.now()
        do {
            let processes = try directories.map { try ChildProcess(words($0), environment: study.launch.environment, output: log) }
            let ends = ChildProcess.wait(for: processes, limit: study.launch.timeLimit)
            record.launchSeconds = Phases.now() - start
            try judge(&record, ends, directories)
        } catch {
            record.launchSeconds = Phases.now() - start
            if record.status == .passed { record.status = .failed }
            record.message = record.message.isEmpty ? "\(error); see \(log)" : record.message
        }
        record.bytesWritten = FileTree.bytes(base)
        if record.status == .passed, !study.keepsRuns { try FileTree.remove(base) }
        return record
    }

    private func judge(_ record: inout RunRecord, _ ends: [ChildProcess.End], _ directories: [String]) throws {
        if ends.contains(.timedOut) {
            record.status = .timedOut
            record.message = "ended after launch.time_limit = \(Format.duration(study.launch.timeLimit))"
            return
        }
        record.exitCode = ends.lazy.compactMap { if case .exited(let code) = $0, code != 0 { code } else { nil } }.first ?? 0
        let findings: [RunFindings]
        do {
            findings = try directories.map { try RunFindings(directory: $0, ranks: record.layout.ranks, results: study.check.results) }
        } catch { throw record.exitCode == 0 ? error : ScalingError("the launcher ended with \(record.exitCode): \(error)") }
        guard record.exitCode == 0 else { throw ScalingError("the launcher ended with \(record.exitCode)") }
        try findings[0].fill(&record)
        try record.average(findings)
        record.check = findings[0].check
        let caseHash = record.caseHash
        let same = file.records.first { $0.status == .passed && $0.caseHash == caseHash }?.check
        let expected = study.check.expected.map { zip(study.check.results, $0).map { RunRecord.CheckValue(name: $0, value: JSON.number($1).text) } }
        for (wanted, what) in [(expected, "the study"), (same, "earlier runs")] {
            guard let wanted else { continue }
            for finding in findings {
                guard let difference = CheckComparison.difference(finding.check, wanted, tolerance: study.check.tolerance) else { continue }
                record.status = .wrongCheck
                record.message = "\(difference) as \(what) had it"
                return
            }
        }
    }
}

extension Study.LaunchSettings {
    func with(_ method: Method) -> Study.LaunchSettings {
        Study.LaunchSettings(method: method, options: options, timeLimit: timeLimit, environment: environment, jobLines: jobLines)
    }
}

extension RunRecord {
    /// What is known before the run; times and findings are empty.
    package init(_ study: Study, _ layout: Layout, repetition: Int, attempt: Int, command line: [String], overrides: [String]) {
        // A weak case grows with its ranks, a throughput study does as many as it has instances; copies beside a strong case do not count.
        let growth =
            switch study.kind {
            case .strong: 1.0
            case .weak: Double(layout.ranks)
            case .throughput: Double(layout.instances)
            }
        self.init(
            study: study.name, studyHash: study.hash, title: study.title, version: Provenance.version, revision: Provenance.revision,
            started: "", job: HostInformation.environment("SLURM_JOB_ID"), repetition: repetition, attempt: attempt, system: .current,
            launcher: line.first ?? "", commandLine: line, layout: layout, messagePassing: "", environment: Self.telling(study.launch.environment),
            loadBefore: 0, application: study.application, command: study.command, kind: study.kind, caseHash: "", overrides: overrides,
            size: study.size.value * growth, sizeUnit: study.size.unit, operations: study.size.operations.map { $0 * growth },
            bytes: study.size.bytes.map { $0 * growth }, warmUp: study.warmUp, coolDown: study.coolDown, precision: study.precision, status: .passed, exitCode: 0,
            message: "", launchSeconds: 0, wallSeconds: 0, steps: 0, stepsPerSample: 1, samples: [], phases: [], loadBalance: nil,
            communicationEfficiency: nil, peakMemoryMax: 0, peakMemoryMean: 0, bytesWritten: 0, check: [],
            productionRuns: study.production?.runs, productionSteps: study.production?.steps, productionLayout: study.production?.layout)
    }

    /// The variables that change how MPI, threads and libraries behave.
    private static func telling(_ added: [String]) -> [String] {
        let prefixes = ["OMP_", "OPENBLAS_", "OMPI_MCA_", "MPICH_", "UCX_", "I_MPI_", "SLURM_CPU", "SLURM_NTASKS", "SLURM_JOB_NUM_NODES", "HDF5_"]
        var found: [String] = []
        var entry = environ
        while let text = entry.pointee {
            let variable = String(cString: text)
            if prefixes.contains(where: variable.hasPrefix) { found.append(variable) }
            entry += 1
        }
        let names = Set(added.map { $0.prefix { $0 != "=" } })
        return (found.filter { !names.contains($0.prefix { $0 != "=" }) } + added).sorted()
    }
}
