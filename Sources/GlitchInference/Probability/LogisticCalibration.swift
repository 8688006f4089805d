import Glibc
import Glitches
import Numerics

/// The probability that the strain has a glitch, from energies that witnesses have at the same moment:
/// logit P = intercept + sum of slope max(0, ln(energy / 8)), slopes at least 0.
///
/// Fitted to moments in which the strain is known to have a glitch or not, by the largest posterior probability with a Gaussian prior on the slopes
/// (Newton's method; McCullagh and Nelder, Generalized Linear Models, 1989, section 4.4). With as many glitches as there were then, half of the moments
/// of P = 0.5 have one.
public struct LogisticCalibration: Sendable, Equatable {
    public let features: [String]
    public let intercept: Double
    public let slopes: [Double]

    /// Energy below which a feature says nothing, and above which no more.
    static let quiet = 8.0, loud = 1e4
    private static let priorWidth = 3.0

    public init(features: [String], intercept: Double, slopes: [Double]) { (self.features, self.intercept, self.slopes) = (features, intercept, slopes) }

    static func scale(_ energy: Double) -> Double { log(min(max(energy, quiet), loud) / quiet) }

    /// Of energies by feature.
    public func probability(_ energies: [Double]) -> Double {
        var x = intercept
        for (slope, energy) in zip(slopes, energies) { x += slope * Self.scale(energy) }
        return 1 / (1 + exp(-x))
    }

    /// - Parameters:
    ///   - energies: [feature][moment].
    ///   - isGlitch: by moment.
    /// - Throws: `GlitchError` where there is no glitch, or nothing else.
    public init(features: [String], energies: [[Double]], isGlitch: [Bool]) throws {
        let positives = isGlitch.count(where: \.self)
        guard positives >= 10, isGlitch.count - positives >= 10 else {
            throw GlitchError(
                "calibrate: found \(positives) moments with a glitch of the strain among \(isGlitch.count), wanted at least 10 with and 10 without; train on more data or lower inference.label_snr")
        }
        let scaled = energies.map { $0.map(Self.scale) }
        var used = features.indices.filter { index in scaled[index].contains { $0 > 0 } }
        while true {
            let beta = try Self.fit(used.map { scaled[$0] }, isGlitch)
            // A witness that makes glitches less likely is chance.
            if let worst = used.indices.min(by: { beta[$0 + 1] < beta[$1 + 1] }), beta[worst + 1] < 0 {
                used.remove(at: worst)
                continue
            }
            var slopes = [Double](repeating: 0, count: features.count)
            for (place, index) in used.enumerated() { slopes[index] = beta[place + 1] }
            self.init(features: features, intercept: beta[0], slopes: slopes)
            return
        }
    }

    /// Intercept and slopes.
    private static func fit(_ x: [[Double]], _ isGlitch: [Bool]) throws -> [Double] {
        let size = x.count + 1
        var beta = [Double](repeating: 0, count: size)
        let part = Double(isGlitch.count(where: \.self)) / Double(isGlitch.count)
        beta[0] = log(part / (1 - part))
        var row = [Double](repeating: 1, count: size)
        for _ in 0..<100 {
            var (gradient, hessian) = ([Double](repeating: 0, count: size), [Double](repeating: 0, count: size * size))
            for i in isGlitch.indices {
                var eta = beta[0]
                for j in 1..<size {
                    row[j] = x[j - 1][i]
                    eta += beta[j] * row[j]
                }
                let p = 1 / (1 + exp(-eta))
                let (residual, weight) = ((isGlitch[i] ? 1 : 0) - p, max(1e-9, p * (1 - p)))
                for j in 0..<size where row[j] != 0 {
                    gradient[j] += residual * row[j]
                    for k in 0..<size { hessian[j * size + k] += weight * row[j] * row[k] }
                }
            }
            let prior = 1 / (priorWidth * priorWidth)
            for j in 1..<size {
                gradient[j] -= prior * beta[j]
                hessian[j * size + j] += prior
            }
            hessian[0] += 1e-9
            let step = try LinearAlgebra.solvePositive(
                Matrix(rows: size, columns: size, elements: hessian), Matrix(rows: size, columns: 1, elements: gradient)).elements
            // A long step is shortened: far from the maximum the quadratic form is not the function.
            let longest = step.map(\.magnitude).max() ?? 0
            for j in 0..<size { beta[j] += step[j] * min(1, 2 / max(longest, 1e-12)) }
            if longest < 1e-8 { break }
        }
        return beta
    }
}
