import Glibc

/// What the discriminator is told about one shard: sixteen primaries.
public struct ShowerTargets: Sendable, Equatable {
    /// 1 for real, 0 for generated, with some of them flipped.
    public var labels: [Double]
    /// Energy of the primary in units of the architecture's scale.
    public var energies: [Double]
    /// Polar angle, rad.
    public var angles: [Double]
    /// Sum of the deposited energies, as stored.
    public var deposits: [Double]

    public init(labels: [Double], energies: [Double], angles: [Double], deposits: [Double]) {
        self.labels = labels
        self.energies = energies
        self.angles = angles
        self.deposits = deposits
    }
}

/// Weights of the losses; as published, without `moments`. Source: CERN-IT-INNOVATION/3DGAN, gan_training.py.
public struct ShowerLossWeights: Sendable, Equatable {
    public var generation = 3.0
    public var energy = 0.1
    public var angle = 25.0
    public var deposit = 0.1
    /// Of `MomentLoss`, which only the generator has.
    public var moments = 0.0

    public init() {}
}

/// The four losses of one shower, and their gradients by logit, energy, angle and sum.
struct ShowerLoss {
    var values: (generation: Double, energy: Double, angle: Double, deposit: Double)
    var gradient: (logit: Double, energy: Double, angle: Double, deposit: Double)

    /// Binary cross-entropy of the logit, absolute percentage errors of energy and deposit, absolute error of the angle.
    init(
        logit: Double, energy: Double, angle: Double, deposit: Double, label: Double, trueEnergy: Double, trueAngle: Double,
        trueDeposit: Double, weights: ShowerLossWeights
    ) {
        func percentage(_ found: Double, _ wanted: Double) -> (Double, Double) {
            let scale = 100 / max(abs(wanted), 1e-7)
            return (scale * abs(found - wanted), found == wanted ? 0 : found > wanted ? scale : -scale)
        }
        let (energyError, energySlope) = percentage(energy, trueEnergy)
        let (depositError, depositSlope) = percentage(deposit, trueDeposit)
        let entropy = max(logit, 0) + log1p(exp(-abs(logit))) - label * logit
        let sigmoid = 1 / (1 + exp(-logit))
        values = (entropy, energyError, abs(angle - trueAngle), depositError)
        gradient = (
            weights.generation * (sigmoid - label), weights.energy * energySlope,
            weights.angle * (angle == trueAngle ? 0 : angle > trueAngle ? 1 : -1), weights.deposit * depositSlope
        )
    }
}
