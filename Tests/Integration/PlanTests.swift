import Batch
import Foundation
import TestSupport
import Testing

/// What a job is told before it runs: plans for programs, and the words for a time limit.
@Suite("Before a run")
struct PlanTests {
    private func plan(_ executable: String, _ arguments: [String]) throws -> JSON {
        let result = try MPIRun.run(executable: executable, arguments: ["plan"] + arguments + ["--json"], ranks: nil, timeout: 60)
        #expect(result.status == 0, "\(result.stderr)")
        return try JSON(parsing: result.stdout)
    }

    @Test("flowtrain plan --json: lattice, shards and sums are those that the commands have")
    func flowtrain() throws {
        let run = try FlowtrainCase()
        let step = try #require(try plan("flowtrain", [run.directory.path("run.yaml"), "--set", "hmc.steps=5"])["step"])
        let hmc = try #require(step["hmc"]), train = try #require(step["train"])
        #expect(hmc["extents"] == [4, 4] && hmc["size"] == 16 && hmc["unit"] == "sites")
        // Five steps of two forces each: 10 kicks of 2 d + 6 operations and drifts of 2 on 16 sites, 32 bytes each.
        #expect(hmc["operations"]?.double == 10 * 16 * 12 && hmc["bytes"]?.double == 10 * 16 * 32)
        // One force more than drifts, two energies, one measurement.
        #expect(hmc["halos_per_step"] == 14)
        #expect(train["shards"] == 8 && train["size"] == 128)
        #expect(try run("train", ranks: 1, ["--set", "training.steps=3"]).status == 0)
        let summary = try JSON(parsing: String(contentsOfFile: "\(run.run)/summary.json", encoding: .utf8))
        let parameters = try #require(summary["results"]?["parameters"]?.integer)
        #expect(train["sums"]?.array?.first?["bytes"] == .integer(8 * parameters))
    }

    @Test("pulsardt plan: parameters, operations and sums of the network that train would take")
    func pulsars() throws {
        let train = try #require(try plan("pulsardt", ["--set", "training.batch=48", "--set", "model.network=PROT_LE_1_230908_0"])["step"]?["train"])
        #expect(train["shards"]?.integer == 3 && train["unit"]?.string == "frames")
        let sums = try #require(train["sums"]?.array)
        // The published network on frames of 256 x 256 has 1,784,352 parameters.
        #expect(sums.first?["bytes"]?.integer == 8 * 1_784_352)
        #expect(train["checkpoint_bytes"]?.double == 12.0 * 1_784_352)
        // A step takes at least a forward pass, of 22 million multiply-adds a frame, and its gradient.
        #expect((train["operations"]?.double ?? 0) > 48 * 2.5 * 2 * 20e6)
        let refused = try MPIRun.run(executable: "pulsardt", arguments: ["plan", "--set", "training.batsch=48"], ranks: nil, timeout: 60)
        #expect(refused.status == 65 && refused.stderr.contains("batch"), "\(refused.stderr)")
    }

    @Test("pulsardt plan of the U-Net: the published 7,762,465 parameters, whose mask takes 6.0 Gflop a frame")
    func segmentation() throws {
        let train = try #require(try plan("pulsardt", ["--set", "model.network=unet", "--set", "training.batch=16"])["step"]?["train"])
        #expect(train["shards"] == 1 && train["sums"]?.array?.first?["bytes"]?.integer == 8 * 7_762_465)
        #expect((train["operations"]?.double ?? 0) > 16 * 2.9 * 6.0e9)
    }

    @Test("glitchgen plan: the published 16,836,660 parameters of the U-Net on eight witnesses, shards and sums of train; impossible sizes are refused")
    func glitches() throws {
        let train = try #require(try plan("glitchgen", ["--set", "training.batch=48"])["step"]?["train"])
        #expect(train["shards"] == 3 && train["size"] == 48 && train["unit"] == "images")
        #expect(train["sums"]?.array?.first?["bytes"]?.integer == 8 * 16_836_660 && train["checkpoint_bytes"]?.double == 12.0 * 16_836_660)
        for (words, code, message) in [
            (["--size", "50"], 64, "--size: found 50, wanted a multiple of 8"), (["--witnesses", "0"], 64, "--witnesses: found 0"), (["--set", "network.bose=8"], 65, "base"),
        ] as [([String], Int32, String)] {
            let refused = try MPIRun.run(executable: "glitchgen", arguments: ["plan"] + words, ranks: nil, timeout: 60)
            #expect(refused.status == code && refused.stderr.contains(message), "\(refused.status) \(refused.stderr)")
        }
    }

    @Test("gan3d plan: a configuration says networks and batch itself")
    func gan3d() throws {
        let directory = try TemporaryDirectory()
        try "model: {profile: miniature}\ntraining: {batch: 64, generator_steps: 2}\n".write(
            toFile: directory.path("run.yaml"), atomically: true, encoding: .utf8)
        let train = try #require(try plan("gan3d", [directory.path("run.yaml"), "--set", "training.batch=48"])["step"]?["train"])
        #expect(train["shards"] == 3 && train["size"] == 48 && train["unit"] == "showers")
        #expect((train["operations"]?.double ?? 0) > 0 && (train["sums"]?.array?.count ?? 0) > 6)
        for (words, message) in [(["--json"], "need a configuration"), ([directory.path("run.yaml"), "--batch", "32"], "leave --profile and --batch out")] {
            let refused = try MPIRun.run(executable: "gan3d", arguments: ["plan"] + words, ranks: nil, timeout: 60)
            #expect(refused.status == 64 && refused.stderr.contains(message), "\(refused.stderr)")
        }
    }

    @Test("--time-limit takes the lengths of time that configurations take, and says so", arguments: ["flowtrain hmc", "gan3d simulate", "pulsardt search"])
    func timeLimit(command: String) throws {
        let words = command.split(separator: " ").map(String.init)
        func run(_ limit: String) throws -> ProcessResult {
            try MPIRun.run(executable: words[0], arguments: [words[1], "/no/such/file", "--run", "/proc/no/run", "--time-limit", limit], ranks: 1, timeout: 60)
        }
        let wrong = try run("soon")
        #expect(wrong.status == 64 && wrong.stderr.contains("--time-limit") && wrong.stderr.contains("such as 90, 15m, 2h or 1:30:00"), "\(wrong.stderr)")
        // Past the command line: the next thing that is wrong.
        for limit in ["61m", "90", "1:30:00"] { #expect([65, 74].contains(try run(limit).status), "\(limit)") }
    }

    @Test("a limit in minutes ends a run as one in seconds does")
    func minutes() throws {
        let run = try FlowtrainCase()
        // Less than the margin of thirty seconds: one step.
        #expect(try run("hmc", ranks: 2, ["--time-limit", "0.25m"]).status == 75)
        #expect(try run("hmc", ranks: 1, ["--time-limit", "1h"]).status == 0)
    }

    @Test("selfcheck's help names rooms that there are")
    func rooms() throws {
        let help = try MPIRun.run(executable: "selfcheck", arguments: ["--help"], ranks: nil, timeout: 60).stdout
        let list = try MPIRun.run(executable: "selfcheck", arguments: ["--list"], ranks: nil, timeout: 60).lines
        let rooms = Set(list.compactMap { $0.split(separator: ".").first.map(String.init) })
        #expect(rooms.count > 3 && rooms.allSatisfy { help.contains($0) }, "\(help)")
        let example = try #require(help.split(separator: "\n").first { $0.hasSuffix("one room") })
        #expect(rooms.contains { example.contains("selfcheck \($0) ") }, "\(example)")
    }
}
