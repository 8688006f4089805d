import MessagePassing
import Networks
import Numerics
import ParallelHDF5
import Training

/// The trainer on every number of ranks up to the one started with; figures are fingerprints of the weights, so that
/// runs on different numbers of ranks can be compared as well.
func trainingChecks() -> [SelfCheck] {
    [
        SelfCheck(name: "bowl") { world in try sameBits(world) { try trainBowl($0) } },
        SelfCheck(name: "regression") { world in try sameBits(world) { try trainRegression($0) } },
        SelfCheck(name: "outgrownScale", run: checkOutgrownScale),
        SelfCheck(name: "plainTwin", run: checkPlainTwin),
        SelfCheck(name: "restart", run: checkRestart),
        SelfCheck(name: "restartRefused", run: checkRestartRefused),
        SelfCheck(name: "faults", run: checkFaults),
        SelfCheck(name: "dataset", run: checkDataset),
        SelfCheck(name: "gradientSumCost", run: checkGradientSumCost),
    ]
}

/// FNV-1a of the bytes of numbers.
func fingerprint(_ numbers: UnsafeBufferPointer<Float>) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in UnsafeRawBufferPointer(numbers) { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01b3 }
    return String(hash, radix: 16)
}

/// Runs `body` on the first `ranks` ranks of `world` and gives its text to all. *Collective.*
private func onFirst(_ ranks: Int, of world: Communicator, _ body: (Communicator) throws -> String) throws -> String {
    let part = try world.split(color: world.rank < ranks ? 0 : 1, key: world.rank)
    let text = try world.agree { world.rank < ranks ? try body(part) : "" }
    try part.free()
    return try world.broadcast(text, root: 0)
}

/// Rank counts to try on `world`.
private func rankCounts(_ world: Communicator) -> [Int] { [1, 2, 3, 4, 8].filter { $0 <= world.size } }

private func sameBits(_ world: Communicator, _ body: (Communicator) throws -> String) throws -> String {
    let alone = try onFirst(1, of: world, body)
    for ranks in rankCounts(world) {
        try expectEqual(try onFirst(ranks, of: world, body), alone, "weights on \(ranks) ranks")
    }
    return alone
}

private func bowlTrainer(_ communicator: Communicator, optimizer: any Optimizer = Adam()) throws -> DataParallelTrainer<NoisyBowl> {
    // 5 shards: more than some rank counts, fewer than others, divisible by none.
    var options = TrainerOptions(
        shardsPerBatch: 5, optimizer: optimizer, schedule: .cosine(from: 0.05, to: 0.001, steps: 50), gradientNormLimit: 2,
        weightAverageDecay: 0.9)
    options.bucketBytes = 16 * 8
    let objective = NoisyBowl()
    return try DataParallelTrainer(
        objective: objective, parameters: [Float](repeating: 0, count: objective.layout.count), options: options,
        communicator: communicator)
}

private func trainBowl(_ communicator: Communicator) throws -> String {
    let trainer = try bowlTrainer(communicator)
    let first = try trainer.advance()
    let start = trainer.metrics[0]
    for _ in 1..<50 { try trainer.advance() }
    try expectEqual(first.redone, 1, "the first step measures its scales")
    try expect(trainer.metrics[0] < start / 2, "loss fell from \(start) to \(trainer.metrics[0]) only")
    let average = trainer.averagedParameters.map(fingerprint) ?? "none"
    return "\(fingerprint(trainer.parameters)) average \(average) loss \(trainer.metrics[0])"
}

private func trainRegression(_ communicator: Communicator) throws -> String {
    let objective = SmallRegression()
    let options = TrainerOptions(
        shardsPerBatch: 6, optimizer: Adam.withDecoupledDecay(), schedule: .oneCycle(peak: 0.05, steps: 50))
    let trainer = try DataParallelTrainer(
        objective: objective, parameters: objective.start, options: options, communicator: communicator)
    try trainer.advance()
    let start = trainer.metrics[0]
    for _ in 1..<50 { try trainer.advance() }
    try expect(trainer.metrics[0] < start / 2, "loss fell from \(start) to \(trainer.metrics[0]) only")
    return "\(fingerprint(trainer.parameters)) loss \(trainer.metrics[0])"
}

private func checkOutgrownScale(_ world: Communicator) throws -> String {
    try sameBits(world) { communicator in
        let trainer = try bowlTrainer(communicator, optimizer: SGD())
        // 2^15 at once is beyond the headroom of 2^10; back to 1 is not.
        trainer.objective.growth = { $0 == 7 ? 32768 : 1 }
        var redone: [Int] = []
        for step in 0..<12 where try trainer.advance().redone > 0 { redone.append(step) }
        try expectEqual(redone, [0, 7], "steps that were done again")
        return "\(fingerprint(trainer.parameters)) steps \(redone) redone"
    }
}

/// The same training with nothing clever: gradients added up in double precision, shard by shard.
private func checkPlainTwin(_ world: Communicator) throws -> String {
    var objective = SmallRegression()
    let count = objective.layout.count
    let options = TrainerOptions(shardsPerBatch: 6, optimizer: SGD(momentum: 0.9), schedule: .constant(0.02))
    let trainer = try DataParallelTrainer(
        objective: objective, parameters: objective.start, options: options, communicator: world)
    var plain = objective.start
    var velocity = [Float](repeating: 0, count: count)
    var gradient = [Float](repeating: 0, count: count)
    var metrics = [0.0]
    var largest: Float = 0
    for step in 0..<30 {
        try trainer.advance()
        var sum = [Double](repeating: 0, count: count)
        for shard in 0..<6 {
            try objective.evaluate(
                step: step, shard: shard, parameters: plain, gradient: &gradient, metrics: &metrics, ready: { _ in })
            for i in 0..<count { sum[i] += Double(gradient[i]) }
        }
        for i in 0..<count {
            velocity[i] = velocity[i] * 0.9 + Float(sum[i] / 6)
            plain[i] -= 0.02 * velocity[i]
            largest = max(largest, abs(plain[i] - trainer.parameters[i]))
        }
    }
    // Integer gradients keep 41 bits below the largest, floats 24: the two differ by roundings of a float only.
    try expect(largest < 2e-6, "weights differ by \(largest)")
    return "largest difference \(largest)"
}

private func checkRestart(_ world: Communicator) throws -> String {
    try withScratch(world) { directory in
        let whole = try onFirst(1, of: world) { communicator in
            let trainer = try bowlTrainer(communicator)
            for _ in 0..<50 { try trainer.advance() }
            return fingerprint(trainer.parameters)
        }
        var pairs = 0
        for before in rankCounts(world) {
            let path = "\(directory)/state-\(before).h5"
            _ = try onFirst(before, of: world) { communicator in
                let trainer = try bowlTrainer(communicator)
                for _ in 0..<23 { try trainer.advance() }
                try HDF5File.with(.create(path, communicator: communicator)) { try trainer.save(to: $0.root.createGroup("trainer")) }
                return ""
            }
            for after in rankCounts(world) {
                let resumed = try onFirst(after, of: world) { communicator in
                    let trainer = try bowlTrainer(communicator)
                    try HDF5File.with(.open(path, communicator: communicator)) { try trainer.restore(from: $0.root.group("trainer")) }
                    try expectEqual(trainer.step, 23, "step in the file")
                    while trainer.step < 50 {
                        let report = try trainer.advance()
                        try expectEqual(report.redone, 0, "restored scales fit")
                    }
                    return fingerprint(trainer.parameters)
                }
                try expectEqual(resumed, whole, "weights saved on \(before) ranks and resumed on \(after)")
                pairs += 1
            }
        }
        return "\(whole) for \(pairs) pairs of rank counts"
    }
}

private func checkRestartRefused(_ world: Communicator) throws -> String {
    try withScratch(world) { directory in
        let path = "\(directory)/state.h5"
        let trainer = try bowlTrainer(world)
        try trainer.advance()
        try HDF5File.with(.create(path, communicator: world)) { try trainer.save(to: $0.root) }
        let untouched = fingerprint(trainer.parameters)

        func refusal<Objective>(_ other: DataParallelTrainer<Objective>) throws -> String {
            try HDF5File.with(.open(path, communicator: world)) { file in
                do {
                    try other.restore(from: file.root)
                    return "accepted"
                } catch {
                    return "\(error)"
                }
            }
        }
        let optimizer = try refusal(try bowlTrainer(world, optimizer: SGD()))
        try expect(optimizer.contains("optimizer: found adam, wanted sgd"), "another optimizer: \(optimizer)")
        let regression = SmallRegression()
        let model = try refusal(
            try DataParallelTrainer(
                objective: regression, parameters: regression.start, options: TrainerOptions(shardsPerBatch: 5),
                communicator: world))
        try expect(model.contains("parameters/inner/weight"), "another model: \(model)")
        try expectEqual(fingerprint(trainer.parameters), untouched, "weights after the refusals")
        return "another optimizer, another model"
    }
}

private func checkFaults(_ world: Communicator) throws -> String {
    func fault(_ sabotage: @escaping (Int, Int) throws -> Float?) throws -> TrainingError {
        let trainer = try bowlTrainer(world)
        trainer.objective.sabotage = sabotage
        for _ in 0..<3 { try trainer.advance() }
        let before = fingerprint(trainer.parameters)
        do {
            try trainer.advance()
            throw CheckFailure("a faulty step was accepted")
        } catch let error as TrainingError {
            try expectEqual(fingerprint(trainer.parameters), before, "weights after a faulty step")
            return error
        }
    }
    // Two shards fail; the lower one is named on every rank, whoever holds it.
    let notFinite = try fault { $0 == 3 && $1 >= 2 ? .nan : nil }
    try expectEqual(notFinite.description, "step 3, shard 2: loss is nan", "loss that is not a number")
    try expectEqual(notFinite.shard, 2, "shard at fault")
    let thrown = try fault { step, shard in
        if step == 3, shard == 4 { throw CheckFailure("no such sample") }
        return nil
    }
    try expectEqual(thrown.description, "step 3, shard 4: no such sample", "objective that throws")
    let trainer = try bowlTrainer(world)
    trainer.objective.growth = { $0 == 1 ? .infinity : 1 }
    trainer.objective.sabotage = { _, _ in 1 }
    try trainer.advance()
    do {
        try trainer.advance()
        throw CheckFailure("an infinite gradient was accepted")
    } catch let error as TrainingError {
        try expect(error.description.hasPrefix("step 1, shard 0: the gradient of "), "found: \(error)")
    }
    return "loss, gradient and objective named by step and shard"
}
