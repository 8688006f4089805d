import Glibc
import Numerics
import Testing

@Suite struct StatisticsTests {
    let stream = RandomStream(seed: 99, purpose: .test)

    func normals(_ count: Int, draw: UInt32 = 0) -> [Double] {
        var x = [Double](repeating: 0, count: count)
        stream.fillNormals(&x, epoch: 0, indices: 0..<UInt64(count), draw: draw)
        return x
    }

    @Test func momentsOfASmallSample() throws {
        let x: [Double] = [1, 2, 4, 7]
        #expect(Statistics.mean(x) == 3.5)
        #expect(Statistics.variance(x) == 7)
        #expect(Statistics.standardError(x) == (7.0 / 4).squareRoot())
        #expect(Statistics.covariance(x, x.map { -2 * $0 }) == -14)
        let (mean, chiSquared) = try Statistics.weightedMean([Estimate(value: 1, error: 1), Estimate(value: 4, error: 2)])
        #expect((mean.value - 1.6).magnitude < 1e-15 && (mean.error - 0.8.squareRoot()).magnitude < 1e-15)
        #expect((chiSquared - (0.36 + 1.44)).magnitude < 1e-14)
        #expect(throws: StatisticsError.self) { try Statistics.weightedMean([Estimate(value: 1, error: 0)]) }
    }

    @Test func jackknifeOfTheMeanIsTheStandardError() throws {
        let x = normals(500)
        let estimate = try Statistics.jackknife([x], blocks: 500) { $0[0] }
        #expect((estimate.value - Statistics.mean(x)).magnitude < 1e-13)
        #expect((estimate.error / Statistics.standardError(x) - 1).magnitude < 1e-10)
    }

    /// (mean x)^2 is biased by variance / N, which the jackknife removes exactly.
    @Test func jackknifeRemovesTheBiasOfASquare() throws {
        let x = normals(64)
        let estimate = try Statistics.jackknife([x], blocks: 64) { $0[0] * $0[0] }
        let mean = Statistics.mean(x)
        #expect((estimate.value - (mean * mean - Statistics.variance(x) / 64)).magnitude < 1e-13)
    }

    /// The error of an error from 2000 resamples of 400 values is 2 to 4 %; within 20 % is five of those or more.
    @Test func bootstrapAgreesWithTheJackknifeAndRepeats() throws {
        let (x, y) = (normals(400), normals(400, draw: 1).map { $0 + 3 })
        let f = { (m: [Double]) in m[0] / m[1] }
        let first = try Statistics.bootstrap([x, y], resamples: 2000, seed: 1, f)
        let jackknife = try Statistics.jackknife([x, y], blocks: 400, f)
        #expect((first.error / jackknife.error - 1).magnitude < 0.2)
        #expect(first == (try Statistics.bootstrap([x, y], resamples: 2000, seed: 1, f)))
        #expect(first != (try Statistics.bootstrap([x, y], resamples: 2000, seed: 2, f)))
    }

    @Test func resamplingRefusesWhatItCannotUse() {
        #expect(throws: StatisticsError.self) { try Statistics.jackknife([[1, 2], [1]], blocks: 2) { $0[0] } }
        #expect(throws: StatisticsError.self) { try Statistics.jackknife([[1, 2]], blocks: 3) { $0[0] } }
        #expect(throws: StatisticsError.self) { try Statistics.bootstrap([], seed: 0) { $0[0] } }
    }

    /// Exact points give the exact line; the textbook errors of a line through x = -1, 0, 1 with unit errors.
    @Test func linearFitsHaveTheErrorsOfTheClosedForm() throws {
        let fit = try Statistics.linearFit([-1, 0, 1], [1, 3, 5], errors: [1, 1, 1])
        #expect((fit.parameters[0].value - 3).magnitude < 1e-14 && (fit.parameters[1].value - 2).magnitude < 1e-14)
        #expect((fit.parameters[0].error - (1.0 / 3).squareRoot()).magnitude < 1e-14)
        #expect((fit.parameters[1].error - 0.5.squareRoot()).magnitude < 1e-14)
        #expect(fit.covariance[0, 1].magnitude < 1e-15 && fit.degreesOfFreedom == 1 && fit.chiSquared < 1e-25)
        // Without errors they come from the scatter: residuals 1/3, -2/3, 1/3 here.
        let scatter = try Statistics.linearFit([-1, 0, 1], [0, 0, 2])
        #expect((scatter.parameters[1].error - (2.0 / 3 / 2).squareRoot()).magnitude < 1e-14)
        #expect(throws: StatisticsError.self) { try Statistics.linearFit([1, 1], [2, 3], errors: [1, 1]) }
        #expect(throws: StatisticsError.self) { try Statistics.linearFit([1, 2], [2, 3], errors: [1, 0]) }
    }

    /// 200 fits of a parabola to data with known errors: chi-squared is distributed as it says. False-alarm rate 1e-6.
    @Test func probabilitiesOfTrueModelsAreUniform() throws {
        let x = (0..<12).map { Double($0) / 4 }
        let noise = normals(12 * 200, draw: 4)
        let probabilities = try (0..<200).map { k in
            let errors = x.map { 0.1 + 0.05 * $0 }
            let y = x.indices.map { 1 - x[$0] + 0.5 * x[$0] * x[$0] + errors[$0] * noise[12 * k + $0] }
            return try LeastSquares(design: x.map { [1, $0, $0 * $0] }, y, errors: errors).probability
        }
        #expect(Statistics.kolmogorovSmirnov(probabilities) { $0 }.probability > 1e-6)
    }

    @Test func chiSquaredOfTwoDegreesIsExponential() {
        #expect((Statistics.chiSquaredSurvival(3, degreesOfFreedom: 2) - exp(-1.5)).magnitude < 1e-15)
    }

    @Test func kolmogorovSmirnovTellsDistributionsApart() {
        let x = normals(2000)
        #expect(Statistics.kolmogorovSmirnov(x, x.map { $0 * 1.3 }).probability < 1e-3)
        #expect(Statistics.kolmogorovSmirnov(x, normals(2000, draw: 8)).probability > 1e-6)
        #expect(Statistics.kolmogorovSmirnov(x) { Statistics.normalDistribution($0 - 0.2) }.probability < 1e-6)
        // Kolmogorov's 5 % point.
        #expect((Statistics.kolmogorovSmirnov((0..<10_000).map { Double($0) / 10_000 + 0.01358 }) { $0 }.probability - 0.05).magnitude < 0.002)
    }

    /// Samples of N(0, 1) reweighted to N(m, 1): log Z = 0, mean m, ESS = exp(-m^2). Five standard errors: false-alarm rate 6e-7 each.
    @Test func reweightingOfAGaussianIsExact() throws {
        let m = 0.5
        let x = normals(40_000, draw: 2)
        let logWeights = x.map { m * $0 - m * m / 2 + 700 }
        let z = try Statistics.logMeanWeight(logWeights, blocks: 100)
        #expect((z.value - 700).magnitude < 5 * z.error && z.error < 0.01)
        let mean = try Statistics.reweightedMean(x, logWeights: logWeights, blocks: 100)
        #expect((mean.value - m).magnitude < 5 * mean.error && mean.error < 0.02)
        let again = try Statistics.reweightedMean(Array(x[..<2000]), logWeights: Array(logWeights[..<2000]), resamples: 300, seed: 5)
        #expect((again.value - m).magnitude < 5 * again.error)
        let size = try Statistics.effectiveSampleSize(logWeights: logWeights, blocks: 100)
        #expect((size.value - exp(-m * m)).magnitude < 5 * size.error)
        #expect((Statistics.effectiveSampleSize(logWeights: logWeights) - size.value).magnitude < 0.01)
        #expect(throws: StatisticsError.self) { try Statistics.reweightedMean([1], logWeights: [.nan], blocks: 1) }
    }

    @Test func logSumExpNeitherOverflowsNorVanishes() {
        #expect((Statistics.logSumExp([1000, 1000]) - (1000 + log(2))).magnitude < 1e-12)
        #expect((Statistics.logSumExp([-1000, -1000]) - (-1000 + log(2))).magnitude < 1e-12)
        #expect(Statistics.logSumExp([]) == -.infinity && Statistics.logSumExp([-.infinity]) == -.infinity)
        #expect(Statistics.logSumExp([.infinity, 1]) == .infinity && Statistics.logSumExp([.nan, 1]).isNaN)
    }
}
