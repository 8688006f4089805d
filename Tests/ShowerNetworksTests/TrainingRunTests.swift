import Foundation
import MessagePassing
import Numerics
import ParallelHDF5
import TestSupport
import Testing

extension FileTests {
    /// `gan3d train` and `gan3d generate` on a small box: the same bits on any number of ranks, through kills, and clear words about bad input.
    @Suite struct TrainingRunTests {
        private func configuration(_ directory: TemporaryDirectory, profile: String = "miniature", batch: Int = 48, more: String = "") throws -> String {
            let text = """
                seed: 4
                data: {files: [\(directory.path("showers.h5"))]}
                model: {profile: \(profile)}
                training: {batch: \(batch), epochs: 4, learning_rate: 5e-4, checkpoint_every: 1, score_showers: 16\(more)}
                run: {tensorboard: false, prometheus: false}
                """
            try text.write(toFile: directory.path("run.yaml"), atomically: true, encoding: .utf8)
            return directory.path("run.yaml")
        }

        private func train(_ settings: String, _ run: String, ranks: Int, _ overrides: [String] = []) throws -> ProcessResult {
            try MPIRun.run(
                executable: "gan3d", arguments: ["train", settings, "--run", run] + overrides.flatMap { ["--set", $0] }, ranks: ranks, timeout: 120)
        }

        /// The epochs of a run's registry.
        private func epochs(_ run: String) throws -> (index: [String: Any], epochs: [[String: Any]]) {
            let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: run + "/registry/index.json")))
            let index = try #require(object as? [String: Any])
            return (index, try #require(index["epochs"] as? [[String: Any]]))
        }

        private func generatorParameters(_ path: String) throws -> [Float] {
            try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
                let group = try file.root.group("generator/parameters")
                return try group.memberNames.sorted().flatMap { layer in
                    try group.group(layer).memberNames.sorted().flatMap { try group.read("\(layer)/\($0)", as: Float.self) }
                }
            }
        }

        private func hash(_ run: String) throws -> String {
            let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: run + "/summary-train.json"))) as? [String: Any]
            let results = object?["results"] as? [String: Any]
            return try #require(results?["parameter_hash"] as? String)
        }

        /// A profile, and toy showers that fit it.
        struct Case: Sendable, CustomTestStringConvertible {
            let profile: String
            let extents: [Int]
            let count: Int
            let batch: Int
            var testDescription: String { profile }
        }

        @Test(
            "weights are the same bits on 1, 2 and 3 ranks, and through SIGKILLs and restarts on other numbers of ranks; so are generated showers",
            arguments: [
                Case(profile: "miniature", extents: [10, 10, 5], count: 200, batch: 48),
                Case(profile: "small", extents: [10, 10, 5], count: 200, batch: 48),
                Case(profile: "didymos", extents: [51, 51, 25], count: 56, batch: 48),
            ])
        func sameBits(_ its: Case) throws {
            let directory = try TemporaryDirectory()
            try ToyShowers.write(directory.path("showers.h5"), count: its.count, extents: its.extents)
            let settings = try configuration(directory, profile: its.profile, batch: its.batch)
            for ranks in 1...3 {
                let result = try train(settings, directory.path("run\(ranks)"), ranks: ranks)
                #expect(result.status == 0, "\(result.stderr)")
            }
            let reference = try hash(directory.path("run1"))
            #expect(try hash(directory.path("run2")) == reference)
            #expect(try hash(directory.path("run3")) == reference)
            // What a rank keeps of the showers it has read is its own affair.
            #expect(try train(settings, directory.path("forgetful"), ranks: 2, ["data.memory=0"]).status == 0)
            #expect(try hash(directory.path("forgetful")) == reference)

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
                        #expect(values.count == 64 * its.extents.reduce(1, *) && values.allSatisfy { $0 >= 0 } && values.contains { $0 > 0 })
                        return values.withUnsafeBytes { Data($0) }
                    })
            }
            #expect(showers[0] == showers[1])
        }

        @Test("of the registry's epochs the newest and the best stay, and the best is model.h5")
        func registryKeepsNewestAndBest() throws {
            let directory = try TemporaryDirectory()
            try ToyShowers.write(directory.path("showers.h5"))
            let run = directory.path("run")
            let result = try train(
                configuration(directory), run, ranks: 2, ["training.keep_epochs=2", "training.epochs=6", "training.learning_rate=0.003"])
            #expect(result.status == 0, "\(result.stderr)")
            let (_, epochs) = try epochs(run)
            #expect(epochs.compactMap { $0["epoch"] as? Int } == Array(1...6))
            let scores = epochs.map { ($0["profile"] as? Double ?? .nan) + ($0["response"] as? Double ?? .nan) }
            let best = try #require(scores.indices.min { scores[$0] < scores[$1] }) + 1
            #expect(epochs.filter { $0["best"] as? Bool == true }.compactMap { $0["epoch"] as? Int } == [best])
            let kept = Set([5, 6, best])
            #expect(Set(epochs.filter { $0["file"] != nil }.compactMap { $0["epoch"] as? Int }) == kept)
            let files = try FileManager.default.contentsOfDirectory(atPath: run + "/registry").filter { $0.hasSuffix(".h5") }
            #expect(Set(files) == Set(kept.map { "epoch-000\($0).h5" }))
            #expect(FileManager.default.contentsEqual(atPath: run + "/model.h5", andPath: run + "/registry/epoch-000\(best).h5"))
        }

        @Test("a training goes on from another's model, names its parent, and refuses one of another profile")
        func warmStart() throws {
            let directory = try TemporaryDirectory()
            try ToyShowers.write(directory.path("showers.h5"))
            let settings = try configuration(directory)
            let first = directory.path("first")
            #expect(try train(settings, first, ranks: 2, ["training.epochs=1"]).status == 0)
            // Other showers, and a rate of zero: what comes out is what went in.
            try ToyShowers.write(directory.path("others.h5")) { for i in $0.indices { $0[i] *= 2 } }
            let second = directory.path("second")
            let transfer = ["data.files=[\(directory.path("others.h5"))]", "training.warm_start=\(first)/model.h5", "training.epochs=1"]
            let result = try train(settings, second, ranks: 1, transfer + ["training.learning_rate=0"])
            #expect(result.status == 0, "\(result.stderr)")
            #expect(try generatorParameters(second + "/model.h5") == generatorParameters(first + "/model.h5"))
            #expect(try epochs(second).index["parent"] as? String == first + "/model.h5")
            // With a rate it moves on.
            let third = directory.path("third")
            #expect(try train(settings, third, ranks: 2, transfer).status == 0)
            #expect(try generatorParameters(third + "/model.h5") != generatorParameters(first + "/model.h5"))

            let refused = try train(configuration(directory, profile: "small"), directory.path("refused"), ranks: 2, transfer)
            #expect(refused.status == 65 && refused.stderr.contains("another profile"), "\(refused.status) \(refused.stderr)")
        }

        @Test("a generator that makes empty showers ends the run with the reason")
        func collapse() throws {
            let directory = try TemporaryDirectory()
            try ToyShowers.write(directory.path("showers.h5"))
            let settings = try configuration(directory)
            let first = directory.path("first")
            #expect(try train(settings, first, ranks: 1, ["training.epochs=1"]).status == 0)
            try HDF5File.with(HDF5File.open(first + "/model.h5", communicator: nil, writable: true)) { file in
                let bias = try file.root.dataset("generator/parameters/conv4/bias")
                try [Float(-1e3)].withUnsafeBufferPointer { try bias.write($0, offset: [0], count: [1]) }
            }
            let result = try train(settings, directory.path("empty"), ranks: 2, ["training.warm_start=\(first)/model.h5"])
            #expect(result.status == 70 && result.stderr.contains("empty showers"), "\(result.status) \(result.stderr)")
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
}
