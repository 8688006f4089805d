import Foundation
import ParallelHDF5
import TestSupport
import Testing

@Suite("Networks in the place of tiles and filters: glitchgen train, calibrate, veto, denoise")
struct NetworkInferenceCommandTests {
    struct Case {
        let directory: TemporaryDirectory
        var run: String { directory.path("run") }

        static let settings = """
            seed: 4
            simulation:
              duration: 96
              frame: 16
              strain: {rate: 1024}
              families:
                - {name: acoustic, coupling: linear, witness: "V1:ENV_CEB_MIC", rate: 450, frequencies: [60, 180], slope: -1, delay: 0.002}
                - {name: bilinear, coupling: bilinear, witness: "V1:ASC_DIFFp_TX", carrier: "V1:ENV_CEB_MAINS", rate: 450, frequencies: [14, 22], q: [8, 16], strain_snr: 30}
            scan: {frames: [FRAMES], strain: V1:Hrec_hoft_1024Hz, unsafe: ["V1:LSC_DARM"], frequencies: [10, 300]}
            preprocess:
              frames: [FRAMES]
              strain: V1:Hrec_hoft_1024Hz
              channels: [V1:ENV_CEB_MIC, V1:ASC_DIFFp_TX]
              triggers: SOURCE/triggers.h5
              image: {size: 16, frequencies: [10, 200]}
              split: {block: 16, shares: [0.6, 0.2, 0.2]}
            inference:
              frames: [FRAMES]
              strain: V1:Hrec_hoft_1024Hz
              witnesses: ["V1:ENV_CEB_MIC", "V1:ASC_DIFFp_TX"]
              carriers: ["V1:ENV_CEB_MAINS"]
            veto: {piece: 12}
            """

        init(from other: Case? = nil) throws {
            directory = try TemporaryDirectory()
            let source = other?.run ?? directory.path("run")
            try Self.settings.replacingOccurrences(of: "FRAMES", with: "\(source)/frames.ffl").replacingOccurrences(of: "SOURCE", with: source)
                .write(toFile: directory.path("run.yaml"), atomically: true, encoding: .utf8)
        }

        func callAsFunction(_ command: String, ranks: Int?, _ more: [String] = []) throws -> ProcessResult {
            try MPIRun.run(executable: "glitchgen", arguments: [command, directory.path("run.yaml"), "--run", run] + more, ranks: ranks, timeout: 180)
        }

        func results(_ command: String) throws -> [String: Any] {
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(run)/summary-\(command).json"))
            return (try JSONSerialization.jsonObject(with: data) as? [String: Any])?["results"] as? [String: Any] ?? [:]
        }

        func frames(_ folder: String) throws -> [String: Data] {
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(run)/\(folder)")
            return Dictionary(uniqueKeysWithValues: try names.map { ($0, try Data(contentsOf: URL(fileURLWithPath: "\(run)/\(folder)/\($0)"))) })
        }
    }

    private func set(_ pairs: String...) -> [String] { pairs.flatMap { ["--set", $0] } }

    @Test("an autoencoder's weights and the frames that it cleans are the same bits on 1, 2 and 3 ranks and after a stop; it leaves less power than there was")
    func autoencoder() throws {
        let first = try Case()
        for command in ["simulate", "calibrate"] {
            let result = try first(command, ranks: 2)
            #expect(result.status == 0, "\(result.stderr)")
        }
        let training = set(
            "network.kind=deepclean", "network.widths=[8, 8]", "network.activation=leaky", "network.normalisation=false", "training.steps=80", "training.batch=48",
            "training.learning_rate=1e-2", "training.validate_every=20", "training.checkpoint_every=7", "inference.model=\(first.run)/inference.h5")
        var hash: String?, cleaned: [String: Data]?
        for ranks in 1...3 {
            let run = ranks == 1 ? first : try Case(from: first)
            if ranks == 3 {
                let stopped = try run("train", ranks: 2, training + ["--time-limit", "29"])
                #expect(stopped.status == 75, "\(stopped.stderr)")
            }
            let trained = try run("train", ranks: ranks, training)
            #expect(trained.status == 0, "\(trained.stderr)")
            let summary = try run.results("train")
            let own = try #require(summary["parameter_hash"] as? String)
            #expect(own == hash ?? own, "\(ranks) ranks")
            hash = own
            let (left, before) = (summary["validation_loss"] as? Double ?? .nan, summary["validation_before"] as? Double ?? .nan)
            #expect(left < 0.95 * before, "\(left) of \(before)")
            let result = try run("denoise", ranks: ranks, set("denoise.network=\(run.run)/autoencoder.h5", "inference.model=\(first.run)/inference.h5"))
            #expect(result.status == 0, "\(result.stderr)")
            let frames = try run.frames("clean")
            #expect(frames.count == 6 && frames == cleaned ?? frames, "\(ranks) ranks")
            cleaned = frames
        }
        let filtered = try Case(from: first)
        #expect(try filtered("denoise", ranks: 1, set("inference.model=\(first.run)/inference.h5")).status == 0)
        #expect(try filtered.frames("clean") != cleaned)
        // Calibrated anew on other times, the network does not fit any more.
        #expect(try filtered("calibrate", ranks: 2, set("inference.training_end=1266624048")).status == 0)
        let refused = try filtered("denoise", ranks: 2, set("denoise.network=\(first.run)/autoencoder.h5"))
        #expect(refused.status == 65 && refused.stderr.contains("train it again after `calibrate`"), "\(refused)")
    }

    @Test("P(glitch) by a network's images beside the tiles: the same bits on 1, 2 and 3 ranks; what does not fit is said")
    func statistic() throws {
        let first = try Case()
        for command in ["simulate", "scan", "preprocess"] {
            let result = try first(command, ranks: 2)
            #expect(result.status == 0, "\(result.stderr)")
        }
        let trained = try first("train", ranks: 2, set("network.base=8", "training.steps=4", "training.validate_every=4"))
        #expect(trained.status == 0, "\(trained.stderr)")
        let network = set("inference.network=\(first.run)/model.h5")
        var vetoes: [String: Data]?
        for ranks in 1...3 {
            let run = ranks == 1 ? first : try Case(from: first)
            for command in ["calibrate", "veto"] {
                let result = try run(command, ranks: ranks, network)
                #expect(result.status == 0, "\(result.stderr)")
            }
            let frames = try run.frames("veto")
            // The first seconds have too little before them, the last one nothing behind.
            #expect((85..<96).contains(frames.count) && frames == vetoes ?? frames, "\(ranks) ranks: \(frames.count)")
            vetoes = frames
        }
        let slopes = try String(contentsOfFile: "\(first.run)/probability.csv", encoding: .utf8)
        #expect(slopes.contains("image of V1:Hrec_hoft_1024Hz by a network of 2 witnesses"), "\(slopes)")
        let without = try first("veto", ranks: nil)
        #expect(without.status == 65 && without.stderr.contains("inference.network"), "\(without)")
        let follow = try first("veto", ranks: nil, network + ["--follow", first.directory.path(".")])
        #expect(follow.status == 65 && follow.stderr.contains("have not come yet"), "\(follow)")
        let input = try Case(from: first)("calibrate", ranks: nil, network + set("inference.witnesses=[\"V1:ENV_CEB_MIC\"]"))
        #expect(input.status == 65 && input.stderr.contains("V1:ASC_DIFFp_TX that is none of the witnesses"), "\(input)")
        // What is subtracted does not need the network.
        #expect(try first("denoise", ranks: 2).status == 0)
    }
}
