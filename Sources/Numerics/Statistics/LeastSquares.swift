/// A linear model fitted to data with known errors: y_i = sum_k X_ik p_k.
public struct LeastSquares: Sendable {
    public let parameters: [Estimate]
    /// The covariance matrix of the parameters, row by row.
    public let covariance: Matrix
    public let chiSquared: Double
    public let degreesOfFreedom: Int

    /// The chance of a worse fit where the model is true; NaN without degrees of freedom.
    public var probability: Double {
        degreesOfFreedom > 0 ? Statistics.chiSquaredSurvival(chiSquared, degreesOfFreedom: degreesOfFreedom) : .nan
    }

    /// - Parameters:
    ///   - design: one row of X per measurement.
    ///   - errors: standard errors of `y`; nil gives every point the same error, taken from the scatter about the fit.
    /// - Throws: `StatisticsError` for shapes that do not fit, errors that are not positive, or a singular model.
    public init(design: [[Double]], _ y: [Double], errors: [Double]? = nil) throws {
        let columns = design.first?.count ?? 0
        guard columns > 0, design.count == y.count, errors.map({ $0.count == y.count }) ?? true, y.count >= columns,
            design.allSatisfy({ $0.count == columns })
        else {
            throw StatisticsError(
                "least squares: \(y.count) values, \(design.count) rows of \(columns) columns, \(errors?.count ?? y.count) errors; wanted as many of each, and no fewer than columns")
        }
        guard errors?.allSatisfy({ $0 > 0 && $0.isFinite }) ?? true else {
            throw StatisticsError("least squares: an error is not positive and finite")
        }
        guard errors != nil || y.count > columns else {
            throw StatisticsError("least squares: \(y.count) values for \(columns) parameters leave no scatter to take the errors from; give errors")
        }
        // Normal equations of the model over its errors, with columns of unit length so that their scale does not matter.
        let weighted = y.indices.map { i in design[i].map { $0 / (errors?[i] ?? 1) } }
        let target = y.indices.map { y[$0] / (errors?[$0] ?? 1) }
        let lengths = (0..<columns).map { k in weighted.reduce(0) { $0 + $1[k] * $1[k] }.squareRoot() }
        guard lengths.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw StatisticsError("least squares: a column of the model is zero or not finite")
        }
        let model = Matrix(rows: y.count, columns: columns) { weighted[$0][$1] / lengths[$1] }
        let normal = LinearAlgebra.multiply(model, model, transposeFirst: true)
        let inverse: Matrix
        do {
            inverse = try LinearAlgebra.solvePositive(normal, .identity(columns))
        } catch {
            throw StatisticsError("least squares: the columns of the model depend on each other (\(error))")
        }
        let right = (0..<columns).map { k in y.indices.reduce(0) { $0 + model[$1, k] * target[$1] } }
        let scaled = (0..<columns).map { k in (0..<columns).reduce(0) { $0 + inverse[k, $1] * right[$1] } }
        var sum = 0.0
        for i in y.indices {
            let residual = target[i] - (0..<columns).reduce(0) { $0 + model[i, $1] * scaled[$1] }
            sum += residual * residual
        }
        let freedom = y.count - columns
        let scale = errors == nil ? sum / Double(freedom) : 1
        let matrix = Matrix(rows: columns, columns: columns) { scale * inverse[$0, $1] / (lengths[$0] * lengths[$1]) }
        covariance = matrix
        parameters = (0..<columns).map { Estimate(value: scaled[$0] / lengths[$0], error: matrix[$0, $0].squareRoot()) }
        chiSquared = sum / scale
        degreesOfFreedom = freedom
    }
}

extension Statistics {
    /// y = p_0 + p_1 x by least squares; see `LeastSquares`.
    public static func linearFit(_ x: [Double], _ y: [Double], errors: [Double]? = nil) throws -> LeastSquares {
        try LeastSquares(design: x.map { [1, $0] }, y, errors: errors)
    }
}
