import Glibc
import NetworkKernels
import PulsarKernels
import Numerics

/// Dedispersion of one gulp on one core, beside the plain loop, a STREAM triad over arrays as large as the gulp, and the same kernel over data that stay in
/// the first cache. The kernel loads 4 bytes of data and half a byte of sums an addition, stores half a byte, and takes a quarter of a byte from memory: each number once for
/// sixteen trials. What the triad's bandwidth allows is so far above the rate that the first cache bounds it.
enum DedispersionBenchmark {
    static func run(_ arguments: [String]) throws {
        print("\(Stopwatch.processor), one core, float32, 1210 to 1530 MHz, 102.4 us, 16384 samples, 256 trials of DM 0 to 128\n")
        print(
            "| channels | additions | MB from memory | ns / 1000 additions | additions / s | triad GB/s | additions / s at the triad | in the first cache, additions / s | of it | plain loop, additions / s |")
        print("|---|---|---|---|---|---|---|---|---|---|")
        let counts = arguments.compactMap { Int($0) }
        for channels in counts.isEmpty ? [256, 1024] : counts {
            guard channels >= 1, channels <= 65536 else { throw BenchmarkError(description: "dedispersion: found \(channels) channels, wanted 1 to 65536") }
            row(channels)
        }
    }

    private static func row(_ channels: Int) {
        let (count, trials) = (16384, 256)
        let frequencies = (0..<channels).map { 1530 - 320 * Double($0) / Double(channels) }
        func delay(_ trial: Int, _ channel: Int) -> Int32 {
            let inverse = 1 / (frequencies[channel] * frequencies[channel]) - 1 / (1530.0 * 1530.0)
            return Int32((4148.808 * Double(trial) * 0.5 * inverse / 102.4e-6).rounded())
        }
        let longest = Int(delay(trials - 1, channels - 1))
        let stride = ((count + longest) / laneWidth + 2 | 1) * laneWidth
        let memory = LaneMemory.allocate(lanes: channels * stride / laneWidth)
        defer { memory.deallocate() }
        let data = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: Float.self)
        for i in 0..<channels * stride { data[i] = Float(i % 251) }
        let group = DedispersionKernel.group
        let tables = (0..<trials / group).map { g in (0..<channels).flatMap { c in (0..<group).map { delay(g * group + $0, c) } } }
        var scratch = [Float](repeating: 0, count: DedispersionKernel.scratch)
        var sums = [Float](repeating: 0, count: group * (count + laneWidth))
        var times: [Double] = []
        var triads: [Double] = []
        for _ in 0..<5 {
            triads.append(Triad.gigabytes(bytes: 4 * channels * stride))
            times.append(
                Stopwatch.time(calls: 1) {
                    for table in tables {
                        DedispersionKernel.sum(
                            data: data, stride: stride, channels: channels, delays: table, trials: group, scratch: &scratch, sums: &sums,
                            sumStride: count + laneWidth, count: count)
                    }
                })
        }
        let additions = Double(channels * count * trials)
        let rate = additions / Stopwatch.median(times)
        // The gulp once for each group of trials, and the sums.
        let bytes = 4 * Double(channels * (count + longest) * trials / group + trials * count)
        let resident = Stopwatch.median((0..<5).map { _ in residentRate() })
        let own = (0..<channels).map { delay(trials - 1, $0) }
        let plain = Stopwatch.time(calls: 1) {
            DedispersionKernel.referenceSum(data: data, stride: stride, channels: channels, delays: own, sum: &sums, count: count)
        }
        let bandwidth = Stopwatch.median(triads)
        let columns = [
            "\(channels)", "\(digits(additions * 1e-9))e9", digits(bytes * 1e-6), digits(1e12 / rate), "\(digits(rate * 1e-9))e9", digits(bandwidth),
            "\(digits(bandwidth * additions / bytes))e9", "\(digits(resident * 1e-9))e9", digits(rate / resident), "\(digits(Double(channels * count) / plain * 1e-9))e9",
        ]
        print("| " + columns.joined(separator: " | ") + " |")
    }

    /// Additions a second over eight channels of one tile, which the first cache holds with the sums.
    private static func residentRate() -> Double {
        let (channels, count, calls) = (8, 256, 20_000)
        let group = DedispersionKernel.group
        let stride = count + 3 * laneWidth
        let memory = LaneMemory.allocate(lanes: channels * stride / laneWidth)
        defer { memory.deallocate() }
        let data = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: Float.self)
        for i in 0..<channels * stride { data[i] = Float(i % 251) }
        let delays = (0..<channels * group).map { Int32($0 * 7 % 19) }
        var scratch = [Float](repeating: 0, count: DedispersionKernel.scratch)
        var sums = [Float](repeating: 0, count: group * (count + laneWidth))
        let seconds = Stopwatch.time(calls: calls) {
            DedispersionKernel.sum(
                data: data, stride: stride, channels: channels, delays: delays, trials: group, scratch: &scratch, sums: &sums, sumStride: count + laneWidth, count: count)
        }
        return Double(channels * count * group) / seconds
    }

    private static func digits(_ value: Double) -> String {
        let scale = value >= 100 ? 1.0 : value >= 10 ? 10.0 : 100.0
        let rounded = (value * scale).rounded() / scale
        return scale == 1 ? "\(Int(rounded))" : "\(rounded)"
    }
}
