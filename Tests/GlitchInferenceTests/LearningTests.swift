import Foundation
import Glitches
import Numerics
import ParallelHDF5
import TestSupport
import Testing

import GlitchInference

@Suite("What calibrate learns")
struct LearningTests {
    @Test("a logistic law is found again; a feature that says nothing gets next to nothing; P is a probability")
    func logistic() throws {
        let stream = RandomStream(seed: 3, purpose: .test)
        let truth = LogisticCalibration(features: ["a", "b", "c"], intercept: -4, slopes: [2, 1, 0])
        var (energies, labels) = ([[Double]](repeating: [], count: 3), [Bool]())
        for i in 0..<20_000 {
            let row = (0..<3).map { feature -> Double in
                let loud = stream.uniform(epoch: UInt64(feature), index: UInt64(i), draw: 0) < 0.1
                return loud ? 8 * exp(5 * stream.uniform(epoch: UInt64(feature), index: UInt64(i), draw: 1)) : 4
            }
            for feature in 0..<3 { energies[feature].append(row[feature]) }
            labels.append(stream.uniform(epoch: 9, index: UInt64(i), draw: 0) < truth.probability(row))
        }
        let found = try LogisticCalibration(features: ["a", "b", "c"], energies: energies, isGlitch: labels)
        // Errors of about 0.06, 0.04 and 0.04: four of them.
        #expect(abs(found.intercept + 4) < 0.25 && abs(found.slopes[0] - 2) < 0.25 && abs(found.slopes[1] - 1) < 0.2 && found.slopes[2] < 0.16, "\(found)")
        let near = labels.indices.filter { abs(found.probability([energies[0][$0], energies[1][$0], energies[2][$0]]) - 0.5) < 0.2 }
        let part = Double(near.count { labels[$0] }) / Double(max(1, near.count))
        #expect(near.count > 100 && abs(part - 0.5) < 0.15, "\(part) of \(near.count)")
        #expect(throws: GlitchError.self) { try LogisticCalibration(features: ["a"], energies: [[1, 2]], isGlitch: [false, true]) }
    }

    @Test("sums of products are those of the plain double sum, whatever the stretches; words add up")
    func sums() {
        let (later, earlier) = (2, 3)
        let inputs = (0..<3).map { whiteNoise(400, epoch: UInt64($0)) }
        let y = whiteNoise(400, epoch: 7)
        var whole = NormalEquations(series: 3, later: later, earlier: earlier)
        whole.add(inputs, target: y, range: 10..<390)
        var (a, b) = (NormalEquations(series: 3, later: later, earlier: earlier), NormalEquations(series: 3, later: later, earlier: earlier))
        a.add(inputs, target: y, range: 10..<200)
        b.add(inputs, target: y, range: 200..<390)
        let words = b.words
        #expect(a.add(words: words) && !a.add(words: [1]))
        for (j, l, k, m) in [(0, 0, 0, 0), (1, 2, 0, 4), (0, 4, 1, 2), (2, 5, 2, 1), (2, 3, 1, 0)] {
            let direct = (10..<390).reduce(0.0) { $0 + inputs[j][$1 + later - l] * inputs[k][$1 + later - m] }
            let place = (j * 6 + l) * 18 + k * 6 + m
            #expect(abs(Double(whole.products[place]) / 65536 - direct) < 1e-3 && abs(Double(a.products[place]) / 65536 - direct) < 1e-3)
        }
        let direct = (10..<390).reduce(0.0) { $0 + inputs[1][$1 + later - 4] * y[$1] }
        #expect(abs(Double(whole.target[10]) / 65536 - direct) < 1e-3)
    }

    @Test("the filter of the one series that couples is found, and no other series is taken")
    func selection() throws {
        let count = 20_000
        let inputs = (0..<4).map { whiteNoise(count, epoch: UInt64($0)) }
        var y = whiteNoise(count, epoch: 8)
        for t in 10..<count { y[t] += 0.5 * inputs[2][t] - 0.3 * inputs[2][t - 3] }
        var sums = NormalEquations(series: 4, later: 4, earlier: 8)
        sums.add(inputs, target: y, range: 16..<count - 16)
        let chosen = try sums.select(most: 4)
        #expect(chosen.map(\.series) == [2])
        let filter = try sums.solve([2]).filters[0]
        // Errors of 1 / sqrt(20000).
        #expect(abs(filter[4] - 0.5) < 0.03 && abs(filter[7] + 0.3) < 0.03 && abs(filter[0]) < 0.03)
        // Applied, it takes away what was added.
        var prediction = [Double](repeating: 0, count: count)
        InferenceEngine.add(inputs[2], taps: filter, later: 4, to: &prediction)
        let left = (100..<count - 100).reduce(0.0) { $0 + pow(y[$1] - prediction[$1], 2) } / Double(count - 200)
        #expect(abs(left - 1) < 0.04, "\(left)")
    }

    @Test("a model's file is read as it was written; another file is refused")
    func file() throws {
        let directory = try TemporaryDirectory()
        let taps = (0..<25).map { Double($0) }
        let model = InferenceModel(
            strain: "X1:H", strainRate: 2048, strainWhitening: PredictionErrorFilter(coefficients: [1, -0.5]),
            sources: [
                .init(name: "X1:A", rate: 512, isCarrier: false, whitening: PredictionErrorFilter(coefficients: [2])),
                .init(name: "X1:B", rate: 256, isCarrier: true, whitening: PredictionErrorFilter(coefficients: [3, 1])),
            ], geometry: InferenceGeometry(), calibration: LogisticCalibration(features: ["X1:A"], intercept: -3, slopes: [1.5]),
            filters: [.init(term: CouplingTerm(.product, 0, 1, isGated: true), taps: taps, gain: 7)], training: 100..<200)
        try HDF5File.with(HDF5File.create(directory.path("m.h5"), communicator: nil)) { try model.write(to: $0.root) }
        let read = try InferenceModel(path: directory.path("m.h5"))
        #expect(read.sources == model.sources && read.filters == model.filters && read.calibration == model.calibration && read.geometry == model.geometry)
        #expect(read.training == 100..<200 && read.strainWhitening == model.strainWhitening)
        try HDF5File.with(HDF5File.create(directory.path("x.h5"), communicator: nil)) { try $0.root.setAttribute("format", "else") }
        #expect(throws: GlitchError.self) { try InferenceModel(path: directory.path("x.h5")) }
    }

    @Test("inspiral range: the closed form for white noise, and inversely as the amplitude")
    func range() {
        let power = [Double](repeating: 1e-46, count: 8193)
        let range = StrainMeasures.inspiralRange(power: power, step: 0.25, lowest: 40)
        // (GMc)^(5/6) c^(-3/2) sqrt(5/24) pi^(-2/3) 2 / 8 / 2.2648 sqrt(integral f^(-7/3) / S) in Mpc.
        let integral = 0.75 * (pow(39.875, -4.0 / 3) - pow(1570.5, -4.0 / 3)) / 1e-46
        let chirp = 6.6743e-11 * 1.2187707886145736 * 1.98841e30
        let amplitude = (5.0 / 24).squareRoot() * pow(Double.pi, -2.0 / 3) * pow(chirp, 5.0 / 6) * pow(299_792_458.0, -1.5)
        let metres = 2 * amplitude / 8 / 2.2648 * integral.squareRoot()
        let expected = metres / 3.0856775814913673e22
        #expect(abs(range / expected - 1) < 1e-3, "\(range), \(expected)")
        #expect(abs(StrainMeasures.inspiralRange(power: power.map { $0 * 4 }, step: 0.25, lowest: 40) / range - 0.5) < 1e-12)
    }
}
