import Numerics

/// Reference scales of the gradient flow, t₀/a² and w₀/a, with errors that know about autocorrelations.
///
/// t₀: t² ⟨E⟩ = 0.3 (Lüscher, arXiv:1006.4518, equation 2.1); w₀²: t d/dt t² ⟨E⟩ = 0.3 (BMW, arXiv:1203.4469, equation 2). Near the crossing a straight line is
/// fitted to `range` flow times on either side, weighted by their errors; the error of its root is that of the measurements' linear combination
/// (Gamma method). Derivatives are central differences. The same definitions as pyerrors 2.17.
public struct FlowScales: Sendable {
    public let t0: GammaAnalysis
    public let w0: GammaAnalysis
    /// ⟨Q²⟩ at the flow time next to t₀, and that time.
    public let squaredCharge: GammaAnalysis
    public let chargeTime: Double
    public let measurements: Int

    public struct Options: Sendable {
        public var density = FlowLog.Density.clover
        /// Slices left out at either end.
        public var edge = 0
        /// Extent of the lattice in space.
        public var spatialExtent: Int
        /// Flow times on either side of the crossing that are fitted.
        public var range = 5
        /// Only trajectories that are multiples of it.
        public var every = 1
        public var target = 0.3

        public init(spatialExtent: Int) { self.spatialExtent = spatialExtent }
    }

    /// - Parameter logs: of independent chains of one ensemble. *Not collective.*
    /// - Throws: `GaugeFileError` for logs that differ, or a flow that does not reach the scale; `StatisticsError` for too few measurements.
    public init(_ logs: [FlowLog], name: String, options: Options) throws {
        guard let first = logs.first else { throw GaugeFileError(name, "no flow log") }
        for log in logs where log.flowTimes != first.flowTimes || log.slices != first.slices {
            throw GaugeFileError(name, "logs of different flow times or slices: measure them apart")
        }
        guard options.edge >= 0, 2 * options.edge < first.slices, options.spatialExtent > 0, options.range > 0, options.every > 0 else {
            throw GaugeFileError(name, "edge \(options.edge), spatial extent \(options.spatialExtent), range \(options.range), every \(options.every): wanted an edge of less than half of the \(first.slices) slices, and positive numbers")
        }
        let (sites, overflow) = options.spatialExtent.multipliedReportingOverflow(by: options.spatialExtent)
        guard !overflow, sites < 1 << 40 else { throw GaugeFileError(name, "spatial extent \(options.spatialExtent): wanted a lattice's") }
        let t = first.flowTimes
        // [chain][measurement][flow time] of t² E.
        let scaled = logs.map { log -> [[Double]] in
            let all = log.densities(options.density, edge: options.edge, spatialSites: sites * options.spatialExtent)
            return log.kept(every: options.every).map { index in zip(t, all[index]).map { $0 * $0 * $1 } }
        }
        measurements = scaled.reduce(0) { $0 + $1.count }
        guard measurements > 0 else { throw GaugeFileError(name, "no trajectory is a multiple of \(options.every)") }
        let energy = scaled.map { $0.map { $0.map { $0 - options.target } } }
        let slope = scaled.map { chain in
            chain.map { y in
                t.indices.map { i in
                    let low = max(0, i - 1), high = min(t.count - 1, i + 1)
                    return t[i] * (y[high] - y[low]) / (t[high] - t[low]) - options.target
                }
            }
        }
        let t0 = try Self.root(t, energy, range: options.range, name: name, scale: "t0") { $0 }
        w0 = try Self.root(t, slope, range: options.range, name: name, scale: "w0") { $0.squareRoot() }
        self.t0 = t0
        let near = t.indices.min { abs(t[$0] - t0.mean) < abs(t[$1] - t0.mean) } ?? 0
        chargeTime = t[near]
        squaredCharge = try GammaAnalysis(
            replicas: logs.map { log in
                let charges = log.charges(at: near)
                return log.kept(every: options.every).map { charges[$0] * charges[$0] }
            })
    }

    /// Where the mean of a quantity crosses zero from below, and `function` of it.
    private static func root(
        _ t: [Double], _ replicas: [[[Double]]], range: Int, name: String, scale: String, _ function: (Double) -> Double
    ) throws -> GammaAnalysis {
        let total = Double(replicas.reduce(0) { $0 + $1.count })
        let means = t.indices.map { i in replicas.reduce(0) { $0 + $1.reduce(0) { $0 + $1[i] } } / total }
        guard let crossing = means.firstIndex(where: { $0 > 0 }), crossing > 0 else {
            throw GaugeFileError(
                name, "the flow up to t = \(t.last ?? 0) does not cross the value that defines \(scale): it ends at \(means.last ?? 0) from it; flow longer")
        }
        let fitted = Array(max(0, crossing - range)..<min(t.count, crossing + range))
        guard fitted.count >= 2 else { throw GaugeFileError(name, "\(scale) lies at the edge of the flow: \(fitted.count) flow times to fit, wanted 2") }
        // The weights of the fit are constants; the root depends on the means through the line's two parameters.
        let weights = try fitted.map { i -> Double in
            let error = try GammaAnalysis(replicas: replicas.map { $0.map { $0[i] } }).error
            guard error > 0 else { throw GaugeFileError(name, "\(scale): the measurements at flow time \(t[i]) are all alike") }
            return 1 / (error * error)
        }
        var (s, sx, sxx) = (0.0, 0.0, 0.0)
        for (w, i) in zip(weights, fitted) {
            s += w
            sx += w * t[i]
            sxx += w * t[i] * t[i]
        }
        let determinant = s * sxx - sx * sx
        func root(_ y: [Double]) -> Double {
            var (sy, sxy) = (0.0, 0.0)
            for k in fitted.indices {
                sy += weights[k] * y[k]
                sxy += weights[k] * t[fitted[k]] * y[k]
            }
            let constant = (sxx * sy - sx * sxy) / determinant, slope = (s * sxy - sx * sy) / determinant
            return function(-constant / slope)
        }
        return try GammaAnalysis.derived(replicas: replicas.map { chain in fitted.map { i in chain.map { $0[i] } } }, root)
    }
}
