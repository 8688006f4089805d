import Glibc
import Numerics

/// Closed forms of compact U(1) on a periodic 2D lattice, S = -β Σ cos P: sums over the characters that wrap the torus.
///
/// Sources: Migdal, Sov. Phys. JETP 42 (1975) 413; Rusakov, Mod. Phys. Lett. A 5 (1990) 693: Z = Σ_n I_n(β)^V with the normalised Haar
/// measure of every link; a loop of area A raises n to n+1 inside; a θ term shifts n by θ/2π.
public struct ExactAbelian: Sendable {
    public let beta: Double
    public let volume: Int
    /// exp(-β) I_n(β), n = 0 ...
    private let bessel: [Double]
    private static let order = 40

    /// - Parameters:
    ///   - beta: at least 0.
    ///   - volume: plaquettes, at least 3.
    public init(beta: Double, volume: Int) {
        self.beta = beta
        self.volume = volume
        bessel = SpecialFunctions.scaledBesselI(through: Self.order + 1, beta)
    }

    /// Σ_n (I_n / I_0)^V.
    private var partition: Double { sum { pow($0, Double(volume)) } }

    private func sum(_ term: (Double) -> Double) -> Double {
        (1...Self.order).reduce(term(1)) { $0 + 2 * term(bessel[$1] / bessel[0]) }
    }

    /// log Z, with the normalised Haar measure.
    public var logPartition: Double { Double(volume) * (beta + log(bessel[0])) + log(partition) }

    /// ⟨cos P⟩.
    public var plaquette: Double { wilsonLoop(area: 1) }

    /// ⟨cos⟩ of the angle around an area of so many plaquettes; of two Polyakov loops r apart the area is r times the loop's length.
    public func wilsonLoop(area: Int) -> Double {
        let v = Double(volume), a = Double(area)
        var total = 0.0
        for n in -Self.order...Self.order {
            let inside = bessel[(n + 1).magnitude <= Self.order ? Int((n + 1).magnitude) : Self.order + 1] / bessel[0]
            let outside = bessel[Int(n.magnitude)] / bessel[0]
            total += pow(inside, a) * pow(outside, v - a)
        }
        return total / partition
    }

    /// ⟨Q²⟩ / V. From d²/dθ² of Z(θ) = Σ_n c(n + θ/2π)^V, c(ν) = ∫ dP/2π exp(β cos P) cos νP over one turn.
    public var topologicalSusceptibility: Double {
        let v = Double(volume)
        let turn = 2 * Double.pi
        var second = 0.0
        var total = 0.0
        let norm = bessel[0]
        for n in 0...Self.order {
            let c = bessel[n] / norm
            guard c > 1e-30 else { break }
            let (odd, even) = moments(n)
            // dc/dν = -∫ P sin nP, d²c/dν² = -∫ P² cos nP.
            let slope = -odd / norm
            let bend = -even / norm
            let term = v * pow(c, v - 1) * bend + v * (v - 1) * pow(c, v - 2) * slope * slope
            second += (n == 0 ? 1 : 2) * term
            total += (n == 0 ? 1 : 2) * pow(c, v)
        }
        return -second / total / (turn * turn) / v
    }

    /// ∫ dP/2π exp(β (cos P - 1)) times P sin nP and P² cos nP over (-π, π), by Gauss and Legendre on 512 pieces.
    private func moments(_ n: Int) -> (Double, Double) {
        let nodes = GaussLegendre(5)
        let pieces = 512
        let half = Double.pi / Double(2 * pieces)
        var odd = 0.0, even = 0.0
        for piece in 0..<pieces {
            for (x, w) in zip(nodes.points, nodes.weights) {
                let p = (Double(2 * piece + 1) + x) * half
                let weight = w * half / Double.pi * exp(beta * (cos(p) - 1))
                odd += weight * p * sin(Double(n) * p)
                even += weight * p * p * cos(Double(n) * p)
            }
        }
        return (odd, even)
    }
}

/// Points and weights of the Gauss-Legendre rule on (-1, 1), by Newton's iteration (Abramowitz and Stegun 25.4.29).
public struct GaussLegendre: Sendable {
    public let points: [Double]
    public let weights: [Double]

    /// - Parameter count: of points, at least 1.
    public init(_ count: Int) {
        var points: [Double] = []
        var weights: [Double] = []
        let n = Double(max(1, count))
        for i in 0..<max(1, count) {
            var x = cos(Double.pi * (Double(i) + 0.75) / (n + 0.5))
            var slope = 1.0
            for _ in 0..<100 {
                var (previous, current) = (1.0, x)
                for k in 1..<max(1, count) {
                    (previous, current) = (current, (Double(2 * k + 1) * x * current - Double(k) * previous) / Double(k + 1))
                }
                slope = n * (x * current - previous) / (x * x - 1)
                let change = current / slope
                x -= change
                if abs(change) < 1e-15 { break }
            }
            points.append(x)
            weights.append(2 / ((1 - x * x) * slope * slope))
        }
        self.points = points
        self.weights = weights
    }
}
