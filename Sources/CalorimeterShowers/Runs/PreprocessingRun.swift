import Batch
import MessagePassing
import ParallelHDF5

/// The command `preprocess`: two passes over the input files. The first checks and chooses showers, the second encodes and writes them.
public final class PreprocessingRun {
    private let context: JobContext
    private let settings: PreprocessingSettings
    private let inputs: [String]

    /// *Not collective.*
    /// - Throws: `ShowerError` if there is no input file.
    public init(_ context: JobContext, settings: PreprocessingSettings, inputs: [String]) throws {
        self.context = context
        self.settings = settings
        let named = inputs.isEmpty ? settings.inputs : inputs
        self.inputs = named.isEmpty ? try SimulationOutput.files(in: context.directory) : named
        guard !self.inputs.isEmpty else {
            throw ShowerError("no shower files: name them on the command line or in preprocessing.inputs, or run `gan3d simulate` first")
        }
    }

    /// Why showers were left out, and how many.
    private struct Choice {
        /// For each file, whether each shower is taken.
        var taken: [[Bool]] = []
        var faulty = 0
        var outsideRange = 0
        var littleEnergy = 0
        var kept: Int { taken.reduce(0) { $0 + $1.reduce(0) { $0 + ($1 ? 1 : 0) } } }
    }

    /// *Collective.*
    /// - Returns: why it stopped early, or nil when finished.
    public func run() throws -> StopReason? {
        let (choice, grid) = try choose()
        guard choice.kept > 0 else {
            throw ShowerError("no shower is left of \(choice.taken.reduce(0) { $0 + $1.count }): relax preprocessing.cleaning")
        }
        do {
            try context.writeData(settings.output) { file in
                let writer = try TrainingWriter(
                    file.root, grid: grid, count: choice.kept, encoding: settings.encoding, deflate: settings.deflate)
                try file.root.setAttribute("cell_threshold_GeV", settings.cellThreshold)
                try file.root.setAttribute("minimum_deposit_GeV", settings.minimumDeposit)
                try file.root.setAttribute("energy_range_GeV", [settings.energyRange.lowerBound, settings.energyRange.upperBound])
                try encode(choice, writer)
            }
        } catch let error as AgreedError {
            // A file that is not complete does not get the final name.
            if let stopped = error.underlying as? StoppedEarly { return stopped.reason }
            throw error
        }
        context.summary.set("showers", choice.kept)
        context.summary.set("dropped_faulty", choice.faulty)
        context.summary.set("dropped_energy_range", choice.outsideRange)
        context.summary.set("dropped_little_energy", choice.littleEnergy)
        context.log.info(
            "\(choice.kept) showers of \(inputs.count) files in \(context.directory.path(settings.output)); left out \(choice.faulty) faulty, \(choice.outsideRange) outside the energy range, \(choice.littleEnergy) of little energy")
        return nil
    }

    private struct StoppedEarly: Error { let reason: StopReason }

    /// The first pass: which showers are taken. *Collective.*
    private func choose() throws -> (Choice, ShowerGrid) {
        var choice = Choice()
        var grid: ShowerGrid?
        for input in inputs {
            try ShowerReader.with(input, grid: grid, scale: settings.inputScale, communicator: context.communicator) { reader in
                grid = reader.grid
                var counts = [0, 0, 0]
                var mine: [Int8] = []
                let plan = BlockPlan(count: reader.count, ranks: context.communicator.size)
                for round in 0..<plan.rounds {
                    let block = try context.phases.measure(.io) { try reader.read(plan.range(round: round, rank: context.communicator.rank)) }
                    try context.communicator.agree { mine += try verdicts(block, file: input, &counts) }
                }
                try context.communicator.allReduce(&counts, .sum)
                choice.faulty += counts[0]
                choice.outsideRange += counts[1]
                choice.littleEnergy += counts[2]
                choice.taken.append(plan.inOrder(try context.communicator.allGather(mine)).map { $0 != 0 })
            }
        }
        guard let grid else { throw ShowerError("no shower files") }
        return (choice, grid)
    }

    private func verdicts(_ block: ShowerBlock, file: String, _ counts: inout [Int]) throws -> [Int8] {
        try (0..<block.count).map { i in
            if let fault = ShowerCheck.fault(block, i) {
                if settings.faulty == .refuse { throw ShowerCheck.error(fault, block, i, file: file) }
                counts[0] += 1
                return 0
            }
            guard settings.energyRange.contains(block.energy[i]) else {
                counts[1] += 1
                return 0
            }
            let deposit = block.cells[block.range(i)].reduce(0) { $0 + Double($1) }
            guard deposit >= settings.minimumDeposit else {
                counts[2] += 1
                return 0
            }
            return 1
        }
    }

    /// The second pass. *Collective.*
    private func encode(_ choice: Choice, _ writer: TrainingWriter) throws {
        let communicator = context.communicator
        let progress = context.progress(total: choice.kept, unit: "shower", label: "preprocess")
        defer { progress.finish() }
        var written = 0
        for (input, taken) in zip(inputs, choice.taken) {
            try ShowerReader.with(input, scale: settings.inputScale, communicator: communicator) { reader in
                // Blocks of what is written, so that no two ranks write to one chunk of the output.
                var sources = taken.indices.filter { taken[$0] }
                while !sources.isEmpty {
                    // The first block of a file fills the chunk that the last file began.
                    let room = ShowerLayout.chunk - written % ShowerLayout.chunk
                    let cuts = [0, room] + (1..<max(1, communicator.size)).map { room + $0 * ShowerLayout.chunk }
                    let bounds = cuts.map { min($0, sources.count) }
                    let share = bounds[communicator.rank]..<bounds[communicator.rank + 1]
                    let wanted = Array(sources[share])
                    let block = try context.phases.measure(.io) { try self.block(of: wanted, from: reader) }
                    let cut = context.phases.measure(.compute) { threshold(block) }
                    try context.phases.measure(.io) { try writer.write(cut, at: written + share.lowerBound) }
                    let done = bounds[communicator.size]
                    sources.removeFirst(done)
                    written += done
                    progress.advance(to: written)
                    if written < choice.kept, let reason = try context.stop.shouldStop(after: written) {
                        try communicator.agree { throw StoppedEarly(reason: reason) }
                    }
                }
            }
        }
    }

    /// The showers `wanted`, ascending, of a file: one read that spans them. *Collective.*
    private func block(of wanted: [Int], from reader: ShowerReader) throws -> ShowerBlock {
        guard let first = wanted.first, let last = wanted.last else { return try reader.read(0..<0) }
        let span = try reader.read(first..<last + 1)
        if span.count == wanted.count { return span }
        return span.selecting(wanted.map { $0 - first })
    }

    private func threshold(_ block: ShowerBlock) -> ShowerBlock {
        guard settings.cellThreshold > 0 else { return block }
        var block = block
        let limit = Float(settings.cellThreshold)
        for k in block.cells.indices where block.cells[k] < limit { block.cells[k] = 0 }
        return block
    }
}
