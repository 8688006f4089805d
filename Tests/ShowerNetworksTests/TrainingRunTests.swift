import Foundation
import MessagePassing
import ParallelHDF5
import TestSupport
import Testing

/// `gan3d train` and `gan3d generate` on a small box: the same bits on any number of ranks, through kills, and clear words about bad input.
@Suite(.serialized) struct TrainingRunTests {
    private func configuration(_ directory: TemporaryDirectory) throws -> String {
        let text = """
            seed: 4
            data: {files: [\(directory.path("showers.h5"))]}
            model: {profile: miniature}
            training: {batch: 48, epochs: 4, learning_rate: 5e-4, checkpoint_every: 1, score_showers: 16}
            run: {tensorboard: false, prometheus: false}
            """
        try text.write(toFile: directory.path("run.yaml"), atomically: true, encoding: .utf8)
        return directory.path("run.yaml")
    }

    private func train(_ settings: String, _ run: String, ranks: Int) throws -> ProcessResult {
        try MPIRun.run(executable: "gan3d", arguments: ["train", settings, "--run", run], ranks: ranks, timeout: 120)
    }

    private func hash(_ run: String) throws -> String {
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: run + "/summary-train.json"))) as? [String: Any]
        let results = object?["results"] as? [String: Any]
        return try #require(results?["parameter_hash"] as? String)
    }

    @Test("weights are the same bits on 1, 2 and 3 ranks, and through SIGKILLs and restarts on other numbers of ranks; so are generated showers")
    func sameBits() throws {
        let directory = try TemporaryDirectory()
        try ToyShowers.write(directory.path("showers.h5"))
        let settings = try configuration(directory)
        for ranks in 1...3 {
            let result = try train(settings, directory.path("run\(ranks)"), ranks: ranks)
            #expect(result.status == 0, "\(result.stderr)")
        }
        let reference = try hash(directory.path("run1"))
        #expect(try hash(directory.path("run2")) == reference)
        #expect(try hash(directory.path("run3")) == reference)

        var generator = SystemRandomNumberGenerator()
        let killed = directory.path("killed")
        for ranks in [2, 1] {
            let child = try MPIRun.start(executable: "gan3d", arguments: ["train", settings, "--run", killed], ranks: ranks)
            let checkpoints = killed + "/checkpoints/train"
            let before = (try? FileManager.default.contentsOfDirectory(atPath: checkpoints)) ?? []
            let end = Date().addingTimeInterval(60)
            while Date() < end, Set((try? FileManager.default.contentsOfDirectory(atPath: checkpoints)) ?? []) == Set(before) { usleep(20_000) }
            if let victim = child.descendants.randomElement(using: &generator) { kill(victim, SIGKILL) }
            _ = child.wait(timeout: 60)
        }
        let result = try train(settings, killed, ranks: 3)
        #expect(result.status == 0, "\(result.stderr)")
        #expect(try hash(killed) == reference)

        let index = try String(contentsOfFile: killed + "/registry/index.json", encoding: .utf8)
        #expect(index.contains("\"best\": true"))
        var showers: [Data] = []
        for ranks in 1...2 {
            let run = directory.path("generated\(ranks)")
            let made = try MPIRun.run(
                executable: "gan3d",
                arguments: [
                    "generate", settings, "--run", run, "--set", "generation.model=\(killed)/registry/epoch-0004.h5", "--set", "generation.showers=64",
                ], ranks: ranks, timeout: 60)
            #expect(made.status == 0, "\(made.stderr)")
            showers.append(
                try HDF5File.with(HDF5File.open(run + "/generated.h5", communicator: nil)) { file in
                    let values = try file.root.read("ECAL", as: Float.self)
                    #expect(values.count == 64 * 500 && values.allSatisfy { $0 >= 0 } && values.contains { $0 > 0 })
                    return values.withUnsafeBytes { Data($0) }
                })
        }
        #expect(showers[0] == showers[1])
    }

    @Test("a negative energy and a missing dataset are named, with file and place")
    func badInput() throws {
        let directory = try TemporaryDirectory()
        try ToyShowers.write(directory.path("showers.h5")) { for i in 0..<200 { $0[i * 500 + 7] = -1 } }
        let settings = try configuration(directory)
        let negative = try train(settings, directory.path("run"), ranks: 2)
        #expect(negative.status == 65 && negative.stderr.contains("showers.h5: ECAL of shower"), "\(negative.status) \(negative.stderr)")
        try FileManager.default.removeItem(atPath: directory.path("showers.h5"))
        _ = try HDF5File.with(HDF5File.create(directory.path("showers.h5"), communicator: nil)) { try $0.root.write("ECAL", [Float(0)]) }
        let missing = try train(settings, directory.path("run"), ranks: 2)
        #expect(missing.status == 65 && missing.stderr.contains("no dataset 'energy'"), "\(missing.status) \(missing.stderr)")
    }
}
