import Foundation
import Networks
import Numerics
import ParallelHDF5
import ShowerNetworks
import TestSupport

/// Models with every number away from its start, and what they answer.
enum ExchangeSamples {
    /// - Parameter measured: whether what layers hold, where the profile draws it, is away from equal shares.
    static func model(_ architecture: ShowerArchitecture, measured: Bool = false) throws -> ShowerModel {
        let model = try ShowerModel(architecture, seed: 5)
        let stream = RandomStream(seed: 11, purpose: .test)
        if measured, var energies = model.generator.layerEnergies {
            for i in energies.means.indices { energies.means[i] += 0.1 * stream.normal(epoch: 20, index: UInt64(i), draw: 0) }
            for i in energies.spreads.indices { energies.spreads[i] = 0.1 * stream.uniform(epoch: 21, index: UInt64(i), draw: 0) }
            let n = energies.layers
            for i in 0..<n * n where i % n <= i / n { energies.correlation[i] = stream.normal(epoch: 22, index: UInt64(i), draw: 0) / Double(n) }
            for z in 0..<n { energies.thresholds[z] = 0.02 * Float(stream.uniform(epoch: 23, index: UInt64(z), draw: 0)) }
            model.generator.layerEnergies = energies
        }
        for (n, network) in ShowerNetwork.allCases.enumerated() {
            let layout = network == .generator ? model.generator.layout : model.discriminator.layout
            var numbers = model[network]
            for tensor in layout.tensors where !tensor.name.hasSuffix("weights") {
                for i in tensor.range { numbers.parameters[i] += 0.1 * Float(stream.normal(epoch: UInt64(n), index: UInt64(i), draw: 0)) }
            }
            // Images that are not empty.
            if network == .generator, let last = layout.tensors.last(where: { $0.name.hasSuffix("bias") }) {
                for i in last.range { numbers.parameters[i] += 1 }
            }
            // Averages as training leaves them.
            var batch: [ChannelStatistics] = []
            for (k, layer) in numbers.moving.layers.enumerated() {
                batch.append(
                    ChannelStatistics(
                        mean: layer.values.mean.indices.map { Float(stream.normal(epoch: 10, index: UInt64(100 * k + $0), draw: 1)) },
                        variance: layer.values.mean.indices.map { Float(50 * stream.uniform(epoch: 11, index: UInt64(100 * k + $0), draw: 2)) }))
            }
            for _ in 0..<100 { numbers.moving.update(with: batch) }
            model[network] = numbers
        }
        return model
    }

    static func write(_ model: ShowerModel, _ path: String) throws {
        try HDF5File.with(HDF5File.create(path, communicator: nil)) { try model.write(to: $0.root) }
    }

    static func read(_ path: String) throws -> ShowerModel {
        try HDF5File.with(HDF5File.open(path, communicator: nil)) { try ShowerModel($0) }
    }

    static func latents(_ architecture: ShowerArchitecture, showers: Int) -> [Float] {
        let stream = RandomStream(seed: 12, purpose: .test)
        var latents: [Float] = []
        for shower in 0..<showers {
            latents.append(0.2 + Float(stream.uniform(epoch: 0, index: UInt64(shower), draw: 0)))
            latents.append(1.1 + Float(stream.uniform(epoch: 0, index: UInt64(shower), draw: 1)))
            for i in 2..<architecture.latentCount { latents.append(Float(stream.normal(epoch: 1, index: UInt64(shower), draw: UInt32(i)))) }
        }
        return latents
    }

    struct Answers {
        /// `[shower][cell]`.
        var images: [Double] = []
        /// GeV.
        var deposits: [Double] = []
        var generation: [Double] = []
        var auxiliary: [Double] = []
    }

    /// Our own forward passes, of at most sixteen showers.
    static func answers(_ model: ShowerModel, latents: [Float]) -> Answers {
        let a = model.architecture, showers = latents.count / a.latentCount
        let latent = UnsafeMutablePointer<Lane>.allocate(capacity: a.latentCount)
        defer { latent.deallocate() }
        for i in 0..<a.latentCount { latent[i] = Lane((0..<laneWidth).map { latents[($0 % showers) * a.latentCount + i] }) }
        model.generator.moving = model[.generator].moving
        model.discriminator.moving = model[.discriminator].moving
        let image = model.generator.infer(latent, parameters: model[.generator].parameters)
        var answers = Answers()
        for shower in 0..<showers { answers.images += (0..<a.imageSites).map { Double(image[$0][shower]) } }
        answers.deposits = answers.images.enumerated().map { place, value in
            let unit = a.isRelative ? Double(latents[place / a.imageSites * a.latentCount]) : 1
            return value > 0 ? pow(value, 1 / Double(a.imagePower)) * unit / 50 : 0
        }
        let (logit, energy) = model.discriminator.infer(image, parameters: model[.discriminator].parameters)
        answers.generation = (0..<showers).map { 1 / (1 + exp(-Double(logit[$0]))) }
        answers.auxiliary = (0..<showers).map { Double(energy[$0]) }
        return answers
    }

    static func floats(_ path: String) throws -> [Double] {
        try Data(contentsOf: URL(fileURLWithPath: path)).withUnsafeBytes { $0.bindMemory(to: Float.self).map { Double($0) } }
    }

    static func write(_ values: [Float], _ path: String) throws {
        try values.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: path)) }
    }

    /// Largest difference over the largest number.
    static func difference(_ a: [Double], _ b: [Double]) -> Double {
        guard a.count == b.count, let largest = b.map(abs).max(), largest > 0 else { return .infinity }
        return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } / largest
    }
}
