import Foundation
import Glibc
import TestSupport
import Testing

/// A SLURM of its own for a suite of tests: `Tests/slurm/cluster.sh`, gone with its last reference.
final class SlurmCluster: Sendable {
    @TaskLocal static var current: SlurmCluster?

    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..").standardized.path

    /// What is missing for it here; nil if nothing is.
    static let missing: String? = {
        if geteuid() != 0 { return "SLURM's daemons want root" }
        for program in ["sbatch", "srun", "slurmctld", "slurmd", "munged"] where !succeeds(["sh", "-c", "command -v \(program)"]) {
            return "\(program) is not installed (Debian: slurm-wlm, munge)"
        }
        return succeeds(["unshare", "--pid", "--mount", "--uts", "--fork", "true"]) ? nil : "no namespaces of its own are allowed here"
    }()

    private static func succeeds(_ command: [String]) -> Bool { (try? ChildProcess(command).wait(timeout: 30).status) == 0 }

    private let directory: TemporaryDirectory
    private let process: ChildProcess
    private let environment: [String: String]

    init() throws {
        directory = try TemporaryDirectory()
        process = try ChildProcess(["\(Self.repository)/Tests/slurm/cluster.sh", directory.path("slurm"), "\(getpid())"])
        let products = URL(fileURLWithPath: MPIRun.product("flowtrain")).deletingLastPathComponent().path
        environment = MPIRun.environment.merging([
            "SLURM_CONF": directory.path("slurm/slurm.conf"),
            "PATH": "\(products):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")",
            "DIDYMOS_ACCOUNT": "tests",
        ]) { $1 }
        for _ in 0..<1200 where !process.output.contains("ready") { usleep(50_000) }
        guard process.output.contains("ready") else {
            process.send(SIGTERM)
            throw ProcessError(description: "SLURM does not start: \(process.wait(timeout: 20).stderr)")
        }
    }

    deinit {
        process.send(SIGTERM)
        _ = process.wait(timeout: 20)
    }

    /// Runs a command that talks to this SLURM.
    @discardableResult
    func run(_ command: [String], environment: [String: String] = [:], in workingDirectory: String? = nil) throws -> ProcessResult {
        try ChildProcess(command, environment: self.environment.merging(environment) { $1 }, workingDirectory: workingDirectory)
            .wait(timeout: 60)
    }

    /// Submits through `jobs/submit`, by default to n1 and n2; the numbers of the jobs. Output goes to `NUMBER.out` in `directory`.
    func submit(
        _ options: [String] = ["--nodes=2", "--ntasks-per-node=1"], _ command: [String], partition: String = "test",
        environment: [String: String] = [:], in directory: String
    ) throws -> [String] {
        let output = options.contains { $0.hasPrefix("--array") } ? "%A-%a.out" : "%j.out"
        let result = try run(
            ["\(Self.repository)/jobs/submit", "--parsable", "--partition=\(partition)", "--output=\(output)"] + options + command,
            environment: environment, in: directory)
        guard result.status == 0, !result.lines.isEmpty else { throw ProcessError(description: "sbatch: \(result.stderr)") }
        return result.lines
    }

    /// What SLURM knows of a job; of each of its tasks if it is an array.
    func records(_ job: String) throws -> [[String: String]] {
        try run(["scontrol", "--oneliner", "show", "job", job]).lines.map { line in
            Dictionary(
                line.split(separator: " ").compactMap { field in
                    field.firstIndex(of: "=").map { (String(field[..<$0]), String(field[field.index(after: $0)...])) }
                }, uniquingKeysWith: { first, _ in first })
        }
    }

    private static let final: Set = ["COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "BOOT_FAIL", "DEADLINE"]

    /// Waits until a job has left the system: `COMPLETED`, or its state and exit code, `FAILED 74`. An array has one for each task.
    func ends(_ job: String, timeout: Double = 300) throws -> [String] {
        let end = Date().addingTimeInterval(timeout)
        while true {
            let records = try records(job).map { (state: $0["JobState"] ?? "", code: $0["ExitCode"]?.split(separator: ":").first ?? "") }
            if !records.isEmpty, records.allSatisfy({ Self.final.contains($0.state) }) {
                return records.map { $0.state == "FAILED" ? "FAILED \($0.code)" : $0.state }
            }
            guard Date() < end else { throw ProcessError(description: "job \(job) still there after \(timeout) s: \(records)") }
            usleep(200_000)
        }
    }

    /// Waits until `condition` holds.
    func wait(_ what: String, timeout: Double = 120, until condition: () throws -> Bool) throws {
        let end = Date().addingTimeInterval(timeout)
        while try !condition() {
            guard Date() < end else { throw ProcessError(description: "\(what): not within \(timeout) s") }
            usleep(50_000)
        }
    }

    /// Processes of this SLURM's jobs that run `program`.
    func processes(_ program: String) -> [pid_t] {
        process.descendants.filter { process in
            (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)) == "\(program)\n"
        }
    }
}

/// Runs a suite with a SLURM of its own, or skips it with the reason.
struct SlurmTrait: SuiteTrait, TestScoping {
    func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
        try await SlurmCluster.$current.withValue(SlurmCluster()) { try await function() }
    }
}

extension Trait where Self == SlurmTrait {
    static var slurm: Self { Self() }
}
