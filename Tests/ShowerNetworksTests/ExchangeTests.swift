import Foundation
import Numerics
import ParallelHDF5
import ShowerNetworks
import TestSupport
import Testing

extension FileTests {
    /// `gan3d export` and `gan3d import` against the programs that the files are for.
    @Suite struct ExchangeTests {
        private func gan3d(_ arguments: [String]) throws -> ProcessResult {
            try MPIRun.run(executable: "gan3d", arguments: arguments, ranks: nil, timeout: 60)
        }

        /// A model, exported both ways into `onnx` and `keras`, and latent numbers for the peers.
        private func export(
            _ architecture: ShowerArchitecture, to directory: TemporaryDirectory, showers: Int, formats: [String] = ["onnx", "keras"], measured: Bool = false
        ) throws -> (ShowerModel, [Float]) {
            let model = try ExchangeSamples.model(architecture, measured: measured)
            try ExchangeSamples.write(model, directory.path("model.h5"))
            for format in formats {
                let result = try gan3d(["export", directory.path("model.h5"), "--format", format, "--output", directory.path(format)])
                try #require(result.status == 0, "\(result.stderr)")
            }
            let latents = ExchangeSamples.latents(architecture, showers: showers)
            try ExchangeSamples.write(latents, directory.path("latents.f32"))
            return (model, latents)
        }

        private func compareONNX(_ architecture: ShowerArchitecture, showers: Int) throws {
            let directory = try TemporaryDirectory()
            let (model, latents) = try export(architecture, to: directory, showers: showers, formats: ["onnx"], measured: true)
            _ = try PythonPeer.run(onnxPeer, arguments: [directory.path("onnx"), directory.path("latents.f32"), "\(showers)"])
            let ours = ExchangeSamples.answers(model, latents: latents)
            for (name, wanted) in [("deposits", ours.deposits), ("generation", ours.generation), ("auxiliary", ours.auxiliary)] {
                let found = try ExchangeSamples.floats(directory.path("onnx/\(name).f32"))
                let difference = ExchangeSamples.difference(found, wanted)
                #expect(difference < 1e-4, "\(architecture.name) \(name): \(difference)")
            }
        }

        private func compareKeras(_ model: ShowerModel, _ latents: [Float], _ directory: TemporaryDirectory) throws {
            let architecture = model.architecture
            let ours = ExchangeSamples.answers(model, latents: latents)
            for (name, wanted) in [("image", ours.images), ("generation", ours.generation), ("auxiliary", ours.auxiliary)] {
                let found = try ExchangeSamples.floats(directory.path("keras/\(name).f32"))
                let difference = ExchangeSamples.difference(found, wanted)
                #expect(difference < 1e-4, "\(architecture.name) \(name): \(difference)")
            }
            // What Keras saved of them comes back to the same bits, whatever its layers are called.
            for name in ["saved.weights.h5", "saved.h5", "renamed.h5", "renamed.weights.h5"] {
                let back = try ShowerModel(architecture, seed: 99)
                for network in ShowerNetwork.allCases {
                    try HDF5File.with(HDF5File.open(directory.path("keras/\(network.rawValue)-\(name)"), communicator: nil)) {
                        try ShowerKeras.readWeights($0, network, channels: .last, into: back)
                    }
                    #expect(back[network] == model[network], "\(network) from \(name)")
                }
            }
        }

        @Test(
            "ONNX: the full check passes, and the runtime agrees with ours, on a small box",
            .enabled(if: PythonPeer.has("onnx", "onnxruntime"), "peers onnx, onnxruntime not installed"))
        func onnxMiniature() throws { for profile in [ShowerArchitecture.miniature, .small] { try compareONNX(profile, showers: 5) } }

        @Test("ONNX: the published networks and ours", .enabled(if: PythonPeer.has("onnx", "onnxruntime"), "peers onnx, onnxruntime not installed"))
        func onnxPublished() throws { for profile in [ShowerArchitecture.keras, .didymos] { try compareONNX(profile, showers: 1) } }

        @Test(
            "Keras 3 loads architecture and weights, agrees with ours, and what it saves comes back: a small box, the published networks",
            .enabled(if: PythonPeer.has("keras", "torch"), "peers keras, torch not installed"))
        func keras() throws {
            let profiles: [(ShowerArchitecture, Int)] = [(.miniature, 5), (.keras, 1)]
            let cases: [(ShowerModel, [Float], TemporaryDirectory)] = try profiles.map { profile, showers in
                let directory = try TemporaryDirectory()
                let (model, latents) = try export(profile, to: directory, showers: showers)
                return (model, latents, directory)
            }
            _ = try PythonPeer.run(kerasPeer, arguments: cases.map { $0.2.path("keras") })
            for (model, latents, directory) in cases { try compareKeras(model, latents, directory) }
        }

        @Test(
            "weights that Keras trained with channels first give its answers here",
            .enabled(if: PythonPeer.has("keras", "torch"), "peers keras, torch not installed"))
        func channelsFirst() throws {
            let directory = try TemporaryDirectory()
            let (model, latents) = try export(.miniature, to: directory, showers: 4)
            _ = try PythonPeer.run(channelsFirstPeer, arguments: [directory.path("keras")])
            let result = try gan3d([
                "import", directory.path("keras/generator-first.h5"), directory.path("keras/discriminator-first.h5"), "--channels", "first", "--profile",
                "miniature", "--output", directory.path("imported"),
            ])
            #expect(result.status == 0, "\(result.stderr)")
            let imported = try ExchangeSamples.read(directory.path("imported/model.h5"))
            #expect(imported[.generator].parameters != model[.generator].parameters)
            let ours = ExchangeSamples.answers(imported, latents: latents)
            for (name, wanted) in [("image", ours.images), ("generation", ours.generation), ("auxiliary", ours.auxiliary)] {
                let difference = ExchangeSamples.difference(try ExchangeSamples.floats(directory.path("keras/\(name)-first.f32")), wanted)
                #expect(difference < 1e-4, "\(name): \(difference)")
            }
        }

        @Test("layer by layer is the same showers in another order", .enabled(if: PythonPeer.has("onnxruntime"), "peer onnxruntime not installed"))
        func layerOrder() throws {
            let directory = try TemporaryDirectory()
            let (model, latents) = try export(.miniature, to: directory, showers: 2)
            let result = try gan3d([
                "export", directory.path("model.h5"), "--format", "onnx", "--axes", "zxy", "--output", directory.path("layers"),
            ])
            #expect(result.status == 0, "\(result.stderr)")
            _ = try PythonPeer.run(onnxPeer, arguments: [directory.path("layers"), directory.path("latents.f32"), "2"])
            let found = try ExchangeSamples.floats(directory.path("layers/deposits.f32"))
            let ours = ExchangeSamples.answers(model, latents: latents)
            let e = model.architecture.imageExtents, columns = e[0] * e[1]
            var ordered: [Double] = []
            for shower in 0..<2 {
                for z in 0..<e[2] {
                    for column in 0..<columns { ordered.append(ours.deposits[(shower * columns + column) * e[2] + z]) }
                }
            }
            #expect(ExchangeSamples.difference(found, ordered) < 1e-4)
            #expect(ExchangeSamples.difference(try ExchangeSamples.floats(directory.path("layers/generation.f32")), ours.generation) < 1e-4)
        }

        @Test("the law of the layers' energies comes back from ONNX in single precision; Keras, which has no such layer, is refused by name")
        func layerEnergies() throws {
            let directory = try TemporaryDirectory()
            let (model, _) = try export(.small, to: directory, showers: 1, formats: ["onnx"], measured: true)
            let files = ["onnx/generator.onnx", "onnx/discriminator.onnx"].map(directory.path)
            let result = try gan3d(["import"] + files + ["--profile", "small", "--output", directory.path("back")])
            #expect(result.status == 0, "\(result.stderr)")
            let back = try ExchangeSamples.read(directory.path("back/model.h5"))
            let energies = try #require(model.generator.layerEnergies), read = try #require(back.generator.layerEnergies)
            #expect(read.means == energies.means.map { Double(Float($0)) } && read.spreads == energies.spreads.map { Double(Float($0)) })
            #expect(read.correlation == energies.correlation.map { Double(Float($0)) } && read.thresholds == energies.thresholds)
            #expect(back[.generator] == model[.generator])
            let refused = try gan3d(["export", directory.path("model.h5"), "--format", "keras", "--output", directory.path("keras")])
            #expect(refused.status == 65 && refused.stderr.contains("energies of their own"), "\(refused.status) \(refused.stderr)")
            #expect(!FileManager.default.fileExists(atPath: directory.path("keras/generator.h5")))
        }

        @Test("export and import give the same bits back, on one rank and on two, and training starts from them")
        func roundTrip() throws {
            let directory = try TemporaryDirectory()
            let (model, _) = try export(.miniature, to: directory, showers: 1)
            for (ranks, files) in [(1, ["onnx/generator.onnx", "onnx/discriminator.onnx"]), (2, ["keras/generator.h5", "keras/discriminator.h5"])] {
                let result = try MPIRun.run(
                    executable: "gan3d",
                    arguments: ["import"] + files.map(directory.path) + ["--profile", "miniature", "--output", directory.path("back\(ranks)")],
                    ranks: ranks, timeout: 60)
                #expect(result.status == 0, "\(result.stderr)")
                let back = try ExchangeSamples.read(directory.path("back\(ranks)/model.h5"))
                #expect(back[.generator] == model[.generator] && back[.discriminator] == model[.discriminator])
            }
            let stream = RandomStream(seed: 3, purpose: .test)
            try HDF5File.with(HDF5File.create(directory.path("showers.h5"), communicator: nil)) { file in
                let deposits = (0..<64 * 500).map { Float(stream.uniform(epoch: 0, index: UInt64($0), draw: 0)) }
                try file.root.write("ECAL", deposits, shape: [64, 10, 10, 5])
                try file.root.write("energy", [Float](repeating: 50, count: 64))
                try file.root.write("theta", [Float](repeating: 1.5, count: 64))
            }
            let settings = """
                data: {files: [\(directory.path("showers.h5"))], test_share: 0.5}
                model: {profile: miniature}
                training: {batch: 16, epochs: 1, batches_per_epoch: 1, score_showers: 16, learning_rate: 0}
                """
            try settings.write(toFile: directory.path("run.yaml"), atomically: true, encoding: .utf8)
            let trained = try gan3d([
                "train", directory.path("run.yaml"), "--run", directory.path("run"), "--set", "training.warm_start=\(directory.path("back1/model.h5"))",
            ])
            #expect(trained.status == 0, "\(trained.stderr)")
            // Nothing was learned at rate zero, so the run's best epoch holds what was imported.
            let exported = try gan3d(["export", directory.path("run"), "--format", "onnx"])
            #expect(exported.status == 0, "\(exported.stderr)")
            let again = try ShowerModel(.miniature, seed: 1)
            try ShowerONNX.read(
                Array(Data(contentsOf: URL(fileURLWithPath: directory.path("run/export/generator.onnx")))), file: "generator.onnx", .generator, into: again)
            #expect(again[.generator].parameters == model[.generator].parameters)
        }

        @Test("what cannot be imported or exported is said once, with code 65")
        func badInput() throws {
            let directory = try TemporaryDirectory()
            _ = try export(.miniature, to: directory, showers: 1)
            let onnx = try Data(contentsOf: URL(fileURLWithPath: directory.path("onnx/generator.onnx")))
            try onnx.prefix(onnx.count / 2).write(to: URL(fileURLWithPath: directory.path("cut.onnx")))
            try Data([0x3a, 0]).write(to: URL(fileURLWithPath: directory.path("empty.onnx")))
            try Data("PK\u{3}\u{4}".utf8).write(to: URL(fileURLWithPath: directory.path("model.keras")))
            let cases: [([String], String)] = [
                ([directory.path("onnx/generator.onnx"), "--profile", "keras"], "'dense/weights' has shape [144, 10], wanted [5184, 256]"),
                ([directory.path("keras/generator.h5"), "--profile", "keras"], "kernel has shape [10, 144], wanted [256, 5184]"),
                ([directory.path("keras/discriminator.h5"), "--profile", "miniature"], "2 dense layers, wanted 1"),
                ([directory.path("cut.onnx"), "--profile", "miniature"], "cut.onnx, byte "),
                ([directory.path("onnx/discriminator.onnx"), "--profile", "miniature"], "'conv1/weights' has shape [4, 1, 3, 4, 4], wanted [4, 3, 3, 3, 5]"),
                ([directory.path("empty.onnx"), "--profile", "miniature"], "are missing"),
                ([directory.path("model.keras"), "--profile", "miniature"], "unzip it"),
                ([directory.path("model.h5"), "--profile", "miniature"], "no attribute 'layer_names'"),
                ([directory.path("nothing.h5"), "--profile", "miniature"], "nothing.h5"),
            ]
            for (arguments, words) in cases {
                let result = try gan3d(["import"] + arguments + ["--output", directory.path("imported")])
                #expect([65, 74].contains(result.status) && result.stderr.contains(words), "\(arguments) \(result.status) \(result.stderr)")
                #expect(!FileManager.default.fileExists(atPath: directory.path("imported/model.h5")))
            }
            let other = try gan3d(["export", directory.path("keras/generator.h5"), "--format", "onnx"])
            #expect(other.status == 65 && other.stderr.contains("no attribute 'profile'"), "\(other.stderr)")
        }
    }
}
