import Networks
import ParallelHDF5

/// All numbers of one network: its parameters, and the averages that its normalisations use after the training.
public struct NetworkNumbers: Sendable, Equatable {
    public var parameters: [Float]
    public var moving: MovingStatistics

    public init(parameters: [Float], moving: MovingStatistics) {
        self.parameters = parameters
        self.moving = moving
    }
}

/// A pair of networks to hand to other programs or to take from them.
public final class ShowerModel {
    public let generator: ShowerGenerator
    public let discriminator: ShowerDiscriminator
    public var generatorNumbers: NetworkNumbers
    public var discriminatorNumbers: NetworkNumbers
    public var architecture: ShowerArchitecture { generator.architecture }

    /// Fresh networks, which have never been trained. *Not collective.*
    public init(_ architecture: ShowerArchitecture, seed: UInt64) throws {
        generator = try ShowerGenerator(architecture, shards: 0)
        discriminator = try ShowerDiscriminator(architecture, shards: 0)
        generatorNumbers = NetworkNumbers(parameters: generator.initialParameters(seed: seed), moving: generator.moving)
        discriminatorNumbers = NetworkNumbers(parameters: discriminator.initialParameters(seed: seed &+ 1), moving: discriminator.moving)
    }

    /// The model of a file that `train` or `import` wrote; the file names its profile. *Collective.*
    public convenience init(_ file: HDF5File) throws {
        guard try file.root.hasAttribute("profile") else {
            throw ShowerNetworkError("\(file.path): no attribute 'profile'; wanted a model that `gan3d train` or `gan3d import` wrote")
        }
        do {
            try self.init(.profile(named: file.root.stringAttribute("profile")), seed: 0)
        } catch let error as ShowerNetworkError { throw ShowerNetworkError("\(file.path): \(error.description)") }
        generatorNumbers.parameters = try ShowerModelFile.read(
            file, "generator", layout: generator.layout, moving: &generatorNumbers.moving, energies: &generator.layerEnergies)
        discriminatorNumbers.parameters = try ShowerModelFile.read(
            file, "discriminator", layout: discriminator.layout, moving: &discriminatorNumbers.moving)
    }

    /// Writes a file that `warm_start:`, `generate` and `export` take. *Collective.*
    public func write(to root: HDF5Group) throws {
        generator.moving = generatorNumbers.moving
        discriminator.moving = discriminatorNumbers.moving
        try ShowerModelFile.write(generator, generatorNumbers.parameters, discriminator, discriminatorNumbers.parameters, to: root)
    }
}

/// Which of the two networks.
public enum ShowerNetwork: String, Sendable, CaseIterable {
    case generator
    case discriminator
}

extension ShowerModel {
    public subscript(_ network: ShowerNetwork) -> NetworkNumbers {
        get { network == .generator ? generatorNumbers : discriminatorNumbers }
        set {
            switch network {
            case .generator: generatorNumbers = newValue
            case .discriminator: discriminatorNumbers = newValue
            }
        }
    }

    func stages(_ network: ShowerNetwork) -> [Stage] { network == .generator ? generator.stack.stages : discriminator.stack.stages }

    func layout(_ network: ShowerNetwork) -> ParameterLayout { network == .generator ? generator.layout : discriminator.layout }

    /// The tensor of a name that the architecture gives.
    func tensor(_ network: ShowerNetwork, _ name: String) -> ParameterLayout.Entry {
        guard let found = layout(network).tensors.first(where: { $0.name == name }) else { preconditionFailure("no parameter \(name)") }
        return found
    }

    /// Statistics of each stage; nil where nothing is normalised.
    func normalisations(_ network: ShowerNetwork) -> [ChannelStatistics?] {
        var rest = self[network].moving.layers.map(\.values)[...]
        return stages(network).map { $0.layer.isNormalised ? rest.removeFirst() : nil }
    }
}

extension [Float] {
    /// Refuses numbers that no trained network has.
    func requireFinite(_ place: String) throws {
        guard let index = firstIndex(where: { !$0.isFinite }) else { return }
        throw ShowerNetworkError("\(place) holds \(self[index]) at \(index), wanted finite numbers")
    }
}
