import LatticeFields
import Numerics

extension FlowScale {
    /// t0 and w0 as collaborations quote them from a chain of flowed configurations: a straight line through the points around the crossing, weighted by
    /// their Gamma-method errors, and its zero (as pyerrors' `extract_t0` and `extract_w0`; their errors follow the line's dependence on the points).
    /// - Parameters:
    ///   - energies: `[configuration][time]`.
    ///   - points: before the crossing, and from it on.
    /// - Throws: `LatticeError` where the flow does not cross, `StatisticsError` for fewer than 8 configurations. *Not collective.*
    public static func fitted(
        times: [Double], energies: [[Double]], points: Int = 5, reference: Double = 0.3
    ) throws -> (t0: ObservableEstimate, w0: ObservableEstimate) {
        let action = energies.map { zip(times, $0).map { $0 * $0 * $1 } }
        let t0 = try zero("t0", times, action, points, reference) { $0 }
        let slopes = action.map { values in
            times.indices.map { k -> Double in
                let (low, high) = (max(0, k - 1), min(times.count - 1, k + 1))
                return times[k] * (values[high] - values[low]) / (times[high] - times[low])
            }
        }
        return (t0, try zero("w0", times, slopes, points, reference) { $0.squareRoot() })
    }

    private static func zero(
        _ name: String, _ times: [Double], _ values: [[Double]], _ points: Int, _ reference: Double, _ function: (Double) -> Double
    ) throws -> ObservableEstimate {
        let means = times.indices.map { k in values.reduce(0) { $0 + $1[k] } / Double(max(1, values.count)) }
        guard let crossing = means.firstIndex(where: { $0 > reference }), crossing >= points, crossing + points <= times.count else {
            throw LatticeError(
                "\(name): the flow to t = \(times.last ?? 0) does not cross \(reference) with \(points) points on both sides; flow on, or use fewer points")
        }
        let range = crossing - points..<crossing + points
        let columns = range.map { k in values.map { $0[k] - reference } }
        let errors = try columns.map { try GammaAnalysis(series: $0).error }
        func root(_ means: [Double]) throws -> Double {
            let fit = try LeastSquares(design: range.map { [1, times[$0]] }, means, errors: errors)
            return function(-fit.parameters[0].value / fit.parameters[1].value)
        }
        // A first fit says whether there is one.
        _ = try root(columns.map { $0.reduce(0, +) / Double($0.count) })
        return ObservableEstimate(name, try GammaAnalysis.derived(columns) { (try? root($0)) ?? .nan })
    }
}
