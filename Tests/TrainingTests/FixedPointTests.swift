import Numerics
import Testing
import Training

/// Gradients as integers: what is kept, what is lost, and when it is noticed.
@Suite struct FixedPointTests {
    static let stream = RandomStream(seed: 11, purpose: .test)

    /// Numbers over twelve decades.
    static func values(_ count: Int, _ draw: UInt32) -> [Float] {
        (0..<count).map { i in
            let size = Double(sign: .plus, exponent: Int(stream.integer(below: 40, epoch: 1, index: UInt64(i), draw: draw)) - 30, significand: 1)
            return Float(stream.normal(epoch: 0, index: UInt64(i), draw: draw) * size)
        }
    }

    static func magnitude(_ values: [Float]) -> UInt32 { values.map { abs($0).bitPattern }.max() ?? 0 }

    @Test("a number becomes the nearest integer, ties to even, as the plain formula says", arguments: [1, 2, 1000, 1 << 20])
    func nearest(terms: Int) {
        let values = Self.values(999, 0) + [0, -0.0, 0.5, 1.5, 2.5, -0.5]
        let fixed = FixedPoint(terms: terms, headroomBits: 10)
        let exponent = fixed.exponent(forMagnitude: Self.magnitude(values), previous: FixedPoint.unknown)
        var sums = [Int64](repeating: 77, count: values.count)
        let largest = FixedPoint.quantise(
            values, into: &sums, count: values.count, scale: FixedPoint.scale(exponent), adding: false)
        #expect(largest == Self.magnitude(values))
        for (value, sum) in zip(values, sums) {
            let exact = Double(value) * FixedPoint.scale(exponent)
            #expect(sum == Int64(exact.rounded(.toNearestOrEven)))
        }
    }

    @Test("a sum of any order gives the same bits, and they are those of the exact mean", arguments: [3, 16])
    func anyOrder(terms: Int) {
        let shards = (0..<terms).map { Self.values(200, UInt32($0)) }
        let fixed = FixedPoint(terms: terms, headroomBits: 10)
        let exponent = fixed.exponent(forMagnitude: shards.map(Self.magnitude).max() ?? 0, previous: FixedPoint.unknown)
        let scale = FixedPoint.scale(exponent)
        func sum(_ order: [Int]) -> [Int64] {
            var sums = [Int64](repeating: 0, count: 200)
            for k in order { _ = FixedPoint.quantise(shards[k], into: &sums, count: 200, scale: scale, adding: true) }
            return sums
        }
        let forward = sum(Array(0..<terms))
        #expect(forward == sum((0..<terms).reversed()))
        #expect(forward == sum((0..<terms).map { ($0 * 7 + 3) % terms }))
        var means = [Float](repeating: 0, count: 200)
        FixedPoint.restore(forward, into: &means, count: 200, factor: 1 / (scale * Double(terms)))
        for i in 0..<200 {
            let wanted = shards.map { Double($0[i]) }.reduce(0, +) / Double(terms)
            // Half a unit of the fixed point for each term, and the rounding to Float.
            #expect(abs(Double(means[i]) - wanted) <= 0.5 / scale + abs(wanted) * 0x1p-24)
        }
    }

    @Test("headroom lets a gradient grow by its factor and no further", arguments: [0, 10])
    func headroom(bits: Int) {
        let fixed = FixedPoint(terms: 100, headroomBits: bits)
        let exponent = fixed.exponent(forMagnitude: Float(0.7).bitPattern, previous: FixedPoint.unknown)
        let factor = Float(sign: .plus, exponent: bits, significand: 1)
        #expect(!fixed.overflows(magnitude: Float(0.7).bitPattern, exponent: exponent))
        #expect(!fixed.overflows(magnitude: (0.99 * factor).bitPattern, exponent: exponent))
        #expect(fixed.overflows(magnitude: (1.0 * factor).bitPattern, exponent: exponent))
    }

    @Test("the sum of the largest allowed terms does not overflow", arguments: [1, 2, 3, 4096, 5000, 1 << 20])
    func noOverflow(terms: Int) {
        let fixed = FixedPoint(terms: terms, headroomBits: 0)
        let largest = Int64(1) << Int64(fixed.limitBits)
        #expect(fixed.limitBits <= 51)
        #expect(!largest.multipliedReportingOverflow(by: Int64(terms)).overflow)
    }

    @Test("numbers that are not finite are seen, zeros and unknown scales are harmless")
    func notFinite() {
        for bad in [Float.nan, .infinity, -.infinity, -.nan] {
            var sums = [Int64](repeating: 0, count: 40)
            var values = [Float](repeating: 1e30, count: 40)
            values[37] = bad
            #expect(FixedPoint.isNotFinite(FixedPoint.quantise(values, into: &sums, count: 40, scale: 1, adding: true)))
        }
        let fixed = FixedPoint(terms: 4, headroomBits: 10)
        #expect(!FixedPoint.isNotFinite(Float.greatestFiniteMagnitude.bitPattern))
        #expect(!fixed.overflows(magnitude: 0, exponent: FixedPoint.unknown))
        #expect(fixed.overflows(magnitude: 1, exponent: FixedPoint.unknown))
        #expect(fixed.exponent(forMagnitude: 0, previous: 5) == 5)
        var sums = [Int64](repeating: 9, count: 1)
        _ = FixedPoint.quantise([1], into: &sums, count: 1, scale: FixedPoint.scale(FixedPoint.unknown), adding: false)
        #expect(sums == [0])
    }
}
