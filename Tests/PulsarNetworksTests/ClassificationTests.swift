import Foundation
import MessagePassing
import ParallelHDF5
import PulsarFrames
import PulsarNetworks
import RadioStreams
import TestSupport
import Testing

extension ClassifierTests {
    /// `pulsardt classify` with the network of the learning test.
    @Suite struct ClassificationTests {
        private func classify(_ input: String, _ run: String, model: String, ranks: Int?, _ more: [String] = []) throws -> ProcessResult {
            try pulsardt(["classify", input, "--model", model, "--run", run] + more.flatMap { ["--set", $0] }, ranks: ranks)
        }

        private func labels(_ run: String) throws -> String { try String(contentsOfFile: run + "/labels.csv", encoding: .utf8) }

        /// The stretches of a run: start, and numbers.
        private func stretches(_ run: String) throws -> [(start: Double, samples: [Float])] {
            try FileManager.default.contentsOfDirectory(atPath: run + "/kept").sorted().map { name in
                let reader = try RecordedStream.open(run + "/kept/" + name)
                return (reader.header.start.days, try reader.read(reader.header.sampleCount ?? 0))
            }
        }

        @Test("a stream's pulses are kept, also one that straddles a frame's border; the same bytes on 1, 2 and 3 ranks and from standard input")
        func stream() throws {
            let directory = try TemporaryDirectory()
            let (file, model) = (directory.path("night.fil"), directory.path("model.h5"))
            try ToyClassifier.write(model)
            // The second pulse sweeps over the border of frames 7 and 9 at sample 512, the last over the end of the last whole frame.
            let pulses = [200, 490, 1800, 2990]
            let samples = 3100
            try ToyRecording.write(file, samples: samples, pulses: pulses)
            var tables: [String] = []
            for ranks in [1, 2, 3] {
                let run = directory.path("run\(ranks)")
                let result = try classify(file, run, model: model, ranks: ranks, ["classification.block=12"])
                #expect(result.status == 0, "\(result.stderr)")
                tables.append(try labels(run))
                // Another block is another division of work, not another result.
                #expect(try stretches(run).map(\.samples) == stretches(directory.path("run1")).map(\.samples))
            }
            #expect(tables[0] == tables[1] && tables[0] == tables[2])

            // Each stretch is the recording's own samples at the time of its header, and each pulse lies in one.
            let reader = try RecordedStream.open(file)
            let all = try reader.read(samples)
            let found = try stretches(directory.path("run2")).map { stretch -> Range<Int> in
                let begin = Int(((stretch.start - 59000) * 86400 / 512e-6).rounded())
                #expect(stretch.samples == Array(all[begin * 64..<begin * 64 + stretch.samples.count]))
                return begin..<begin + stretch.samples.count / 64
            }
            for pulse in pulses { #expect(found.contains { $0.contains(pulse) && $0.contains(pulse + 50) }, "pulse at \(pulse), kept \(found)") }
            #expect(found.map(\.count).reduce(0, +) < samples / 2)
            // 3100 samples: 47 frames every 64 samples, and one that ends with the recording.
            #expect(tables[0].split(separator: "\n").filter { $0.first?.isNumber == true }.count == 48)
            let summary = try results(directory.path("run3"), "classify")
            #expect(summary["frames"] as? Int == 48 && summary["samples"] as? Int == samples && summary["stretches"] as? Int == found.count)
            let kept = try #require(summary["frames_kept"] as? Int)
            try HDF5File.with(HDF5File.open(directory.path("run3/kept.h5"), communicator: nil)) { file in
                let frames = try file.root.dataset("frames")
                #expect(frames.shape == [kept, 64, 128])
                let first = Int(try file.root.read("sample", as: Int64.self)[0])
                let values = try frames.read(as: Float.self, offset: [0, 0, 0], count: [1, 64, 128])
                #expect((0..<128).allSatisfy { values[5 * 128 + $0] == all[(first + $0) * 64 + 5] })
            }

            let piped = directory.path("piped")
            let command = "cat \(file) | \(MPIRun.product("pulsardt")) classify - --model \(model) --run \(piped)"
            let result = try ChildProcess(["sh", "-c", command], environment: MPIRun.environment).wait(timeout: 60)
            #expect(result.status == 0, "\(result.stderr)")
            func lines(_ text: String) -> [Substring] { text.split(separator: "\n").filter { !$0.hasPrefix("#") } }
            #expect(try lines(labels(piped)) == lines(tables[0]))
            #expect(try stretches(piped).map(\.samples) == stretches(directory.path("run1")).map(\.samples))
        }

        @Test("a recording of falling or rising frequencies, of one or two receptors, gives the same labels") func layouts() throws {
            let directory = try TemporaryDirectory()
            let model = directory.path("model.h5")
            try ToyClassifier.write(model)
            var tables: [[Substring]] = []
            for (name, isAscending, polarisation) in [("a", false, Polarisation.intensity), ("b", true, .intensity), ("c", false, .receptors)] {
                try ToyRecording.write(directory.path("\(name).fil"), samples: 1000, pulses: [300], isAscending: isAscending, polarisation: polarisation)
                let result = try classify(directory.path("\(name).fil"), directory.path(name), model: model, ranks: 1)
                #expect(result.status == 0, "\(result.stderr)")
                tables.append(try labels(directory.path(name)).split(separator: "\n").filter { !$0.hasPrefix("#") })
            }
            #expect(tables[0] == tables[1] && tables[0] == tables[2])
        }

        @Test("a run that is killed goes on elsewhere to the same labels, stretches and frames; one that is finished stays so") func resumed() throws {
            let directory = try TemporaryDirectory()
            let (file, model) = (directory.path("night.fil"), directory.path("model.h5"))
            try ToyClassifier.write(model)
            try ToyRecording.write(file, samples: 12_000, pulses: (0..<12).map { 300 + 970 * $0 })
            let settings = ["classification.block=8", "classification.checkpoint_every=1"]
            let reference = directory.path("reference")
            #expect(try classify(file, reference, model: model, ranks: 2, settings).status == 0)
            let killed = directory.path("killed")
            let child = try MPIRun.start(
                executable: "pulsardt", arguments: ["classify", file, "--model", model, "--run", killed] + settings.flatMap { ["--set", $0] }, ranks: 2)
            let end = Date().addingTimeInterval(60)
            func checkpoints() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: killed + "/checkpoints/classify")) ?? [] }
            while Date() < end, !checkpoints().contains(where: { $0.hasSuffix(".h5") }) { usleep(5_000) }
            if let victim = child.descendants.last { kill(victim, SIGKILL) }
            _ = child.wait(timeout: 60)
            for ranks in [3, 1] {
                let result = try classify(file, killed, model: model, ranks: ranks, settings)
                #expect(result.status == 0, "\(result.stderr)")
                #expect(try labels(killed) == labels(reference))
                #expect(try stretches(killed).map(\.samples) == stretches(reference).map(\.samples))
            }
            #expect(try stretches(reference).count >= 11)
        }

        @Test("frames of a file are judged against their truth; the same on 1, 2 and 3 ranks") func file() throws {
            let directory = try TemporaryDirectory()
            let (frames, model) = (directory.path("frames.h5"), directory.path("model.h5"))
            try ToyClassifier.write(model)
            var source = ToyFrames()
            source.seed = 12
            try source.write(frames, count: 300)
            var tables: [String] = []
            for ranks in [1, 2, 3] {
                let run = directory.path("run\(ranks)")
                let result = try classify(frames, run, model: model, ranks: ranks, ["classification.block=100"])
                #expect(result.status == 0, "\(result.stderr)")
                tables.append(try labels(run))
            }
            #expect(tables[0] == tables[1] && tables[0] == tables[2])
            let truth = try #require(results(directory.path("run2"), "classify")["against_truth"] as? [String: Any])
            #expect(truth["frames"] as? Int == 300)
            #expect(try share(truth, "accuracy") > 0.85)
            #expect(try share(truth, "pulse_recall_snr_10") > 0.9)
        }

        @Test("a model for other axes, frames of another shape, what is no number and what is no model end with code 65 and their reason") func badInput() throws {
            let directory = try TemporaryDirectory()
            let (file, model) = (directory.path("night.fil"), directory.path("model.h5"))
            try ToyClassifier.write(model)
            func expect(_ input: String, _ wanted: String, model: String, ranks: Int = 2) throws {
                let result = try classify(input, directory.path("run"), model: model, ranks: ranks)
                #expect(result.status == 65 && result.stderr.contains(wanted), "\(result.status) \(result.stderr)")
            }
            var header = ToyRecording.header
            header.samplingTime = 2e-3
            func write(_ header: StreamHeader) throws {
                let writer = try RecordedStream.create(file, format: .sigproc, header: header)
                try writer.append([Float](repeating: 9, count: 200 * header.rowCount), rowCount: header.rowCount)
                try writer.finish()
            }
            try write(header)
            try expect(file, "night.fil: found a sampling time of 0.002 s, the model is for 0.000512 s", model: model)
            header = ToyRecording.header
            header.frequencies = header.frequencies.map { $0 + 300 }
            try write(header)
            try expect(file, "night.fil: found channel 0 at 1827.5 MHz", model: model)
            header = ToyRecording.header
            header.frequencies.removeLast(14)
            try write(header)
            try expect(file, "found 50 channels, the model is for 64", model: model)
            try ToyRecording.write(file, samples: 100, pulses: [])
            try expect(file, "found less than the 128 samples of one frame", model: model)

            let frames = directory.path("frames.h5")
            try ToyFrames().write(frames, count: 40) { $0[33 * 8192] = .infinity }
            try expect(frames, "frames.h5: frames: found inf in frame 33, channel 0, sample 0", model: model)
            _ = try HDF5File.with(HDF5File.create(frames, communicator: nil)) { try $0.root.write("frames", [Float](repeating: 0, count: 128), shape: [2, 8, 8]) }
            try expect(frames, "found 8 channels of 8 samples, the model is for 64 of 128", model: model)
            try expect(file, "attribute format: found 'none'", model: frames)
        }
    }
}
