import Numerics
import Testing

@Suite struct ExactSumTests {
    let stream = RandomStream(seed: 11, purpose: .test)

    /// Doubles over many exponents, with ties at 2^-65 among them.
    func terms(_ count: Int, scale: Double = 1) -> [Double] {
        (0..<count).map { i in
            let n = stream.normal(epoch: 0, index: UInt64(i), draw: 0)
            let exponent = Int(stream.integer(below: 60, epoch: 0, index: UInt64(i), draw: 2)) - 58
            return i % 7 == 0 ? (n * 64).rounded() * 0x1p-65 : n * scale * Double(sign: .plus, exponent: exponent, significand: 1)
        }
    }

    @Test func orderDoesNotMatter() {
        let x = terms(5000, scale: 1e6)
        var forward = ExactSum()
        for term in x { forward.add(term) }
        var shuffled = ExactSum()
        for i in 0..<x.count { shuffled.add(x[(i * 2731 + 17) % x.count]) }
        #expect(forward == shuffled)
    }

    @Test(arguments: [1, 2, 3, 7, 64])
    func groupingDoesNotMatter(ranks: Int) {
        let x = terms(5000)
        var all = ExactSum()
        all.add(contentsOf: x)
        var merged = ExactSum()
        var limbs = SIMD8<Int64>()
        for rank in 0..<ranks {
            var part = ExactSum()
            part.add(contentsOf: Array(x[(x.count * rank / ranks)..<(x.count * (rank + 1) / ranks)]))
            merged.merge(part)
            limbs &+= part.limbs
        }
        #expect(merged == all)
        #expect(ExactSum(limbs: limbs) == all)
    }

    /// The vectorised path rounds as the plain one does, whether its terms are small, large, subnormal or ties.
    @Test(arguments: [1e-300, 1, 1e3, 1e9])
    func arraysGiveTheSameBitsAsOneByOne(scale: Double) {
        let x = terms(70_001, scale: scale)
        var fast = ExactSum()
        fast.add(contentsOf: x)
        var plain = ExactSum()
        for term in x { plain.add(term) }
        #expect(fast == plain)
        #expect(fast.isValid)
    }

    @Test func valueIsTheTrueSumToTheStatedBound() {
        // Integers and halves are represented exactly, so cancellation leaves nothing behind.
        var sum = ExactSum()
        for x in [1e15, 0.5, -1e15, 0x1p-60, 3, -3] { sum.add(x) }
        #expect(sum.value == 0.5 + 0x1p-60)
        // One third is rounded to 2^-64 once per term.
        var thirds = ExactSum()
        for _ in 0..<3000 { thirds.add(1 / 3) }
        #expect((thirds.value - 3000 * (1.0 / 3)).magnitude <= 3000 * 0x1p-65 + 1000.0.ulp)
    }

    @Test func roundsTiesToEven() {
        for (x, units) in [(0x1p-65, 0.0), (0x3p-65, 2), (0x5p-65, 2), (0x1.8p-64, 2), (0x1.0000001p-65, 1), (-0x3p-65, -2)] {
            var sum = ExactSum()
            sum.add(x)
            #expect(sum.value == units * 0x1p-64)
            var lane = ExactSum()
            lane.add(contentsOf: [Double](repeating: x, count: 16))
            #expect(lane.value == 16 * units * 0x1p-64)
        }
    }

    @Test func remembersWhatHasNoSum() {
        for bad in [Double.nan, .infinity, -.infinity, 0x1p63] {
            var sum = ExactSum()
            sum.add(1)
            sum.add(bad)
            var other = ExactSum()
            other.add(contentsOf: [Double](repeating: 1, count: 40) + [bad])
            #expect(!sum.isValid && sum.value.isNaN && !other.isValid)
            var merged = ExactSum()
            merged.merge(sum)
            #expect(!merged.isValid)
            #expect(!ExactSum(limbs: sum.limbs &+ ExactSum().limbs).isValid)
        }
    }

    @Test func totalsBeyondRangeAreRememberedWhateverTheOrder() {
        let big = 0x1.8p62
        var over = ExactSum()
        for _ in 0..<4 { over.add(big) }
        #expect(!over.isValid)
        #expect(!ExactSum(limbs: over.limbs).isValid)
        // Out of range on the way, but not in the end.
        for _ in 0..<4 { over.add(-big) }
        over.add(2)
        #expect(over.isValid && over.value == 2)
        // Two halves in range whose total is not.
        var half = ExactSum()
        half.add(big)
        #expect(!ExactSum(limbs: half.limbs &+ half.limbs).isValid)
        #expect(ExactSum(limbs: half.limbs &+ half.limbs &- half.limbs) == half)
    }
}
