import Foundation
import MessagePassing
import Numerics
import ParallelHDF5
import PulsarFrames
import PulsarNetworks
import RadioStreams
import TestSupport
import Testing

/// Suites that use MPI or HDF5 in the test process, one test at a time.
@Suite(.serialized) enum ClassifierTests {
    static func results(_ run: String, _ command: String) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: "\(run)/summary-\(command).json"))) as? [String: Any]
        return try #require(object?["results"] as? [String: Any])
    }

    static func share(_ results: [String: Any], _ name: String) throws -> Double {
        try #require((results[name] as? [String: Any])?["value"] as? Double, "\(name)")
    }

    static func pulsardt(_ arguments: [String], ranks: Int?) throws -> ProcessResult {
        try MPIRun.run(
            executable: "pulsardt", arguments: arguments + ["--set", "run.tensorboard=false", "--set", "run.prometheus=false"], ranks: ranks, timeout: 120)
    }
}

extension ClassifierTests {
    @Suite struct LearningTests {
        @Test("the network didymos learns the nine classes from 16,000 toy frames made on the fly")
        func learns() throws {
            let parameters = try ToyClassifier.trained.get()
            let classifier = try FrameClassifier(ToyClassifier.model, training: false)
            var other = ToyFrames()
            other.seed = 6
            let score = try parameters.withUnsafeBufferPointer {
                try ClassifierValidation(draw: FrameDraw(other), frames: 2000)
                    .judge(classifier, parameters: $0, threshold: 0.5, communicator: MessagePassing.start())
            }
            // Fixed seeds, so the numbers are too; a branch that does not learn costs its whole question, and with it a quarter of the accuracy.
            #expect(score.accuracy.value > 0.9, "accuracy \(score.accuracy.value)")
            #expect(score.recallAbove10.value > 0.95, "recall \(score.recallAbove10.value)")
            #expect(score.falsePulsesInNoise.value < 0.05, "false pulses \(score.falsePulsesInNoise.value)")
        }

        @Test("shares and their errors: Wilson's interval, confusion, recall by S/N") func score() {
            typealias Judgement = ClassifierScore.Judgement
            func judgement(_ target: Int, _ predicted: Int, _ ratio: Double) -> Judgement {
                var probabilities = [Float](repeating: 0, count: 9)
                probabilities[predicted] = 1
                return Judgement(target: target, probabilities: probabilities, signalToNoise: ratio)
            }
            let score = ClassifierScore(
                [judgement(1, 1, 8), judgement(1, 5, 12), judgement(3, 0, 6), judgement(0, 0, 0), judgement(0, 1, 0), judgement(8, 8, 0)], classes: 9, threshold: 0.5)
            #expect(score.accuracy.count == 3 && score.accuracy.of == 6)
            #expect(score.confusion[1][5] == 1 && score.confusion[3][0] == 1)
            #expect(score.recallAbove7.count == 2 && score.recallAbove7.of == 2)
            #expect(score.recall.map(\.of) == [0, 0, 1, 1, 1, 0, 0] && score.recall.map(\.count) == [0, 0, 0, 1, 1, 0, 0])
            #expect(score.falsePulsesInNoise.count == 1 && score.falsePulsesInNoise.of == 2)
            // One sigma of 2 of 2 by Wilson: sqrt(1 / 16) / 1.5.
            #expect(abs(score.recallAbove7.error - 0.25 / 1.5) < 1e-12)
        }
    }

    @Suite struct TrainingRunTests {
        private func train(_ frames: String, _ run: String, ranks: Int, _ more: [String] = []) throws -> ProcessResult {
            try pulsardt(arguments(frames, run, more), ranks: ranks)
        }

        private func arguments(_ frames: String, _ run: String, _ more: [String] = []) -> [String] {
            let settings = [
                "data.frames=\(frames)", "model.dm_max=50", "training.steps=24", "training.batch=48", "training.validate_every=8",
                "training.checkpoint_every=2", "training.validation_frames=32",
            ] + more
            return ["train", "--run", run] + settings.flatMap { ["--set", $0] }
        }

        private func hash(_ run: String) throws -> String { try #require(results(run, "train")["parameter_hash"] as? String) }

        @Test("weights are the same bits on 1, 2 and 3 ranks, and through a kill and a restart on another number of ranks", arguments: ["didymos", "PROT_LE_1_230908_0"])
        func sameBits(_ network: String) throws {
            let directory = try TemporaryDirectory()
            let frames = directory.path("frames.h5")
            try ToyFrames().write(frames, count: 240)
            let more = ["model.network=\(network)"]
            var hashes: [String] = []
            for ranks in 1...3 {
                let result = try train(frames, directory.path("run\(ranks)"), ranks: ranks, more)
                #expect(result.status == 0, "\(result.stderr)")
                hashes.append(try hash(directory.path("run\(ranks)")))
            }
            #expect(Set(hashes).count == 1)

            let killed = directory.path("killed")
            let child = try MPIRun.start(executable: "pulsardt", arguments: arguments(frames, killed, more), ranks: 2)
            let end = Date().addingTimeInterval(60)
            func checkpoints() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: killed + "/checkpoints/train")) ?? [] }
            while Date() < end, !checkpoints().contains(where: { $0.hasSuffix(".h5") }) { usleep(10_000) }
            if let victim = child.descendants.last { kill(victim, SIGKILL) }
            _ = child.wait(timeout: 60)
            let result = try train(frames, killed, ranks: 3, more)
            #expect(result.status == 0, "\(result.stderr)")
            #expect(try hash(killed) == hashes[0])

            let found = try results(directory.path("run2"), "train")
            #expect((found["confusion"] as? [[Int]])?.joined().reduce(0, +) == found["frames"] as? Int)
            #expect((found["by_snr"] as? [[String: Any]])?.count == 7)
            let (model, _) = try ClassifierModelFile.read(directory.path("run1/model.h5"), communicator: nil)
            #expect(model.kind.rawValue == network && model.axes == ToyFrames().axes && model.largestMeasure == 50)
        }

        @Test("wrong frames are named with file, dataset and place") func badInput() throws {
            let directory = try TemporaryDirectory()
            let frames = directory.path("frames.h5")
            try ToyFrames().write(frames, count: 64) { $0[5 * 8192 + 3 * 128 + 7] = .nan }
            let nan = try train(frames, directory.path("a"), ranks: 2)
            #expect(nan.status == 65 && nan.stderr.contains("frames.h5: frames: found nan in frame 5, channel 3, sample 7"), "\(nan.status) \(nan.stderr)")
            _ = try HDF5File.with(HDF5File.create(frames, communicator: nil)) { try $0.root.write("frames", [Float](repeating: 0, count: 64), shape: [8, 8]) }
            let shape = try train(frames, directory.path("b"), ranks: 1)
            #expect(shape.status == 65 && shape.stderr.contains("frames: found shape [8, 8], wanted [N, channels, samples]"), "\(shape.status) \(shape.stderr)")
            try HDF5File.with(HDF5File.create(frames, communicator: nil)) { file in
                _ = try file.root.write("frames", [Float](repeating: 0, count: 64), shape: [1, 8, 8])
                _ = try file.root.write("class", [UInt8(9)])
            }
            let label = try train(frames, directory.path("c"), ranks: 1)
            #expect(label.status == 65 && label.stderr.contains("class of frame 0: found 9, wanted 0 to 8"), "\(label.status) \(label.stderr)")
            let missing = try train(directory.path("none.h5"), directory.path("d"), ranks: 1)
            #expect(missing.status != 0 && missing.stderr.contains("none.h5"), "\(missing.status) \(missing.stderr)")
        }
    }
}
