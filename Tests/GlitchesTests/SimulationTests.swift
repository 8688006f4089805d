import Foundation
import Glitches
import Numerics
import TestSupport
import Testing

@Suite("Simulated interferometer")
struct SimulationTests {
    @Test("Advanced Virgo's density as LALSimulation has it; tables are read and interpolated")
    func densities() throws {
        // XLALSimNoisePSDAdvVirgo, to the digits that are quoted.
        for (frequency, expected) in [(20.0, 7.483e-23), (100, 4.595e-24), (200, 3.764e-24), (1000, 1.870e-23)] {
            #expect(abs(DetectorSpectrum.advancedVirgo.density(at: frequency) / expected - 1) < 5e-4, "\(frequency) Hz")
        }
        // Fits: the values at 100 Hz that the fits are said to give.
        #expect(abs(DetectorSpectrum.einsteinTelescopeFit.density(at: 100) / 2.52e-25 - 1) < 0.01)
        let directory = try TemporaryDirectory()
        try "# f asd\n10 1e-22\n\n100, 1e-24 # comment\n".write(toFile: directory.path("asd.txt"), atomically: true, encoding: .utf8)
        let table = try DetectorSpectrum(named: directory.path("asd.txt"))
        #expect(table.density(at: 1) == 1e-22 && table.density(at: 1000) == 1e-24)
        #expect(abs(table.density(at: 31.622776601683793) / 1e-23 - 1) < 1e-9)
        for text in ["10 1e-22\n5 1e-23\n", "10 -1\n20 1\n", "10 1e-22\n", "ten 1\n"] {
            try text.write(toFile: directory.path("bad.txt"), atomically: true, encoding: .utf8)
            #expect(throws: GlitchError.self, "\(text)") { try DetectorSpectrum(named: directory.path("bad.txt")) }
        }
    }

    @Test("coloured noise has its spectrum, and stretches that meet are parts of one series")
    func noise() throws {
        let rate = 512.0
        func density(_ f: Double) -> Double { 1e-20 * (f < 50 ? pow(50 / max(f, 4), 2) : 1) }
        let source = try ColouredNoise(rate: rate, count: 131_072, density: density)
        let series = source.stretch(seed: 3, channel: 2, first: 0)
        let whitening = try Whitening(WhiteningSettings(transformDuration: 2, overlap: 1, average: .mean).shape(samples: 131_072, rate: rate))
        let power = whitening.powerSpectrum(of: series)
        for band in [10..<20, 30..<60, 100..<200, 300..<500] {
            // Bins are 0.5 Hz apart; 255 periodograms overlap by half: 7 % of error in the narrowest band, and the window's smoothing.
            let ratio = band.reduce(0) { $0 + power[$1] / pow(density(Double($1) / 2), 2) } / Double(band.count)
            #expect(abs(ratio - 1) < 0.12, "bins \(band): \(ratio)")
        }
        let short = try ColouredNoise(rate: rate, count: 4096, density: density)
        let scale = 1e-20 * 100
        for first in [0, 4096, 40_000] {
            let part = short.stretch(seed: 3, channel: 2, first: first)
            #expect(zip(part, series[first...]).allSatisfy { abs($0 - $1) < 1e-9 * scale }, "from \(first)")
        }
        #expect(source.stretch(seed: 3, channel: 3, first: 0)[0] != series[0] && source.stretch(seed: 4, channel: 2, first: 0)[0] != series[0])
    }

    @Test("waveforms: the energy that their amplitudes are made from, nothing beyond their reach")
    func waveforms() {
        let shapes: [GlitchWaveform] = [
            .sineGaussian(amplitude: 1, frequency: 100, quality: 9, phase: 0.3), .squaredSineGaussian(amplitude: 1, frequency: 60, quality: 9, phase: 1),
            .arch(amplitude: 1, fringe: 40, motion: 0.25, phase: 1), .swing(amplitude: 1, motion: 0.3),
            .modulated(amplitude: 1, frequency: 15, quality: 12, phase: 0, carrier: 50),
        ]
        for shape in shapes {
            let step = 1e-4
            let count = Int(shape.reach / step)
            var energy = 0.0
            for i in -count...count {
                let t = Double(i) * step
                var value = shape.value(t, time: 100 + t)
                if case .squaredSineGaussian(_, let f, let q, _) = shape {
                    // Without the part at 0 Hz.
                    let x = t * 2.0.squareRoot() * .pi * f / q
                    value -= exp(-2 * x * x) / 2
                }
                energy += value * value * step
            }
            #expect(abs(energy / shape.unitEnergy - 1) < 0.02, "\(shape): \(energy), \(shape.unitEnergy)")
            #expect(shape.value(shape.reach * 1.001, time: 0) == 0)
            #expect(shape.scaled(to: 3).value(0.01, time: 0.02) == 3 * shape.value(0.01, time: 0.02) || abs(shape.scaled(to: 3).value(0.01, time: 0.02) / shape.value(0.01, time: 0.02) - 3) < 1e-12)
        }
    }

    @Test("events: the same for a seed, within their time, gains fixed by the middle of the ranges")
    func events() {
        let model = TwinModel.standard()
        let events = model.events(duration: 600, seed: 1)
        #expect(events.count == model.events(duration: 600, seed: 1).count && events.map(\.time) == model.events(duration: 600, seed: 1).map(\.time))
        #expect(events.map(\.time) != model.events(duration: 600, seed: 2).map(\.time))
        #expect(events.allSatisfy { $0.time >= 2 && $0.time <= 598 })
        let acoustic = events.filter { $0.family == 0 }
        #expect(acoustic.count == 20)
        // Strain over witness goes as the densities at the event's frequency: a linear coupling has one gain.
        let ratios = acoustic.map { event -> Double in
            let (witness, strain) = (event.parts[0].waveform.amplitude, event.parts[1].waveform.amplitude)
            return strain / witness * event.frequency
        }
        #expect(ratios.allSatisfy { abs($0 / ratios[0] - 1) < 1e-9 }, "\(ratios)")
        #expect(acoustic.allSatisfy { $0.strainSignalToNoise > 2 && $0.strainSignalToNoise < 200 })
        // The channel that sees the strain does so in every family, blips too.
        #expect(events.filter { $0.family >= 0 }.allSatisfy { $0.parts.contains { $0.channel == 7 } })
        #expect(events.filter { $0.family == 4 }.allSatisfy { $0.witnessSignalToNoise == 0 && $0.parts.count == 2 })
    }
}
