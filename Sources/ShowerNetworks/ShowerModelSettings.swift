import Batch

extension ShowerArchitecture {
    /// The section `model`: a profile, and the number of inputs of the generator where it is not the profile's. *Not collective.*
    /// - Throws: `ConfigurationError`.
    init(_ section: Configuration) throws {
        self = try .profile(named: section.string("profile", default: "keras", oneOf: Self.profiles.map(\.name)))
        latentCount = try section.int("latent", default: latentCount, in: 3...65_536)
    }
}

extension ShowerLossWeights {
    /// The section `training.loss_weights`; what is not given is the profile's. *Not collective.*
    /// - Throws: `ConfigurationError`.
    init(_ section: Configuration, profile: ShowerLossWeights) throws {
        generation = try section.double("generation", default: profile.generation, in: 0...1e6)
        energy = try section.double("energy", default: profile.energy, in: 0...1e6)
        angle = try section.double("angle", default: profile.angle, in: 0...1e6)
        deposit = try section.double("deposit", default: profile.deposit, in: 0...1e6)
        moments = try section.double("moments", default: profile.moments, in: 0...1e6)
    }
}
