import Batch

/// What a run's `summary.json` says, read with suspicion: the application may have failed, or be another program.
struct RunFindings {
    let summary: Reader
    let check: [RunRecord.CheckValue]

    /// Throws a `ScalingError` if the summary is missing, damaged, or not of a finished run on `ranks` ranks.
    init(directory: String, ranks: Int, results: [String]) throws {
        let path = "\(directory)/summary.json"
        guard Files.exists(path) else { throw ScalingError("it left no summary.json") }
        let text = String(decoding: try Files.read(path, limit: 64 << 20), as: UTF8.self)
        let summary = Reader(try JSON(parsing: text, name: "summary.json"), place: "summary.json: ")
        self.summary = summary
        let exit = try summary.integer("exit.code", in: Int.min...Int.max)
        guard exit == 0 else { throw ScalingError("it ended with \(exit): \(summary["exit.reason"]?.string ?? "no reason given")") }
        let found = try summary.integer("ranks", in: 1...Int.max)
        guard found == ranks else {
            throw ScalingError("it ran on \(found) ranks, wanted \(ranks): is the launcher of the same MPI as the application?")
        }
        check = try results.map { name in
            guard let value = summary["results.\(name)"] else { throw ScalingError("its results have no '\(name)' to check") }
            return RunRecord.CheckValue(name: name, value: value.string ?? value.text)
        }
    }

    /// Seconds of the steps, block by block.
    var samples: [Double] { get throws { try summary.numbers("steps.sample_seconds") } }

    /// Copies times, phases and memory into a record.
    func fill(_ record: inout RunRecord) throws {
        record.version = try summary.string("version")
        record.revision = try summary.string("revision")
        record.messagePassing = try summary.string("message_passing")
        record.caseHash = try summary.string("configuration.hash")
        record.wallSeconds = try summary.number("wall_seconds")
        record.steps = try summary.integer("steps.count", in: 1...Int.max)
        record.stepsPerSample = try summary.integer("steps.steps_per_sample", in: 1...Int.max / 2)
        record.samples = try samples
        record.phases = try summary.list("phases").map {
            RunRecord.PhaseTime(
                name: try $0.string("name"), minimum: try $0.number("min_seconds"), mean: try $0.number("mean_seconds"),
                maximum: try $0.number("max_seconds"))
        }
        record.loadBalance = summary["parallel.load_balance"]?.double
        record.communicationEfficiency = summary["parallel.communication_efficiency"]?.double
        record.peakMemoryMax = try summary.number("memory.peak_bytes_per_rank_max")
        record.peakMemoryMean = try summary.number("memory.peak_bytes_per_rank_mean")
        guard !record.counted().isEmpty else {
            throw ScalingError("\(record.steps) steps leave none after a warm-up of \(record.warmUp): raise the steps or lower warm_up")
        }
    }
}

extension RunRecord {
    /// Makes the samples the means over instances that ran at the same time. Throws a `ScalingError` if they differ in number.
    mutating func average(_ findings: [RunFindings]) throws {
        guard findings.count > 1 else { return }
        let all = try findings.map { try $0.samples }
        guard all.allSatisfy({ $0.count == samples.count }) else {
            throw ScalingError("instances of one run have \(all.map { "\($0.count)" }.joined(separator: ", ")) samples of their steps, wanted as many each")
        }
        samples = samples.indices.map { i in all.reduce(0) { $0 + $1[i] } / Double(all.count) }
    }
}
