import Glibc

/// Radial profile at a depth: p 2 r Rc^2/(r^2 + Rc^2)^2 + (1 - p) 2 r Rt^2/(r^2 + Rt^2)^2, radii in Moliere radii
/// (hep-ex/0001020, section 3.2 and appendix A, with the coefficients of its text for k4).
struct LateralProfile {
    let core: Double
    let tail: Double
    let coreShare: Double

    /// At relative depth `tau`, for a shower of `energy` GeV.
    init(tau: Double, energy: Double, medium: EffectiveMedium, tuning: ShowerTuning) {
        let (z, logE) = (medium.charge, log(energy))
        let sampling = 1 - medium.electronToMip
        let frequency = medium.samplingFrequency
        let relative = min(tau, 20)
        let core = 0.0251 + 0.00319 * logE + (0.1162 - 0.000381 * z) * relative - 0.0203 * sampling + 0.0397 / frequency * exp(-relative)
        let k1 = 0.659 - 0.00309 * z
        let tail =
            k1 * (exp(-2.59 * (relative - 0.645)) + exp((0.3585 + 0.0421 * logE) * (relative - 0.645)))
            - 0.14 * sampling - 0.495 / frequency * exp(-relative)
        let u = (0.401 + 0.00187 * z - relative) / (1.313 - 0.0686 * logE)
        let share =
            (2.632 - 0.00094 * z) * exp(u - exp(u))
            + sampling * (0.348 - 0.642 / frequency * exp(-(relative - 1) * (relative - 1)))
        self.core = max(core, 1e-3) * tuning.coreRadius
        self.tail = max(tail, 1e-2) * tuning.tailRadius
        coreShare = min(max(share * tuning.coreShare, 0), 1)
    }

    /// A radius of two uniform numbers: the inverse of the cumulative distribution r^2/(r^2 + R^2).
    func radius(_ u: Double, _ v: Double) -> Double {
        (u < coreShare ? core : tail) * (v / (1 - v)).squareRoot()
    }
}
