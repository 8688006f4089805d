import Glibc
import GlitchNetworks
import Glitches
import Numerics
import Segments
import Testing

@Suite("images of glitches") struct QImageTests {
    private static func settings() -> QImageSettings {
        var settings = QImageSettings()
        settings.frequencies = 20...300
        settings.size = 32
        return settings
    }

    private static func series(_ rate: Double, time: Double? = nil, frequency: Double = 80) -> [Double] {
        var x = [Double](repeating: 0, count: Int(8 * rate))
        RandomStream(seed: 4, purpose: .test).fillNormals(&x, epoch: 0, indices: 0..<UInt64(x.count), draw: 0)
        guard let time else { return x }
        let width = 12 / (2.0.squareRoot() * .pi * frequency)
        for i in x.indices {
            let t = Double(i) / rate - time
            x[i] += 4 * exp(-t * t / (width * width)) * sin(2 * .pi * frequency * t)
        }
        return x
    }

    private static func image(_ series: [Double], rate: Double, centre: Double, margin: Int = 0) throws -> [Float] {
        let maker = try QImageMaker(settings(), rate: rate)
        series.withUnsafeBufferPointer { if let start = $0.baseAddress { maker.transform([start]) } }
        var image = [Float](repeating: .nan, count: 32 * (32 + 2 * margin))
        maker.image(lane: 0, centre: centre, margin: margin, into: &image)
        return image
    }

    @Test("a burst lies at its frequency and time, with its energy") func burst() throws {
        let rate = 1024.0
        let series = Self.series(rate, time: 4.2)
        let image = try Self.image(series, rate: rate, centre: 4.0)
        let peak = try #require(image.indices.max { image[$0] < image[$1] })
        let settings = Self.settings()
        #expect(abs(log(settings.rowFrequencies[peak / 32] / 80)) < 0.15)
        #expect(abs(settings.columnTimes()[peak % 32] - 0.2) < 0.05)
        let whitening = try Whitening(settings.whitening.shape(samples: series.count, rate: rate))
        let plane = try QPlane(quality: 12, duration: 8, rate: rate, range: 20...300)
        let gram = try QTransform.transform(whitening.spectrum(ofWhitened: series), plane: plane, normalisation: .exponential, edge: 1)
        let energy = try #require(gram.peak?.energy)
        #expect(Double(image[peak]) > 0.5 * energy && Double(image[peak]) <= energy * 1.001, "\(image[peak]), \(energy)")
    }

    @Test("noise has energies of mean 1; margins continue the image; rows above the rate's reach are empty") func noise() throws {
        let image = try Self.image(Self.series(1024), rate: 1024, centre: 4)
        let mean = image.reduce(0, +) / Float(image.count)
        #expect(mean > 0.5 && mean < 1.6, "\(mean)")
        let wide = try Self.image(Self.series(1024), rate: 1024, centre: 4, margin: 4)
        for row in 0..<32 { #expect(Array(wide[row * 40 + 4..<row * 40 + 36]) == Array(image[row * 32..<row * 32 + 32])) }
        let slow = try Self.image(Self.series(256), rate: 256, centre: 4)
        #expect(slow[31 * 32..<32 * 32].allSatisfy { $0 == 0 } && slow[0..<32].contains { $0 > 0 })
    }

    @Test("no image for training shares a sample with one that judges; every use has its share of the time") func split() throws {
        let start = GPSTime(seconds: 1_000_000_000) ?? .epoch
        let split = TimeSplit(start: start, duration: 6400, block: 64, shares: [0.7, 0.15, 0.15])
        #expect(split.uses.count == 100)
        #expect(split.uses.count { $0 == .training } == 70 && split.uses.count { $0 == .validation } == 15 && split.uses.count { $0 == .test } == 15)
        var spans: [(use: ImageUse, begin: Int64, end: Int64)] = []
        for tenth in stride(from: Int64(40), to: 63_900, by: 3) {
            let begin = ImageTimes.segmentStart(start.advanced(byNanoseconds: tenth * 100_000_000), duration: 8)
            let end = begin.advanced(byNanoseconds: 8_000_000_000)
            let use = split.use(from: begin, to: end)
            if use != .unused { spans.append((use, begin.nanoseconds, end.nanoseconds)) }
        }
        for (a, b) in zip(spans, spans.dropFirst()) where a.use != b.use { #expect(a.end <= b.begin) }
        #expect(spans.count > 15_000)
    }

    @Test("scales take numbers there and energies back", arguments: ImageValues.allCases) func scaling(values: ImageValues) {
        let scaling = ImageScaling(values, scales: [40, 9])
        var lanes = [Lane(repeating: 90)]
        scaling.scale(&lanes, count: 1, channel: 0)
        #expect(abs(scaling.energy(lanes[0][3]) - 90) < 1e-4)
    }
}
