import Foundation
import Glitches
import Numerics
import Testing

import GlitchInference

/// White noise of variance 1, the same in every run.
func whiteNoise(_ count: Int, epoch: UInt64 = 0) -> [Double] {
    var x = [Double](repeating: 0, count: count)
    RandomStream(seed: 21, purpose: .test).fillNormals(&x, epoch: epoch, indices: 0..<UInt64(count), draw: 0)
    return x
}

@Suite("Conditioning of inference windows")
struct ConditioningTests {
    @Test("a sine within the band keeps amplitude and phase at another rate, to the last sample; one below the band goes")
    func resampling() throws {
        let resampler = try BandResampler(seconds: 4, rate: 2048, target: 1024, lowest: 10, highest: 400)
        func sine(_ f: Double, _ rate: Double) -> [Double] { (0..<Int(4 * rate)).map { sin(2 * .pi * f * Double($0) / rate) } }
        let kept = resampler.run(sine(53, 2048))
        let expected = sine(53, 1024)
        // The mirror has a kink at the end, which the band's lower edge spreads over some tenths of a second.
        let inside = 512..<4096 - 512
        #expect(inside.allSatisfy { abs(kept[$0] - expected[$0]) < 0.01 })
        #expect((4096 - 64..<4096).allSatisfy { abs(kept[$0] - expected[$0]) < 0.35 })
        let low = resampler.run(sine(2, 2048))
        #expect((1024..<3072).allSatisfy { abs(low[$0]) < 0.02 })
        #expect(throws: GlitchError.self) { try BandResampler(seconds: 4, rate: 2048.5, target: 1024, lowest: 10, highest: 400) }
    }

    @Test("linear prediction whitens noise of four decades and a line, with nothing later than the sample itself")
    func prediction() throws {
        let rate = 1024.0
        func density(_ f: Double) -> Double { f < 60 ? pow(60 / max(f, 8), 2) : 1 }
        let power = (0...512).map { pow(density(Double($0)), 2) }
        let filter = try PredictionErrorFilter(power: power, rate: rate, band: 10...400, order: 128, name: "X1:A")
        let source = try ColouredNoise(rate: rate, count: 65_536) { density($0) }
        let white = filter.apply(source.stretch(seed: 5, channel: 1, first: 0))
        let whitening = try Whitening(WhiteningSettings(transformDuration: 1, overlap: 0.5, filterDuration: 1, average: .mean).shape(samples: 65_536, rate: rate))
        let flat = whitening.powerSpectrum(of: white)
        for band in [12..<20, 20..<40, 60..<120, 200..<400] {
            // 127 periodograms of half overlap: 4 % in the narrowest band.
            let mean = flat[band].reduce(0, +) / Double(band.count) / (2 / rate)
            #expect(abs(mean - 1) < 0.15, "\(band): \(mean)")
        }
        let short = filter.apply(Array(source.stretch(seed: 5, channel: 1, first: 0).prefix(1000)))
        #expect(short == Array(white.prefix(1000)))
        #expect(throws: GlitchError.self) { try PredictionErrorFilter(power: [Double](repeating: 0, count: 513), rate: rate, band: 10...400, order: 16, name: "X1:A") }
    }

    @Test("tiles of white noise are Exp(1) up to the last sample; a burst is found where it is, with its energy")
    func tiles() throws {
        let geometry = InferenceGeometry()
        let bank = try TileBank(geometry, seconds: 4, highest: 400)
        var (inside, last) = (0.0, 0.0)
        for epoch in 0..<40 {
            let energies = bank.energies(whiteNoise(4096, epoch: UInt64(epoch)))
            inside += energies[16..<48].reduce(0, +) / 32
            last += energies[63]
        }
        // The mean of the largest of about a hundred: near 5 with a deviation of 1.3; 40 last bins, three deviations.
        #expect(inside / 40 > 4 && inside / 40 < 8)
        #expect(abs(last / inside - 1) < 0.2, "\(last / 40), \(inside / 40)")
        var series = whiteNoise(4096, epoch: 99)
        let width = 8 / (2.0.squareRoot() * .pi * 80)
        let amplitude = 20 / (width * (Double.pi / 2).squareRoot() / 2 * 1024).squareRoot()
        for i in series.indices {
            let t = Double(i) / 1024 - 1.98
            series[i] += amplitude * exp(-t * t / (width * width)) * sin(2 * .pi * 80 * t)
        }
        let energies = bank.energies(series)
        let peak = try #require(energies.indices.max { energies[$0] < energies[$1] })
        #expect(peak == Int(1.98 * 16) && abs((2 * energies[peak]).squareRoot() - 20) < 3, "\(peak): \((2 * energies[peak]).squareRoot())")
        // Cut off soon behind the middle of the burst: it is seen all the same.
        let cut = try TileBank(geometry, seconds: 2, highest: 400).energies(Array(series.prefix(2048)))
        #expect(cut[31] > 20)
    }
}
