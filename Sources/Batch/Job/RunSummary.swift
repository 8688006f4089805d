import CProcess
import MessagePassing

/// What a command found and how it went; becomes `summary.json` (and `summary-COMMAND.json`) in the run directory at its end.
public struct RunSummary {
    /// The command's own findings, in the order in which they were set.
    public var results = JSONObject()

    public init() {}

    /// Sets a result.
    public mutating func set(_ name: String, _ value: Double) { results[name] = .number(value) }
    public mutating func set(_ name: String, _ value: Int) { results[name] = .integer(value) }
    public mutating func set(_ name: String, _ value: String) { results[name] = .string(value) }
    public mutating func set(_ name: String, _ value: Bool) { results[name] = .bool(value) }

    /// Sets a measured result with its standard error.
    public mutating func set(_ name: String, _ value: Double, error: Double) {
        results[name] = ["value": .number(value), "error": .number(error)]
    }
}

/// What all ranks report at the end of a job.
struct RankReports {
    let hosts: [String]
    let peakMemory: [Double]
    /// Seconds by phase, then rank.
    let seconds: [[Double]]

    /// *Collective.* The whole on rank 0, nil elsewhere.
    static func gathered(_ communicator: Communicator, phases: Phases) throws -> RankReports? {
        let mine = Phase.allCases.map(phases.seconds) + [Double(process_peak_memory())]
        let numbers = try communicator.gather(mine, root: 0)
        let names = try communicator.gather(Array(HostInformation.name.utf8), root: 0)
        guard let numbers, let names else { return nil }
        return RankReports(
            hosts: names.map { String(decoding: $0, as: UTF8.self) }, peakMemory: numbers.map { $0[Phase.allCases.count] },
            seconds: Phase.allCases.indices.map { phase in numbers.map { $0[phase] } })
    }

    /// The report of this rank alone, when the others can no longer be asked.
    static func alone(phases: Phases) -> RankReports {
        RankReports(
            hosts: [HostInformation.name], peakMemory: [Double(process_peak_memory())],
            seconds: Phase.allCases.map { [phases.seconds($0)] })
    }

    var efficiency: ParallelEfficiency? {
        let waiting = zip(seconds[Phase.halo.rawValue], seconds[Phase.allreduce.rawValue]).map { $0 + $1 }
        return ParallelEfficiency(useful: seconds[Phase.compute.rawValue], communication: waiting)
    }

    func fill(_ object: inout JSONObject) {
        var counts: [(host: String, ranks: Int)] = []
        for host in hosts {
            if let index = counts.firstIndex(where: { $0.host == host }) { counts[index].ranks += 1 } else { counts.append((host, 1)) }
        }
        object["hosts"] = .array(counts.map { ["name": .string($0.host), "ranks": .integer($0.ranks)] })
        object["phases"] = .array(
            Phase.allCases.map { phase in
                let values = seconds[phase.rawValue]
                return [
                    "name": .string(phase.name), "min_seconds": .number(values.min() ?? 0),
                    "mean_seconds": .number(Self.mean(values)), "max_seconds": .number(values.max() ?? 0),
                ]
            })
        if let efficiency {
            object["parallel"] = [
                "basis": "compute, halo and allreduce; without files and setting up",
                "load_balance": .number(efficiency.loadBalance),
                "communication_efficiency": .number(efficiency.communicationEfficiency),
                "parallel_efficiency": .number(efficiency.parallelEfficiency),
                "exposed_communication_seconds": .number(efficiency.exposedCommunication),
            ]
        } else {
            object["parallel"] = .null
        }
        object["memory"] = [
            "peak_bytes_per_rank_max": .number(peakMemory.max() ?? 0), "peak_bytes_per_rank_mean": .number(Self.mean(peakMemory)),
        ]
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
}
