import Foundation
import Glitches
import Numerics
import TestSupport
import Testing

@Suite("Whitening")
struct WhiteningTests {
    @Test("the median's bias: known values")
    func bias() {
        #expect(SpectrumAverage.medianBias(1) == 1)
        #expect(SpectrumAverage.medianBias(2) == 1)
        #expect(abs(SpectrumAverage.medianBias(3) - (1 - 1.0 / 2 + 1.0 / 3)) < 1e-15)
        #expect(abs(SpectrumAverage.medianBias(5) - 0.7833333333333333) < 1e-15)
        #expect(abs(SpectrumAverage.medianBias(100_001) - log(2)) < 1e-5)
    }

    @Test("white noise of variance 4 has the density 8 / rate, by mean and by median", arguments: SpectrumAverage.allCases)
    func density(average: SpectrumAverage) throws {
        let rate = 1024.0
        let settings = WhiteningSettings(transformDuration: 1, overlap: 0.5, filterDuration: 1, average: average)
        let whitening = try Whitening(settings.shape(samples: 65536, rate: rate))
        let power = whitening.powerSpectrum(of: whiteNoise(65536).map { 2 * $0 })
        let mean = power[1..<512].reduce(0, +) / 511
        // 127 periodograms of which about 68 are independent, 511 bins: 0.6 % of error; six of them.
        #expect(abs(mean * rate / 8 - 1) < 0.036, "\(mean * rate / 8)")
    }

    @Test("coloured noise with a line becomes white, of variance 1", arguments: WhiteningSettings.Convention.allCases)
    func white(convention: WhiteningSettings.Convention) throws {
        let rate = 2048.0
        let settings = WhiteningSettings(transformDuration: 1, overlap: 0.5, filterDuration: 1, convention: convention)
        let whitening = try Whitening(settings.shape(samples: 65536, rate: rate))
        let white = Array(whitening.whiten(colouredNoise(65536, rate: rate))[2048..<63488])
        let deviation = Statistics.variance(white).squareRoot()
        #expect(abs(deviation - 1) < 0.05, "\(deviation)")
        // Neighbours are not correlated: 61440 numbers, six standard errors.
        let pairs = zip(white, white.dropFirst()).map { $0 * $1 }
        #expect(abs(Statistics.mean(pairs)) < 0.06, "\(Statistics.mean(pairs))")
    }

    @Test("over lanes as one by one, also where the spectrum spans nine orders of magnitude", arguments: WhiteningSettings.Convention.allCases)
    func lanes(convention: WhiteningSettings.Convention) throws {
        let rate = 1024.0
        let settings = WhiteningSettings(transformDuration: 1, overlap: 0.5, filterDuration: 1, convention: convention, highpass: 4)
        let shape = try settings.shape(samples: 6144, rate: rate)
        let reference = try Whitening(shape)
        let plane = try QPlane(quality: 8, duration: 6, rate: rate, range: 20...200)
        let lanes = try LaneQTransform(shape: shape, planes: [plane], normalisation: .median, edge: 0.5)
        let series = (0..<laneWidth).map { colouredNoise(6144, rate: rate, epoch: UInt64($0)) }
        withPointers(series) { lanes.whiten($0) }
        let found = lanes.whitenedSpectrum
        for l in [0, 5, 15] {
            let expected = reference.spectrum(ofWhitened: series[l])
            var (power, worst) = (0.0, 0.0)
            for (k, value) in expected.enumerated() {
                power += value.x * value.x + value.y * value.y
                worst = max(worst, abs(Double(found[2 * k][l]) - value.x), abs(Double(found[2 * k + 1][l]) - value.y))
            }
            worst /= (power / Double(expected.count)).squareRoot()
            #expect(worst < 1e-5, "lane \(l): \(worst)")
        }
    }

    @Test("lengths that do not fit are refused with what would")
    func refused() {
        #expect(throws: GlitchError.self) { try WhiteningSettings(transformDuration: 8).shape(samples: 4096, rate: 1024) }
        #expect(throws: GlitchError.self) { try WhiteningSettings(overlap: 2).shape(samples: 6144, rate: 1024) }
        #expect(throws: GlitchError.self) { try WhiteningSettings().shape(samples: 7 * 1024, rate: 1024) }
        #expect(throws: GlitchError.self) { try WhiteningSettings(transformDuration: 0.3333).shape(samples: 6144, rate: 1024) }
    }
}

/// Runs `body` with the addresses of sixteen series.
func withPointers(_ series: [[Double]], _ body: ([UnsafePointer<Double>]) -> Void) {
    let count = series[0].count
    let buffer = UnsafeMutablePointer<Double>.allocate(capacity: count * series.count)
    defer { buffer.deallocate() }
    for (i, values) in series.enumerated() {
        for (t, value) in values.enumerated() { buffer[i * count + t] = value }
    }
    body(series.indices.map { UnsafePointer(buffer + $0 * count) })
}
