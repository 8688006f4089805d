import ScalingStudies

/// The most multiply-adds per second that one core can do, by the meter of `scaling calibrate`.
enum PeakBenchmark {
    static func run() throws {
        let rates = (0..<20).map { _ in gigaflops() }
        print("\(Stopwatch.processor): \(Stopwatch.median(rates)) GF/s, f32, one core, at best \(rates.max() ?? 0)")
    }

    /// One measurement of about 2 ms, in GF/s.
    static func gigaflops() -> Double { PeakRate.single(tries: 1) * 1e-9 }
}
