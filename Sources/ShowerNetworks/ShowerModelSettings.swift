import Batch

extension ShowerArchitecture {
    /// The section `model`: a profile, and the number of inputs of the generator where it is not the profile's. *Not collective.*
    /// - Throws: `ConfigurationError`.
    init(_ section: Configuration) throws {
        let profile = try section.string("profile", default: "keras", oneOf: ["keras", "miniature"])
        self = profile == "keras" ? .keras : .miniature
        latentCount = try section.int("latent", default: latentCount, in: 3...65_536)
    }
}

extension ShowerLossWeights {
    /// The section `training.loss_weights`; what is not given is as published. *Not collective.*
    /// - Throws: `ConfigurationError`.
    init(_ section: Configuration) throws {
        let published = ShowerLossWeights()
        generation = try section.double("generation", default: published.generation, in: 0...1e6)
        energy = try section.double("energy", default: published.energy, in: 0...1e6)
        angle = try section.double("angle", default: published.angle, in: 0...1e6)
        deposit = try section.double("deposit", default: published.deposit, in: 0...1e6)
    }
}
