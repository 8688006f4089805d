import MessagePassing
import Numerics
import ParallelHDF5
import PulsarFrames
import PulsarNetworks
import RadioStreams
import TestSupport
import Training

/// Small frames with everything a class can hold: noise of 8 bits, a dispersed pulse, a line, an impulse, a dropped block.
struct ToyFrames: LabelledFrameSource {
    let axes = FrameAxes(channels: 64, samples: 128, firstFrequency: 1527.5, channelBandwidth: -5, samplingTime: 512e-6)
    var seed: UInt64 = 5
    var ratios = 7.0...20.0

    static let mean: Float = 96
    static let deviation: Float = 24

    /// Samples by which the last channel is behind the first, for DM 1.
    static func delay(_ channel: Int) -> Double {
        let frequency = 1527.5 - 5 * Double(channel)
        return 4148.808 * (1 / (frequency * frequency) - 1 / (1527.5 * 1527.5)) / 512e-6
    }

    func write(frame index: UInt64, into values: UnsafeMutableBufferPointer<Float>) -> FrameTruth {
        let stream = RandomStream(seed: seed, purpose: .test)
        func uniform(_ k: UInt32, _ range: ClosedRange<Double>) -> Double {
            range.lowerBound + (range.upperBound - range.lowerBound) * stream.uniform(epoch: index, index: 1 << 40, draw: k)
        }
        for block in 0..<axes.channels * axes.samples / 32 {
            let (a, b) = stream.normalLanePair(epoch: index, firstIndex: UInt64(block * 16), block: 0)
            for l in 0..<16 {
                values[block * 32 + l] = Self.mean + Self.deviation * a[l]
                values[block * 32 + 16 + l] = Self.mean + Self.deviation * b[l]
            }
        }
        let kind = Int(uniform(0, 0...8.999))
        var truth = FrameTruth(contents: FrameContents(rawValue: UInt8(kind)))
        if kind < 8, kind & 1 == 1 {
            truth.dispersionMeasure = uniform(1, 15...45)
            truth.signalToNoise = uniform(2, ratios)
            truth.width = 3 * axes.samplingTime
            let last = Self.delay(axes.channels - 1) * truth.dispersionMeasure
            let first = uniform(3, 0...(124 - last))
            truth.arrival = first * axes.samplingTime
            Self.addPulse(values, samples: axes.samples, first: first, measure: truth.dispersionMeasure, ratio: truth.signalToNoise)
        }
        if kind < 8, kind & 2 == 2 {
            let channel = Int(uniform(4, 0...63.99))
            let isIntermittent = uniform(5, 0...1) < 0.5
            for t in 0..<axes.samples where !isIntermittent || t % 64 < 32 { values[channel * axes.samples + t] += 3 * Self.deviation }
        }
        if kind < 8, kind & 4 == 4 {
            let time = Int(uniform(6, 0...125.99))
            for c in 0..<axes.channels {
                for t in time..<time + 2 { values[c * axes.samples + t] += Self.deviation }
            }
        }
        if kind == 8 {
            let time = Int(uniform(7, 0...95.99))
            for c in 0..<axes.channels {
                for t in time..<time + 32 { values[c * axes.samples + t] = 0 }
            }
        }
        for i in values.indices { values[i] = max(0, min(255, values[i].rounded())) }
        return truth
    }

    /// Three samples of a height that gives the S/N over the whole band.
    static func addPulse(_ values: UnsafeMutableBufferPointer<Float>, samples: Int, first: Double, measure: Double, ratio: Double) {
        let height = Float(ratio) * deviation / Float(64 * 3).squareRoot()
        for c in 0..<64 {
            let start = Int((first + delay(c) * measure).rounded())
            for t in start..<start + 3 where t >= 0 && t < samples { values[c * samples + t] += height }
        }
    }

    /// Frames with their truth in an HDF5 file as `simulate` writes them.
    func write(_ path: String, count: Int, _ edit: (inout [Float]) -> Void = { _ in }) throws {
        let size = axes.channels * axes.samples
        var values = [Float](repeating: 0, count: count * size)
        let truths = values.withUnsafeMutableBufferPointer { values in
            (0..<count).map { write(frame: UInt64($0), into: UnsafeMutableBufferPointer(rebasing: values[$0 * size..<($0 + 1) * size])) }
        }
        edit(&values)
        try HDF5File.with(HDF5File.create(path, communicator: nil)) { file in
            let root = file.root
            try root.setAttribute("first_frequency_MHz", axes.firstFrequency)
            try root.setAttribute("channel_bandwidth_MHz", axes.channelBandwidth)
            try root.setAttribute("sampling_time_s", axes.samplingTime)
            _ = try root.write("frames", values, shape: [count, axes.channels, axes.samples])
            _ = try root.write("class", truths.map { UInt8($0.contents.classIndex) })
            _ = try root.write("snr", truths.map(\.signalToNoise))
            _ = try root.write("dm", truths.map(\.dispersionMeasure))
            _ = try root.write("width", truths.map(\.width))
            _ = try root.write("arrival", truths.map(\.arrival))
        }
    }
}

/// A recording of the same noise with pulses at known samples, and one line that is always there.
enum ToyRecording {
    static let header = {
        var header = StreamHeader(
            frequencies: (0..<64).map { 1527.5 - 5 * Double($0) }, channelWidth: -5, samplingTime: 512e-6, start: ModifiedJulianDate(59000)!, bits: 8)
        header.source = "toy"
        return header
    }()

    /// - Parameter pulses: samples of arrival at the highest frequency; DM 30, S/N 25.
    static func write(_ path: String, samples: Int, pulses: [Int], isAscending: Bool = false, polarisation: Polarisation = .intensity) throws {
        let stream = RandomStream(seed: 77, purpose: .test)
        var columns = [Float](repeating: 0, count: 64 * samples)
        for c in 0..<64 {
            for t in 0..<samples {
                let noise = stream.uniform(epoch: UInt64(c), index: UInt64(t), draw: 0) + stream.uniform(epoch: UInt64(c), index: UInt64(t), draw: 1)
                    + stream.uniform(epoch: UInt64(c), index: UInt64(t), draw: 2) - 1.5
                columns[c * samples + t] = ToyFrames.mean + 2 * ToyFrames.deviation * Float(noise)
            }
        }
        columns.withUnsafeMutableBufferPointer { columns in
            for pulse in pulses { ToyFrames.addPulse(columns, samples: samples, first: Double(pulse), measure: 30, ratio: 25) }
        }
        var header = header
        header.polarisation = polarisation
        if isAscending {
            header.frequencies.reverse()
            header.channelWidth = 5
        }
        let channels = 64, polarisations = polarisation.count
        var rows = [Float](repeating: 0, count: samples * channels * polarisations)
        for t in 0..<samples {
            for c in 0..<channels {
                let value = max(0, min(255, columns[(isAscending ? channels - 1 - c : c) * samples + t].rounded()))
                // Two receptors share it: whole numbers that add up.
                for p in 0..<polarisations { rows[(t * polarisations + p) * channels + c] = p == 0 ? (value / Float(polarisations)).rounded(.down) : value - (value / 2).rounded(.down) }
            }
        }
        let writer = try RecordedStream.create(path, format: .sigproc, header: header)
        try writer.append(rows, rowCount: header.rowCount)
        try writer.finish()
    }
}

/// The network `didymos` trained on toy frames for a few seconds, once for all tests.
enum ToyClassifier {
    static let source = ToyFrames()
    static let model = ClassifierModel(kind: .didymos, axes: source.axes, largestMeasure: 50)
    static let steps = 500

    static let trained: Result<[Float], any Error> = Result {
        let classifier = try FrameClassifier(model, training: true)
        let trainer = try DataParallelTrainer(
            objective: ClassifierObjective(classifier: classifier, draw: FrameDraw(source), shardsPerBatch: 2),
            parameters: classifier.initialParameters(seed: 3),
            options: TrainerOptions(
                shardsPerBatch: 2, schedule: .warmUp(steps: 20, first: 0.05, then: .cosine(from: 4e-3, to: 4e-5, steps: steps - 20)), gradientNormLimit: 5),
            communicator: MessagePassing.start())
        for _ in 0..<steps { try trainer.advance() }
        return Array(trainer.parameters)
    }

    /// Writes the model as `train` does.
    static func write(_ path: String) throws {
        let classifier = try FrameClassifier(model, training: false)
        let parameters = try trained.get()
        try HDF5File.with(HDF5File.create(path, communicator: nil)) { file in
            try parameters.withUnsafeBufferPointer { try ClassifierModelFile.write(classifier, parameters: $0, to: file.root) }
        }
    }
}
