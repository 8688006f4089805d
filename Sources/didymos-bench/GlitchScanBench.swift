import Glibc
import GlitchKernels
import Glitches
import Numerics

/// Whitening and Q transform of series of 6 s at 4096 Hz, Q 12, on one core: sixteen at a time as a scan does it, and one at a time in plain
/// double precision.
enum GlitchScanBenchmark {
    static let rate = 4096.0
    static let duration = 6.0

    static func run() throws {
        let samples = Int(rate * duration)
        let shape = try WhiteningSettings(transformDuration: 2, overlap: 1, filterDuration: 2).shape(samples: samples, rate: rate)
        print("\(Stopwatch.processor), one core; series of \(samples) samples, white noise\n")
        let noise = makeNoise(samples)
        defer { noise.deallocate() }
        let pointers = (0..<laneWidth).map { UnsafePointer(noise + $0 * samples) }
        print("| band, Hz | rows | tiles | whitening ms | Q transform ms | both ms | a second | one series, plain: both ms |")
        print("|---|---|---|---|---|---|---|---|")
        for band in [8.0...500.0, 10.0...50.0] {
            let plane = try QPlane(quality: 12, duration: duration, rate: rate, range: band)
            let engine = try LaneQTransform(shape: shape, planes: [plane], normalisation: .median, edge: 0)
            let whitening = median { engine.whiten(pointers) } / Double(laneWidth)
            let transform = median { engine.transform(plane: 0) } / Double(laneWidth)
            let both = median {
                engine.whiten(pointers)
                engine.transform(plane: 0)
                _ = engine.loudTiles(plane: 0, above: 18)
            } / Double(laneWidth)
            let plain = try plainSeconds(shape, plane, Array(UnsafeBufferPointer(start: noise, count: samples)))
            let figures = [whitening, transform, both].map { decimals(1e3 * $0) }
            print("| \(Int(band.lowerBound))-\(Int(band.upperBound)) | \(plane.rows.count) | \(plane.tiles) | \(figures.joined(separator: " | ")) | \(Int(1 / both)) | \(decimals(1e3 * plain)) |")
        }
    }

    private static func makeNoise(_ samples: Int) -> UnsafeMutablePointer<Double> {
        let noise = UnsafeMutablePointer<Double>.allocate(capacity: laneWidth * samples)
        let stream = RandomStream(seed: 1, purpose: .test)
        for lane in 0..<laneWidth { stream.fillNormals(noise + lane * samples, epoch: UInt64(lane), indices: 0..<UInt64(samples), draw: 0) }
        return noise
    }

    private static func plainSeconds(_ shape: WhiteningShape, _ plane: QPlane, _ series: [Double]) throws -> Double {
        let whitening = try Whitening(shape)
        return Stopwatch.median(
            try (0..<5).map { _ in
                let start = Stopwatch.seconds()
                _ = try QTransform.transform(whitening.spectrum(ofWhitened: series), plane: plane)
                return Stopwatch.seconds() - start
            })
    }

    private static func median(_ body: () -> Void) -> Double {
        body()
        return Stopwatch.median(
            (0..<15).map { _ in
                let start = Stopwatch.seconds()
                body()
                return Stopwatch.seconds() - start
            })
    }

    private static func decimals(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
}
