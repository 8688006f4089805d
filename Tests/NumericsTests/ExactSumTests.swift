import Numerics
import Testing

@Suite("Sums that do not depend on order or grouping")
struct ExactSumTests {
    private func terms(_ count: Int, scale: Double) -> [Double] {
        let stream = RandomStream(seed: 4, purpose: .test)
        return (0..<count).map { stream.normal(epoch: 0, index: UInt64($0), draw: 0) * scale }
    }

    @Test("any order and any grouping give the same bits, also through the limbs that cross ranks")
    func associative() {
        let values = terms(1000, scale: 1e6) + terms(1000, scale: 1e-9)
        var forward = ExactSum()
        for x in values { forward.add(x) }
        var backward = ExactSum()
        for x in values.reversed() { backward.add(x) }
        #expect(forward == backward)
        for parts in [2, 3, 7] {
            var limbs = SIMD8<Int64>.zero
            for part in 0..<parts {
                var partial = ExactSum()
                for i in stride(from: part, to: values.count, by: parts) { partial.add(values[i]) }
                limbs = limbs &+ partial.limbs
            }
            #expect(ExactSum(limbs: limbs) == forward)
        }
    }

    @Test("is the exact sum where the terms are representable: cancellation leaves nothing behind")
    func exact() {
        var sum = ExactSum()
        for x in [1e15, 0.1, -1e15, 3, -0.1] { sum.add(x) }
        #expect(sum.value == 3)
        #expect(sum.isValid)
    }

    @Test("a NaN, an infinity or an overflow marks the sum for good", arguments: [Double.nan, .infinity, -.infinity, 1e300])
    func invalid(bad: Double) {
        var sum = ExactSum()
        sum.add(1)
        sum.add(bad)
        sum.add(2)
        #expect(!sum.isValid)
        #expect(sum.value.isNaN)
        #expect(!ExactSum(limbs: sum.limbs).isValid)
    }

    @Test("the vector path rounds as the single one, for any partition and for large terms", arguments: [1.0, 900, 1e5])
    func vectorPath(scale: Double) {
        let values = terms(20_003, scale: scale)
        var single = ExactSum()
        for x in values { single.addRounded(x) }
        for cut in [0, 1, 7, 8191, 10_000, 20_003] {
            var sum = ExactSum()
            values.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                sum.add(rounded: base, count: cut)
                sum.add(rounded: base + cut, count: values.count - cut)
            }
            #expect(sum == single)
        }
        #expect(abs(single.value - values.reduce(0, +)) < 1e-7 * scale)
    }
}
