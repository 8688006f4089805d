import Numerics
import Testing

@Suite("The Gamma method")
struct GammaAnalysisTests {
    /// x_i = rho x_{i-1} + u_i with u from splitmix64, uniform in [-1/2, 1/2).
    private func series(rho: Double, seed: UInt64, count: Int = 20000) -> [Double] {
        var state = seed
        var x = 0.0
        return (0..<count).map { _ in
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            z ^= z >> 31
            x = rho * x + Double(z >> 11) * 0x1p-53 - 0.5
            return x
        }
    }

    private func close(_ a: Double, _ b: Double, _ tolerance: Double = 2e-10) -> Bool { abs(a - b) <= tolerance * max(1, abs(b)) }

    @Test("gives the golden values of pyerrors 2.17 to ten digits")
    func golden() throws {
        let slow = try GammaAnalysis(series: series(rho: 0.9, seed: 1))
        #expect(close(slow.mean, -0.052693826502))
        #expect(close(slow.error, 0.019878801959))
        #expect(close(slow.errorOfError, 0.001229436003))
        #expect(close(slow.integratedTime, 8.9637115541))
        #expect(close(slow.integratedTimeError, 1.0344291166))
        #expect(slow.window == 76)
        let middle = try GammaAnalysis(series: series(rho: 0.5, seed: 2))
        #expect(close(middle.mean, 0.000891793354))
        #expect(close(middle.error, 0.004011732712))
        #expect(close(middle.errorOfError, 0.000111681912))
        #expect(close(middle.integratedTime, 1.4727410354))
        #expect(close(middle.integratedTimeError, 0.0778952570))
        #expect(middle.window == 15)
        let white = try GammaAnalysis(series: series(rho: 0, seed: 3))
        #expect(close(white.mean, -0.003018240781))
        #expect(close(white.error, 0.002036067215))
        #expect(close(white.errorOfError, 0.000022763923))
        #expect(close(white.integratedTime, 0.5007053448))
        #expect(close(white.integratedTimeError, 0.0100105896))
        #expect(white.window == 2)
    }

    @Test("errors of derived quantities: the variance of the first series")
    func derived() throws {
        let x = series(rho: 0.9, seed: 1)
        let variance = try GammaAnalysis.derived([x.map { $0 * $0 }, x]) { $0[0] - $0[1] * $0[1] }
        #expect(close(variance.mean, 0.440829680419))
        #expect(close(variance.error, 0.012388053685, 1e-8))
        #expect(close(variance.integratedTime, 4.26371239, 1e-7))
        #expect(variance.window == 40)
    }

    @Test("attaches an exponential tail")
    func tail() throws {
        let slow = try GammaAnalysis(series: series(rho: 0.9, seed: 1), exponentialTime: 10)
        #expect(close(slow.error, 0.019084666603))
        #expect(close(slow.integratedTime, 8.26183683, 1e-8))
        #expect(slow.window == 23)
    }

    /// τ_int of an AR(1) process is (1 + rho) / (1 - rho) / 2 = 199.5: its window is found by the FFT. Three errors of this seed.
    @Test("follows slow modes over hundreds of lags")
    func slowModes() throws {
        let slow = try GammaAnalysis(series: series(rho: 0.995, seed: 4, count: 400_000))
        #expect(slow.window > 256)
        #expect(abs(slow.integratedTime - 199.5) < 3 * slow.integratedTimeError)
    }

    @Test("a constant series has no error; short and broken ones are refused")
    func edges() throws {
        #expect(try GammaAnalysis(series: [Double](repeating: 3, count: 20)).error == 0)
        #expect(throws: StatisticsError.self) { _ = try GammaAnalysis(series: [1, 2, 3]) }
        #expect(throws: StatisticsError.self) { _ = try GammaAnalysis(series: [1, 2, 3, .nan, 5, 6, 7, 8, 9]) }
        #expect(throws: StatisticsError.self) { _ = try GammaAnalysis.derived([[1, 2, 3, 4, 5, 6, 7, 8], [1]]) { $0[0] } }
    }
}
