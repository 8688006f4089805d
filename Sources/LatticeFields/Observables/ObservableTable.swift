import Glibc
import Numerics

/// An observable's value with its error, aware of autocorrelation.
public struct ObservableEstimate: Sendable, Equatable {
    public let name: String
    public let value: Double
    public let error: Double
    /// In units of measurements.
    public let integratedTime: Double
    public let integratedTimeError: Double
}

/// The observables of a chain with Gamma-method errors (Wolff, hep-lat/0306017).
public struct ObservableTable: Sendable {
    public let rows: [ObservableEstimate]

    public subscript(name: String) -> ObservableEstimate? { rows.first { $0.name == name } }

    /// - Parameter extents: of the lattice, for volumes and momenta.
    /// - Throws: when the series is too short for an error estimate. *Not collective.*
    public init(_ series: MeasurementSeries, action: ScalarAction, extents: [Int]) throws {
        let volume = extents.reduce(1.0) { $0 * Double($1) }
        let d = extents.count
        let m2 = series.magnetization.map { $0 * $0 }
        let m4 = m2.map { $0 * $0 }
        var rows: [ObservableEstimate] = []
        func add(_ name: String, _ values: [Double]) throws {
            rows.append(Self.row(name, try GammaAnalysis(series: values)))
        }
        func add(_ name: String, _ columns: [[Double]], _ f: ([Double]) -> Double) throws {
            rows.append(Self.row(name, try GammaAnalysis.derived(columns, f)))
        }
        try add("square", series.square)
        try add("fourth", series.fourth)
        try add("neighbour", series.neighbour)
        try add("action_density", series.square.indices.map { series[$0].actionDensity(action, dimension: d) })
        try add("absolute_magnetization", series.magnetization.map(abs))
        try add("magnetization", series.magnetization)
        try add("susceptibility", m2.map { volume * $0 })
        try add("binder_cumulant", [m2, m4]) { 1 - $0[1] / (3 * $0[0] * $0[0]) }
        // Mean over axes of 2 sin(π/L): exact for equal extents, which is where the definition is used.
        let momentum = extents.reduce(0) { $0 + 2 * sin(Double.pi / Double($1)) } / Double(d)
        try add("correlation_length", [m2.map { volume * $0 }, series.smallestMode]) { means in
            let ratio = means[0] / means[1] - 1
            return ratio > 0 ? ratio.squareRoot() / momentum : 0
        }
        // -2 d b nn + 2 c φ² + 4 d φ⁴ = 1 for any coupling on any lattice.
        try add(
            "schwinger_dyson",
            series.square.indices.map {
                -2 * Double(d) * action.b * series.neighbour[$0] + 2 * action.c * series.square[$0] + 4 * action.d * series.fourth[$0]
            })
        self.rows = rows
    }

    private static func row(_ name: String, _ analysis: GammaAnalysis) -> ObservableEstimate {
        ObservableEstimate(
            name: name, value: analysis.mean, error: analysis.error, integratedTime: analysis.integratedTime,
            integratedTimeError: analysis.integratedTimeError)
    }
}
