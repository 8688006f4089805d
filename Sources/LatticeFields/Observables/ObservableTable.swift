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

    /// An analysis under a name. *Not collective.*
    public init(_ name: String, _ analysis: GammaAnalysis) {
        self.name = name
        value = analysis.mean
        error = analysis.error
        integratedTime = analysis.integratedTime
        integratedTimeError = analysis.integratedTimeError
    }
}

/// The observables of a chain with Gamma-method errors (Wolff, hep-lat/0306017).
public struct ObservableTable: Sendable {
    public let rows: [ObservableEstimate]

    public subscript(name: String) -> ObservableEstimate? { rows.first { $0.name == name } }

    /// - Parameter extents: of the lattice, for volumes and momenta.
    /// - Throws: when the series is too short for an error estimate. *Not collective.*
    public init(_ series: MeasurementSeries, action: ScalarAction, extents: [Int]) throws {
        try self.init(replicas: [series], action: action, extents: extents)
    }

    /// Of several independent chains of one ensemble.
    public init(replicas: [MeasurementSeries], action: ScalarAction, extents: [Int]) throws {
        let volume = extents.reduce(1.0) { $0 * Double($1) }
        let d = extents.count
        var rows: [ObservableEstimate] = []
        func add(_ name: String, _ column: (MeasurementSeries) -> [Double]) throws {
            rows.append(ObservableEstimate(name, try GammaAnalysis(replicas: replicas.map(column))))
        }
        func add(_ name: String, _ columns: (MeasurementSeries) -> [[Double]], _ f: ([Double]) -> Double) throws {
            rows.append(ObservableEstimate(name, try GammaAnalysis.derived(replicas: replicas.map(columns), f)))
        }
        func squares(_ series: MeasurementSeries) -> [Double] { series.magnetization.map { volume * $0 * $0 } }
        try add("square") { $0.square }
        try add("fourth") { $0.fourth }
        try add("neighbour") { $0.neighbour }
        try add("action_density") { series in series.square.indices.map { series[$0].actionDensity(action, dimension: d) } }
        try add("absolute_magnetization") { $0.magnetization.map(abs) }
        try add("magnetization") { $0.magnetization }
        try add("susceptibility", squares)
        // What is left in the broken phase on a finite lattice: V (<M²> - <|M|>²).
        try add("connected_susceptibility", { [squares($0), $0.magnetization.map(abs)] }) { $0[0] - volume * $0[1] * $0[1] }
        try add("binder_cumulant", { series in [squares(series), squares(series).map { $0 * $0 }] }) { 1 - $0[1] / (3 * $0[0] * $0[0]) }
        // Mean over axes of 2 sin(π/L): exact for equal extents, which is where the definition is used.
        let momentum = extents.reduce(0) { $0 + 2 * sin(Double.pi / Double($1)) } / Double(d)
        try add("correlation_length", { [squares($0), $0.smallestMode] }) { means in
            let ratio = means[0] / means[1] - 1
            return ratio > 0 ? ratio.squareRoot() / momentum : 0
        }
        // -2 d b nn + 2 c φ² + 4 d φ⁴ = 1 for any coupling on any lattice.
        try add("schwinger_dyson") { series in
            series.square.indices.map {
                -2 * Double(d) * action.b * series.neighbour[$0] + 2 * action.c * series.square[$0] + 4 * action.d * series.fourth[$0]
            }
        }
        self.rows = rows
    }
}
