import Foundation
import MessagePassing
import Numerics
import ParallelHDF5
import PulsarFrames
import PulsarNetworks
import RadioStreams
import TestSupport
import Testing
import Training

private func axes(_ channels: Int, _ samples: Int) -> FrameAxes {
    FrameAxes(channels: channels, samples: samples, firstFrequency: 1529.375, channelBandwidth: -320 / Double(channels), samplingTime: 102.4e-6)
}

extension ToyFrames: MaskedFrameSource {
    func write(frame index: UInt64, into values: UnsafeMutableBufferPointer<Float>, mask: UnsafeMutableBufferPointer<Float>) -> FrameTruth {
        let truth = write(frame: index, into: values)
        for i in mask.indices { mask[i] = 0 }
        guard truth.contents.contains(.pulse), !truth.contents.contains(.other) else { return truth }
        for c in 0..<axes.channels {
            let start = Int((truth.arrival / axes.samplingTime + Self.delay(c) * truth.dispersionMeasure).rounded())
            for t in start..<start + 3 where (0..<axes.samples).contains(t) { mask[c * axes.samples + t] = 1 }
        }
        return truth
    }
}

private let torchScript = """
    import json, sys, torch
    import torch.nn.functional as F
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    case = json.load(open(sys.argv[1]))
    side = case["side"]
    lanes = lambda v: torch.tensor(v, dtype=torch.float64).reshape(1, side, side, 16).movedim(-1, 0)
    p = {k: torch.tensor(v["values"], dtype=torch.float64).reshape(v["shape"]).requires_grad_() for k, v in case["parameters"].items()}
    def block(name, x):
        for n in "12":
            x = F.conv2d(x, p[f"{name}/convolution{n}/weights"], padding=1)
            x = F.batch_norm(x, None, None, p[f"{name}/normalisation{n}/scale"].flatten(), p[f"{name}/normalisation{n}/shift"].flatten(), training=True)
            x = F.relu(x)
        return x
    x, skips = lanes(case["image"]), []
    for level in range(1, 5):
        x = block(f"encoder{level}", x)
        skips.append(x)
        x = F.max_pool2d(x, 2)
    x = block("bottleneck", x)
    for level in range(4, 0, -1):
        x = F.conv_transpose2d(x, p[f"up{level}/weights"], p[f"up{level}/bias"].flatten(), stride=2)
        x = block(f"decoder{level}", torch.cat([x, skips[level - 1]], 1))
    z = F.conv2d(x, p["final/weights"], p["final/bias"].flatten())
    y = lanes(case["mask"])
    loss = F.binary_cross_entropy_with_logits(z, y, weight=1 + 2 * y)
    gradients = torch.autograd.grad(loss, [p[k] for k in case["order"]])
    answer = {k: g.flatten().tolist() for k, g in zip(case["order"], gradients)}
    answer["loss"], answer["logits"] = [loss.item()], z.movedim(0, -1).flatten().tolist()
    print(json.dumps(answer))
    """

@Suite struct SegmentationNetworkTests {
    private func filled(_ model: SegmentationModel) throws -> SegmentationLearner {
        let learner = try SegmentationLearner(model)
        let stream = RandomStream(seed: 4, purpose: .test)
        for i in learner.images.indices {
            learner.images[i] = stream.normalLane(epoch: 1, firstIndex: UInt64(16 * i), draw: 0)
            for place in 0..<16 { learner.masks[i][place] = stream.uniform(epoch: 2, index: UInt64(16 * i + place), draw: 0) < 0.1 ? 1 : 0 }
        }
        return learner
    }

    @Test("the U-Net has the published number of parameters and multiply-adds") func size() throws {
        let model = SegmentationModel(axes: axes(128, 128))
        #expect(try SegmentationGraph(model, normalisation: .shard).graph.layout.count == 7_762_465)
        #expect(abs(Double(try FrameSegmenter(model).multiplyAdds) / 3.01e9 - 1) < 0.01)
    }

    @Test(
        "logits, loss and gradient are PyTorch's", .enabled(if: PythonPeer.has("torch"), "PyTorch is not installed: pip install torch==2.13.0+cpu"))
    func equalsTorch() throws {
        let learner = try filled(SegmentationModel(axes: axes(32, 128), base: 3, side: 32))
        let parameters = learner.initialParameters(seed: 2)
        var gradient = [Float](repeating: 0, count: learner.layout.count)
        let loss = learner.descend(parameters: parameters, gradient: &gradient).loss
        var tensors: [String: Any] = [:]
        for tensor in learner.layout.tensors {
            tensors[tensor.name] = ["shape": tensor.shape, "values": parameters[tensor.range].map { Double($0) }] as [String: Any]
        }
        func numbers(_ lanes: UnsafeMutableBufferPointer<Lane>) -> [Double] { lanes.flatMap { lane in (0..<16).map { Double(lane[$0]) } } }
        let directory = try TemporaryDirectory()
        let question: [String: Any] = [
            "side": 32, "image": numbers(learner.images), "mask": numbers(learner.masks), "parameters": tensors, "order": learner.layout.tensors.map(\.name),
        ]
        try JSONSerialization.data(withJSONObject: question).write(to: URL(fileURLWithPath: directory.path("case.json")))
        let answer = try PythonPeer.run(torchScript, arguments: [directory.path("case.json")])
        let peer = try #require(JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: [Double]])
        #expect(abs(loss - (peer["loss"]?[0] ?? .nan)) < 1e-5 * loss)
        let logits = try #require(peer["logits"])
        #expect(zip(learner.lastLogits, logits).allSatisfy { abs(Double($0) - $1) < 1e-4 })
        let largest = gradient.map { Double(abs($0)) }.max() ?? 0
        for tensor in learner.layout.tensors {
            let theirs = try #require(peer[tensor.name])
            let worst = zip(gradient[tensor.range], theirs).map { abs(Double($0) - $1) }.max() ?? .infinity
            // Single precision against double; rectifiers at zero may fall to either side.
            #expect(worst < 2e-3 * max(theirs.map { abs($0) }.max() ?? 0, 0.01 * largest), "\(tensor.name)")
        }
    }

    @Test("with a shard's own statistics folded in, masks are those of training") func folded() throws {
        let model = SegmentationModel(axes: axes(32, 128), base: 3, side: 32)
        let learner = try filled(model)
        let parameters = learner.initialParameters(seed: 2)
        let statistics = learner.statistics(parameters: parameters)
        let logits = learner.lastLogits
        let widths = learner.normalised.map(\.channels), total = widths.reduce(0, +)
        var (means, variances): ([[Float]], [[Float]]) = ([], [])
        var place = 0
        for (index, width) in widths.enumerated() {
            // A shard is normalised by the mean square deviation; what is kept is the unbiased variance.
            let name = learner.normalised[index].convolution
            let level = name.hasPrefix("bottleneck") ? 4 : Int(name.dropFirst(7).prefix(1)).map { $0 - 1 } ?? 0
            let count = Double(16 * 1024 >> (2 * level))
            means.append(statistics[place..<place + width].map { Float($0) })
            variances.append(statistics[total + place..<total + place + width].map { Float($0 * (count - 1) / count) })
            place += width
        }
        let segmenter = try FrameSegmenter(TrainedSegmentation(model: model, parameters: parameters, means: means, variances: variances, threshold: 0.5))
        // The learner's images are given to the network as they are, past the preparation of frames.
        let found = segmenter.logits(of: learner.images)
        #expect(zip(found, logits).allSatisfy { abs($0 - $1) < 1e-3 })
    }

    @Test("frames and sizes that do not suit the U-Net are refused with what was found and wanted") func refused() {
        func message(_ model: SegmentationModel) -> String {
            do {
                try model.validate()
                return ""
            } catch { return "\(error)" }
        }
        #expect(message(SegmentationModel(axes: axes(100, 128))).contains("channels of a frame: found 100, wanted a multiple of model.side, 128"))
        #expect(message(SegmentationModel(axes: axes(128, 192), side: 64)).contains("samples of a frame: found 192"))
        #expect(message(SegmentationModel(axes: axes(120, 128), side: 40)).contains("model.side: found 40, wanted a multiple of 16"))
        var rising = axes(128, 128)
        rising.channelBandwidth = 2.5
        #expect(message(SegmentationModel(axes: rising)).contains("wanted falling frequencies"))
    }
}

@Suite struct PulsePathTests {
    private let model = SegmentationModel(axes: axes(256, 256), side: 128)

    /// A mask of width one along a path, with every `gap`-th row empty.
    private func mask(measure: Double, arrival: Double, gap: Int = 1000, edit: (inout [Float]) -> Void = { _ in }) -> [Float] {
        var mask = [Float](repeating: 0.01, count: 128 * 128)
        for row in 0..<128 where row % gap != gap - 1 {
            let frequency = 1529.375 - 1.25 * (2 * Double(row) + 0.5)
            let time = arrival + DispersionConstant.handbook.delay(dispersionMeasure: measure, frequency: frequency, reference: 1529.375)
            let column = Int((time / 204.8e-6).rounded(.down))
            if (0..<128).contains(column) { mask[row * 128 + column] = 0.9 }
        }
        edit(&mask)
        return mask
    }

    @Test("a mask's path has the dispersion measure and the arrival that it was drawn with, within a few of its errors") func drawn() throws {
        for (measure, arrival) in [(10.0, 0.004), (18.0, 0.002), (40.0, 0.0), (56.77, -0.02)] {
            let path = try #require(PulsePath(mask(measure: measure, arrival: arrival, gap: 5), model: model))
            #expect(abs(path.dispersionMeasure - measure) < 4 * path.dispersionMeasureError, "\(measure): \(path)")
            #expect(abs(path.arrival - arrival) < 4 * path.arrivalError, "\(arrival): \(path)")
            #expect(path.dispersionMeasureError < 0.2)
        }
    }

    @Test("a row far from the line is left out of it; fewer than four rows have no path") func outliers() throws {
        let clean = try #require(PulsePath(mask(measure: 20, arrival: 0.002), model: model))
        let path = try #require(
            PulsePath(
                mask(measure: 20, arrival: 0.002) { mask in
                    for column in 0..<128 { mask[50 * 128 + column] = column == 120 ? 0.9 : 0 }
                }, model: model))
        #expect(path.rows == clean.rows - 1 && abs(path.dispersionMeasure - clean.dispersionMeasure) < 0.1)
        var few = [Float](repeating: 0, count: 128 * 128)
        for row in 0..<3 { few[row * 128 + 7] = 1 }
        #expect(PulsePath(few, model: model) == nil)
        #expect(MaskScore(few, side: 128).places == 3 && abs(MaskScore(few, side: 128).value - 3.0 / 16) < 1e-9)
    }
}

extension ClassifierTests {
    @Suite struct SegmentationLearningTests {
        @Test("a small U-Net learns where toy pulses lie, and their dispersion measures follow") func learns() throws {
            var source = ToyFrames()
            source.ratios = 15...40
            let model = SegmentationModel(axes: source.axes, base: 4, side: 64)
            let learner = try SegmentationLearner(model)
            let communicator = try MessagePassing.start()
            let objective = SegmentationObjective(learner: learner, draw: MaskDraw(source), shardsPerBatch: 1)
            let trainer = try DataParallelTrainer(
                objective: objective, parameters: learner.initialParameters(seed: 3),
                options: TrainerOptions(shardsPerBatch: 1, schedule: .cosine(from: 1e-2, to: 1e-4, steps: 150), gradientNormLimit: 5), communicator: communicator)
            for _ in 0..<150 { try trainer.advance() }
            let weights = Array(trainer.parameters)
            let (means, variances) = try ShardStatistics.mean(widths: learner.normalised.map(\.channels), shards: 4, communicator: communicator) { shard in
                try objective.load(1000 + shard)
                return learner.statistics(parameters: weights)
            }
            let trained = TrainedSegmentation(model: model, parameters: weights, means: means, variances: variances, threshold: 0.5)
            var other = source
            other.seed = 6
            let judgements = try SegmentationValidation(model, source: other, frames: 200).judgements(trained, communicator: communicator)
            let score = SegmentationScore(judgements, threshold: 0.5)
            // Fixed seeds, so the numbers are too.
            #expect(score.overlap > 0.3, "overlap \(score.overlap)")
            #expect(score.frames.recallAbove10.value > 0.8, "recall \(score.frames.recallAbove10.value)")
            #expect(score.frames.falsePulses.value < 0.1, "false \(score.frames.falsePulses.value)")
            #expect(score.measureDeviation < 2, "dispersion measures off by \(score.measureDeviation)")

            // What is written is read back, and damage is named.
            let directory = try TemporaryDirectory()
            let path = directory.path("model.h5")
            try HDF5File.with(HDF5File.create(path, communicator: nil)) { try trained.write(to: $0.root) }
            let read = try TrainedSegmentation(path: path, communicator: nil)
            #expect(read.model == model && read.parameters == weights && read.means == means && read.variances == variances && read.threshold == 0.5)
            #expect(throws: ClassifierError.self) { try ClassifierModelFile.read(path, communicator: nil) }
            try HDF5File.with(HDF5File.create(path, communicator: nil)) { file in
                try trained.write(to: file.root)
                try file.root.setAttribute("base", Int64(5))
            }
            #expect { try TrainedSegmentation(path: path, communicator: nil) } throws: { "\($0)".contains("shape [4, 1, 3, 3], wanted [5, 1, 3, 3]") }
        }
    }

    /// `pulsardt train` with the U-Net, and `segment`.
    @Suite struct SegmentationRunTests {
        private static let settings = [
            "model.network=unet", "model.base=2", "model.side=32", "training.steps=6", "training.batch=48", "training.validate_every=3",
            "training.checkpoint_every=1", "training.validation_frames=20", "training.calibration_frames=40", "training.false_pulses=0.1",
        ]

        private func train(_ run: String, ranks: Int) throws -> ProcessResult {
            try pulsardt(["train", "--run", run] + Self.settings.flatMap { ["--set", $0] }, ranks: ranks)
        }

        private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

        @Test("weights and masks are the same bits on 1, 2 and 3 ranks, and through a kill and a restart on another number of ranks") func sameBits() throws {
            let directory = try TemporaryDirectory()
            var hashes: [String] = []
            for ranks in 1...3 {
                let result = try train(directory.path("run\(ranks)"), ranks: ranks)
                #expect(result.status == 0, "\(result.stderr)")
                hashes.append(try #require(results(directory.path("run\(ranks)"), "train")["parameter_hash"] as? String))
            }
            #expect(Set(hashes).count == 1)
            let killed = directory.path("killed")
            let child = try MPIRun.start(
                executable: "pulsardt", arguments: ["train", "--run", killed] + Self.settings.flatMap { ["--set", $0] }, ranks: 2)
            let end = Date().addingTimeInterval(60)
            func checkpoints() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: killed + "/checkpoints/train")) ?? [] }
            while Date() < end, !checkpoints().contains(where: { $0.hasSuffix(".h5") }) { usleep(10_000) }
            if let victim = child.descendants.last { kill(victim, SIGKILL) }
            _ = child.wait(timeout: 60)
            let again = try train(killed, ranks: 3)
            #expect(again.status == 0, "\(again.stderr)")
            #expect(try results(killed, "train")["parameter_hash"] as? String == hashes[0])

            let frames = directory.path("frames")
            let made = try pulsardt(["simulate", "--run", frames, "--set", "simulation.frames=40", "--set", "simulation.frames_per_file=40"], ranks: nil)
            #expect(made.status == 0, "\(made.stderr)")
            let file = try #require(FileManager.default.contentsOfDirectory(atPath: frames).first { $0.hasSuffix(".h5") })
            var tables: [Data] = []
            var masks: [[UInt8]] = []
            for ranks in 1...3 {
                let run = directory.path("segment\(ranks)")
                let result = try pulsardt(
                    ["segment", "\(frames)/\(file)", "--model", directory.path("run1"), "--run", run, "--set", "segmentation.threshold=0", "--set", "segmentation.block=12",
                     "--set", "segmentation.masks=25"], ranks: ranks)
                #expect(result.status == 0, "\(result.stderr)")
                tables.append(try bytes(run + "/pulses.csv"))
                masks.append(try HDF5File.with(HDF5File.open(run + "/masks.h5", communicator: nil)) { try $0.root.read("mask", as: UInt8.self) })
                #expect(try results(run, "segment")["frames_with_a_pulse"] as? Int == 40)
            }
            #expect(Set(tables).count == 1 && Set(masks).count == 1)
            #expect(masks[0].count == 25 * 32 * 32)
        }

        @Test("what a U-Net cannot use is said in one message: frames of a file, a classifier's weights, an impossible size") func badInput() throws {
            let directory = try TemporaryDirectory()
            let frames = directory.path("frames.h5")
            try ToyFrames().write(frames, count: 16)
            let file = try pulsardt(["train", "--run", directory.path("a"), "--set", "model.network=unet", "--set", "data.frames=\(frames)"], ranks: 2)
            #expect(file.status == 65 && file.stderr.contains("model.network unet learns where pulses lie"), "\(file.status) \(file.stderr)")
            let side = try pulsardt(["train", "--run", directory.path("b"), "--set", "model.network=unet", "--set", "model.side=48"], ranks: 2)
            #expect(side.status == 65 && side.stderr.contains("channels of a frame: found 256, wanted a multiple of model.side, 48"), "\(side.status) \(side.stderr)")
            let name = try pulsardt(["train", "--run", directory.path("c"), "--set", "model.network=unett"], ranks: 1)
            #expect(name.status == 65 && name.stderr.contains("unet"), "\(name.status) \(name.stderr)")
            try ToyClassifier.write(directory.path("model.h5"))
            let other = try pulsardt(["segment", frames, "--model", directory.path("model.h5"), "--run", directory.path("d")], ranks: 2)
            #expect(other.status == 65 && other.stderr.contains("found 'didymos pulsar classifier', wanted 'didymos pulsar segmentation'"), "\(other.status) \(other.stderr)")
        }
    }
}
