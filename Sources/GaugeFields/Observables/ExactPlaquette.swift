import GaugeKernels
import Glibc
import Numerics

/// Plaquettes of two-dimensional gauge theory with Wilson's action, in closed form (Gross, Witten, Phys. Rev. D 21 (1980) 446; Migdal, Sov. Phys. JETP 42
/// (1975) 413).
public enum ExactPlaquette {
    /// <Re tr P> / N in infinite volume. On a torus of V sites the next term is smaller by the V-th power of what the fundamental character has.
    public static func twoDimensional(_ group: GaugeGroup, beta: Double) -> Double {
        switch group {
        case .su2:
            let bessel = SpecialFunctions.scaledBesselI(through: 2, beta)
            return bessel[2] / bessel[1]
        case .su3:
            // d/dβ of log z by the five-point rule, whose error is far below what z is good for.
            let h = 1e-3
            func f(_ k: Double) -> Double { logOnePlaquette(beta + k * h) }
            return (8 * (f(1) - f(-1)) - (f(2) - f(-2))) / (12 * h)
        }
    }

    /// log ∫ dU exp(β/3 Re tr U) over SU(3): the sum over n of det I_{i-j+n}(β/3).
    private static func logOnePlaquette(_ beta: Double) -> Double {
        let x = beta / 3
        let bessel = SpecialFunctions.scaledBesselI(through: 42, x)
        var sum = 0.0
        for n in -38...38 {
            func m(_ i: Int, _ j: Int) -> Double { bessel[abs(i - j + n)] }
            sum += m(0, 0) * (m(1, 1) * m(2, 2) - m(1, 2) * m(2, 1)) - m(0, 1) * (m(1, 0) * m(2, 2) - m(1, 2) * m(2, 0))
                + m(0, 2) * (m(1, 0) * m(2, 1) - m(1, 1) * m(2, 0))
        }
        return log(sum) + 3 * x
    }
}
