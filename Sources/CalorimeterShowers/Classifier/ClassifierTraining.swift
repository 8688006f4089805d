import Glibc
import MessagePassing
import Networks
import Numerics
import Training

/// Cross-entropy over shuffled rows of a table.
struct ClassifierObjective: ShardedObjective {
    var layout: ParameterLayout { network.layout }
    let metricNames = ["loss"]
    let network: ClassifierNetwork
    let table: ClassifierTable
    let rows: [Int]
    let shardsPerBatch: Int
    let seed: UInt64
    /// What does not fill a batch waits for the next epoch's shuffle.
    var batchesPerEpoch: Int { rows.count / (laneWidth * shardsPerBatch) }

    mutating func evaluate(
        step: Int, shard: Int, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, metrics: UnsafeMutablePointer<Double>,
        ready: (Range<Int>) -> Void
    ) throws {
        let order = Shuffle(count: rows.count, seed: seed, epoch: step / batchesPerEpoch)
        let first = (step % batchesPerEpoch * shardsPerBatch + shard) * laneWidth
        let chosen = (0..<laneWidth).map { rows[order[first + $0]] }
        metrics[0] = network.descend(chosen, of: table, parameters: parameters, gradient: gradient, ready: ready)
    }
}

/// One training of a classifier, and its judgement of showers that it has not seen.
struct ClassifierTraining {
    /// Logits of the test rows, and of the validation rows by which they are calibrated.
    let test: [Double]
    let validation: [Double]
    /// Cross-entropy of the validation rows after each epoch.
    let history: [Double]
    /// The epoch of the least of them, from 1, whose weights are taken.
    let epoch: Int

    /// Trains on `rows` until the validation rows are judged no better. *Collective;* the same bits on any number of ranks.
    init(
        _ unscaled: ClassifierTable, training rows: [Int], validation: [Int], test: [Int], settings: ClassifierSettings, seed: UInt64,
        communicator: Communicator
    ) throws {
        let table = unscaled.standardised(by: rows)
        let network = try ClassifierNetwork(inputs: table.width, width: settings.width, layers: settings.layers)
        // Few showers make small batches rather than few steps.
        let shards = max(1, min(settings.batch, rows.count / 8) / laneWidth)
        let objective = ClassifierObjective(
            network: network, table: table, rows: rows, shardsPerBatch: shards, seed: seed)
        let trainer = try DataParallelTrainer(
            objective: objective, parameters: network.initialParameters(seed: seed),
            options: TrainerOptions(
                shardsPerBatch: shards, optimizer: Adam.withDecoupledDecay(), schedule: .constant(settings.learningRate)),
            communicator: communicator)
        var history: [Double] = []
        var best = (epoch: 0, loss: Double.infinity, validation: [Double](), test: [Double]())
        while history.count < settings.epochs, history.count - best.epoch < settings.patience {
            for _ in 0..<objective.batchesPerEpoch { try trainer.advance() }
            let judged = try Self.judge(validation, network, table, trainer.parameters, communicator)
            let loss = Self.entropy(judged, validation.map { table.isReference[$0] })
            history.append(loss)
            guard loss < best.loss else { continue }
            best = (history.count, loss, judged, try Self.judge(test, network, table, trainer.parameters, communicator))
        }
        (self.validation, self.test, self.history, epoch) = (best.validation, best.test, history, best.epoch)
    }

    /// Logits of rows, each computed by one rank. *Collective.*
    private static func judge(
        _ rows: [Int], _ network: ClassifierNetwork, _ table: ClassifierTable, _ parameters: UnsafeBufferPointer<Float>,
        _ communicator: Communicator
    ) throws -> [Double] {
        var logits = [Double](repeating: 0, count: rows.count)
        guard let parameters = parameters.baseAddress else { return logits }
        for first in stride(from: communicator.rank * laneWidth, to: rows.count, by: communicator.size * laneWidth) {
            let part = Array(rows[first..<min(first + laneWidth, rows.count)])
            for (k, logit) in network.logits(part, of: table, parameters: parameters).enumerated() { logits[first + k] = logit }
        }
        // All others hold zero.
        try communicator.allReduce(&logits, .sum)
        return logits
    }

    /// Mean binary cross-entropy of logits.
    static func entropy(_ logits: [Double], _ labels: [Bool]) -> Double {
        zip(logits, labels).reduce(0) { $0 + ClassifierCalibration.entropy(logit: $1.0, label: $1.1 ? 1 : 0) } / Double(max(1, logits.count))
    }
}
