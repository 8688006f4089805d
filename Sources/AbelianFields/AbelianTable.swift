import Batch
import LatticeFields
import Numerics

/// The observables of U(1) chains with Gamma-method errors (Wolff, hep-lat/0306017), beside their exact values.
public struct AbelianTable: Sendable {
    public struct Row: Sendable {
        public let estimate: ObservableEstimate
        /// The closed form, where there is one.
        public let exact: Double?
        /// What the value is a function of: for each chain the series, and the function of their means.
        let columns: [[[Double]]]
        let function: @Sendable ([Double]) -> Double

        /// Error of the jackknife and of the bootstrap over blocks of at least twice τ_int, at most 256 of them.
        /// - Throws: `StatisticsError` where there are fewer than two such blocks.
        public func resampled(seed: UInt64) throws -> (blocks: Int, jackknife: Double, bootstrap: Double) {
            let joined = (columns.first ?? []).indices.map { i in columns.flatMap { $0[i] } }
            let count = joined.first?.count ?? 0
            let length = max(1, Int((4 * estimate.integratedTime).rounded(.up)))
            let blocks = min(256, count / length)
            return (
                blocks, try Statistics.jackknife(joined, blocks: blocks, function).error,
                try Statistics.bootstrap(joined, blocks: blocks, seed: seed, function).error
            )
        }
    }

    public let rows: [Row]

    public subscript(name: String) -> Row? { rows.first { $0.estimate.name == name } }

    /// - Parameters:
    ///   - replicas: independent chains.
    ///   - extents: of the lattice.
    /// - Throws: when the series are too short for an error estimate. *Not collective.*
    public init(replicas: [AbelianSeries], beta: Double, extents: [Int]) throws {
        let volume = extents.reduce(1, *)
        let theory = ExactAbelian(beta: beta, volume: volume)
        var rows: [Row] = []
        func add(_ name: String, exact: Double? = nil, _ column: (AbelianSeries) -> [Double]) throws {
            let columns = replicas.map { [column($0)] }
            rows.append(
                Row(
                    estimate: ObservableEstimate(named: name, try GammaAnalysis(replicas: columns.map { $0[0] })), exact: exact, columns: columns,
                    function: { $0[0] }))
        }
        try add("plaquette", exact: theory.plaquette) { $0.plaquette }
        try add("charge", exact: 0) { $0.charge }
        try add("charge_squared", exact: theory.topologicalSusceptibility * Double(volume)) { $0.charge.map { $0 * $0 } }
        try add("topological_susceptibility", exact: theory.topologicalSusceptibility) { $0.charge.map { $0 * $0 / Double(volume) } }
        if let first = replicas.first {
            for side in stride(from: 2, through: first.loopCount, by: 1) {
                try add("wilson_loop_\(side)x\(side)", exact: theory.wilsonLoop(area: side * side)) { $0.loop(side: side) }
            }
            // χ = -ln W(n,n) W(n-1,n-1) / W(n,n-1)² needs oblong loops; here the tension of square ones, ln of their ratio over the area between.
            if first.loopCount >= 2 {
                let columns = replicas.map { [$0.loop(side: 1), $0.loop(side: 2)] }
                let ratio: @Sendable ([Double]) -> Double = { Logarithm.of($0[0] / $0[1]) / 3 }
                rows.append(
                    Row(
                        estimate: ObservableEstimate(named: "string_tension_1_2", try GammaAnalysis.derived(replicas: columns, ratio)),
                        exact: Logarithm.of(theory.plaquette / theory.wilsonLoop(area: 4)) / 3, columns: columns, function: ratio))
            }
            if first.hasPolyakov {
                for (part, name) in ["first_real", "first_imaginary", "second_real", "second_imaginary"].enumerated() {
                    try add("polyakov_\(name)", exact: 0) { $0.polyakov(part) }
                }
            }
        }
        self.rows = rows
    }
}

extension AbelianTable.Row: CustomStringConvertible {
    var compared: ComparedEstimate { ComparedEstimate(estimate, exact: exact) }
    public var description: String { compared.description }
}

extension RunSummary {
    /// Sets each observable with its error, its integrated autocorrelation time in measurements, and the exact value.
    public mutating func set(_ table: AbelianTable) { set(table.rows.map(\.compared)) }
}
