import Batch
import Foundation
import TestSupport
import Testing

/// What a job asks of SLURM, with a `squeue` that gives known answers.
@Suite struct BatchSystemTests {
    private let root: TemporaryDirectory
    init() throws {
        root = try TemporaryDirectory()
        try "steps: 20\nrun: {stop_margin: 1}\n".write(toFile: root.path("run.yaml"), atomically: true, encoding: .utf8)
    }

    /// Runs a job in an environment where `squeue` runs `script`.
    private func job(squeue script: String, _ overrides: String..., environment: [String: String] = [:]) throws -> ProcessResult {
        let tools = root.path("bin")
        try Files.makeDirectories(tools)
        // Written by another process: a job that starts meanwhile would inherit this one's open file, and a file open for writing cannot be run.
        let write = ["sh", "-c", "printf '%s\\n' '#!/bin/sh' \"$1\" > \"$2\" && chmod 755 \"$2\"", "sh", script, "\(tools)/squeue"]
        #expect(try ChildProcess(write).wait(timeout: 60).status == 0)
        let path = "\(tools):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"
        return try MPIRun.run(
            executable: "batchprobe", arguments: [root.path("run"), root.path("run.yaml")] + overrides, ranks: 1, timeout: 60,
            environment: environment.merging(["PATH": path]) { $1 })
    }

    private func leaveLock(job: String, restarts: Int = 0) throws {
        try Files.makeDirectories(root.path("run"))
        try "host: elsewhere\nprocess: 12\nticks: 34\njob: \(job)\nrestarts: \(restarts)\nstarted: 2026-11-24T11:00:00Z\n"
            .write(toFile: root.path("run/lock"), atomically: true, encoding: .utf8)
    }

    @Test("the end of the time comes from squeue where the environment does not say it")
    func endTime() throws {
        let answer = "[ \"$*\" = '-h -j 77 -o %e' ] && date -d '+3 seconds' +%Y-%m-%dT%H:%M:%S"
        let result = try job(squeue: answer, "steps=100000", "step_milliseconds=5", environment: ["SLURM_JOB_ID": "77"])
        #expect(result.status == 75)
        #expect(result.stderr.contains("left until the time limit"))
    }

    @Test("no end time is no limit", arguments: ["echo N/A", "echo NONE", "exit 1", "echo 'slurm_load_jobs error: Unable to contact'; exit 1"])
    func noEndTime(answer: String) throws {
        let result = try job(squeue: answer, environment: ["SLURM_JOB_ID": "77"])
        #expect(result.status == 0)
        #expect(!result.stderr.contains("left until the time limit"))
    }

    @Test("the lock of another host's job is taken over when SLURM no longer knows the job or says it ended", arguments: [
        "echo 'slurm_load_jobs error: Invalid job id specified'; exit 1", "exit 0", "echo COMPLETED", "echo NODE_FAIL",
    ])
    func endedElsewhere(answer: String) throws {
        try leaveLock(job: "5")
        let result = try job(squeue: answer)
        #expect(result.status == 0)
        #expect(result.stderr.contains("took over the lock of process 12 on elsewhere, job 5"))
    }

    @Test("it is kept while the job runs, or while nobody can tell", arguments: [
        "echo RUNNING", "echo COMPLETING", "echo PENDING", "echo 'slurm_load_jobs error: Unable to contact slurm controller'; exit 1", "exit 127",
    ])
    func runningElsewhere(answer: String) throws {
        try leaveLock(job: "5")
        #expect(try job(squeue: answer).status == 74)
    }

    @Test("a requeued job takes over from its own earlier run, but not from another step of the same run")
    func requeued() throws {
        try leaveLock(job: "5")
        #expect(try job(squeue: "echo RUNNING", environment: ["SLURM_JOB_ID": "5"]).status == 74)
        let restarted = try job(squeue: "echo RUNNING", environment: ["SLURM_JOB_ID": "5", "SLURM_RESTART_COUNT": "1"])
        #expect(restarted.status == 0)
        #expect(restarted.stderr.contains("batch job 5, restart 1"))
    }
}
