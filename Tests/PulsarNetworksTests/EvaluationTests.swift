import Foundation
import ParallelHDF5
import PulsarFrames
import PulsarNetworks
import TestSupport
import Testing

/// Frames that say who made them.
private struct MarkedFrames: LabelledFrameSource {
    var axes = FrameAxes(channels: 1, samples: 16, firstFrequency: 1500, channelBandwidth: -1, samplingTime: 1e-3)
    let mark: Float

    func write(frame index: UInt64, into values: UnsafeMutableBufferPointer<Float>) -> FrameTruth {
        values[0] = mark
        values[1] = Float(index)
        return FrameTruth()
    }
}

@Suite struct EvaluationNumberTests {
    @Test("the operating curve counts equal scores as one step, and its area is the share of pairs in the right order") func curve() throws {
        let pulses = [0.9, 0.8, 0.8, 0.3, 0.1], others = [0.8, 0.5, 0.3, 0.2, 0.05, 0.05]
        let curve = try #require(OperatingCurve(pulses: pulses, others: others))
        var pairs = 0.0
        for a in pulses { for b in others { pairs += a > b ? 1 : a == b ? 0.5 : 0 } }
        #expect(abs(curve.area - pairs / 30) < 1e-12)
        #expect(curve.thresholds == [0.9, 0.8, 0.5, 0.3, 0.2, 0.1, 0.05])
        for (i, threshold) in curve.thresholds.enumerated() {
            #expect(curve.trueShare[i] == Double(pulses.filter { $0 >= threshold }.count) / 5)
            #expect(curve.falseShare[i] == Double(others.filter { $0 >= threshold }.count) / 6)
        }
        #expect(curve.areaError > 0.1 && curve.areaError < 0.25)
        #expect(OperatingCurve(pulses: [], others: others) == nil)
        let perfect = try #require(OperatingCurve(pulses: [0.9, 0.7], others: [0.1]))
        #expect(perfect.area == 1 && perfect.areaError == 0)
    }

    @Test("thresholds let through no more frames without a pulse than they may") func thresholds() throws {
        func judgement(_ target: Int, _ probability: Float) -> ClassifierScore.Judgement {
            var probabilities = [Float](repeating: 0, count: 9)
            probabilities[1] = probability
            probabilities[0] = 1 - probability
            return ClassifierScore.Judgement(target: target, probabilities: probabilities, signalToNoise: 0)
        }
        // Noise up to 0.5, interference up to 0.8, and pulses, which do not count.
        let judgements = (0..<2000).map { judgement(0, Float($0) / 4000) } + (0..<1000).map { judgement(4, Float($0) / 1250) } + (0..<50).map { _ in judgement(3, 0.99) }
        let found = try #require(PulseThresholds.calibrated(judgements, falsePulses: 5e-3, falseKept: 0.1))
        func above(_ target: Int, _ threshold: Double) -> Int { judgements.filter { $0.target == target && $0.pulseProbability >= threshold }.count }
        #expect(above(0, found.label) == 10)
        // Interference would ask for more than what makes a label: nothing that is called a pulse is thrown away.
        #expect(found.keep == found.label)
        let loose = try #require(PulseThresholds.calibrated(judgements, falsePulses: 5e-4, falseKept: 0.4))
        #expect(above(4, loose.keep) == 400 && above(0, loose.keep) <= 800)
        #expect(PulseThresholds.calibrated(judgements, falsePulses: 1e-4, falseKept: 0.1) == nil)
    }

    @Test("sources come in turn, eight frames of each, and each gives its frames in order; sources of different axes are refused") func varied() throws {
        let frames = try #require(VariedFrames([MarkedFrames(mark: 1), MarkedFrames(mark: 2), MarkedFrames(mark: 3)]))
        var seen: [[Float]] = []
        var values = [Float](repeating: 0, count: 16)
        for index in 0..<UInt64(48) {
            _ = values.withUnsafeMutableBufferPointer { frames.write(frame: index, into: $0) }
            seen.append([values[0], values[1]])
        }
        for mark in 1...3 { #expect(seen.filter { $0[0] == Float(mark) }.map { $0[1] } == (0..<16).map(Float.init)) }
        #expect(seen.prefix(8).allSatisfy { $0[0] == 1 } && seen[8][0] == 2 && seen[24] == [1, 8])
        var other = MarkedFrames(mark: 2)
        other.axes.samplingTime = 2e-3
        #expect(VariedFrames([MarkedFrames(mark: 1), other]) == nil && VariedFrames([MarkedFrames]()) == nil)
    }
}

extension ClassifierTests {
    /// `pulsardt train`, `evaluate` and `report` on small frames of the twin.
    @Suite struct EvaluationRunTests {
        private static let frames = ["frames.channels=64", "frames.samples=128", "frames.snr=[8,40]", "frames.dm=[40,100]"]

        private func train(_ directory: TemporaryDirectory) throws -> String {
            let run = directory.path("train")
            let settings = Self.frames + [
                "training.steps=60", "training.batch=32", "training.validate_every=30", "training.validation_frames=64", "training.calibration_frames=512",
                "training.false_pulses=0.02", "training.false_kept=0.05", "data.variations=[\"\", \"frames.bits=4\"]",
            ]
            let result = try pulsardt(["train", "--run", run] + settings.flatMap { ["--set", $0] }, ranks: 2)
            #expect(result.status == 0, "\(result.stderr)")
            return run
        }

        private func arguments(_ model: String, _ run: String) -> [String] {
            let settings = Self.frames + [
                "data.receivers=3", "evaluation.frames=400", "evaluation.mixture_frames=700", "evaluation.pulse_share=0.05", "evaluation.block=64",
                "evaluation.checkpoint_every=1",
            ]
            return ["evaluate", "--model", model, "--run", run] + settings.flatMap { ["--set", $0] }
        }

        private func column(_ run: String, _ name: String) throws -> [Double] {
            try HDF5File.with(HDF5File.open(run + "/evaluation.h5", communicator: nil)) { try $0.root.read(name, as: Double.self) }
        }

        @Test("judgements and curves are the same bits on 1, 2 and 3 ranks and through a kill; tables are those of the frames; the report shows them")
        func evaluation() throws {
            let directory = try TemporaryDirectory()
            let model = try train(directory)
            var hashes: [String] = []
            for ranks in 1...3 {
                let run = directory.path("run\(ranks)")
                let result = try pulsardt(arguments(model, run), ranks: ranks)
                #expect(result.status == 0, "\(result.stderr)")
                hashes.append(try #require(results(run, "evaluate")["judgements_hash"] as? String))
            }
            #expect(Set(hashes).count == 1)

            let killed = directory.path("killed")
            let child = try MPIRun.start(executable: "pulsardt", arguments: arguments(model, killed), ranks: 2)
            let end = Date().addingTimeInterval(60)
            func checkpoints() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: killed + "/checkpoints/evaluate")) ?? [] }
            while Date() < end, !checkpoints().contains(where: { $0.hasSuffix(".h5") }) { usleep(2_000) }
            if let victim = child.descendants.last { kill(victim, SIGKILL) }
            _ = child.wait(timeout: 60)
            let again = try pulsardt(arguments(model, killed), ranks: 3)
            #expect(again.status == 0, "\(again.stderr)")
            #expect(try results(killed, "evaluate")["judgements_hash"] as? String == hashes[0])
            for name in ["set/pulse_probability", "mixture/snr", "score/by_snr/recall", "score/curves/snr_7_against_noise/true_share", "mixture_score/kept_share"] {
                #expect(try column(killed, name) == column(directory.path("run1"), name), "\(name)")
            }
            try tables(directory.path("run2"))
            try report(directory, model)
        }

        /// What the summary says against the frames' own rows.
        private func tables(_ run: String) throws {
            let found = try results(run, "evaluate")
            let (targets, pulse, ratios) = (try column(run, "set/target"), try column(run, "set/pulse_probability"), try column(run, "set/snr"))
            let (with, without) = (try column(run, "set/with_pulse"), try column(run, "set/without_pulse"))
            let threshold = try #require(found["pulse_threshold"] as? Double)
            #expect(targets.count == 400 && threshold > 0 && threshold < 1)
            let right = targets.indices.map { (pulse[$0] >= threshold ? with[$0] : without[$0]) == targets[$0] }
            #expect(try abs(share(found, "accuracy") - Double(right.filter { $0 }.count) / 400) < 1e-12)
            // Each class once in eight frames.
            for k in 0..<8 { #expect(targets.filter { $0 == Double(k) }.count == 50) }
            let perClass = (0..<8).map { k -> Double in
                let own = targets.indices.filter { targets[$0] == Double(k) && (k & 1 == 0 || ratios[$0] >= 7) }
                return Double(own.filter { right[$0] }.count) / Double(own.count)
            }
            #expect(try abs(share(found, "accuracy_snr_7") - perClass.reduce(0, +) / 8) < 1e-12)
            let strong = targets.indices.filter { Int(targets[$0]) & 1 == 1 && ratios[$0] >= 10 }
            #expect(try abs(share(found, "pulse_recall_snr_10") - Double(strong.filter { pulse[$0] >= threshold }.count) / Double(strong.count)) < 1e-12)

            let mixture = try #require(found["mixture"] as? [String: Any])
            let (kinds, chances) = (try column(run, "mixture/target"), try column(run, "mixture/pulse_probability"))
            let keep = try #require(found["keep_threshold"] as? Double)
            #expect(keep <= threshold)
            #expect(try abs(share(mixture, "kept_fraction") - Double(chances.filter { $0 >= keep }.count) / 700) < 1e-12)
            // 5 % of 700: 35, with a deviation of 5.8; false alarm below 1e-6.
            #expect(abs(kinds.filter { Int($0) & 1 == 1 }.count - 35) < 30)
            #expect((found["bars"] as? [[String: Any]])?.count == 6)
            let shown = try HDF5File.with(HDF5File.open(run + "/evaluation.h5", communicator: nil)) {
                (try $0.root.dataset("examples/frames").shape, try $0.root.read("examples/class", as: UInt8.self))
            }
            #expect(shown.0 == [8, 64, 128] && shown.1 == Array(0..<8))
        }

        private func report(_ directory: TemporaryDirectory, _ model: String) throws {
            let (page, drawings) = (directory.path("report.html"), directory.path("drawings"))
            let result = try pulsardtAlone(["report", model, directory.path("run2"), "--output", page, "--drawings", drawings])
            #expect(result.status == 0, "\(result.stderr)")
            let html = try String(contentsOfFile: page, encoding: .utf8)
            for text in ["Frames of each class", "Training", "Confusion", "Against S/N", "Against dispersion measure", "Against width", "Operating curves", "mixture", "Throughput"] {
                #expect(html.contains(text), "\(text)")
            }
            // A picture of each class and the confusion matrix, each with its scale.
            #expect(html.components(separatedBy: "<image ").count - 1 == 18)
            let names = try FileManager.default.contentsOfDirectory(atPath: drawings)
            #expect(names.count == 8 + 2 + 1 + 3 + 2 + 1)
            for name in names {
                let svg = try String(contentsOfFile: "\(drawings)/\(name)", encoding: .utf8)
                #expect(svg.hasPrefix("<svg") && svg.contains("</svg>") && !svg.contains("\"nan"), "\(name)")
            }
            let wrong = try pulsardtAlone(["report", directory.path(".")])
            #expect(wrong.status == 65 && wrong.stderr.contains("wanted a run directory of train, evaluate or classify"), "\(wrong.status) \(wrong.stderr)")
        }

        private func pulsardtAlone(_ arguments: [String]) throws -> ProcessResult {
            try ChildProcess([MPIRun.product("pulsardt")] + arguments, environment: MPIRun.environment).wait(timeout: 60)
        }

        @Test("a model for another telescope, a misspelt variation and one of other axes are refused by name") func refused() throws {
            let directory = try TemporaryDirectory()
            let model = directory.path("model.h5")
            try ToyClassifier.write(model)
            let axes = try pulsardt(["evaluate", "--model", model, "--run", directory.path("a")], ranks: 2)
            #expect(axes.status == 65 && axes.stderr.contains("frames to evaluate it on: found 256 channels of 256 samples, the model is for 64"), "\(axes.status) \(axes.stderr)")
            func train(_ variation: String) throws -> ProcessResult {
                try pulsardt(["train", "--run", directory.path("b"), "--set", "data.variations=[\"\(variation)\"]"], ranks: 1)
            }
            let misspelt = try train("telescope.riple=0.1")
            #expect(misspelt.status == 65 && misspelt.stderr.contains("unknown key 'riple' in 'telescope'"), "\(misspelt.status) \(misspelt.stderr)")
            let foreign = try train("training.steps=4")
            #expect(foreign.status == 65 && foreign.stderr.contains("wanted settings of telescope, pulsar, stages or frames"), "\(foreign.status) \(foreign.stderr)")
            let both = try pulsardt(["train", "--run", directory.path("b"), "--set", "data.variations=[\"\"]", "--set", "data.receivers=2"], ranks: 1)
            #expect(both.status == 65 && both.stderr.contains("found data.variations and data.receivers, wanted one"), "\(both.status) \(both.stderr)")
            let band = try pulsardt(["train", "--run", directory.path("c"), "--set", "data.variations=[\"\", \"telescope.model=meerkat\"]"], ranks: 1)
            #expect(band.status == 65 && band.stderr.contains("wanted the same axes for all frames of a network"), "\(band.status) \(band.stderr)")
        }
    }
}
