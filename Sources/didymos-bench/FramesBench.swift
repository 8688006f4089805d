import Frames
import Glibc
import Numerics
import Segments

/// A frame file like one second of an interferometer's raw data: 200 auxiliary channels and the strain, written and read on one core.
///
/// Rates are of decoded bytes and count processor time of the thread; every pass opens the file anew, which is in the page cache.
enum FramesBenchmark {
    static let seconds = 16

    static func run(_ arguments: [String]) throws {
        let directory = arguments.first ?? "/tmp"
        let channels = try makeChannels()
        let bytes = channels.reduce(0) { $0 + $1.vector.samples.count * $1.vector.samples.type.size }
        print("\(Stopwatch.processor), one core; \(channels.count) channels, \(seconds) s, \(Double(bytes) / 1e6) MB decoded\n")
        print("| compression | file MB | write MB/s | read all MB/s | without checksums | one channel ms | strain ms |")
        print("|---|---|---|---|---|---|---|")
        for compression in FrameCompression.allCases where compression != .smallest {
            let path = "\(directory)/V-DIDYMOS_\(compression)-1266624018-\(seconds).gwf"
            defer { if arguments.count < 2 { unlink(path) } }
            let start = Stopwatch.seconds()
            let writer = try FrameFileWriter(path: path, compression: compression)
            try writer.append(Frame(description, channels: channels))
            let summary = try writer.close()
            let writing = Stopwatch.seconds() - start
            let reading = try median { try readAll(path, verifying: true, bytes: bytes) }
            let trusting = try median { try readAll(path, verifying: false, bytes: bytes) }
            let one = try median { _ = try FrameFile(path: path).read("V1:AUX_102") }
            let strain = try median { _ = try FrameFile(path: path).read("V1:Hrec_hoft_16384Hz") }
            let rate = Double(bytes) / 1e6
            print(
                "| \(compression.rawValue) | \(decimal(Double(summary.bytes) / 1e6)) | \(decimal(rate / writing)) | \(decimal(rate / reading)) | "
                    + "\(decimal(rate / trusting)) | \(decimal(one * 1e3)) | \(decimal(strain * 1e3)) |")
        }
    }

    private static var description: FrameDescription {
        FrameDescription(name: "V1", start: GPSTime(seconds: 1_266_624_018) ?? .epoch, duration: Double(seconds), detectors: [.virgo])
    }

    /// 200 channels at 2500 Hz on average, as counts of a converter and as processed numbers, and the strain at 16384 Hz.
    private static func makeChannels() throws -> [FrameChannel] {
        let stream = RandomStream(seed: 1, purpose: .test)
        return (0..<201).map { index in
            let rate = index == 200 ? 16_384 : [512, 1024, 2048, 4096, 4096][index % 5]
            let noise = (0..<rate * seconds).map { stream.normal(epoch: UInt64(index), index: UInt64($0), draw: 0) }
            let time = (0..<rate * seconds).map { Double($0) / Double(rate) }
            if index == 200 {
                let samples = Samples.float64(zip(noise, time).map { 1e-21 * $0 + 1e-20 * sin(50 * $1) })
                return FrameChannel(name: "V1:Hrec_hoft_16384Hz", source: .processed(.init()), samples: samples, rate: Double(rate), unit: "strain")
            }
            if index % 2 == 0 {
                let samples = Samples.int32(zip(noise, time).map { Int32(20 * $0 + 3000 * sin(2 * $1)) })
                return FrameChannel(name: "V1:AUX_\(index)", source: .digitised(.init(bits: 24, units: "ct")), samples: samples, rate: Double(rate))
            }
            let samples = Samples.float32(zip(noise, time).map { Float($0 + 3 * sin(10 * $1)) })
            return FrameChannel(name: "V1:AUX_\(index)", source: .processed(.init()), samples: samples, rate: Double(rate), unit: "V")
        }
    }

    private static func readAll(_ path: String, verifying: Bool, bytes: Int) throws {
        let file = try FrameFile(path: path, verifiesChecksums: verifying)
        var read = 0
        for entry in file.channels {
            let samples = try file.read(entry, frame: 0).vector.samples
            read += samples.count * samples.type.size
        }
        guard read == bytes else { throw BenchmarkError(description: "frames: read \(read) bytes, wanted \(bytes)") }
    }

    private static func decimal(_ value: Double) -> String {
        let digits = max(0, 2 - Int(log10(max(value, 1e-9)).rounded(.down)))
        let scale = pow(10, Double(digits))
        let text = "\((value * scale).rounded() / scale)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private static func median(_ body: () throws -> Void) throws -> Double {
        Stopwatch.median(
            try (0..<7).map { _ in
                let start = Stopwatch.seconds()
                try body()
                return Stopwatch.seconds() - start
            })
    }
}
