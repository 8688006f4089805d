import Batch
import MessagePassing
import Numerics
import ParallelHDF5
import Training

// What a training run and a trial of a search share: how a training is set up, judged and given up.

extension AdversarialTraining {
    /// A training as its settings say, from the seed or from the model of a warm start. *Collective.*
    /// - Throws: the same on all ranks: `ShowerNetworkError` for files that cannot be used or hold less than one batch.
    public convenience init(_ settings: ShowerTrainingSettings, seed: UInt64, communicator: Communicator) throws {
        let engine = try AdversarialEngine(
            settings.architecture, shardsPerBatch: settings.batch / laneWidth, seed: seed, communicator: communicator)
        engine.weights = settings.lossWeights
        let dataset = try ShowerDataset(
            settings.files, architecture: settings.architecture, testShare: settings.testShare, threshold: settings.threshold,
            seed: seed, communicator: communicator)
        guard dataset.trainingCount >= settings.batch else {
            throw ShowerNetworkError("data.files: \(dataset.trainingCount) showers to train on, wanted at least training.batch = \(settings.batch)")
        }
        var g = engine.generator.initialParameters(seed: seed), d = engine.discriminator.initialParameters(seed: seed &+ 1)
        if let path = settings.warmStart {
            (g, d) = try HDF5File.with(HDF5File.open(path, communicator: communicator)) { file in
                (
                    try ShowerModelFile.read(file, "generator", layout: engine.generator.layout, moving: &engine.generator.moving),
                    try ShowerModelFile.read(file, "discriminator", layout: engine.discriminator.layout, moving: &engine.discriminator.moving)
                )
            }
        }
        try self.init(
            engine: engine, dataset: dataset, options: settings.trainerOptions, flips: settings.flips, seed: seed,
            generatorParameters: g, discriminatorParameters: d)
    }

    /// Batches of an epoch, which the settings may cut short.
    func batchesPerEpoch(_ settings: ShowerTrainingSettings) -> Int { min(settings.batchesPerEpoch ?? .max, batchesPerEpoch) }

    /// A generator of empty images never recovers. Source: 3DGAN, AngleTrain3dGAN.py: the percentage error of the sum is exactly 100.
    func guardCollapse(_ report: BatchReport) throws {
        guard batch > 10, report.fake[4] == 100, report.generator[4] == 100 else { return }
        throw ShowerNetworkError(
            "batch \(batch): the generator makes empty showers only (error of the deposit exactly 100 %); start again with another seed or a lower training.learning_rate",
            exitCode: 70)
    }

    /// How well the generator does by now. *Collective.*
    func score(showers: Int, seed: UInt64) throws -> ShowerScore {
        try ShowerScore.measure(
            engine.generator, parameters: Array(generator.parameters), dataset: dataset, showers: showers, seed: seed,
            communicator: engine.communicator)
    }

    /// SHA-256 of all parameters.
    var parameterHash: String {
        let all = Array(generator.parameters) + Array(discriminator.parameters)
        return SHA256.hexadecimal(of: all.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) })
    }
}
