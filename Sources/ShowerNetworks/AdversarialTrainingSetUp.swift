import Batch
import MessagePassing
import Numerics
import ParallelHDF5
import Training

// What a training run and a trial of a search share: how a training is set up, judged and given up.

extension AdversarialTraining {
    /// A training as its settings say, from the seed or from the model of a warm start. *Collective.*
    /// - Parameter directory: where `preprocess` left showers, if the settings name no files.
    /// - Throws: the same on all ranks: `ShowerNetworkError` for files that cannot be used or hold less than one batch.
    public convenience init(_ settings: ShowerTrainingSettings, directory: RunDirectory, seed: UInt64, communicator: Communicator) throws {
        let engine = try AdversarialEngine(
            settings.architecture, shardsPerBatch: settings.batch / laneWidth, seed: seed, communicator: communicator)
        let dataset = try ShowerDataset(
            Self.files(settings, directory, communicator), architecture: settings.architecture, testShare: settings.testShare,
            threshold: settings.threshold, memory: settings.memory, seed: seed, communicator: communicator)
        guard dataset.trainingCount >= settings.batch else {
            throw ShowerNetworkError("data.files: \(dataset.trainingCount) showers to train on, wanted at least training.batch = \(settings.batch)")
        }
        var g = engine.generator.initialParameters(seed: seed), d = engine.discriminator.initialParameters(seed: seed &+ 1)
        if let path = settings.warmStart {
            (g, d) = try HDF5File.with(HDF5File.open(path, communicator: communicator)) { file in
                (
                    try ShowerModelFile.read(file, "generator", layout: engine.generator.layout, moving: &engine.generator.moving, energies: &engine.generator.layerEnergies),
                    try ShowerModelFile.read(file, "discriminator", layout: engine.discriminator.layout, moving: &engine.discriminator.moving)
                )
            }
        }
        let batches = settings.epochs * min(settings.batchesPerEpoch ?? .max, dataset.trainingCount / settings.batch)
        try self.init(
            engine: engine, dataset: dataset, options: settings.options(batches: batches), seed: seed,
            generatorParameters: g, discriminatorParameters: d)
    }

    /// Those of the settings, or what `preprocess` left in the run directory. *Collective.*
    private static func files(_ settings: ShowerTrainingSettings, _ directory: RunDirectory, _ communicator: Communicator) throws -> [String] {
        if !settings.files.isEmpty { return settings.files }
        let path = directory.path("training.h5")
        try communicator.agree {
            if !Files.exists(path) {
                throw ShowerNetworkError("no training showers: name files in data.files, or run `gan3d preprocess` first, which writes \(path)")
            }
        }
        return [path]
    }

    /// Batches of an epoch, which the settings may cut short.
    func batchesPerEpoch(_ settings: ShowerTrainingSettings) -> Int { min(settings.batchesPerEpoch ?? .max, batchesPerEpoch) }

    /// A generator of empty images never recovers. Source: 3DGAN, AngleTrain3dGAN.py: the percentage error of the sum is 100, and here
    /// also that of the generator's own steps.
    func guardCollapse(_ report: BatchReport) throws {
        guard batch > 10, [report.fake[4], report.generator[4]].allSatisfy({ abs($0 - 100) < 1e-9 }) else { return }
        throw ShowerNetworkError(
            "batch \(batch): the generator makes empty showers only (the deposit is 100 % off); start again with another seed or a lower training.learning_rate",
            exitCode: 70)
    }

    /// How well the generator does by now. *Collective.*
    func score(showers: Int, seed: UInt64) throws -> ShowerScore {
        try ShowerScore.measure(
            engine.generator, parameters: generatorWeights, dataset: dataset, showers: showers, seed: seed,
            communicator: engine.communicator)
    }

    /// SHA-256 of all parameters and of the law of the layers.
    var parameterHash: String {
        let all = Array(generator.parameters) + Array(discriminator.parameters)
        let layers = engine.generator.layerEnergies.map { $0.means + $0.spreads + $0.correlation + $0.thresholds.map(Double.init) } ?? []
        return SHA256.hexadecimal(
            of: all.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
                + layers.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) })
    }
}
