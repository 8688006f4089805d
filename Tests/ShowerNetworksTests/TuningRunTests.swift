import Foundation
import ParallelHDF5
import TestSupport
import Testing

/// `gan3d tune` on a small box: the same trials, scores and winner on any number of ranks, through kills; failing trials are only that.
@Suite(.serialized) struct TuningRunTests {
    private let directory: TemporaryDirectory
    private let settings: String

    init() throws {
        directory = try TemporaryDirectory()
        try ToyShowers.write(directory.path("showers.h5"))
        let text = """
            seed: 4
            data: {files: [\(directory.path("showers.h5"))]}
            model: {profile: miniature}
            training: {batch: 32, epochs: 4, learning_rate: 5e-4, checkpoint_every: 1, score_showers: 16}
            tuning:
              search: grid
              rungs: 3
              eta: 2
              space:
                - {setting: training.learning_rate, choice: [1e-3, 2e-3, 10]}
                - {setting: training.loss_weights.deposit, choice: [0.1, 0.3]}
            run: {tensorboard: false, prometheus: false}
            """
        settings = directory.path("run.yaml")
        try text.write(toFile: settings, atomically: true, encoding: .utf8)
    }

    private func tune(_ run: String, ranks: Int, _ more: [String] = []) throws -> ProcessResult {
        try MPIRun.run(executable: "gan3d", arguments: ["tune", settings, "--run", directory.path(run)] + more, ranks: ranks, timeout: 200)
    }

    private func results(_ run: String, _ command: String) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: directory.path("\(run)/summary-\(command).json"))))
        return try #require((object as? [String: Any])?["results"] as? [String: Any])
    }

    /// Scores, failures and learning curves, to the bit.
    private func content(_ run: String) throws -> [String] {
        try HDF5File.with(.open(directory.path("\(run)/tuning.h5"), communicator: nil)) { file in
            var lines = [try "\(file.root.attribute("winner", as: Int64.self))"]
            lines.append(try "\(file.root.read("score", as: Double.self).map(\.bitPattern)) \(file.root.read("failed", as: UInt8.self))")
            for name in try file.root.group("trials").memberNames {
                let group = try file.root.group("trials/\(name)")
                lines.append(try "\(name) \(group.stringAttribute("parameter_hash")) \(group.stringAttribute("failure"))")
                guard try group.hasObject("profile") else { continue }
                lines.append(try "\(group.read("profile", as: Double.self).map(\.bitPattern)) \(group.read("response", as: Double.self).map(\.bitPattern))")
            }
            return lines
        }
    }

    @Test("the same on 1, 2 and 3 ranks and through SIGKILLs and restarts on other numbers of ranks; the winner's settings train to the winner's weights")
    func sameBits() throws {
        for ranks in 1...3 {
            let result = try tune("run\(ranks)", ranks: ranks)
            #expect(result.status == 0, "\(result.stderr)")
        }
        let reference = try content("run1")
        #expect(try content("run2") == reference)
        #expect(try content("run3") == reference)

        var generator = SystemRandomNumberGenerator()
        for ranks in [3, 2, 1] {
            let child = try MPIRun.start(executable: "gan3d", arguments: ["tune", settings, "--run", directory.path("killed")], ranks: ranks)
            let trials = directory.path("killed/checkpoints/tune")
            func files() -> Set<String> { Set((try? FileManager.default.subpathsOfDirectory(atPath: trials)) ?? []) }
            let before = files()
            let end = Date().addingTimeInterval(60)
            while Date() < end, files() == before { usleep(20_000) }
            usleep(UInt32.random(in: 0..<300_000, using: &generator))
            if let victim = child.descendants.randomElement(using: &generator) { kill(victim, SIGKILL) }
            _ = child.wait(timeout: 60)
        }
        let result = try tune("killed", ranks: 2)
        #expect(result.status == 0, "\(result.stderr)")
        #expect(try content("killed") == reference)

        let found = try results("run2", "tune")
        #expect(found["trials"] as? Int == 7 && found["failed_trials"] as? Int == 2)
        let score = try #require(found["best_score"] as? Double), baseline = try #require(found["baseline_score"] as? Double)
        #expect(score <= baseline)
        let epochs = try #require(found["best_epochs"] as? Int)
        let trained = try MPIRun.run(
            executable: "gan3d",
            arguments: ["train", directory.path("run2/tuned.yaml"), "--run", directory.path("trained"), "--set", "training.epochs=\(epochs)"], ranks: 2, timeout: 100)
        #expect(trained.status == 0, "\(trained.stderr)")
        #expect(try results("trained", "train")["parameter_hash"] as? String == found["best_parameter_hash"] as? String)
        #expect(try results("trained", "train")["best_score"] as? Double == score)
        for name in ["tuning.html", "tuning.md"] {
            let text = try String(contentsOfFile: directory.path("run2/\(name)"), encoding: .utf8)
            #expect(text.contains("wins") && text.contains("failed: ") && text.contains("training.learning_rate"))
        }
    }

    @Test("out of time: exit code 75 with what is known so far; the same command goes on, on other ranks; a changed base is refused")
    func stopped() throws {
        let quick = ["--set", "tuning.rungs=1", "--set", "tuning.baseline=false", "--set", "tuning.space=[{setting: training.learning_rate, choice: [1e-3, 2e-3]}]"]
        // The margin before the limit is longer than the limit: the first look at the clock stops.
        let stopped = try tune("a", ranks: 2, quick + ["--time-limit", "5"])
        #expect(stopped.status == 75, "\(stopped.stderr)")
        #expect(FileManager.default.fileExists(atPath: directory.path("a/tuning.h5")) && !FileManager.default.fileExists(atPath: directory.path("a/tuned.yaml")))
        let again = try tune("a", ranks: 3, quick)
        #expect(again.status == 0, "\(again.stderr)")
        #expect(try tune("b", ranks: 1, quick).status == 0)
        #expect(try content("a") == content("b"))
        let other = try tune("a", ranks: 1, quick + ["--set", "training.batch=48"])
        #expect(other.status == 65 && other.stderr.contains("other settings"), "\(other.status) \(other.stderr)")
    }

    @Test("if every trial fails the results are written and the code is 70; a negative energy ends the search with 65")
    func failures() throws {
        let all = ["--set", "tuning.baseline=false", "--set", "tuning.space=[{setting: training.learning_rate, choice: [10]}]"]
        let failed = try tune("a", ranks: 2, all)
        #expect(failed.status == 70 && failed.stderr.contains("all 1 trials of rung 1 failed"), "\(failed.status) \(failed.stderr)")
        #expect(FileManager.default.fileExists(atPath: directory.path("a/tuning.h5")))
        try ToyShowers.write(directory.path("showers.h5")) { for i in 0..<200 { $0[i * ToyShowers.cells + 7] = -1 } }
        let negative = try tune("b", ranks: 2)
        #expect(negative.status == 65 && negative.stderr.contains("showers.h5: ECAL of shower"), "\(negative.status) \(negative.stderr)")
    }

    @Test("the example simulates and searches as it is, here with few showers and two trials")
    func example() throws {
        let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("examples/showers-tuning.yaml").path
        let run = directory.path("example")
        for arguments in [
            ["simulate", "--set", "simulation.events=200"],
            ["tune", "--set", "data.files=[\(run)/showers-0000.h5]", "--set", "tuning.trials=2", "--set", "tuning.rungs=1", "--set", "tuning.first_epochs=1"],
        ] {
            let result = try MPIRun.run(executable: "gan3d", arguments: [arguments[0], example, "--run", run] + arguments.dropFirst(), ranks: 2, timeout: 100)
            #expect(result.status == 0, "\(result.stderr)")
        }
        #expect(FileManager.default.fileExists(atPath: run + "/tuned.yaml"))
    }
}
