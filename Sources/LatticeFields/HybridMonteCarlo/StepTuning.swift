import Glibc

/// Chooses the number of integration steps for a wanted acceptance.
///
/// For large volumes ΔH is Gaussian with variance σ² and mean σ²/2, so the acceptance is erfc(σ/√8) and σ falls like the step size to the
/// integrator's order (Gupta, Irbäck, Karsch, Petersson, Phys. Lett. B 242 (1990) 437).
public enum StepTuning {
    /// Steps that should accept `target`, from the mean of min(1, exp(-ΔH)) over trajectories of `steps`; at most twice or half as many.
    ///
    /// A function of its arguments alone, so the same on every rank. *Not collective.*
    public static func steps(acceptance: Double, steps: Int, order: Int, target: Double) -> Int {
        let ratio = width(min(max(acceptance, 0.01), 0.999)) / width(min(max(target, 0.01), 0.999))
        let factor = min(max(pow(ratio, 1 / Double(order)), 0.5), 2)
        return max(1, Int((Double(steps) * factor).rounded(.up)))
    }

    /// σ of ΔH at an acceptance in (0, 1): the inverse of erfc(σ/√8), by bisection.
    static func width(_ acceptance: Double) -> Double {
        var low = 0.0
        var high = 20.0
        for _ in 0..<60 {
            let middle = 0.5 * (low + high)
            if erfc(middle / 8.0.squareRoot()) > acceptance { low = middle } else { high = middle }
        }
        return 0.5 * (low + high)
    }
}
