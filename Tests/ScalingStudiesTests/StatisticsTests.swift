import Glibc
import ScalingStudies
import TestSupport
import Testing

@Suite struct ScalingStatisticsTests {
    @Test("Student's distribution has its closed forms for one and two degrees of freedom and becomes normal")
    func student() {
        for p in [0.6, 0.9, 0.975, 0.999] {
            let cauchy = tan(Double.pi * (p - 0.5))
            #expect(abs(StudentT.quantile(p, degreesOfFreedom: 1) / cauchy - 1) < 1e-9)
            let u = 2 * p - 1
            let two = u * (2 / (1 - u * u)).squareRoot()
            #expect(abs(StudentT.quantile(p, degreesOfFreedom: 2) / two - 1) < 1e-9)
        }
        #expect(abs(StudentT.quantile(0.975, degreesOfFreedom: 1e7) - 1.959963985) < 1e-5)
        #expect(StudentT.cumulative(0, degreesOfFreedom: 5) == 0.5)
    }

    @Test("the interval of a mean is Student's: 1, 2, 3 gives 2 ± 2.4841")
    func meanInterval() throws {
        let interval = try #require(CostSummary([1, 2, 3])?.meanInterval)
        #expect(abs(interval.upperBound - 2 - 4.302652730 / 3.0.squareRoot()) < 1e-6)
        #expect(abs(interval.lowerBound + interval.upperBound - 4) < 1e-12)
        #expect(CostSummary([1])?.meanInterval == nil)
        #expect(CostSummary([]) == nil)
    }

    @Test("the interval of a median is between the order statistics of the binomial table")
    func medianInterval() {
        // For n = 10 the 2nd and 9th (97.9 %), for n = 20 the 6th and 15th (95.9 %), for n = 6 the extremes (96.9 %).
        #expect(CostSummary((1...10).map(Double.init))?.medianInterval == 2...9)
        #expect(CostSummary((1...20).map(Double.init).shuffled())?.medianInterval == 6...15)
        #expect(CostSummary((1...6).map(Double.init))?.medianInterval == 1...6)
        #expect(CostSummary((1...5).map(Double.init))?.medianInterval == nil)
        #expect(CostSummary([3, 1, 2, 10])?.median == 2.5)
    }

    @Test("a ratio of equal, exact costs is exact; one of noisy costs covers its true value about 95 times in 100")
    func ratio() throws {
        let exact = try #require(CostSummary([2, 2, 2]))
        #expect(Ratio(factor: 0.5, exact, over: exact, same: true).interval == 0.5...0.5)
        var state: UInt64 = 7
        func uniform() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (Double(state >> 11) + 0.5) * 0x1p-53
        }
        func normal() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform()) }
        var covered = 0
        for _ in 0..<1000 {
            let a = try #require(CostSummary((0..<5).map { _ in 10 + 0.1 * normal() }))
            let b = try #require(CostSummary((0..<5).map { _ in 5 + 0.1 * normal() }))
            if try #require(Ratio(a, over: b).interval).contains(2) { covered += 1 }
        }
        // Fixed seed; binomial with 0.95 leaves 915...985 with a chance below 1e-5.
        #expect((915...985).contains(covered), "\(covered)")
    }

    @Test("samples of a normal distribution pass its diagnostic, samples with stalls do not")
    func normality() throws {
        // Sums of twelve uniform numbers are as good as normal for skewness and kurtosis.
        var generator = SplitMix(state: 3)
        let sums: [Double] = (0..<400).map { _ in (0..<12).reduce(0.0) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) } }
        let stalls: [Double] = (0..<200).map { (k: Int) -> Double in k % 50 == 0 ? 30 : 1 }
        #expect(try #require(CostSummary.normality(sums)) > 0.01)
        #expect(try #require(CostSummary.normality(stalls)) < 1e-6)
        #expect(CostSummary.normality([1, 2, 3]) == nil)
    }

    private func points(_ counts: [Int], _ cost: (Double) -> Double) -> [(processes: Int, seconds: Double)] {
        counts.flatMap { n in [0.999, 1.001].map { (n, cost(Double(n)) * $0) } }
    }

    @Test("Amdahl's serial share is found in synthetic times, and fits keep to what they were given")
    func amdahl() throws {
        let fit = try ScalingFit.amdahl(points([1, 2, 4, 8]) { 3 * (0.07 + 0.93 / $0) })
        let share = fit.parameters[0].estimate
        #expect(abs(share.value - 0.07) < 4 * max(share.error, 1e-4))
        #expect(abs(fit.cost(4) / (3 * (0.07 + 0.93 / 4)) - 1) < 1e-3)
        #expect(fit.scatter < 2e-3 && fit.range == 1...8)
        #expect(throws: ScalingError.self) { try ScalingFit.amdahl(points([1, 2]) { 1 / $0 }) }
    }

    @Test("the universal law's contention and coherence are found in synthetic times")
    func universal() throws {
        let fit = try ScalingFit.universal(points([1, 2, 4, 8, 16]) { 5 * (1 + 0.03 * ($0 - 1) + 0.002 * $0 * ($0 - 1)) / $0 })
        #expect(abs(fit.parameters[0].estimate.value - 0.03) < 4 * fit.parameters[0].estimate.error + 1e-4)
        #expect(abs(fit.parameters[1].estimate.value - 0.002) < 4 * fit.parameters[1].estimate.error + 1e-5)
        #expect(throws: ScalingError.self) { try ScalingFit.universal(points([1, 2, 4]) { 1 / $0 }) }
    }
}
