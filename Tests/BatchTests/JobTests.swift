import Batch
import Foundation
import Glibc
import TestSupport
import Testing

/// What Batch promises about jobs, seen from outside: exit codes, messages, files (Tests/batchprobe).
@Suite struct JobTests {
    private let root: TemporaryDirectory
    init() throws {
        root = try TemporaryDirectory()
        try "steps: 20\n".write(toFile: root.path("run.yaml"), atomically: true, encoding: .utf8)
    }

    private var run: String { root.path("run") }

    private func job(
        _ overrides: String..., ranks: Int? = 2, environment: [String: String] = [:], configuration: String? = nil
    ) throws -> ProcessResult {
        try MPIRun.run(
            executable: "batchprobe", arguments: [run, configuration ?? root.path("run.yaml")] + overrides, ranks: ranks, timeout: 60,
            environment: environment)
    }

    private func read(_ name: String) throws -> String { try String(contentsOfFile: "\(run)/\(name)", encoding: .utf8) }
    private func summary() throws -> JSON { try JSON(parsing: read("summary.json")) }

    /// Lines of standard error that are the job's own, not the launcher's.
    private func messages(_ result: ProcessResult) -> [String] {
        result.stderr.split(separator: "\n").map(String.init).filter { $0.hasPrefix("batchprobe") }
    }

    @Test("a job that finishes leaves 0, its summary, settings, metrics and log, and no lock")
    func finished() throws {
        let result = try job(ranks: 3)
        #expect(result.status == 0)
        #expect(try Files.list(run) == [
            "configuration.yaml", "log.txt", "metrics-count.jsonl", "metrics-count.prom", "settings-count.yaml", "state", "summary-count.json",
            "summary.json", "tensorboard",
        ])
        let summary = try summary()
        #expect(summary["command"]?.string == "batchprobe count")
        #expect(summary["exit"]?["code"]?.integer == 0)
        #expect(summary["ranks"]?.integer == 3)
        #expect(summary["hosts"]?.array?.count == 1)
        #expect(summary["seed"]?.integer == 1)
        #expect(summary["configuration"]?["hash"]?.string == (try Configuration.load(path: root.path("run.yaml")).hash))
        #expect(summary["phases"]?.array?.map { $0["name"]?.string } == ["other", "compute", "halo", "allreduce", "checkpoint", "io"])
        let efficiency = try #require(summary["parallel"]?["parallel_efficiency"]?.double)
        #expect(efficiency > 0 && efficiency <= 1)
        #expect(try #require(summary["memory"]?["peak_bytes_per_rank_max"]?.double) > 1e6)
        #expect(summary["results"]?["sum"]?.integer == 210)
        // Twenty steps, the first of which starts the clock.
        #expect(summary["steps"]?["count"]?.integer == 19)
        #expect(summary["steps"]?["sample_seconds"]?.array?.count == 19)
        #expect(summary["results"]?["mean"]?["error"]?.double == 0.5)
        #expect(try read("settings-count.yaml").contains("step_milliseconds: 0\n"))
        #expect(try read("log.txt").contains("info     batchprobe count 0.1.0"))
        #expect(try read("metrics-count.jsonl").split(separator: "\n").count == 20)
    }

    @Test("the same job on other numbers of ranks writes the same figures")
    func sameFigures() throws {
        func figures(ranks: Int) throws -> [String] {
            let result = try job(ranks: ranks)
            #expect(result.status == 0)
            defer { try? FileManager.default.removeItem(atPath: run) }
            return try read("metrics-count.jsonl").split(separator: "\n").map { String($0.prefix { $0 != "w" }) }
        }
        let one = try figures(ranks: 1)
        #expect(one.count == 20)
        #expect(try figures(ranks: 3) == one)
    }

    @Test("a signal to the launcher, or to one rank alone, stops all ranks with 75, and the same command goes on",
          arguments: [(SIGUSR1, "USR1", false), (SIGUSR1, "USR1", true), (SIGUSR2, "USR2", true), (SIGTERM, "TERM", true)])
    func signals(signal: Int32, name: String, oneRank: Bool) throws {
        let child = try MPIRun.start(
            executable: "batchprobe", arguments: [run, root.path("run.yaml"), "steps=100000", "step_milliseconds=2"], ranks: 2)
        waitUntil { Files.exists("\(run)/metrics-count.jsonl") }
        if oneRank { kill(try #require(child.descendants.last), signal) } else { child.send(signal) }
        let result = child.wait(timeout: 30)
        #expect(result.status == 75)
        #expect(try summary()["exit"]?["reason"]?.string == "stopped: signal \(name)")
        #expect(!Files.exists("\(run)/lock"))
        let stopped = try #require(Int(try read("state").split(separator: " ")[0]))

        let again = try job("steps=\(stopped + 50)", ranks: 3)
        #expect(again.status == 0)
        let total = (stopped + 50) * (stopped + 51) / 2
        #expect(try summary()["results"]?["sum"]?.integer == total)
        let steps = try read("metrics-count.jsonl").split(separator: "\n").map { try JSON(parsing: String($0))["step"]?.integer }
        #expect(steps == (1...stopped + 50).map { $0 })
    }

    @Test("a second TERM, a while after the first, ends a process that does not come to its next step")
    func secondTerm() throws {
        let child = try MPIRun.start(
            executable: "batchprobe", arguments: [run, root.path("run.yaml"), "step_milliseconds=10000"], ranks: nil)
        waitUntil { Files.exists("\(run)/configuration.yaml") && Files.exists("\(run)/log.txt") }
        usleep(200_000)
        child.send(SIGTERM)
        child.send(SIGTERM)
        usleep(300_000)
        #expect(kill(child.identifier, 0) == 0, "copies of one TERM are one")
        usleep(2_000_000)
        child.send(SIGTERM)
        #expect(child.wait(timeout: 5).status == 128 + SIGTERM)
    }

    @Test("a file STOP, or NAME.end in the directory NAME, stops the job with 75, and as long as it is there no other starts", arguments: ["STOP", "run.end"])
    func stopFile(name: String) throws {
        let child = try MPIRun.start(
            executable: "batchprobe", arguments: [run, root.path("run.yaml"), "steps=100000", "step_milliseconds=2"], ranks: 2)
        waitUntil { Files.exists("\(run)/metrics-count.jsonl") }
        try Files.writeAtomically("\(run)/\(name)", [])
        #expect(child.wait(timeout: 30).status == 75)
        let state = try read("state")
        let again = try job()
        #expect(again.status == 75)
        #expect(try read("state") == state)
        #expect(again.stderr.contains("not started: remove \(run)/\(name) to go on"))
    }

    @Test("the time limit stops the job with 75 before it is over, from the user or from SLURM", arguments: [true, false])
    func deadline(fromUser: Bool) throws {
        let environment = fromUser ? [:] : ["SLURM_JOB_END_TIME": "\(Int(Date().timeIntervalSince1970) + 4)", "SLURM_JOB_ID": "12"]
        let start = Date()
        let result = try job(
            "steps=100000", "step_milliseconds=5", "run.stop_margin=1", fromUser ? "run.time_limit=3" : "run.log_level=info",
            environment: environment)
        #expect(result.status == 75)
        #expect(Date().timeIntervalSince(start) < 15)
        #expect(try summary()["exit"]?["reason"]?.string == "stopped: the time limit is near")
        #expect(try summary()["job"] == (fromUser ? .null : "12"))
    }

    @Test("an error on all ranks gives one message and its exit code", arguments: [("throw", 70), ("input", 65)])
    func agreedFailure(kind: String, code: Int32) throws {
        let result = try job("fail.kind=\(kind)", "fail.step=3", ranks: 3)
        #expect(result.status == code)
        let wanted = kind == "throw" ? "the action is NaN" : "field.h5: the lattice is 8x8, wanted 16x16"
        #expect(messages(result) == ["batchprobe count: \(wanted)"])
        #expect(try summary()["exit"]?["reason"]?.string == "failed: \(wanted)")
        #expect(try read("log.txt").contains("critical \(wanted)"))
        #expect(!Files.exists("\(run)/lock"))
    }

    @Test("an error on one rank, where the others wait for it, ends the job with one message and its exit code", arguments: [0, 2])
    func lonelyFailure(rank: Int) throws {
        let result = try job("fail.kind=input", "fail.step=3", "fail.rank=\(rank)", ranks: 3)
        #expect(result.status == 65)
        let prefix = rank == 0 ? "" : "rank \(rank) of 3: "
        #expect(messages(result) == ["batchprobe count: \(prefix)field.h5: the lattice is 8x8, wanted 16x16"])
        // The lock that stays names a process that is gone, so the next job starts.
        let again = try job()
        #expect(again.status == 0)
    }

    @Test("a rank that is killed or traps does not hang the others, and the next job takes over", arguments: ["kill", "trap"])
    func death(kind: String) throws {
        // The backtrace of a trap takes longer than the job.
        let result = try job(
            "fail.kind=\(kind)", "fail.step=3", "fail.rank=1", "steps=20", environment: ["SWIFT_BACKTRACE": "enable=no"])
        #expect(result.status != 0 && result.status != -1 && result.status != 75)
        let again = try job()
        #expect(again.status == 0)
        #expect(again.stderr.contains("took over the lock of process"))
    }

    @Test("two jobs in one run directory: the second is refused with 74 and the first goes on")
    func twoJobs() throws {
        let first = try MPIRun.start(
            executable: "batchprobe", arguments: [run, root.path("run.yaml"), "steps=100000", "step_milliseconds=2"], ranks: 2)
        waitUntil { Files.exists("\(run)/metrics-count.jsonl") }
        let second = try job()
        #expect(second.status == 74)
        #expect(messages(second).count == 1)
        #expect(messages(second).first?.contains("\(run) is in use by process") == true)
        first.send(SIGUSR1)
        #expect(first.wait(timeout: 30).status == 75)
    }

    @Test("a wrong configuration is refused with 65 and one message", arguments: [
        (["stepz=3"], "override 'stepz=3': unknown key 'stepz'; did you mean 'steps'?"),
        (["steps=none"], "override 'steps=none': 'steps' is 'none', wanted an integer from 1 to 1000000"),
        (["run.log_level=loud"], "override 'run.log_level=loud': 'run.log_level' is 'loud', wanted one of trace, debug, info, notice, warning, error, critical"),
    ])
    func badConfiguration(overrides: [String], wanted: String) throws {
        let result = try MPIRun.run(
            executable: "batchprobe", arguments: [run, root.path("run.yaml")] + overrides, ranks: 3, timeout: 60)
        #expect(result.status == 65)
        #expect(messages(result) == ["batchprobe count: \(wanted)"])
        let missing = try job(ranks: 2, configuration: root.path("nothing.yaml"))
        #expect(missing.status == 65)
        #expect(messages(missing).count == 1)
    }

    @Test("a wrong command line is refused with 64 and one message")
    func usage() throws {
        let result = try MPIRun.run(executable: "batchprobe", arguments: [], ranks: 3, timeout: 60)
        #expect(result.status == 64)
        #expect(messages(result).count == 1)
    }

    @Test("an impossible run directory is refused with 74 and one message")
    func badDirectory() throws {
        let result = try MPIRun.run(
            executable: "batchprobe", arguments: ["/proc/nowhere", root.path("run.yaml")], ranks: 2, timeout: 60)
        #expect(result.status == 74)
        #expect(messages(result) == ["batchprobe count: cannot make directory /proc/nowhere: No such file or directory"])
    }

    @Test("every check of an installation passes", arguments: [1, 2, 3, 4, 8])
    func selfcheck(ranks: Int) throws {
        let result = try MPIRun.run(executable: "selfcheck", arguments: ["Batch"], ranks: ranks)
        #expect(result.failures == [])
        #expect(result.passed.count >= 5)
    }
}

/// Polls until `condition` holds, for at most 30 s; the expectation that follows says what was missing.
private func waitUntil(_ condition: () -> Bool) {
    for _ in 0..<3000 where !condition() { usleep(10_000) }
}
