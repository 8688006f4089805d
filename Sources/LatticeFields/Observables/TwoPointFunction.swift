import Glibc
import Numerics

/// The two-point function at zero spatial momentum and the propagator along the first axis, with Gamma-method errors.
public struct TwoPointFunction: Sendable {
    /// C(t) = ⟨Φ_s Φ_{s+t}⟩ / sites of a slice, averaged over s; Φ_s the sum of φ over slice s; t = 0 ... L_0/2.
    public let correlation: [ObservableEstimate]
    /// Effective mass arcosh((C(t-1) + C(t+1)) / 2C(t)) for t = 1 ..< L_0/2 as far as it exists.
    public let effectiveMass: [ObservableEstimate]
    /// G(k) = ⟨|Σ_x φ_x e^{ik x_0}|²⟩ / V at k = 2πn/L_0; n = 0 ... L_0/2.
    public let propagator: [ObservableEstimate]

    /// - Parameters:
    ///   - replicas: chains of the same length scale.
    ///   - extents: of the lattice.
    /// - Throws: when there are too few measurements for an error. *Not collective.*
    public init(_ replicas: [MeasurementSeries], extents: [Int]) throws {
        let length = extents[0]
        guard replicas.allSatisfy({ $0.sliceCount == length }) else {
            throw LatticeError("two-point function: slices \(replicas.map(\.sliceCount)), wanted the \(length) of the first axis")
        }
        let sliceVolume = extents.dropFirst().reduce(1.0) { $0 * Double($1) }
        let half = length / 2
        // Columns [t][chain][measurement].
        let products = (0...half).map { t in
            replicas.map { series in
                (0..<series.count).map { sliceVolume * Self.product(series.slices, at: $0 * length, length: length, shift: t) }
            }
        }
        correlation = try products.enumerated().map { t, columns in
            ObservableEstimate("correlation_\(t)", try GammaAnalysis(replicas: columns))
        }
        var masses: [ObservableEstimate] = []
        for t in 1..<max(1, half) {
            let columns = replicas.indices.map { chain in [products[t - 1][chain], products[t][chain], products[t + 1][chain]] }
            let mass = try GammaAnalysis.derived(replicas: columns) { c in
                let ratio = (c[0] + c[2]) / (2 * c[1])
                return ratio > 1 ? acosh(ratio) : 0
            }
            guard mass.mean > 0 else { break }
            masses.append(ObservableEstimate("effective_mass_\(t)", mass))
        }
        effectiveMass = masses
        propagator = try (0...half).map { n in
            let columns = replicas.map { series in
                (0..<series.count).map { sliceVolume / Double(length) * Self.power(series.slices, at: $0 * length, length: length, mode: n) }
            }
            return ObservableEstimate("propagator_\(n)", try GammaAnalysis(replicas: columns))
        }
    }

    /// Mean over s of Φ_s Φ_{s+shift}.
    private static func product(_ slices: [Double], at first: Int, length: Int, shift: Int) -> Double {
        (0..<length).reduce(0) { $0 + slices[first + $1] * slices[first + ($1 + shift) % length] } / Double(length)
    }

    /// |Σ_t Φ_t e^{2πi n t / L}|².
    private static func power(_ slices: [Double], at first: Int, length: Int, mode: Int) -> Double {
        var re = 0.0
        var im = 0.0
        for t in 0..<length {
            let angle = 2 * Double.pi * Double(mode * t % length) / Double(length)
            re += slices[first + t] * cos(angle)
            im += slices[first + t] * sin(angle)
        }
        return re * re + im * im
    }
}
