import Foundation
import MessagePassing
import Networks
import Numerics
import ShowerNetworks
import TestSupport
import Testing

/// Both networks against PyTorch in double precision: image, every loss, every gradient.
@Suite(.serialized) struct TorchTests {
    @Test("the published networks have the published numbers of trainable parameters")
    func parameterCounts() throws {
        #expect(try ShowerGenerator(.keras, shards: 0).layout.count == 1_364_983)
        #expect(try ShowerDiscriminator(.keras, shards: 0).layout.count == 87_354)
    }

    @Test("a batch of two shards on a small box", .enabled(if: PythonPeer.has("torch"), "peer torch not installed"))
    func miniature() throws { try compare(.miniature, shards: 2, distinct: 16, dropoutEpoch: nil) }

    @Test("a batch of two shards on a small box with dropout", .enabled(if: PythonPeer.has("torch"), "peer torch not installed"))
    func dropout() throws { try compare(.miniature, shards: 2, distinct: 16, dropoutEpoch: 7) }

    @Test("the kinds of layers of didymos on a small box", .enabled(if: PythonPeer.has("torch"), "peer torch not installed"))
    func small() throws { try compare(.small, shards: 2, distinct: 16, dropoutEpoch: nil) }

    /// One shower sixteen times in a shard has the batch statistics of a batch of one, which is all that double precision has time for.
    @Test("a shower through the published networks", .enabled(if: PythonPeer.has("torch"), "peer torch not installed"))
    func published() throws { try compare(.keras, shards: 1, distinct: 1, dropoutEpoch: nil) }

    private func compare(_ architecture: ShowerArchitecture, shards: Int, distinct: Int, dropoutEpoch: UInt64?) throws {
        let directory = try TemporaryDirectory()
        let engine = try AdversarialEngine(architecture, shardsPerBatch: shards, seed: 3, communicator: MessagePassing.start())
        // Equal shares would put the middle of every shower on that of a layer, where rounding decides on which side it is.
        if let layers = engine.generator.layerEnergies?.layers {
            let sum = Double(layers * (layers + 1) / 2)
            for z in 0..<layers { engine.generator.layerEnergies?.means[z * ConditionalMoments.basisCount] = (Double(z + 1) / sum).squareRoot() }
        }
        let stream = RandomStream(seed: 11, purpose: .test)
        let batch = shards * distinct
        /// Normalisation parameters away from 1 and 0, biases away from 0.
        func shaken(_ values: [Float], _ layout: ParameterLayout, epoch: UInt64) -> [Float] {
            var values = values
            for tensor in layout.tensors where !tensor.name.hasSuffix("weights") {
                for i in tensor.range { values[i] += 0.1 * Float(stream.normal(epoch: epoch, index: UInt64(i), draw: 0)) }
            }
            return values
        }
        let g = shaken(engine.generator.initialParameters(seed: 5), engine.generator.layout, epoch: 1)
        let d = shaken(engine.discriminator.initialParameters(seed: 6), engine.discriminator.layout, epoch: 2)

        let (nx, ny, nz) = (architecture.imageExtents[0], architecture.imageExtents[1], architecture.imageExtents[2])
        var images: [Float] = [], latents: [Float] = []
        var targets = [[Float]](repeating: [], count: 4)
        for sample in 0..<batch {
            let index = UInt64(sample)
            for x in 0..<nx {
                for y in 0..<ny {
                    for z in 0..<nz {
                        let site = UInt32((x * ny + y) * nz + z)
                        let r2 = pow(Double(x) - 0.5 * Double(nx), 2) + pow(Double(y) - 0.5 * Double(ny) - 0.3 * Double(z - nz / 2), 2)
                        let energy = 3 * exp(-0.05 * r2 - 0.02 * pow(Double(z - nz / 2), 2)) * stream.uniform(epoch: 3, index: index, draw: site)
                        images.append(energy < 0.02 ? 0 : Float(energy))
                    }
                }
            }
            let energy = 0.2 + stream.uniform(epoch: 4, index: index, draw: 0), angle = 1.1 + 0.9 * stream.uniform(epoch: 4, index: index, draw: 1)
            latents += [Float(energy), Float(angle)]
            latents += (2..<architecture.latentCount).map { Float(stream.normal(epoch: 5, index: index, draw: UInt32($0))) }
            targets[0].append(sample % 3 == 0 ? 0 : 1)
            targets[1].append(Float(energy))
            targets[2].append(Float(angle))
            targets[3].append(Float(60 * energy))
        }
        for (name, values) in [("generator", g), ("discriminator", d), ("images", images), ("latents", latents), ("targets", targets.flatMap { $0 })] {
            try values.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: directory.path(name + ".f32"))) }
        }
        try torchReference.write(toFile: directory.path("reference.py"), atomically: true, encoding: .utf8)
        let sites = architecture.imageSites
        var shardTargets: [ShowerTargets] = []
        for s in 0..<shards {
            let samples = (0..<laneWidth).map { s * distinct + $0 % distinct }
            for (j, sample) in samples.enumerated() {
                for i in 0..<sites { engine.image(s)[i][j] = images[sample * sites + i] }
                for i in 0..<architecture.latentCount { engine.latent(s)[i][j] = latents[sample * architecture.latentCount + i] }
            }
            func values(_ k: Int) -> [Double] { samples.map { Double(targets[k][$0]) } }
            shardTargets.append(ShowerTargets(labels: values(0), energies: values(1), angles: values(2), deposits: values(3)))
        }
        func meanOverShards(_ count: Int, _ pointer: (Int) -> UnsafePointer<Float>) -> [Double] {
            (0..<count).map { i in (0..<shards).reduce(0) { $0 + Double(pointer($1)[i]) } / Double(shards) }
        }
        func meanMetrics() -> [Double] { (0..<5).map { k in engine.metrics.reduce(0) { $0 + $1[k] } / Double(shards) } }
        /// A byte for every activation of the first `distinct` samples, in the reference's order: 1 on the positive side of the kink.
        func sides(_ layers: Int, _ values: (_ layer: Int, _ shard: Int) -> UnsafeBufferPointer<Lane>) -> [UInt8] {
            (0..<layers).flatMap { layer in
                (0..<batch).flatMap { sample in values(layer, sample / distinct).map { $0[sample % distinct] > 0 ? 1 : 0 } }
            }
        }
        let generatorLayers = architecture.generatorLayers.count, discriminatorLayers = architecture.discriminatorLayers.count
        func judged() -> [UInt8] { sides(discriminatorLayers) { engine.discriminatorActivations(layer: $0, shard: $1).values } }

        try engine.judge(shardTargets, discriminator: d, dropoutEpoch: dropoutEpoch)
        let judgeMetrics = meanMetrics()
        try Data(judged()).write(to: URL(fileURLWithPath: directory.path("judge.sides")))
        if dropoutEpoch != nil {
            var masks: [Float] = []
            for layer in 0..<discriminatorLayers {
                let shards = (0..<shards).map { engine.discriminatorActivations(layer: layer, shard: $0) }
                for element in shards[0].values.indices {
                    for sample in 0..<batch {
                        let bits = try #require(shards[sample / distinct].bits)
                        masks.append(bits[element] >> UInt16(sample % distinct) & 1 == 1 ? 1 : 0)
                    }
                }
            }
            try masks.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: directory.path("masks.f32"))) }
        }
        try engine.imitate(shardTargets, generator: g, discriminator: d, dropoutEpoch: dropoutEpoch)
        let imitateMetrics = meanMetrics()
        let imitated = sides(generatorLayers) { engine.generatorActivations(layer: $0, shard: $1) } + judged()
        try Data(imitated).write(to: URL(fileURLWithPath: directory.path("imitate.sides")))

        let child = try ChildProcess(["python3", directory.path("reference.py"), directory.path(""), architecture.name, "\(batch)"] + (dropoutEpoch == nil ? [] : ["dropout"]))
        let python = child.wait(timeout: 300)
        try #require(python.status == 0, "\(python.stderr)")
        func reference(_ name: String) throws -> [Double] {
            let data = try Data(contentsOf: URL(fileURLWithPath: directory.path(name + ".f64")))
            return data.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
        }
        func check(_ name: String, _ found: [Double], _ wanted: [Double], _ limit: Double = 1e-5) {
            let error = zip(found, wanted).reduce(0) { $0 + pow($1.0 - $1.1, 2) }.squareRoot()
            let norm = wanted.reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(found.count == wanted.count && norm > 0 && error <= limit * norm, "\(architecture.name) \(name): relative error \(error / norm)")
        }
        func checkGradients(_ what: String, _ layout: ParameterLayout, _ found: [Double], _ wanted: [Double]) {
            for tensor in layout.tensors { check("\(what) \(tensor.name)", Array(found[tensor.range]), Array(wanted[tensor.range])) }
        }

        /// Rounding alone decides otherwise: few activations, and all of them within it of zero.
        func checkSides(_ name: String) throws {
            let found = try reference(name + "_sides")
            print("\(architecture.name) \(name): \(Int(found[0])) of \(Int(found[1])) activations on another side than in double precision, at most \(found[2]) of their layer's size from zero")
            #expect(found[0] <= 1e-5 * found[1] && found[2] <= 1e-5)
        }
        try checkSides("judge")
        try checkSides("imitate")
        check("losses of the discriminator", judgeMetrics, try reference("judge_loss"))
        checkGradients(
            "discriminator", engine.discriminator.layout, meanOverShards(d.count, engine.discriminatorGradient), try reference("judge_gradient"))
        var imitation: [Double] = []
        for sample in 0..<batch {
            let image = engine.imitation(sample / distinct)
            imitation += (0..<sites).map { Double(image[$0][sample % distinct]) }
        }
        check("image", imitation, try reference("imitation"))
        check("losses of the generator", imitateMetrics, try reference("imitate_loss"))
        checkGradients(
            "generator", engine.generator.layout, meanOverShards(g.count, engine.generatorGradient), try reference("imitate_gradient"))
    }
}
