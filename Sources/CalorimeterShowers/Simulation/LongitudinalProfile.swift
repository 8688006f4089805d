import Glibc

/// Depth profile of a shower, dE/dt = E (b t)^(alpha - 1) b exp(-b t) / Gamma(alpha), t in radiation lengths.
struct LongitudinalProfile {
    let alpha: Double
    let beta: Double
    private let logNormalisation: Double

    /// `maximum` T is where the profile peaks.
    init(alpha: Double, maximum: Double) {
        self.alpha = alpha
        beta = (alpha - 1) / maximum
        logNormalisation = log(beta) - lgamma(alpha)
    }

    /// Share of the energy in a radiation length at depth t.
    func density(_ t: Double) -> Double {
        guard t > 0 else { return 0 }
        let x = beta * t
        return exp((alpha - 1) * log(x) - x + logNormalisation)
    }

    /// Mean depth.
    var meanDepth: Double { alpha / beta }
}

/// Mean and fluctuation of ln T and ln alpha at one energy (hep-ex/0001020, appendix A: homogeneous media, corrected for sampling).
struct ProfileDistribution {
    let meanLogMaximum: Double
    let sigmaLogMaximum: Double
    let meanLogAlpha: Double
    let sigmaLogAlpha: Double
    let correlation: Double

    /// At `energy` GeV in a medium.
    init(energy: Double, medium: EffectiveMedium, tuning: ShowerTuning) {
        let y = log(energy / medium.criticalEnergy)
        let maximum = y - 0.812 - 0.55 / medium.samplingFrequency - 0.69 * (1 - medium.electronToMip)
        let alpha = 0.81 + (0.458 + 2.26 / medium.charge) * y - 0.476 / medium.samplingFrequency
        // Far below the energies of the fit the formulas lose their meaning; they are kept to positive lengths there.
        meanLogMaximum = log(max(maximum, 0.1)) + tuning.depthShift
        meanLogAlpha = log(max(alpha, 1.01)) + tuning.shapeShift
        sigmaLogMaximum = tuning.fluctuation / max(-2.5 + 1.25 * y, 1)
        sigmaLogAlpha = tuning.fluctuation / max(-0.82 + 0.79 * y, 1)
        correlation = min(max(0.784 - 0.023 * y, -0.99), 0.99)
    }

    /// Smallest and largest energy in GeV at which the formulas are meant in this medium.
    static func energyRange(_ medium: EffectiveMedium) -> ClosedRange<Double> { 50 * medium.criticalEnergy...1e5 * medium.criticalEnergy }

    /// A shower of two independent normal numbers.
    func draw(_ z1: Double, _ z2: Double) -> LongitudinalProfile {
        let c1 = ((1 + correlation) / 2).squareRoot()
        let c2 = ((1 - correlation) / 2).squareRoot()
        let maximum = exp(meanLogMaximum + sigmaLogMaximum * (c1 * z1 + c2 * z2))
        let alpha = max(1.01, exp(meanLogAlpha + sigmaLogAlpha * (c1 * z1 - c2 * z2)))
        return LongitudinalProfile(alpha: alpha, maximum: maximum)
    }
}
