import Foundation
import Frames
import Glitches
import Numerics
import Segments
import TestSupport
import Testing

@Suite("Q transform")
struct QTransformTests {
    @Test("GW150914 at Hanford as gwpy finds it: tilings, the loudest tile of every plane", .enabled(if: TestData.path("gw/H-H1_LOSC_4_V2-1126259446-32.gwf") != nil, "DIDYMOS_TEST_DATA is not set"))
    func hanford() throws {
        let path = try #require(TestData.path("gw/H-H1_LOSC_4_V2-1126259446-32.gwf"))
        let series = try FrameFile(path: path).series("H1:LOSC-STRAIN")
        let strain = try #require(series.samples.doubles)
        #expect(strain.count == 131_072 && series.rate == 4096)
        let settings = WhiteningSettings(transformDuration: 4, overlap: 2, filterDuration: 4)
        let white = try Whitening(settings.shape(samples: strain.count, rate: 4096)).whiten(strain)
        // gwpy 4.1.0: TimeSeries.whiten(4, 2, fduration=4), samples from 16 s on.
        let expected = [
            1.2787184390899495, -0.001939190963266495, -0.593653992304353, 0.06490600066013372, 1.7503242043079998, -1.023340491295614,
            -1.0062305621269054, 0.5771919512177178, -0.1844216667507686, 0.41755484696836714,
        ]
        for (i, value) in expected.enumerated() { #expect(abs(white[65536 + i] - value) < 1e-9, "sample \(i): \(white[65536 + i])") }

        let spectrum = try QTransform.spectrum(of: white)
        let qualities = QTiling.qualities(4...64)
        #expect(zip(qualities, [5.65685424949238, 11.31370849898476, 22.62741699796952, 45.25483399593904]).allSatisfy { abs($0 - $1) < 1e-9 })
        let planes = try QTiling.planes(qualities: qualities, duration: 32, rate: 4096, range: 20...500, offset: 1)
        #expect(planes.map(\.rows.count) == [19, 36, 71, 142])
        #expect(planes[0].rows.prefix(3).map(\.frequency) == [21.75, 25.78125, 30.53125] && planes[0].rows.last?.frequency == 459.375)
        #expect(planes[0].rows.first?.tiles == 2048 && planes[0].rows.last?.tiles == 32768)
        #expect(planes[0].rows.map { 2 * $0.reach + 1 }.first == 817 && planes[0].rows.map { 2 * $0.reach + 1 }.last == 17237)
        let peaks = try planes.map { try #require(try QTransform.transform(spectrum, plane: $0).peak) }
        for (peak, energy) in zip(peaks, [129.96685791015625, 84.427, 56.227, 37.474609375]) {
            #expect(abs(peak.energy / energy - 1) < 1e-3, "\(peak)")
        }
        let time = Double(series.start.seconds) + peaks[0].time
        #expect(abs(time - 1_126_259_462.421875) < 1e-6 && peaks[0].frequency == 140.3125)
        #expect(abs((2 * peaks[0].energy).squareRoot() - 16.122) < 0.01)
    }

    @Test("tiles of white noise have energies of Exp(1): Kolmogorov and Smirnov at 1e-4", arguments: [QNormalisation.exponential, .mean])
    func noise(normalisation: QNormalisation) throws {
        let plane = try QPlane(quality: 12, duration: 64, rate: 512, range: 20...200)
        let gram = try QTransform.transform(try QTransform.spectrum(of: whiteNoise(64 * 512)), plane: plane, normalisation: normalisation)
        // Every fourth tile of every fourth row: neighbours share their noise.
        let values = stride(from: 0, to: plane.rows.count, by: 4).flatMap { row in
            stride(from: 0, to: plane.rows[row].tiles, by: 4).map { gram.energies[row][$0] }
        }
        #expect(values.count > 1000)
        let test = Statistics.kolmogorovSmirnov(values) { 1 - exp(-$0) }
        #expect(test.probability > 1e-4, "\(test)")
    }

    @Test("a sine-Gaussian is loudest where it is, at its own frequency without gwpy's bin more")
    func sineGaussianIsFound() throws {
        let rate = 1024.0
        let signal = sineGaussian(8192, rate: rate, time: 3.5, frequency: 100, quality: 12)
        let series = zip(signal, whiteNoise(8192)).map { 3 * $0 + $1 }
        let plane = try QPlane(quality: 12, duration: 8, rate: rate, range: 20...300)
        let peak = try #require(try QTransform.transform(try QTransform.spectrum(of: series), plane: plane, normalisation: .exponential).peak)
        #expect(abs(peak.time - 3.5) < 0.03 && abs(peak.frequency - 100) < 8, "\(peak)")
        // Unbiased in frequency: a symmetric signal without noise, on a row's own frequency, gives neighbouring rows what their windows say.
        let middle = plane.rows[plane.rows.count / 2]
        let pure = try QTransform.transform(
            try QTransform.spectrum(of: sineGaussian(8192, rate: rate, time: 4, frequency: middle.frequency, quality: 12)), plane: plane, normalisation: nil)
        let shifted = try QTransform.transform(
            try QTransform.spectrum(of: sineGaussian(8192, rate: rate, time: 4, frequency: middle.frequency, quality: 12)),
            plane: try QPlane(quality: 12, duration: 8, rate: rate, range: 20...300, offset: 1), normalisation: nil)
        let (a, b) = (try #require(pure.peak), try #require(shifted.peak))
        #expect(a.energy > b.energy && a.row == plane.rows.count / 2, "\(a) \(b)")
    }

    @Test("over lanes as one by one, normalised and with the ends left out", arguments: QNormalisation.allCases)
    func lanes(normalisation: QNormalisation) throws {
        let rate = 1024.0
        let settings = WhiteningSettings(transformDuration: 1, overlap: 0.5, filterDuration: 1)
        let shape = try settings.shape(samples: 6144, rate: rate)
        let planes = try QTiling.planes(qualities: [5, 12], duration: 6, rate: rate, range: 10...300)
        let lanes = try LaneQTransform(shape: shape, planes: planes, normalisation: normalisation, edge: 0.5)
        let reference = try Whitening(shape)
        let glitch = sineGaussian(6144, rate: rate, time: 2.25, frequency: 120, quality: 8)
        let series = (0..<laneWidth).map { (l: Int) -> [Double] in
            let amplitude = l == 5 ? 2e-20 : 0.0
            let noise = colouredNoise(6144, rate: rate, epoch: UInt64(l))
            return noise.indices.map { noise[$0] + amplitude * glitch[$0] }
        }
        withPointers(series) { lanes.whiten($0) }
        for (index, plane) in planes.enumerated() {
            lanes.transform(plane: index)
            for l in [0, 5, 15] {
                let expected = try QTransform.transform(
                    reference.spectrum(ofWhitened: series[l]), plane: plane, normalisation: normalisation, edge: 0.5)
                let found = lanes.gram(plane: index, lane: l)
                var worst = 0.0
                for (row, energies) in expected.energies.enumerated() {
                    for (tile, energy) in energies.enumerated() { worst = max(worst, abs(found.energies[row][tile] - energy) / (1 + energy)) }
                }
                #expect(worst < 2e-4, "plane \(index), lane \(l): \(worst)")
            }
            let loud = lanes.loudTiles(plane: index, above: 40)
            #expect(!loud.isEmpty && loud.allSatisfy { $0.lane == 5 }, "\(loud)")
            let best = try #require(loud.max { $0.energy < $1.energy })
            #expect(abs(Double(best.tile) * 6 / Double(plane.rows[best.row].tiles) - 2.25) < 0.05)
            let gram = lanes.gram(plane: index, lane: 5)
            #expect(gram.energies.joined().max() == Double(best.energy))
        }
    }

    @Test("a series' energies are the same bits whatever its lane and the fifteen others are")
    func independentLanes() throws {
        let rate = 1024.0
        let shape = try WhiteningSettings(transformDuration: 1, overlap: 0.5, filterDuration: 1).shape(samples: 6144, rate: rate)
        let plane = try QPlane(quality: 12, duration: 6, rate: rate, range: 10...300)
        let lanes = try LaneQTransform(shape: shape, planes: [plane], normalisation: .exponential, edge: 0.5)
        let series = (0..<laneWidth).map { colouredNoise(6144, rate: rate, epoch: UInt64($0)) }
        withPointers(series) { lanes.whiten($0) }
        lanes.transform(plane: 0)
        let expected = lanes.gram(plane: 0, lane: 3).energies
        let others = (0..<laneWidth).map { $0 == 11 ? series[3] : [Double](repeating: $0 == 4 ? .nan : 0, count: 6144) }
        withPointers(others) { lanes.whiten($0) }
        lanes.transform(plane: 0)
        #expect(lanes.gram(plane: 0, lane: 11).energies == expected)
    }

    @Test("a plane that the series cannot hold is refused with what it can")
    func refused() {
        #expect(throws: GlitchError.self) { try QPlane(quality: 3, duration: 6, rate: 4096) }
        #expect(throws: GlitchError.self) { try QPlane(quality: 12, duration: 6, rate: 64, range: 100...200) }
        #expect(throws: GlitchError.self) { try QPlane(quality: 12, duration: 6, rate: 64, range: 1...30, mismatch: 2) }
        #expect(throws: GlitchError.self) { try QTiling.planes(qualities: [4, 60], duration: 1, rate: 100) }
    }
}
