import Numerics
import PulsarFrames
import PulsarNetworks

/// Classification of frames on one core: what preparing a frame takes, what the network takes, and both: benchmarks/pulsar-classifier.
enum PulsarClassifierBenchmark {
    static func run(_ arguments: [String]) throws {
        let extents = arguments.compactMap { Int($0) }
        print("\(Stopwatch.processor), one core, float32, shards of 16 frames of 8-bit noise, 1210 to 1530 MHz, 102.4 us\n")
        print("| network | frame | parameters | MMAC / frame | prepare, us | network, us | GFLOP/s | frames / s, network | frames / s, all |")
        print("|---|---|---|---|---|---|---|---|---|")
        for extent in extents.isEmpty ? [128, 256] : extents {
            for kind in ClassifierKind.allCases { try row(kind, extent) }
        }
    }

    private static func row(_ kind: ClassifierKind, _ extent: Int) throws {
        let axes = FrameAxes(
            channels: extent, samples: extent, firstFrequency: 1530 - 160 / Double(extent), channelBandwidth: -320 / Double(extent), samplingTime: 102.4e-6)
        let classifier = try FrameClassifier(ClassifierModel(kind: kind, axes: axes), training: false)
        let parameters = classifier.initialParameters(seed: 1)
        let stream = RandomStream(seed: 1, purpose: .test)
        var frames = [Float](repeating: 0, count: 16 * extent * extent)
        for i in 0..<frames.count / 16 {
            let lane = stream.normalLane(epoch: 0, firstIndex: UInt64(16 * i), draw: 0)
            for l in 0..<16 { frames[16 * i + l] = max(0, min(255, (96 + 24 * lane[l]).rounded())) }
        }
        var probabilities = [Float](repeating: 0, count: 16 * classifier.model.classes)
        func load() {
            frames.withUnsafeBufferPointer { frames in
                guard let base = frames.baseAddress else { return }
                for lane in 0..<16 { classifier.load(base + lane * extent * extent, stride: extent, lane: lane) }
            }
        }
        func median(_ body: () -> Void) -> Double {
            body()
            let calls = max(1, Int(0.1 / max(1e-6, Stopwatch.time(calls: 1, body))))
            return Stopwatch.median((0..<7).map { _ in Stopwatch.time(calls: calls, body) }) / 16
        }
        let prepare = median(load)
        let network = median { classifier.runNetwork(parameters: parameters) }
        let whole = median {
            load()
            classifier.infer(parameters: parameters, probabilities: &probabilities)
        }
        let work = Double(classifier.multiplyAdds)
        print(
            "| \(kind.rawValue) | \(extent) | \(classifier.layout.count) | \(digits(work / 1e6)) | \(digits(1e6 * prepare)) | \(digits(1e6 * network)) | "
                + "\(digits(2e-9 * work / network)) | \(digits(1 / network)) | \(digits(1 / whole)) |")
    }

    private static func digits(_ value: Double) -> String {
        let scale = value >= 100 ? 1.0 : value >= 10 ? 10.0 : 100.0
        let rounded = (value * scale).rounded() / scale
        return scale == 1 ? "\(Int(rounded))" : "\(rounded)"
    }
}
