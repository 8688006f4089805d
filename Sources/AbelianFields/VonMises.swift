import Glibc
import Numerics

/// Exact draws from the von Mises density exp(κ cos θ) / 2πI₀(κ).
///
/// Source: Best and Fisher, Appl. Statist. 28 (1979) 152: rejection from a wrapped Cauchy density, accepted with probability 0.66 or more.
public struct VonMises: Sendable {
    private let stream: RandomStream

    public init(_ stream: RandomStream) { self.stream = stream }

    /// The angle of (epoch, index), in [-π, π]. *Not collective.*
    public func draw(concentration k: Double, epoch: UInt64, index: UInt64) -> Double {
        let sign = stream.uniform(epoch: epoch, index: index, draw: 0)
        // Below this the density is flat to the last bit.
        guard k > 1e-9 else { return Double.pi * (2 * sign - 1) }
        let tau = 1 + (1 + 4 * k * k).squareRoot()
        // (τ - √2τ) / 2κ without cancellation where κ is small.
        let rho = k < 1e-4 ? 0.5 * k : (tau - (2 * tau).squareRoot()) / (2 * k)
        let r = (1 + rho * rho) / (2 * rho)
        var attempt: UInt32 = 1
        while true {
            let z = cos(Double.pi * stream.uniform(epoch: epoch, index: index, draw: attempt))
            let f = (1 + r * z) / (r + z)
            let c = k * (r - f)
            let u = stream.uniform(epoch: epoch, index: index, draw: attempt + 1)
            if c * (2 - c) > u || log(c / u) + 1 >= c {
                let angle = acos(min(1, max(-1, f)))
                return sign < 0.5 ? -angle : angle
            }
            attempt += 2
        }
    }
}
