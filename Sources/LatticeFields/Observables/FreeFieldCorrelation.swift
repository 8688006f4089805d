import Glibc

extension FreeField {
    /// G(k) = 1 / (k̂² + m²) at k_μ = 2π n_μ / L_μ.
    public func propagator(_ momentum: [Int]) -> Double {
        let latticeMomentum = zip(momentum, extents).reduce(0.0) { sum, pair in
            let s = sin(Double.pi * Double(pair.0) / Double(pair.1))
            return sum + 4 * s * s
        }
        return 1 / (latticeMomentum + massSquared)
    }

    /// C(t) = ⟨Φ_0 Φ_t⟩ / sites of a slice, Φ_t the sum of φ over slice t of the first axis; t = 0 ..< L_0.
    public var zeroMomentumCorrelation: [Double] {
        let length = extents[0]
        let modes = (0..<length).map { propagator([$0] + extents.dropFirst().map { _ in 0 }) }
        return (0..<length).map { t in
            (0..<length).reduce(0.0) { $0 + modes[$1] * cos(2 * Double.pi * Double($1 * t % length) / Double(length)) } / Double(length)
        }
    }

    /// Second-moment correlation length as `ObservableTable` defines it: on the lattice exactly 1/m.
    public var correlationLength: Double { 1 / massSquared.squareRoot() }
}
