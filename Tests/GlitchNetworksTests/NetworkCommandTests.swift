import Foundation
import ParallelHDF5
import TestSupport
import Testing

@Suite("glitchgen preprocess, train and generate")
struct NetworkCommandTests {
    /// A run of `glitchgen` in a directory of its own.
    struct Case {
        let directory: TemporaryDirectory
        var run: String { directory.path("run") }

        static let settings = """
            seed: 4
            simulation: {duration: 256, frame: 32, strain: {rate: 1024}}
            scan: {frames: [FRAMES], strain: V1:Hrec_hoft_1024Hz, unsafe: ["V1:LSC_DARM"], frequencies: [10, 300]}
            preprocess:
              frames: [FRAMES]
              strain: V1:Hrec_hoft_1024Hz
              channels: [V1:ENV_CEB_MIC, V1:SDB2_B8_PD]
              triggers: TRIGGERS
              quiet: 0.5
              image: {size: 16, frequencies: [10, 200]}
              margin: 2
              split: {block: 32, shares: [0.6, 0.2, 0.2]}
              checkpoint_every: 4
            network: {base: 8}
            training: {images: IMAGES, steps: 6, batch: 48, validate_every: 3, learning_rate: 1e-3, checkpoint_every: 2}
            generate: {model: MODEL, images: IMAGES}
            """

        init(from other: Case? = nil) throws {
            directory = try TemporaryDirectory()
            let source = other?.run ?? directory.path("run")
            let text = Self.settings.replacingOccurrences(of: "FRAMES", with: "\(source)/frames.ffl").replacingOccurrences(of: "TRIGGERS", with: "\(source)/triggers.h5")
                .replacingOccurrences(of: "IMAGES", with: "\(source)/images.h5").replacingOccurrences(of: "MODEL", with: "\(source)/model.h5")
            try text.write(toFile: directory.path("run.yaml"), atomically: true, encoding: .utf8)
        }

        func callAsFunction(_ command: String, ranks: Int?, _ more: String...) throws -> ProcessResult {
            try MPIRun.run(executable: "glitchgen", arguments: [command, directory.path("run.yaml"), "--run", run] + more, ranks: ranks, timeout: 180)
        }

        func numbers(_ file: String, _ names: [String]) throws -> [Float] {
            try HDF5File.with(HDF5File.open("\(run)/\(file)", communicator: nil)) { file in
                try names.flatMap { name -> [Float] in
                    let dataset = try file.root.dataset(name)
                    switch dataset.type {
                    case .uint8: return try dataset.read(as: UInt8.self).map { Float($0) }
                    case .int32: return try dataset.read(as: Int32.self).map { Float($0) }
                    case .float64: return try dataset.read(as: Double.self).map { Float($0) }
                    default: return try dataset.read(as: Float.self)
                    }
                }
            }
        }

        func summary(_ command: String) throws -> [String: Any] {
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(run)/summary-\(command).json"))
            let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
            return object?["results"] as? [String: Any] ?? [:]
        }
    }

    static let images = ["images", "gps_nanoseconds", "kind", "snr", "split", "maxima", "frequency", "time"]

    @Test("images, weights and generated images are the same bits on 1, 2 and 3 ranks, and after a stop")
    func sameBits() throws {
        let first = try Case()
        for command in ["simulate", "scan"] {
            let result = try first(command, ranks: 2)
            #expect(result.status == 0, "\(result.stderr)")
        }
        var images: [Float]?
        for ranks in 1...3 {
            let run = ranks == 1 ? first : try Case(from: first)
            if ranks == 3 {
                let stopped = try run("preprocess", ranks: 2, "--time-limit", "29")
                #expect(stopped.status == 75, "\(stopped.stderr)")
            }
            let made = try run("preprocess", ranks: ranks)
            #expect(made.status == 0, "\(made.stderr)")
            if ranks == 3 { #expect(made.stderr.contains("continues after block"), "\(made.stderr)") }
            let values = try run.numbers("images.h5", Self.images)
            #expect(values == images ?? values, "\(ranks) ranks")
            images = values
        }
        let summary = try first.summary("preprocess")
        #expect((summary["training_triggers"] as? Int ?? 0) > 5 && (summary["training_quiet"] as? Int ?? 0) > 2, "\(summary)")
        var hash: String?, generated: [Float]?
        for ranks in 1...3 {
            let run = ranks == 1 ? first : try Case(from: first)
            if ranks == 3 {
                let stopped = try run("train", ranks: 2, "--time-limit", "29")
                #expect(stopped.status == 75, "\(stopped.stderr)")
            }
            let trained = try run("train", ranks: ranks)
            #expect(trained.status == 0, "\(trained.stderr)")
            let own = try #require(try run.summary("train")["parameter_hash"] as? String)
            #expect(own == hash ?? own, "\(ranks) ranks")
            hash = own
            let result = try run("generate", ranks: ranks)
            #expect(result.status == 0, "\(result.stderr)")
            let strain = try run.numbers("generated.h5", ["strain", "usable"])
            #expect(strain == generated ?? strain, "\(ranks) ranks")
            generated = strain
        }
        try overFrames(first)
    }

    /// Over frames the same network draws an image for each second that has data around it; it goes on from a model.
    private func overFrames(_ first: Case) throws {
        let run = try Case(from: first)
        let result = try run("generate", ranks: 2, "--set", "generate.images=", "--frames", "\(first.run)/frames.ffl", "--set", "generate.end=1266624040")
        #expect(result.status == 0, "\(result.stderr)")
        let seconds = try run.numbers("generated.h5", ["usable"])
        #expect(seconds.count >= 34 && seconds.allSatisfy { $0 == 1 }, "\(seconds.count)")
        let again = try run("train", ranks: 1, "--set", "training.initial_model=\(first.run)/model.h5", "--set", "training.steps=1")
        #expect(again.status == 0, "\(again.stderr)")
        let other = try run("train", ranks: 1, "--set", "training.initial_model=\(first.run)/model.h5", "--set", "network.base=16", "--run", run.directory.path("other"))
        #expect(other.status == 65 && other.stderr.contains("section network"), "\(other)")
    }

    @Test("wrong input: one message that says what to do, code 65") func wrong() throws {
        let run = try Case()
        let missing = try run("train", ranks: nil)
        #expect(missing.status == 74 && missing.stderr.contains("images.h5"), "\(missing)")
        try Data("no images".utf8).write(to: URL(fileURLWithPath: run.directory.path("other.h5")))
        let damaged = try run("train", ranks: nil, "--set", "training.images=\(run.directory.path("other.h5"))")
        #expect(damaged.status != 0 && damaged.stderr.contains("other.h5"), "\(damaged)")
        let unknown = try run("preprocess", ranks: nil, "--set", "preprocess.treshold=5")
        #expect(unknown.status == 65 && unknown.stderr.contains("did you mean 'threshold'"), "\(unknown)")
        let margin = try run("preprocess", ranks: nil, "--set", "preprocess.margin=200")
        #expect(margin.status == 65 && margin.stderr.contains("preprocess.margin"), "\(margin)")
        let base = try run("train", ranks: nil, "--set", "network.base=12")
        #expect(base.status != 0, "\(base)")
        let buffer = try MPIRun.run(executable: "glitchgen", arguments: ["buffer", "list", run.directory.path("none")], ranks: nil)
        #expect(buffer.status == 65 && buffer.stderr.contains("glitchgen buffer add"), "\(buffer)")
    }
}
