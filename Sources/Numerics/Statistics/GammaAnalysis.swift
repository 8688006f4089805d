import Glibc

/// The mean of a correlated series with an error that knows its autocorrelation: the Gamma method.
///
/// Source: Wolff, hep-lat/0306017, with the automatic window of its section 3.3, the bias correction of equation 49 and the error of
/// τ_int of equation 42; a tail of a given exponential time as in Schaefer, Sommer, Virotta, arXiv:1009.5228, equation 33.
public struct GammaAnalysis: Sendable {
    public let mean: Double
    public let error: Double
    public let errorOfError: Double
    /// τ_int in measurements; 0.5 for independent ones.
    public let integratedTime: Double
    public let integratedTimeError: Double
    /// The summation window W.
    public let window: Int
    /// ρ(t) for t up to twice the window.
    public let autocorrelation: [Double]

    /// - Parameters:
    ///   - series: measurements in Monte Carlo order, at least 8.
    ///   - windowFactor: S, the ratio of the exponential to the integrated time that the window assumes; 0 sums nothing.
    ///   - exponentialTime: τ_exp of a slower mode that the tail is attached to.
    /// - Throws: `StatisticsError` for a series too short or not finite.
    public init(series: [Double], windowFactor: Double = 2, exponentialTime: Double? = nil) throws {
        try self.init(replicas: [series], windowFactor: windowFactor, exponentialTime: exponentialTime)
    }

    /// Several independent chains of one quantity.
    public init(replicas: [[Double]], windowFactor: Double = 2, exponentialTime: Double? = nil) throws {
        let total = replicas.reduce(0) { $0 + $1.count }
        guard total >= 8, let shortest = replicas.map(\.count).min(), shortest >= 4 else {
            throw StatisticsError("Gamma method: \(total) measurements in chains of at least \(replicas.map(\.count).min() ?? 0); wanted 8, and 4 a chain")
        }
        guard replicas.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { throw StatisticsError("Gamma method: a measurement is not a finite number") }
        let mean = replicas.reduce(0) { $0 + $1.reduce(0, +) } / Double(total)
        let fluctuations = replicas.map { $0.map { $0 - mean } }
        try self.init(mean: mean, fluctuations: fluctuations, windowFactor: windowFactor, exponentialTime: exponentialTime)
    }

    /// A function of the means of several series, measured together: `derived([x², x], { $0[0] - $0[1] * $0[1] })`.
    ///
    /// The error is that of the linear term (Wolff, equation 33), with derivatives by central differences over one standard error.
    public static func derived(
        _ series: [[Double]], windowFactor: Double = 2, exponentialTime: Double? = nil, _ f: ([Double]) -> Double
    ) throws -> GammaAnalysis {
        try derived(replicas: [series], windowFactor: windowFactor, exponentialTime: exponentialTime, f)
    }

    /// The same of several independent chains: `replicas[chain][series][measurement]`.
    public static func derived(
        replicas: [[[Double]]], windowFactor: Double = 2, exponentialTime: Double? = nil, _ f: ([Double]) -> Double
    ) throws -> GammaAnalysis {
        let counts = replicas.map { $0.first?.count ?? 0 }
        let total = counts.reduce(0, +)
        let width = replicas.first?.count ?? 0
        guard total >= 8, let shortest = counts.min(), shortest >= 4,
            zip(replicas, counts).allSatisfy({ chain, count in chain.count == width && chain.allSatisfy { $0.count == count } })
        else {
            throw StatisticsError(
                "Gamma method: series of \(replicas.map { $0.map(\.count) }) measurements; wanted equal lengths in a chain, 4 a chain and 8 in all")
        }
        let n = Double(total)
        let means = (0..<width).map { i in replicas.reduce(0) { $0 + $1[i].reduce(0, +) } / n }
        let gradient = means.indices.map { i -> Double in
            let variance = replicas.reduce(0) { $0 + $1[i].reduce(0) { $0 + ($1 - means[i]) * ($1 - means[i]) } } / n
            let step = (variance / n).squareRoot()
            guard step > 0 else { return 0 }
            var up = means, down = means
            up[i] += step
            down[i] -= step
            return (f(up) - f(down)) / (2 * step)
        }
        let projected = replicas.map { chain in
            (chain.first ?? []).indices.map { t in
                chain.indices.reduce(0) { $0 + gradient[$1] * (chain[$1][t] - means[$1]) }
            }
        }
        guard projected.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
            throw StatisticsError("Gamma method: a derivative or a measurement is not a finite number")
        }
        return try GammaAnalysis(
            mean: f(means), fluctuations: projected, windowFactor: windowFactor, exponentialTime: exponentialTime)
    }

    private init(mean: Double, fluctuations: [[Double]], windowFactor: Double, exponentialTime: Double?) throws {
        let total = fluctuations.reduce(0) { $0 + $1.count }
        let n = Double(total)
        let longest = (fluctuations.map(\.count).min() ?? 0) / 2
        // Γ(t), added lag by lag until the window is found: chains are long, windows short. Beyond 256 lags all are taken by FFT at once.
        var longProducts = [Double]()
        func covariance(_ lag: Int) throws -> Double {
            if lag > 256 {
                if longProducts.isEmpty {
                    longProducts = [Double](repeating: 0, count: longest + 1)
                    for chain in fluctuations {
                        for (t, product) in try Statistics.laggedProducts(chain, maximumLag: longest).enumerated() { longProducts[t] += product }
                    }
                }
                return longProducts[lag] / (n - Double(fluctuations.count * lag))
            }
            var sum = 0.0
            for chain in fluctuations {
                var a = SIMD4<Double>.zero
                var t = 0
                while t + lag + 4 <= chain.count {
                    let near = SIMD4<Double>(chain[t], chain[t + 1], chain[t + 2], chain[t + 3])
                    let u = t + lag
                    let far = SIMD4<Double>(chain[u], chain[u + 1], chain[u + 2], chain[u + 3])
                    a += near * far
                    t += 4
                }
                sum += a.sum()
                while t + lag < chain.count {
                    sum += chain[t] * chain[t + lag]
                    t += 1
                }
            }
            return sum / (n - Double(fluctuations.count * lag))
        }
        let variance = try covariance(0)
        self.mean = mean
        guard variance > 0 else {
            (error, errorOfError, integratedTime, integratedTimeError, window, autocorrelation) = (0, 0, 0.5, 0, 0, [1])
            return
        }
        var rho = [1.0]
        var time = 0.5
        var found = 0
        if windowFactor > 0 {
            for w in 1..<max(2, longest) {
                rho.append(try covariance(w) / variance)
                time += rho[w]
                let tau = time > 0.5 ? windowFactor / log((2 * time + 1) / (2 * time - 1)) : 1e-15
                found = w
                if exp(-Double(w) / tau) - tau / (Double(w) * n).squareRoot() < 0 { break }
            }
        }
        var tail = 0.0
        var tailError = 0.0
        if let exponentialTime {
            // The tail starts where ρ is no longer two of its errors above zero.
            for lag in rho.count..<max(rho.count, min(longest, 4 * found + 2)) { rho.append(try covariance(lag) / variance) }
            var w = 1
            while w + 1 < rho.count && rho[w] > 2 * Self.autocorrelationError(rho, at: w, n: n) { w += 1 }
            found = w
            time = 0.5 + rho[1...w].reduce(0, +)
            let next = min(w + 1, rho.count - 1)
            tail = exponentialTime * abs(rho[next])
            tailError = exponentialTime * Self.autocorrelationError(rho, at: next, n: n)
        }
        let bias = (1 + (2 * Double(found) + 1) / n) / (1 + 1 / n)
        integratedTime = time * bias + tail
        let ownError = time * 2 * (abs(Double(found) + 0.5 - time) / n).squareRoot()
        integratedTimeError = (ownError * ownError + tailError * tailError).squareRoot()
        // 1 + 1/N: the fluctuations are around the measured mean.
        error = (2 * integratedTime * variance * (1 + 1 / n) / n).squareRoot()
        errorOfError = error * ((Double(found) + 0.5) / n).squareRoot()
        window = found
        autocorrelation = rho
    }

    /// Standard error of ρ(t): Lüscher, hep-lat/0409106, equation E.11.
    private static func autocorrelationError(_ rho: [Double], at t: Int, n: Double) -> Double {
        func value(_ i: Int) -> Double { rho.indices.contains(abs(i)) ? rho[abs(i)] : 0 }
        var sum = 0.0
        for k in 1..<max(2, rho.count) {
            let term = value(k + t) + value(k - t) - 2 * value(k) * value(t)
            sum += term * term
        }
        return (sum / n).squareRoot()
    }
}

/// A statistical estimate that cannot be made, in one sentence.
public struct StatisticsError: Error, CustomStringConvertible, Equatable {
    public let description: String
    public init(_ description: String) { self.description = description }
}
