import MessagePassing
import ParallelHDF5

/// What became of a trial so far; equal whoever trained it.
public struct TrialRecord: Sendable, Equatable {
    public let trial: Int
    /// Score after each epoch.
    public internal(set) var history: [ShowerScore] = []
    /// SHA-256 of all parameters after the last epoch.
    public internal(set) var parameterHash = ""
    /// Why it came to nothing, in one line.
    public internal(set) var failure: String?

    init(trial: Int) { self.trial = trial }

    /// The best score of the first `epochs`, as `train` keeps the best epoch; nil if the trial failed before or has not come so far. What becomes of
    /// the trial later does not matter.
    public func score(after epochs: Int) -> Double? {
        history.count >= epochs ? history.prefix(epochs).map(\.total).min() : nil
    }

    // MARK: In a checkpoint

    /// *Collective.*
    func write(to group: HDF5Group) throws {
        try group.setAttribute("trial", Int64(trial))
        try group.setAttribute("parameter_hash", parameterHash)
        try group.setAttribute("failure", failure ?? "")
        try group.setAttribute("epochs", Int64(history.count))
        guard !history.isEmpty else { return }
        try group.write("profile", history.map(\.profile), units: "1")
        try group.write("largest", history.map(\.largest), units: "1")
        try group.write("response", history.map(\.response), units: "1")
    }

    /// *Collective.*
    init(from group: HDF5Group) throws {
        trial = Int(try group.attribute("trial", as: Int64.self))
        parameterHash = try group.stringAttribute("parameter_hash")
        let text = try group.stringAttribute("failure")
        failure = text.isEmpty ? nil : text
        let epochs = Int(try group.attribute("epochs", as: Int64.self))
        guard epochs > 0 else { return }
        let profile = try group.read("profile", as: Double.self), response = try group.read("response", as: Double.self)
        let largest = try group.read("largest", as: Double.self)
        guard [profile.count, largest.count, response.count].allSatisfy({ $0 == epochs }) else {
            throw ShowerNetworkError("\(group.path): \(profile.count) profiles and \(response.count) responses, wanted \(epochs), one an epoch")
        }
        history = (0..<epochs).map { ShowerScore(profile: profile[$0], largest: largest[$0], response: response[$0]) }
    }

    // MARK: Between ranks

    /// Records that some ranks hold, on all ranks. *Collective.*
    static func shared(_ own: [TrialRecord], _ communicator: Communicator) throws -> [TrialRecord] {
        let numbers = own.flatMap { record in
            [Double(record.trial), Double(record.history.count)] + record.history.flatMap { [$0.profile, $0.largest, $0.response] }
        }
        let texts = own.flatMap { record in Array("\(record.parameterHash)\n\(record.failure ?? "")\n".utf8) }
        var result: [TrialRecord] = []
        for (numbers, bytes) in zip(try communicator.allGather(numbers), try communicator.allGather(texts)) {
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            var (place, line) = (0, 0)
            while place < numbers.count {
                var record = TrialRecord(trial: Int(numbers[place]))
                let epochs = Int(numbers[place + 1])
                record.history = (0..<epochs).map {
                    let at = place + 2 + 3 * $0
                    return ShowerScore(profile: numbers[at], largest: numbers[at + 1], response: numbers[at + 2])
                }
                record.parameterHash = String(lines[line])
                record.failure = lines[line + 1].isEmpty ? nil : String(lines[line + 1])
                result.append(record)
                place += 2 + 3 * epochs
                line += 2
            }
        }
        return result
    }
}
