import MessagePassing
import Networks
import Numerics
import ParallelHDF5
import ShowerKernels
import Training

/// How a batch is done.
public struct AdversarialOptions: Sendable {
    public var generator: TrainerOptions
    public var discriminator: TrainerOptions
    /// Steps of the generator in a batch.
    public var generatorSteps: Int
    /// Probability of a wrong label for the discriminator.
    public var flips: Double
    public var weights: ShowerLossWeights

    public init(generator: TrainerOptions, discriminator: TrainerOptions, generatorSteps: Int, flips: Double, weights: ShowerLossWeights) {
        self.generator = generator
        self.discriminator = discriminator
        self.generatorSteps = generatorSteps
        self.flips = flips
        self.weights = weights
    }
}

/// What a batch is made of, and both trainers: the published schedule of 3DGAN.
///
/// A batch is: the discriminator on real showers, the discriminator on generated ones, the generator twice (or as often as the options say). Labels of
/// the discriminator are flipped with a small probability. Every random number is a function of (seed, batch, pass, place in the batch).
/// Source: CERN-IT-INNOVATION/3DGAN, gan_training.py.
public final class AdversarialTraining {
    public let engine: AdversarialEngine
    public let dataset: ShowerDataset
    public private(set) var generator: DataParallelTrainer<AdversarialObjective>
    public private(set) var discriminator: DataParallelTrainer<AdversarialObjective>
    public let options: AdversarialOptions
    fileprivate let noise: RandomStream
    fileprivate let labels: RandomStream
    private let moments: ShowerMoments
    private var hits: [Double]?
    private var targets: [ShowerTargets] = []
    private var loadedBatch = -1
    private let raw: LaneBlock

    /// Whole batches in an epoch.
    public var batchesPerEpoch: Int { dataset.trainingCount / (laneWidth * engine.shardsPerBatch) }
    /// Batches done.
    public var batch: Int { generator.step / options.generatorSteps }
    /// The weights to generate with: the moving average where one is kept.
    public var generatorWeights: [Float] { Array(generator.averagedParameters ?? generator.parameters) }

    /// With a loss on moments it reads all training showers once. *Collective.*
    public init(
        engine: AdversarialEngine, dataset: ShowerDataset, options: AdversarialOptions, seed: UInt64,
        generatorParameters: [Float], discriminatorParameters: [Float]
    ) throws {
        self.engine = engine
        self.dataset = dataset
        self.options = options
        noise = RandomStream(seed: seed, purpose: .showerNoise)
        labels = RandomStream(seed: seed, purpose: .showerLabels)
        let architecture = engine.generator.architecture
        moments = ShowerMoments(extents: architecture.imageExtents, power: architecture.imagePower)
        raw = LaneBlock(architecture.imageSites)
        generator = try DataParallelTrainer(
            objective: AdversarialObjective(.generator, layout: engine.generator.layout), parameters: generatorParameters, options: options.generator,
            communicator: engine.communicator)
        discriminator = try DataParallelTrainer(
            objective: AdversarialObjective(.discriminator, layout: engine.discriminator.layout), parameters: discriminatorParameters, options: options.discriminator,
            communicator: engine.communicator)
        engine.weights = options.weights
        if options.weights.moments != 0 || architecture.isRelative {
            let measured = try ConditionalMoments.measure(dataset, architecture: architecture, communicator: engine.communicator)
            if options.weights.moments != 0 { engine.moments = MomentLoss(measured.moments) }
            if architecture.isRelative {
                engine.generator.layerEnergies = measured.energies
                hits = measured.hits
            }
        }
        generator.objective.training = self
        discriminator.objective.training = self
        try calibrate()
    }

    /// Measures the thresholds of layers anew, for the weights that the generator generates with. *Collective.*
    public func calibrate() throws {
        guard let hits else { return }
        try LayerEnergies.measureThresholds(
            engine.generator, parameters: generatorWeights, hits: hits, dataset: dataset, noise: noise, communicator: engine.communicator)
    }

    /// Losses of one batch: real, fake, and the mean of the generator's steps, each as `ShowerDiscriminator.metricNames`.
    public struct BatchReport: Sendable {
        public let real: [Double]
        public let fake: [Double]
        public let generator: [Double]
        /// Seconds this rank waited for sums that no work hid.
        public let exposedCommunicationSeconds: Double
    }

    /// Does one batch. *Collective.* Throws the same on all ranks.
    public func advance() throws -> BatchReport {
        var exposed = try discriminator.advance().exposedCommunicationSeconds
        engine.discriminator.moving.update(with: engine.discriminator.stack.batchStatistics)
        let real = Array(discriminator.metrics)
        exposed += try discriminator.advance().exposedCommunicationSeconds
        engine.discriminator.moving.update(with: engine.discriminator.stack.batchStatistics)
        let fake = Array(discriminator.metrics)
        var sums = [Double](repeating: 0, count: ShowerDiscriminator.metricNames.count)
        for _ in 0..<options.generatorSteps {
            exposed += try generator.advance().exposedCommunicationSeconds
            engine.generator.moving.update(with: engine.generator.stack.batchStatistics)
            for (k, value) in generator.metrics.enumerated() { sums[k] += value / Double(options.generatorSteps) }
        }
        return BatchReport(real: real, fake: fake, generator: sums, exposedCommunicationSeconds: exposed)
    }

    /// Reads this rank's real showers of a batch, once. *Collective.*
    private func load(_ batch: Int) throws {
        guard batch != loadedBatch else { return }
        let place = batch % batchesPerEpoch * engine.shardsPerBatch
        targets = try engine.communicator.agree {
            try engine.shards.enumerated().map { s, shard in
                let samples = (0..<laneWidth).map {
                    dataset.sample(epoch: batch / batchesPerEpoch, position: (place + shard) * laneWidth + $0)
                }
                var targets = try dataset.read(samples, into: raw.lanes)
                let unit = engine.generator.architecture.unit(energies: targets.energies)
                for j in 0..<laneWidth { targets.deposits[j] /= Double(unit[j]) }
                moments.compress(raw.lanes, unit: unit, into: engine.image(s))
                return targets
            }
        }
        loadedBatch = batch
    }

    /// Pass 0 and 1 of a batch.
    fileprivate func judge(step: Int, parameters: UnsafePointer<Float>) throws {
        let batch = step / 2, pass = step % 2
        if pass == 0 { loadedBatch = -1 }
        try load(batch)
        if pass == 1 {
            for s in engine.shards.indices {
                fillLatent(s, epoch: epoch(batch, pass))
                let image = engine.generator.infer(engine.latent(s), parameters: generator.parametersPointer)
                engine.image(s).update(from: image, count: engine.generator.architecture.imageSites)
            }
        }
        var targets = targets
        for (s, shard) in engine.shards.enumerated() {
            targets[s].labels = (0..<laneWidth).map { j in
                let flip = labels.uniform(epoch: epoch(batch, pass), index: UInt64(shard * laneWidth + j), draw: 0) < options.flips
                return (pass == 0) != flip ? 1 : 0
            }
        }
        try engine.judge(targets, discriminator: parameters, dropoutEpoch: epoch(batch, pass))
    }

    /// The passes of a batch from 2 on.
    fileprivate func imitate(step: Int, parameters: UnsafePointer<Float>) throws {
        let batch = step / options.generatorSteps, pass = 2 + step % options.generatorSteps
        try load(batch)
        for s in engine.shards.indices { fillLatent(s, epoch: epoch(batch, pass)) }
        var targets = targets
        for s in targets.indices { targets[s].labels = Array(repeating: 1, count: laneWidth) }
        try engine.imitate(
            targets, generator: parameters, discriminator: discriminator.parametersPointer, dropoutEpoch: epoch(batch, pass))
    }

    private func epoch(_ batch: Int, _ pass: Int) -> UInt64 { UInt64((2 + options.generatorSteps) * batch + pass) }

    private func fillLatent(_ s: Int, epoch: UInt64) {
        LatentNoise.fill(
            engine.latent(s), count: engine.generator.architecture.latentCount, energies: targets[s].energies, angles: targets[s].angles,
            stream: noise, epoch: epoch, firstSample: UInt64(engine.shards[s] * laneWidth))
    }
}

/// Inputs of the generator: energy, angle, and normal numbers.
public enum LatentNoise {
    public static func fill(
        _ latent: UnsafeMutablePointer<Lane>, count: Int, energies: [Double], angles: [Double], stream: RandomStream, epoch: UInt64,
        firstSample: UInt64
    ) {
        for i in 2..<count { latent[i] = stream.normalLane(epoch: epoch, firstIndex: firstSample, draw: UInt32(i)) }
        for j in 0..<laneWidth {
            latent[0][j] = Float(energies[j])
            latent[1][j] = Float(angles[j])
        }
    }
}

/// One of the two networks against the other as it stands: `prepare` has done the work, a shard only hands it over.
public struct AdversarialObjective: ShardedObjective {
    enum Role: Sendable {
        case discriminator
        case generator
    }

    public let layout: ParameterLayout
    public var metricNames: [String] { ShowerDiscriminator.metricNames }
    private let role: Role
    fileprivate unowned(unsafe) var training: AdversarialTraining?

    fileprivate init(_ role: Role, layout: ParameterLayout) {
        self.role = role
        self.layout = layout
    }

    public mutating func prepare(step: Int, parameters: UnsafePointer<Float>) throws {
        switch role {
        case .discriminator: try training?.judge(step: step, parameters: parameters)
        case .generator: try training?.imitate(step: step, parameters: parameters)
        }
    }

    public mutating func evaluate(
        step: Int, shard: Int, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, metrics: UnsafeMutablePointer<Double>,
        ready: (Range<Int>) -> Void
    ) throws {
        guard let engine = training?.engine else { return }
        switch role {
        case .discriminator: engine.hand(shard, { engine.discriminatorGradient($0) }, layout.count, to: gradient, metrics)
        case .generator: engine.hand(shard, { engine.generatorGradient($0) }, layout.count, to: gradient, metrics)
        }
        ready(0..<layout.count)
    }
}

extension AdversarialEngine {
    /// Copies the results of the shard at a place of the batch.
    fileprivate func hand(
        _ shard: Int, _ source: (Int) -> UnsafePointer<Float>, _ count: Int, to gradient: UnsafeMutablePointer<Float>,
        _ values: UnsafeMutablePointer<Double>
    ) {
        guard let s = shards.firstIndex(of: shard) else { return }
        gradient.update(from: source(s), count: count)
        for (k, value) in metrics[s].enumerated() { values[k] = value }
    }
}

extension DataParallelTrainer {
    /// The parameters as kernels take them; a trainer's vector is never empty.
    fileprivate var parametersPointer: UnsafePointer<Float> {
        guard let base = parameters.baseAddress else { preconditionFailure("a trainer has parameters") }
        return base
    }
}

extension AdversarialTraining {
    /// Both trainers and the moving statistics. *Collective.*
    public func save(to group: HDF5Group) throws {
        try generator.save(to: group.createGroup("generator"))
        try discriminator.save(to: group.createGroup("discriminator"))
        try engine.generator.moving.write(to: group.createGroup("generator_statistics"))
        try engine.discriminator.moving.write(to: group.createGroup("discriminator_statistics"))
        try engine.generator.layerEnergies?.write(to: group)
    }

    /// *Collective.*
    public func restore(from group: HDF5Group) throws {
        try generator.restore(from: group.group("generator"))
        try discriminator.restore(from: group.group("discriminator"))
        try engine.generator.moving.read(from: group.group("generator_statistics"))
        try engine.discriminator.moving.read(from: group.group("discriminator_statistics"))
        try engine.generator.layerEnergies?.read(from: group)
        loadedBatch = -1
    }
}

extension LayerEnergies {
    /// Datasets `layer_energies/...`. *Collective.*
    func write(to group: HDF5Group) throws {
        let basis = ConditionalMoments.basisCount
        try group.write("layer_energies/means", means, shape: [layers + 1, basis])
        try group.write("layer_energies/spreads", spreads, shape: [layers + 1, basis])
        try group.write("layer_energies/correlation", correlation, shape: [layers, layers])
        try group.write("layer_energies/thresholds", thresholds)
    }

    /// *Collective.* - Throws: `ShowerNetworkError` naming the dataset that is missing, of another size or not finite.
    mutating func read(from group: HDF5Group) throws {
        guard try group.hasObject("layer_energies") else {
            throw ShowerNetworkError("\(group.path): no group 'layer_energies'; wanted a model of the same profile that this version trained")
        }
        func values(_ name: String, _ count: Int) throws -> [Double] {
            let values = try group.read("layer_energies/\(name)", as: Double.self)
            guard values.count == count, values.allSatisfy(\.isFinite) else {
                throw ShowerNetworkError("\(group.path)/layer_energies/\(name): \(values.count) numbers, wanted \(count) finite ones")
            }
            return values
        }
        means = try values("means", means.count)
        spreads = try values("spreads", spreads.count)
        correlation = try values("correlation", correlation.count)
        thresholds = try values("thresholds", thresholds.count).map { Float($0) }
    }
}

extension MovingStatistics {
    /// One group a layer with `mean` and `variance`. *Collective.*
    public func write(to group: HDF5Group) throws {
        for (name, values) in layers {
            try group.write("\(name)/mean", values.mean)
            try group.write("\(name)/variance", values.variance)
        }
    }

    /// *Collective.*
    public mutating func read(from group: HDF5Group) throws {
        for k in layers.indices {
            let mean = try group.read("\(layers[k].name)/mean", as: Float.self)
            let variance = try group.read("\(layers[k].name)/variance", as: Float.self)
            guard mean.count == layers[k].values.mean.count, variance.count == mean.count else {
                throw ShowerNetworkError(
                    "\(group.path)/\(layers[k].name): \(mean.count) means and \(variance.count) variances, wanted \(layers[k].values.mean.count)")
            }
            layers[k].values = ChannelStatistics(mean: mean, variance: variance)
        }
    }
}
