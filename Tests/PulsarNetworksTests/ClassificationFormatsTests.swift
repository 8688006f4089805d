import Foundation
import PulsarNetworks
import RadioStreams
import TestSupport
import Testing

extension ClassifierTests {
    /// `pulsardt classify` on every kind of recording.
    @Suite struct ClassificationFormatsTests {
        /// The second pulse sweeps over the border of frames at sample 512.
        private static let pulses = [200, 490, 1500]
        private static let samples = 1800

        private func classify(_ input: String, _ run: String, model: String, ranks: Int?, _ more: [String] = []) throws -> ProcessResult {
            try pulsardt(["classify", input, "--model", model, "--run", run] + more.flatMap { ["--set", $0] }, ranks: ranks)
        }

        private func lines(_ run: String) throws -> [Substring] {
            try String(contentsOfFile: run + "/labels.csv", encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
        }

        /// Samples of the recording that a run kept, and their numbers.
        private func kept(_ run: String) throws -> [(range: Range<Int>, values: [Float])] {
            try FileManager.default.contentsOfDirectory(atPath: run + "/kept").sorted().map { name in
                let reader = try RecordedStream.open(run + "/kept/" + name)
                let begin = Int(((reader.header.start.days - 59000) * 86400 / 512e-6).rounded())
                let values = try reader.read(reader.header.sampleCount ?? 0)
                return (begin..<begin + values.count / reader.header.rowCount, values)
            }
        }

        /// Writes the toy recording in another format or with other bits.
        private func convert(_ from: String, _ to: String, _ format: StreamFormat, bits: Int) throws {
            let conversion = StreamConversion(format: format, bits: bits, levels: bits == 8 ? .copy : .fit)
            _ = try conversion.run(RecordedStream.open(from), to: to)
        }

        @Test("PSRFITS and PSRDADA give the labels of SIGPROC; of 8, 4 and 1 bits pulses are kept with the recording's own numbers, on 1, 2 and 3 ranks")
        func formats() throws {
            let directory = try TemporaryDirectory()
            let (file, model) = (directory.path("night.fil"), directory.path("model.h5"))
            try ToyClassifier.write(model)
            try ToyRecording.write(file, samples: Self.samples, pulses: Self.pulses)
            #expect(try classify(file, directory.path("reference"), model: model, ranks: 1).status == 0)
            let reference = try lines(directory.path("reference"))
            for (name, format, bits) in [("a.sf", StreamFormat.psrfits, 8), ("b.dada", .psrdada, 8), ("c.fil", .sigproc, 4), ("d.sf", .psrfits, 4), ("e.fil", .sigproc, 1)] {
                let path = directory.path(name)
                try convert(file, path, format, bits: bits)
                let reader = try RecordedStream.open(path)
                let all = try reader.read(Self.samples)
                var tables: [[Substring]] = []
                for ranks in bits == 8 ? [2] : [1, 2, 3] {
                    let run = directory.path("\(name)\(ranks)")
                    let result = try classify(path, run, model: model, ranks: ranks, ["classification.block=6"])
                    #expect(result.status == 0, "\(name): \(result.stderr)")
                    tables.append(try lines(run))
                    let stretches = try kept(run)
                    for stretch in stretches {
                        #expect(stretch.values == Array(all[stretch.range.lowerBound * 64..<stretch.range.upperBound * 64]), "\(name)")
                    }
                    // A bit keeps what is left of a strong pulse; the network was trained on eight.
                    guard bits > 1 else { continue }
                    for pulse in Self.pulses {
                        #expect(stretches.contains { $0.range.contains(pulse) && $0.range.contains(pulse + 50) }, "\(name), pulse at \(pulse)")
                    }
                }
                for table in tables { #expect(table == tables[0]) }
                if bits == 8 { #expect(tables[0] == reference, "\(name)") }
            }
        }

        @Test("a file that grows is followed to the labels of the whole; one that stops is reported")
        func growing() throws {
            let directory = try TemporaryDirectory()
            let (file, model) = (directory.path("night.fil"), directory.path("model.h5"))
            try ToyClassifier.write(model)
            try ToyRecording.write(file, samples: Self.samples, pulses: Self.pulses)
            #expect(try classify(file, directory.path("whole"), model: model, ranks: 1).status == 0)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
            try bytes.prefix(bytes.count / 3).write(to: URL(fileURLWithPath: file))
            try bytes.suffix(bytes.count - bytes.count / 3).write(to: URL(fileURLWithPath: directory.path("rest")))
            let writing = try ChildProcess(["sh", "-c", "sleep 0.7; cat '\(directory.path("rest"))' >> '\(file)'"])
            let result = try classify(file, directory.path("grown"), model: model, ranks: 2, ["classification.patience=3", "classification.block=6"])
            #expect(writing.wait(timeout: 20).status == 0)
            #expect(result.status == 0, "\(result.stderr)")
            #expect(result.stderr.contains("stalls"))
            #expect(try lines(directory.path("grown")) == lines(directory.path("whole")))
            let found = try kept(directory.path("grown"))
            for pulse in Self.pulses { #expect(found.contains { $0.range.contains(pulse) && $0.range.contains(pulse + 50) }) }
        }

        @Test("kept stretches open in `your` with their numbers, also those of PSRFITS", .enabled(if: PythonPeer.has("your"), "peer your not installed"))
        func peers() throws {
            let directory = try TemporaryDirectory()
            let (file, model) = (directory.path("night.fil"), directory.path("model.h5"))
            try ToyClassifier.write(model)
            try ToyRecording.write(file, samples: 1000, pulses: [300])
            try convert(file, directory.path("night.sf"), .psrfits, bits: 8)
            for name in ["night.fil", "night.sf"] {
                let run = directory.path("run-\(name)")
                #expect(try classify(directory.path(name), run, model: model, ranks: 1).status == 0)
                let stretch = try #require(kept(run).first { $0.range.contains(300) })
                try stretch.values.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: directory.path("\(name).f32"))) }
                let found = try PythonPeer.run(
                    """
                    import sys, glob, warnings
                    warnings.simplefilter('ignore')
                    import numpy as np
                    from your import Your
                    run, wanted = sys.argv[1], np.fromfile(sys.argv[2], 'f4').reshape(-1, 64)
                    for path in sorted(glob.glob(run + '/kept/*.fil')):
                        y = Your(path)
                        h = y.your_header
                        if h.nspectra == len(wanted) and (y.get_data(0, h.nspectra) == wanted).all():
                            print(h.fch1 == 1527.5, h.foff == -5, h.tsamp == 512e-6, h.nchans == 64, h.source_name == 'toy')
                    """, arguments: [run, directory.path("\(name).f32")])
                #expect(found.contains("True True True True True"), "\(name): \(found)")
            }
        }
    }
}
