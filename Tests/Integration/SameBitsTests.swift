import Foundation
import Glibc
import TestSupport
import Testing

@Suite("The same bits on any number of ranks, whatever happens to them")
struct SameBitsTests {
    @Test("50 HMC trajectories on 1, 2, 3, 4 ranks, any process grid")
    func chain() throws {
        var reference: [UInt8]?
        for (ranks, grid) in [(1, nil), (2, nil), (3, nil), (4, nil), (4, "[1, 4]")] as [(Int, String?)] {
            let run = try FlowtrainCase(FlowtrainCase.small.replacing("[4, 4]", with: "[6, 5]"))
            let result = try run("hmc", ranks: ranks, grid.map { ["--set", "run.process_grid=\($0)"] } ?? [])
            #expect(result.status == 0, "\(result.stderr)")
            let bytes = try run.chainBytes()
            #expect(bytes == reference ?? bytes, "\(ranks) ranks")
            reference = bytes
        }
    }

    @Test("200 training steps on 1, 2, 3, 4 ranks, and the samples drawn then", arguments: ["continuous", "affine"])
    func training(architecture: String) throws {
        var reference: ([UInt8], [UInt8])?
        for ranks in 1...4 {
            let flow = architecture == "affine" ? "{architecture: affine, couplings: 2, hidden: [4]}" : nil
            let run = try FlowtrainCase(
                flow.map { FlowtrainCase.small.replacing("{architecture: continuous, harmonics: 2, time_terms: 2, integration_steps: 4}", with: $0) }
                    ?? FlowtrainCase.small)
            let trained = try run("train", ranks: ranks)
            #expect(trained.status == 0, "\(trained.stderr)")
            let sampled = try run("sample", ranks: ranks)
            #expect(sampled.status == 0, "\(sampled.stderr)")
            let bytes = (try run.trainedBytes(), try run.sampleBytes())
            #expect(bytes.0 == reference?.0 ?? bytes.0, "parameters on \(ranks) ranks")
            #expect(bytes.1 == reference?.1 ?? bytes.1, "samples on \(ranks) ranks")
            reference = bytes
        }
    }

    @Test("a rank killed at 20 random moments, restarted on another number of ranks each time")
    func killed() throws {
        let undisturbed = try FlowtrainCase()
        let settings = ["--set", "training.steps=600", "--set", "training.checkpoint_every=5"]
        #expect(try undisturbed("train", ranks: 1, settings).status == 0)
        let reference = try undisturbed.trainedBytes()

        let run = try FlowtrainCase()
        var generator = SystemRandomNumberGenerator()
        var kills = 0
        for attempt in 0..<60 where kills < 20 {
            let ranks = [2, 1, 3, 4][attempt % 4]
            // One kill in four falls inside the writing of a checkpoint.
            let point = ["after-create", "mid-write", "before-rename", "after-rename"].randomElement(using: &generator) ?? "mid-write"
            let inside = attempt % 4 == 3
            let environment = inside ? ["DIDYMOS_FAULT": "checkpoint-write:\(point):0:2"] : [:]
            let child = try run.start("train", ranks: ranks, settings, environment: environment)
            if !inside {
                usleep(UInt32.random(in: 300_000...900_000, using: &generator))
                // The ranks are the processes that are not mpirun's own helpers.
                if let victim = child.descendants.randomElement(using: &generator) { kill(victim, SIGKILL) }
            }
            let result = child.wait(timeout: 120)
            if result.status == 0 { break }
            kills += 1
        }
        let last = try run("train", ranks: 3, settings)
        #expect(last.status == 0, "\(last.stderr)")
        #expect(try run.trainedBytes() == reference)
        #expect(kills > 3, "the run was over before it could be disturbed: \(kills) kills")
    }

    @Test("sampling killed inside and just after its checkpoints, restarted on other numbers of ranks each time: the same samples")
    func sampling() throws {
        let settings = ["--set", "training.steps=20", "--set", "sampling.samples=8192", "--set", "sampling.checkpoint_every=1024"]
        let undisturbed = try FlowtrainCase()
        #expect(try undisturbed("train", ranks: 2, settings).status == 0)
        #expect(try undisturbed("sample", ranks: 1, settings).status == 0)
        let reference = try undisturbed.sampleBytes()

        let run = try FlowtrainCase()
        #expect(try run("train", ranks: 2, settings).status == 0)
        for (ranks, point) in [(2, "mid-write"), (1, "after-rename"), (3, "before-rename"), (2, "after-rename")] {
            let killed = try run("sample", ranks: ranks, settings, environment: ["DIDYMOS_FAULT": "checkpoint-write:\(point):0:1"])
            #expect(killed.status != 0, "\(ranks) ranks, \(point)")
            #expect(!FileManager.default.fileExists(atPath: "\(run.run)/samples.h5"))
        }
        let last = try run("sample", ranks: 3, settings)
        #expect(last.status == 0, "\(last.stderr)")
        #expect(last.stderr.contains("continues after"), "\(last.stderr)")
        #expect(try run.sampleBytes() == reference)
    }

    @Test("a signal, a STOP file and a time limit each stop with a good checkpoint and code 75; the same command then finishes to the same bits")
    func stopped() throws {
        let settings = ["--set", "training.steps=3000"]
        let undisturbed = try FlowtrainCase()
        #expect(try undisturbed("train", ranks: 1, settings).status == 0)
        let reference = try undisturbed.trainedBytes()

        let run = try FlowtrainCase()
        let child = try run.start("train", ranks: 2, settings)
        for _ in 0..<600 where run.checkpoints("train").isEmpty { usleep(50_000) }
        child.send(SIGUSR1)
        #expect(child.wait(timeout: 60).status == 75)
        #expect(!run.checkpoints("train").isEmpty)

        #expect(FileManager.default.createFile(atPath: "\(run.run)/STOP", contents: nil))
        #expect(try run("train", ranks: 3, settings).status == 75)
        try FileManager.default.removeItem(atPath: "\(run.run)/STOP")

        #expect(try run("train", ranks: 1, settings + ["--time-limit", "31"]).status == 75)
        let last = try run("train", ranks: 2, settings)
        #expect(last.status == 0, "\(last.stderr)")
        #expect(try run.trainedBytes() == reference)
    }

    @Test("the newest good checkpoint is taken; one with a flipped byte or cut short is passed over by name")
    func damaged() throws {
        let run = try FlowtrainCase()
        #expect(try run("train", ranks: 2, ["--set", "training.keep_checkpoints=3"]).status == 0)
        let reference = try run.trainedBytes()
        let names = run.checkpoints("train")
        #expect(names.count == 3)
        let newest = "\(run.run)/checkpoints/train/\(names[2])"
        let second = "\(run.run)/checkpoints/train/\(names[1])"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: newest))
        bytes[bytes.count / 2] ^= 0x10
        try bytes.write(to: URL(fileURLWithPath: newest))
        let whole = try Data(contentsOf: URL(fileURLWithPath: second))
        try whole.prefix(whole.count - 100).write(to: URL(fileURLWithPath: second))
        let result = try run("train", ranks: 3, ["--set", "training.keep_checkpoints=3"])
        #expect(result.status == 0, "\(result.stderr)")
        #expect(result.stderr.contains("\(names[2]) is passed over: damaged"))
        #expect(result.stderr.contains("\(names[1]) is passed over: torn"))
        #expect(result.stderr.contains("continues after step"))
        #expect(try run.trainedBytes() == reference)
    }
}
