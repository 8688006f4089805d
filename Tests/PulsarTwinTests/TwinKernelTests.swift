import Numerics
import PulsarKernels
import Testing

/// Every kernel of the twin beside its plain reference or a closed form.
@Suite struct TwinKernelTests {
    private let stream = RandomStream(seed: 3, purpose: .test)

    @Test("detected numbers are those of the plain loop, with and without noise and digitiser, also in pieces")
    func radiometer() {
        let coded = RadiometerKernel.Channel(base: 30, scale: 12.8, offset: -256, lowest: 0, highest: 255, rounds: true)
        let plain = RadiometerKernel.Channel(base: 30, scale: 1, offset: 0, lowest: -.greatestFiniteMagnitude, highest: .greatestFiniteMagnitude, rounds: false)
        let values = (0..<300).map { $0 % 50 == 0 ? Float(3) : 0 }
        for (channel, shape) in [(coded, 256.0), (plain, 256), (plain, 8), (coded, 0), (plain, 0)] {
            var found = values
            RadiometerKernel.detect(&found, count: 300, channel: channel, shape: Float(shape), stream: stream, epoch: 5, firstTile: 7, draw: 9)
            let wanted = RadiometerKernel.referenceDetect(values, channel: channel, shape: shape, stream: stream, epoch: 5, firstTile: 7, draw: 9)
            var wrong = 0
            for (a, b) in zip(found, wanted) where abs(Double(a) - b) > (channel.rounds ? 0 : 1e-5 * b) { wrong += 1 }
            // A number within rounding of a half may fall to the other side.
            #expect(wrong <= (channel.rounds ? 1 : 0), "shape \(shape): \(wrong) differ")
            var tail = Array(values[128...])
            RadiometerKernel.detect(&tail, count: tail.count, channel: channel, shape: Float(shape), stream: stream, epoch: 5, firstTile: 9, draw: 9)
            #expect(tail == Array(found[128...]))
        }
    }

    @Test("the cube of Wilson and Hilferty: the largest error of the distribution is 7.7e-4 at 16 degrees of freedom, and 2.1e-5 at 512")
    func cube() {
        func largest(_ shape: Double) -> Double {
            (0...600).reduce(0.0) { worst, i in
                let z = -6 + Double(i) / 50
                let root = max(0, 1 - 1 / (9 * shape) + z / (3 * shape.squareRoot()))
                let normal = z < 0 ? 0.5 * SpecialFunctions.gammaQ(0.5, z * z / 2) : 1 - 0.5 * SpecialFunctions.gammaQ(0.5, z * z / 2)
                return max(worst, abs(normal - SpecialFunctions.gammaP(shape, shape * root * root * root)))
            }
        }
        #expect(largest(8) < 7.8e-4)
        #expect(largest(256) < 2.2e-5)
    }

    @Test("powers follow chi-square: Kolmogorov and Smirnov on 65,536 samples, false alarm 1e-4", arguments: [64.0, 256.0])
    func chiSquare(_ shape: Double) {
        let count = 65536
        var values = [Float](repeating: 0, count: count)
        let channel = RadiometerKernel.Channel(base: 1, scale: 1, offset: 0, lowest: 0, highest: 1e9, rounds: false)
        RadiometerKernel.detect(&values, count: count, channel: channel, shape: Float(shape), stream: stream, epoch: 0, firstTile: 0, draw: 0)
        let sorted = values.map(Double.init).sorted()
        var distance = 0.0
        for (i, x) in sorted.enumerated() {
            let p = SpecialFunctions.gammaP(shape, shape * x)
            distance = max(distance, abs(p - Double(i) / Double(count)), abs(p - Double(i + 1) / Double(count)))
        }
        #expect(distance * Double(count).squareRoot() < 2.23, "D √n = \(distance * Double(count).squareRoot())")
    }

    @Test("the four Stokes parameters of polarised light have the means and variances of complex Wishart matrices")
    func polarimeter() {
        let (count, samples) = (65536, 32.0)
        let truth = (10.0, 4.0, -5.0, 2.0)
        var terms = [[Float]](repeating: [], count: 4)
        for (k, value) in [truth.0 - 3, truth.1, truth.2, truth.3].enumerated() { terms[k] = [Float](repeating: Float(value), count: count) }
        let rows = UnsafeMutablePointer<Float>.allocate(capacity: 4 * count)
        defer { rows.deallocate() }
        for k in 0..<4 { for t in 0..<count { rows[k * count + t] = terms[k][t] } }
        PolarimeterKernel.detect(
            (rows, rows + count, rows + 2 * count, rows + 3 * count), count: count, base: 3, samples: Float(samples), stream: stream, epoch: 0, firstIndex: 0,
            draw: 0)
        let wanted = PolarimeterKernel.referenceMoments(truth, samples: samples)
        for k in 0..<4 {
            let values = (0..<count).map { Double(rows[k * count + $0]) }
            let mean = values.reduce(0, +) / Double(count)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
            // Five standard errors.
            #expect(abs(mean - wanted.mean[k]) < 5 * (wanted.variance[k] / Double(count)).squareRoot(), "mean of \(k): \(mean)")
            #expect(abs(variance / wanted.variance[k] - 1) < 5 * (2.5 / Double(count)).squareRoot(), "variance of \(k): \(variance)")
        }
    }

    @Test(
        "a pulse's share of every sample is the double integral over channel and sample",
        arguments: [(0.3, 2.2), (1.0, 0.1), (2.0, 0.9), (2.0, 1.1), (0.05, 3.0), (3.0, 12.0), (0.5, 0.0)])
    func shares(_ deviation: Double, _ sweep: Double) {
        let count = 64
        var density = [Float](repeating: 0, count: count)
        var scratch = [Float](repeating: .nan, count: PulseKernel.scratch(count: count))
        PulseKernel.add(centre: 30.3, deviation: deviation, sweep: sweep, weight: 1, density: &density, count: count, scratch: &scratch)
        let wanted = PulseKernel.referenceShares(centre: 30.3, deviation: deviation, sweep: sweep, tau: 0, count: count)
        for (found, wanted) in zip(density, wanted) { #expect(abs(Double(found) - wanted) < 5e-4) }
        #expect(abs(density.reduce(0, +) - 1) < 1e-5)
    }

    @Test("a scattered pulse is the closed form's, with four steps a sample")
    func scattering() {
        let (count, steps, tau) = (96, 4, 7.0)
        var density = [Float](repeating: 0, count: count * steps)
        var scratch = [Float](repeating: .nan, count: PulseKernel.scratch(count: count * steps))
        PulseKernel.add(centre: 20 * 4, deviation: 0.8 * 4, sweep: 2 * 4, weight: 1, density: &density, count: count * steps, scratch: &scratch)
        PulseKernel.scatter(&density, count: count * steps, tau: tau * 4)
        var row = [Float](repeating: 0, count: count)
        PulseKernel.collect(density, steps: steps, amplitude: 1, row: &row, count: count)
        let wanted = PulseKernel.referenceShares(centre: 20, deviation: 0.8, sweep: 2, tau: tau, count: count)
        for (found, wanted) in zip(row, wanted) { #expect(abs(Double(found) - wanted) < 2e-4) }
    }

    @Test("gains of the screen are those of the plain sum")
    func screen() {
        let coordinates = (0..<32).map { Float($0) * 3 }
        let delays = (0..<64).map { Float($0 * $0 % 17) / 40 }
        let phases = (0..<64).map { Float($0 * 7 % 64) / 64 }
        var gains = [Float](repeating: 0, count: 32)
        ScreenKernel.gains(coordinates, lanes: 2, scale: 0.5, delays: delays, phases: phases, paths: 64, gains: &gains)
        for c in 0..<32 {
            let wanted = ScreenKernel.referenceGain(Double(coordinates[c]) * 0.5, delays: delays, phases: phases)
            #expect(abs(Double(gains[c]) - wanted) < 1e-4 * max(1, wanted))
        }
    }
}
