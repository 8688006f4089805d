import Glibc
import Numerics
import Testing

@Suite struct RandomStreamTests {
    let stream = RandomStream(seed: 2024, purpose: .test)

    @Test func everyArgumentMatters() {
        var seen = Set<SIMD4<UInt32>>()
        for s in [stream, RandomStream(seed: 2025, purpose: .test), RandomStream(seed: 2024, purpose: .bootstrap)] {
            for epoch: UInt64 in [0, 1, 1 << 32] {
                for index: UInt64 in [0, 1, 1 << 32] {
                    for draw: UInt32 in [0, 1] { seen.insert(s.words(epoch: epoch, index: index, draw: draw)) }
                }
            }
        }
        #expect(seen.count == 3 * 3 * 3 * 2)
    }

    @Test(arguments: [0 as UInt32, 1, 6, 7])
    func filledNormalsAreTheSameBitsAsOneByOne(draw: UInt32) {
        let indices: Range<UInt64> = 0xFFFF_FFF0..<0x1_0000_0015
        var filled = [Double](repeating: 0, count: indices.count)
        filled.withUnsafeMutableBufferPointer {
            stream.fillNormals($0.baseAddress!, epoch: 3, indices: indices, draw: draw)
        }
        for (value, index) in zip(filled, indices) {
            #expect(value.bitPattern == stream.normal(epoch: 3, index: index, draw: draw).bitPattern)
        }
    }

    @Test func filledPairsAreTheSameBitsAsTwoFills() {
        var (even, odd) = ([Double](repeating: 0, count: 21), [Double](repeating: 0, count: 21))
        stream.fillNormalPairs(&even, &odd, epoch: 8, indices: 100..<121, block: 4)
        for i in 0..<21 {
            #expect(even[i] == stream.normal(epoch: 8, index: 100 + UInt64(i), draw: 8))
            #expect(odd[i] == stream.normal(epoch: 8, index: 100 + UInt64(i), draw: 9))
        }
    }

    @Test func normalIsBoxMullerOfTheBlock() {
        // The radius of draws 2k and 2k + 1 is sqrt(-2 log u) of one uniform number: so it is Rayleigh distributed, and
        // the angle is uniform. False-alarm rate 1e-6 each.
        var (radii, angles) = ([Double](), [Double]())
        for i in 0..<UInt64(20_000) {
            let (c, s) = (stream.normal(epoch: 5, index: i, draw: 2), stream.normal(epoch: 5, index: i, draw: 3))
            radii.append(exp(-(c * c + s * s) / 2))
            angles.append(atan2(s, c) / (2 * .pi) + 0.5)
        }
        #expect(Statistics.kolmogorovSmirnov(radii) { $0 }.probability > 1e-6)
        #expect(Statistics.kolmogorovSmirnov(angles) { $0 }.probability > 1e-6)
    }

    /// Moments of 2^20 normals within 5 standard errors: false-alarm rate 6e-7 for each of the eight.
    @Test func normalMomentsAreNormal() {
        let count = 1 << 20
        var doubles = [Double](repeating: 0, count: count)
        stream.fillNormals(&doubles, epoch: 1, indices: 0..<UInt64(count), draw: 0)
        var singles = [Double]()
        for i in stride(from: 0, to: count, by: laneWidth) {
            let lane = stream.normalLane(epoch: 1, firstIndex: UInt64(i), draw: 0)
            for l in 0..<laneWidth { singles.append(Double(lane[l])) }
        }
        for values in [doubles, singles] {
            let n = Double(count)
            let moment = { (k: Int) in values.reduce(0) { $0 + pow($1, Double(k)) } / n }
            #expect(moment(1).magnitude < 5 / n.squareRoot())
            #expect((moment(2) - 1).magnitude < 5 * (2 / n).squareRoot())
            #expect(moment(3).magnitude < 5 * (15 / n).squareRoot())
            #expect((moment(4) - 3).magnitude < 5 * (96 / n).squareRoot())
        }
    }

    /// Kolmogorov-Smirnov over 10^5 numbers, false-alarm rate 1e-6 each.
    @Test func distributionsAreUniformAndNormal() {
        let indices = 0..<UInt64(100_000)
        let uniforms = indices.map { stream.uniform(epoch: 2, index: $0, draw: 0) }
        let normals = indices.map { stream.normal(epoch: 2, index: $0, draw: 1) }
        let lanes = stride(from: UInt64(0), to: 100_000, by: 16).flatMap { first in
            let lane = stream.normalLane(epoch: 2, firstIndex: first, draw: 5)
            return (0..<16).map { Double(lane[$0]) }
        }
        #expect(Statistics.kolmogorovSmirnov(uniforms) { $0 }.probability > 1e-6)
        #expect(Statistics.kolmogorovSmirnov(normals) { erfc(-$0 / 2.0.squareRoot()) / 2 }.probability > 1e-6)
        #expect(Statistics.kolmogorovSmirnov(lanes) { erfc(-$0 / 2.0.squareRoot()) / 2 }.probability > 1e-6)
    }

    @Test func uniformNeverReachesItsEnds() {
        for i in 0..<UInt64(10_000) {
            let u = stream.uniform(epoch: 0, index: i, draw: 0)
            #expect(u > 0 && u < 1)
            #expect((u * 0x1p53).truncatingRemainder(dividingBy: 2) == 1)
        }
    }

    /// Chi-squared over six faces, 5 degrees of freedom, false-alarm rate 1e-6.
    @Test func integersAreBelowTheirBoundAndEven() {
        var counts = [Double](repeating: 0, count: 6)
        for i in 0..<UInt64(60_000) { counts[Int(stream.integer(below: 6, epoch: 0, index: i, draw: 3))] += 1 }
        let chiSquared = counts.reduce(0) { $0 + ($1 - 10_000) * ($1 - 10_000) / 10_000 }
        #expect(Statistics.chiSquaredSurvival(chiSquared, degreesOfFreedom: 5) > 1e-6)
        #expect(stream.integer(below: 1, epoch: 0, index: 0, draw: 0) == 0)
        #expect((0..<1000).contains { stream.integer(below: .max, epoch: 0, index: $0, draw: 0) > 1 << 63 })
    }
}
