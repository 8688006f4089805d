import Glibc
import PulsarFrames
import PulsarKernels
import Numerics
import PulsarTwin

/// Labelled frames of 256 x 256 on one core: all stages on, fewer, and the noise kernel alone.
enum PulsarTwinBenchmark {
    static func run(_ arguments: [String]) throws {
        var frames = 800
        if let place = arguments.firstIndex(of: "--frames"), place + 1 < arguments.count, let count = Int(arguments[place + 1]) { frames = count }
        guard frames >= 8, frames <= 1 << 24 else { throw BenchmarkError(description: "pulsar-twin: found \(frames) frames, wanted 8 to 2^24") }
        print("\(Stopwatch.processor), one core, \(frames) frames, median of five\n")
        print("| frames | frames / s | Msample / s |")
        print("|---|---|---|")
        for (telescope, size) in [("effelsberg", 256), ("effelsberg", 128), ("meerkat", 256)] {
            try row("\(telescope) \(size) x \(size), all stages, eight classes", source(telescope, size, [], .all), frames)
        }
        try row("effelsberg 256 x 256, all stages, pulses only", source("effelsberg", 256, [0, 1, 0, 0, 0, 0, 0, 0], .all), frames)
        try row("effelsberg 256 x 256, all stages, every signal", source("effelsberg", 256, [0, 0, 0, 0, 0, 0, 0, 1], .all), frames)
        try row("effelsberg 256 x 256, noise and digitiser only", source("effelsberg", 256, [1, 0, 0, 0, 0, 0, 0, 0], .all), frames)
        kernel()
    }

    private static func source(_ telescope: String, _ size: Int, _ shares: [Double], _ stages: Stages) throws -> TwinFrames {
        var settings = FrameSettings()
        (settings.channels, settings.samples, settings.shares) = (size, size, shares)
        let descriptions = Descriptions(telescope: try Descriptions.telescope(telescope), pulsar: try Descriptions.pulsar("crab"))
        return try TwinFrames(descriptions: descriptions, settings: settings, stages: stages, seed: 1)
    }

    private static func row(_ name: String, _ source: TwinFrames, _ frames: Int) throws {
        let count = source.axes.channels * source.axes.samples
        let values = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
        defer { values.deallocate() }
        var signal = 0.0
        let times = (0..<5).map { repeated in
            Stopwatch.time(calls: 1) {
                for index in 0..<frames { signal += source.write(frame: UInt64(repeated * frames + index), into: values).signalToNoise }
            }
        }
        guard signal.isFinite else { throw BenchmarkError(description: "pulsar-twin: a truth that is no number") }
        let rate = Double(frames) / Stopwatch.median(times)
        print("| \(name) | \(Int(rate.rounded())) | \((rate * Double(count) * 1e-5).rounded() / 10) |")
    }

    /// Noise of a long row in the first cache, with and without the digitiser.
    private static func kernel() {
        let count = 4096
        let values = UnsafeMutablePointer<Float>.allocate(capacity: count)
        defer { values.deallocate() }
        values.update(repeating: 0, count: count)
        let stream = RandomStream(seed: 1, purpose: .test)
        let channel = RadiometerKernel.Channel(base: 30, scale: 12.8, offset: -256, lowest: 0, highest: 255, rounds: true)
        let times = (0..<5).map { repeated in
            Stopwatch.time(calls: 2000) {
                RadiometerKernel.detect(values, count: count, channel: channel, shape: 256, stream: stream, epoch: UInt64(repeated), firstTile: 0, draw: 1)
            }
        }
        let rate = Double(count) / Stopwatch.median(times)
        print("| the noise kernel alone, 4096 samples again and again | \(Int(rate / 65536)) | \((rate * 1e-5).rounded() / 10) |")
    }
}
