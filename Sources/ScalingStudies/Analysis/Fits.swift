import Glibc
import Numerics

/// A law of scaling fitted to the runs of a study, with what is left over.
public struct ScalingFit: Sendable {
    public let law: String
    /// Names, values and standard errors.
    public let parameters: [(name: String, estimate: Estimate)]
    /// Measured over fitted cost less one, for each run, with its processes.
    public let residuals: [(processes: Int, relative: Double)]
    /// Where the fit was made: it says nothing outside.
    public let range: ClosedRange<Int>
    let coefficients: [Double]
    let basis: @Sendable (Double) -> [Double]

    /// Root mean square of the residuals.
    public var scatter: Double { (residuals.reduce(0) { $0 + $1.relative * $1.relative } / Double(max(1, residuals.count))).squareRoot() }

    /// The fitted cost on `processes`. Outside of `range` this is an extrapolation.
    public func cost(_ processes: Double) -> Double { zip(coefficients, basis(processes)).reduce(0) { $0 + $1.0 * $1.1 } }

    /// The fewest runs a fit is made of.
    public static let fewestRuns = 6

    /// Amdahl's law (1967), t(n) = t₁ (s + (1 − s)/n), by least squares of relative deviations; `points` are processes and seconds.
    /// Throws a `ScalingError` below six runs or three numbers of processes.
    public static func amdahl(_ points: [(processes: Int, seconds: Double)]) throws -> ScalingFit {
        let fit = try fitted(points, law: "Amdahl", counts: 3) { [1, 1 / $0] }
        let (a, b) = (fit.solution.parameters[0].value, fit.solution.parameters[1].value)
        let total = a + b, c = fit.solution.covariance
        let da = b / (total * total), db = -a / (total * total)
        let error = (da * da * c[0, 0] + 2 * da * db * c[0, 1] + db * db * c[1, 1]).squareRoot()
        return fit.law([("serial share s", Estimate(value: a / total, error: error))])
    }

    /// Gunther's universal scalability law (2007), n t(n) ∝ 1 + σ(n − 1) + κ n(n − 1); needs four numbers of processes.
    public static func universal(_ points: [(processes: Int, seconds: Double)]) throws -> ScalingFit {
        let fit = try fitted(points, law: "USL", counts: 4) { [1 / $0, ($0 - 1) / $0, $0 - 1] }
        let p = fit.solution.parameters, c = fit.solution.covariance
        func relative(_ k: Int) -> Estimate {
            let value = p[k].value / p[0].value
            let variance = c[k, k] - 2 * value * c[0, k] + value * value * c[0, 0]
            return Estimate(value: value, error: max(0, variance).squareRoot() / abs(p[0].value))
        }
        return fit.law([("contention σ", relative(1)), ("coherence κ", relative(2))])
    }

    private struct Fitted {
        let solution: LeastSquares
        let points: [(processes: Int, seconds: Double)]
        let name: String
        let basis: @Sendable (Double) -> [Double]

        func law(_ parameters: [(String, Estimate)]) -> ScalingFit {
            let coefficients = solution.parameters.map(\.value)
            let residuals = points.map { point in
                let cost = zip(coefficients, basis(Double(point.processes))).reduce(0) { $0 + $1.0 * $1.1 }
                return (point.processes, point.seconds / cost - 1)
            }
            let counts = points.map(\.processes)
            return ScalingFit(
                law: name, parameters: parameters, residuals: residuals, range: (counts.min() ?? 1)...(counts.max() ?? 1),
                coefficients: coefficients, basis: basis)
        }
    }

    private static func fitted(
        _ points: [(processes: Int, seconds: Double)], law: String, counts: Int, basis: @escaping @Sendable (Double) -> [Double]
    ) throws -> Fitted {
        let different = Set(points.map(\.processes)).count
        guard points.count >= fewestRuns, different >= counts else {
            throw ScalingError("\(law): \(points.count) runs on \(different) numbers of processes, wanted at least \(fewestRuns) on \(counts)")
        }
        // A cost of one second and one of a millisecond count alike: divide by the cost.
        let design = points.map { point in basis(Double(point.processes)).map { $0 / point.seconds } }
        let solution = try LeastSquares(design: design, points.map { _ in 1 })
        return Fitted(solution: solution, points: points, name: law, basis: basis)
    }
}
