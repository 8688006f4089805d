import Foundation
import Glibc
import ParallelHDF5
import TestSupport
import Testing

/// The job scripts on a real SLURM: what happens to a job must not change a bit of what it writes.
@Suite(
    "Jobs on SLURM", .slurm,
    .enabled(if: SlurmCluster.missing == nil, Comment(rawValue: "no SLURM: \(SlurmCluster.missing ?? "")")))
struct SlurmTests {
    private let slurm: SlurmCluster
    init() throws { slurm = try #require(SlurmCluster.current) }

    /// A training that lasts some seconds, so that there is time to disturb it.
    private static let training = FlowtrainCase.small.replacing("steps: 200", with: "steps: 1000")
    private static let undisturbed = Result {
        let run = try FlowtrainCase(training)
        let result = try run("train", ranks: 1)
        guard result.status == 0 else { throw ProcessError(description: result.stderr) }
        return try run.trainedBytes()
    }

    private func submitTraining(
        _ run: FlowtrainCase, _ options: [String] = [], partition: String = "test", environment: [String: String] = [:], _ settings: String...
    ) throws -> [String] {
        try slurm.submit(
            ["--nodes=2", "--ntasks-per-node=1"] + options,
            ["flowtrain", "train", "run.yaml", "--run", "run"] + settings.flatMap { ["--set", $0] }, partition: partition,
            environment: environment, in: run.directory.path)
    }

    private func waitForCheckpoint(_ run: FlowtrainCase) throws {
        try slurm.wait("a checkpoint") { !run.checkpoints("train").isEmpty }
    }

    private func output(_ run: FlowtrainCase, _ job: String) -> String {
        (try? String(contentsOfFile: run.directory.path("\(job).out"), encoding: .utf8)) ?? ""
    }

    private func expectUndisturbed(_ run: FlowtrainCase) throws {
        #expect(try run.trainedBytes() == Self.undisturbed.get())
    }

    @Test("flowtrain: chain, training and sampling, one after the other by dependency, on two nodes")
    func flowtrain() throws {
        let run = try FlowtrainCase()
        var jobs: [String] = []
        for command in ["hmc", "cluster", "train", "sample"] {
            let after = jobs.last.map { ["--dependency=afterok:\($0)"] } ?? []
            jobs += try slurm.submit(
                ["--nodes=2", "--ntasks-per-node=1"] + after, ["flowtrain", command, "run.yaml", "--run=run", "--set", "cluster.updates=50"],
                in: run.directory.path)
        }
        for job in jobs { #expect(try slurm.ends(job) == ["COMPLETED"], "\(output(run, job))") }
        let alone = try FlowtrainCase()
        for command in ["hmc", "train", "sample"] { #expect(try alone(command, ranks: 1).status == 0) }
        #expect(try run.chainBytes() == alone.chainBytes())
        #expect(try run.sampleBytes() == alone.sampleBytes())
    }

    @Test("gan3d: simulation, training file, training and generation, to the bits of one rank without SLURM")
    func gan3d() throws {
        let settings = """
            seed: 5
            detector:
              pads: [10, 10]
              layers: [{repeat: 5, absorber: tungsten, absorber_thickness: 12, active: silicon, active_thickness: 0.5, gap: 2.65}]
            simulation: {events: 64, events_per_file: 32}
            data: {files: [run/training.h5]}
            model: {profile: miniature}
            training: {batch: 16, epochs: 2, score_showers: 16}
            generation: {showers: 32, model: run/registry/epoch-0002.h5}
            """
        let commands = ["simulate", "preprocess", "train", "generate"]
        let run = try FlowtrainCase(settings)
        var jobs: [String] = []
        for command in commands {
            let after = jobs.last.map { ["--dependency=afterok:\($0)"] } ?? []
            jobs += try slurm.submit(
                ["--nodes=2", "--ntasks-per-node=1"] + after, ["gan3d", command, "run.yaml", "--run", "run"], in: run.directory.path)
        }
        for job in jobs { #expect(try slurm.ends(job) == ["COMPLETED"], "\(output(run, job))") }
        let alone = try FlowtrainCase(settings)
        for command in commands {
            let result = try MPIRun.run(
                executable: "gan3d", arguments: [command, "run.yaml", "--run", "run"], ranks: 1, workingDirectory: alone.directory.path)
            #expect(result.status == 0, "\(result.stderr)")
        }
        #expect(try showers(run) == showers(alone))
    }

    @Test("pulsardt: a search on two nodes, to the candidates of one rank without SLURM", .enabled(if: PythonPeer.has("struct"), "python3 is not installed"))
    func pulsardt() throws {
        let command = ["pulsardt", "search", "recording.fil", "--run", "run", "--set", "search.dm_max=60", "--set", "search.gulp=4096"]
        let candidates = try [true, false].map { (onSlurm: Bool) -> String in
            let run = try FlowtrainCase()
            let made = try ChildProcess(
                ["python3", "\(SlurmCluster.repository)/benchmarks/scaling-pulsar-search/make-recording.py", "recording.fil", "40000", "64"],
                workingDirectory: run.directory.path
            ).wait(timeout: 60)
            #expect(made.status == 0, "\(made.stderr)")
            if onSlurm {
                let job = try slurm.submit(["--nodes=2", "--ntasks-per-node=1"], command, in: run.directory.path)[0]
                #expect(try slurm.ends(job) == ["COMPLETED"], "\(output(run, job))")
            } else {
                let alone = try MPIRun.run(executable: "pulsardt", arguments: Array(command.dropFirst()), ranks: 1, workingDirectory: run.directory.path)
                #expect(alone.status == 0, "\(alone.stderr)")
            }
            return try String(contentsOfFile: "\(run.run)/candidates.csv", encoding: .utf8)
        }
        #expect(candidates[0] == candidates[1])
        #expect(candidates[0].split(separator: "\n").count > 2)
    }

    private func showers(_ run: FlowtrainCase) throws -> [UInt32] {
        try HDF5File.with(HDF5File.open("\(run.run)/generated.h5", communicator: nil)) { file in
            try file.root.read("ECAL", as: Float.self).map(\.bitPattern)
        }
    }

    @Test("glitchgen: simulation and scan, to the bytes of one rank without SLURM")
    func glitchgen() throws {
        let settings = """
            seed: 5
            simulation: {duration: 64, frame: 16, strain: {rate: 512}}
            scan: {frames: [run/frames.ffl], strain: "V1:Hrec_hoft_512Hz", unsafe: ["V1:LSC_DARM"], frequencies: [10, 200], q: [8, 16]}
            """
        let run = try FlowtrainCase(settings)
        var jobs: [String] = []
        for command in ["simulate", "scan"] {
            let after = jobs.last.map { ["--dependency=afterok:\($0)"] } ?? []
            jobs += try slurm.submit(
                ["--nodes=2", "--ntasks-per-node=1"] + after, ["glitchgen", command, "run.yaml", "--run", "run"], in: run.directory.path)
        }
        for job in jobs { #expect(try slurm.ends(job) == ["COMPLETED"], "\(output(run, job))") }
        let alone = try FlowtrainCase(settings)
        for command in ["simulate", "scan"] {
            let result = try MPIRun.run(
                executable: "glitchgen", arguments: [command, "run.yaml", "--run", "run"], ranks: 1, workingDirectory: alone.directory.path)
            #expect(result.status == 0, "\(result.stderr)")
        }
        for name in ["channels.csv", "rounds.csv"] {
            #expect(try String(contentsOfFile: "\(run.run)/\(name)", encoding: .utf8) == String(contentsOfFile: "\(alone.run)/\(name)", encoding: .utf8))
        }
    }

    @Test("the time limit: a checkpoint, exit 75, back into the queue, finished to the bits of an undisturbed run")
    func timeLimit() throws {
        // Of the minute that SLURM gives, the first start has two seconds for work, the second almost all.
        let run = try FlowtrainCase(Self.training + "\nrun: {stop_margin: 58}\n")
        let job = try submitTraining(run, ["--time=1", "--signal=B:USR1@5"])[0]
        try slurm.wait("a restart") { try slurm.records(job).first?["Restarts"] == "1" }
        try (Self.training + "\nrun: {stop_margin: 5}\n").write(toFile: run.directory.path("run.yaml"), atomically: true, encoding: .utf8)
        #expect(try slurm.ends(job) == ["COMPLETED"], "\(output(run, job))")
        let text = output(run, job)
        #expect(text.contains("the time limit is near") && text.contains("batch job \(job), restart 1"), "\(text)")
        #expect(text.contains("continues after step"))
        try expectUndisturbed(run)
    }

    @Test("scancel ends a job for good; the same command, submitted again, finishes")
    func cancelled() throws {
        let run = try FlowtrainCase(Self.training)
        let job = try submitTraining(run)[0]
        try waitForCheckpoint(run)
        try slurm.run(["scancel", job])
        #expect(try slurm.ends(job) == ["CANCELLED"])
        let next = try submitTraining(run)[0]
        #expect(try slurm.ends(next) == ["COMPLETED"], "\(output(run, next))")
        #expect(output(run, next).contains("continues after step"))
        try expectUndisturbed(run)
    }

    @Test("a killed rank ends the job within seconds, not at the time limit; submitted again it finishes")
    func rankKilled() throws {
        let run = try FlowtrainCase(Self.training)
        let job = try submitTraining(run)[0]
        try waitForCheckpoint(run)
        // Other jobs run meanwhile: the one whose arguments name this run directory.
        let victims = slurm.processes("flowtrain").filter { process in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")) == run.directory.path
        }
        #expect(victims.count == 2)
        kill(try #require(victims.last), SIGKILL)
        #expect(try slurm.ends(job, timeout: 60).first?.hasPrefix("FAILED") == true)
        let next = try submitTraining(run)[0]
        #expect(try slurm.ends(next) == ["COMPLETED"], "\(output(run, next))")
        try expectUndisturbed(run)
    }

    @Test("a node that goes down: SLURM queues the job again, which goes on from its checkpoint")
    func nodeDown() throws {
        let run = try FlowtrainCase(Self.training)
        let job = try submitTraining(run, partition: "failing")[0]
        try waitForCheckpoint(run)
        try slurm.run(["scontrol", "update", "nodename=n4", "state=down", "reason=test"])
        try slurm.wait("a restart") { try slurm.records(job).first?["Restarts"] == "1" }
        try slurm.run(["scontrol", "update", "nodename=n4", "state=resume"])
        #expect(try slurm.ends(job) == ["COMPLETED"], "\(output(run, job))")
        #expect(output(run, job).contains("continues after step"))
        try expectUndisturbed(run)
    }

    @Test("two jobs on one run directory: one gets it, the other is refused with 74 and names it")
    func twoJobs() throws {
        let run = try FlowtrainCase(Self.training)
        // Both fit beside each other, and start together.
        let jobs = try [submitTraining(run)[0], submitTraining(run)[0]]
        let ends = try jobs.map { try slurm.ends($0) }
        #expect(Set(ends) == [["COMPLETED"], ["FAILED 74"]])
        let winner = ends[0] == ["COMPLETED"] ? 0 : 1
        let refusal = output(run, jobs[1 - winner])
        #expect(refusal.contains("is in use by") && refusal.contains("job \(jobs[winner])"), "\(refusal)")
        try expectUndisturbed(run)
    }

    @Test("an array: each index in a run directory and with a seed of its own")
    func array() throws {
        let run = try FlowtrainCase()
        let command = ["flowtrain", "hmc", "run.yaml", "--run", "run-%a", "--set", "seed=%a"]
        let job = try slurm.submit(["--array=1-3", "--ntasks=1"], command, in: run.directory.path)[0]
        #expect(try slurm.ends(job) == ["COMPLETED", "COMPLETED", "COMPLETED"])
        let alone = try FlowtrainCase()
        #expect(try alone("hmc", ranks: 1, ["--set", "seed=2"]).status == 0)
        let chains = try (1...3).map { try FlowtrainCase.chainBytes(run.directory.path("run-\($0)")) }
        #expect(try chains[1] == alone.chainBytes())
        #expect(Set(chains).count == 3)
    }

    @Test("a chain of jobs: the second goes on from what the first left, and the third is cancelled because nothing is left to do")
    func links() throws {
        let run = try FlowtrainCase(Self.training)
        let jobs = try submitTraining(run, ["--links=3"])
        #expect(jobs.count == 3)
        try waitForCheckpoint(run)
        // What --signal=B:USR1@120 does two minutes before the end.
        try slurm.run(["scancel", "--batch", "--signal=USR1", jobs[0]])
        #expect(try slurm.ends(jobs[0]) == ["FAILED 75"], "\(output(run, jobs[0]))")
        #expect(try slurm.ends(jobs[1]) == ["COMPLETED"], "\(output(run, jobs[1]))")
        #expect(try slurm.ends(jobs[2]) == ["CANCELLED"])
        #expect(output(run, jobs[1]).contains("continues after step"))
        try expectUndisturbed(run)
    }

    @Test("restarts come to an end, and none comes against a STOP file")
    func restartCap() throws {
        let run = try FlowtrainCase(Self.training)
        // A margin longer than the time limit: every start does one step.
        let job = try submitTraining(run, environment: ["DIDYMOS_RESTARTS": "1"], "run.stop_margin=86400")[0]
        #expect(try slurm.ends(job) == ["FAILED 75"], "\(output(run, job))")
        #expect(try slurm.records(job).first?["Restarts"] == "1")
        #expect(output(run, job).contains("not finished, 1 restarts"))

        #expect(FileManager.default.createFile(atPath: "\(run.run)/STOP", contents: nil))
        let halted = try submitTraining(run)[0]
        #expect(try slurm.ends(halted) == ["FAILED 75"], "\(output(run, halted))")
        #expect(try slurm.records(halted).first?["Restarts"] == "0")
    }

    @Test("SLURM takes every executable's job with the options of every system")
    func systems() throws {
        let jobs = "\(SlurmCluster.repository)/jobs"
        let names = try FileManager.default.contentsOfDirectory(atPath: jobs).filter { FileManager.default.fileExists(atPath: "\(jobs)/\($0)/env.sh") }
        #expect(names.count >= 11)
        let scripts = try FileManager.default.contentsOfDirectory(atPath: jobs).filter { $0.hasSuffix(".sbatch") }
        #expect(scripts.count >= 4)
        for system in names {
            for script in scripts {
                let program = String(script.dropLast(".sbatch".count))
                let result = try slurm.run(
                    ["\(jobs)/submit", "--test-only", program, "train", "run.yaml", "--run", "run"], environment: ["DIDYMOS_SYSTEM": system])
                #expect(result.status == 0 && result.stderr.contains("to start at"), "\(program) on \(system): \(result.stderr)")
            }
        }
    }
}
