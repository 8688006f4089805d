import ParallelHDF5

/// How a stepped run keeps its checkpoints.
package struct CheckpointPolicy {
    /// Of the settings that the result depends on: a checkpoint of others is refused.
    package let configurationHash: String
    /// Steps between checkpoints.
    package let every: Int
    /// How many of the newest stay.
    package let keep: Int
    /// Steps between checkpoints that stay for good; nil for none.
    package let milestoneEvery: Int?

    package init(configurationHash: String, every: Int, keep: Int, milestoneEvery: Int? = nil) {
        self.configurationHash = configurationHash
        self.every = every
        self.keep = keep
        self.milestoneEvery = milestoneEvery
    }
}

/// A command that goes step by step to an end, and from its newest valid checkpoint when it is given again: the loop of all of them.
///
/// Everything here is *collective*: all ranks see the same position, total and policy, and take every step together.
package protocol SteppedRun: AnyObject {
    var context: JobContext { get }
    /// The command's last word, which names its checkpoints, and what it counts: `hmc`, `trajectory`.
    var label: String { get }
    var unit: String { get }
    var position: Int { get }
    var total: Int { get }
    var checkpoints: CheckpointPolicy { get }

    /// Starts where there is no checkpoint.
    func start() throws
    /// One step, or a few that are too short to look at the clock between them; returns figures for the progress display.
    func step() throws -> [String: Double]
    func write(to group: HDF5Group) throws
    func restore(from group: HDF5Group) throws
    /// Writes the outputs of a run that has reached its end.
    func conclude() throws
}

extension SteppedRun {
    package func start() {}

    /// Runs to the end or to a stop. *Collective.*
    /// - Returns: why it stopped early, or nil when finished.
    package func run() throws -> StopReason? {
        let policy = checkpoints
        let store = try CheckpointStore(
            directory: context.directory, communicator: context.communicator, configurationHash: policy.configurationHash,
            settings: context.configuration.settingLines, keep: policy.keep, milestoneEvery: policy.milestoneEvery, name: label)
        try begin(store)
        let progress = context.progress(total: total, unit: unit, label: label)
        var stopped: StopReason?
        var saved = position
        while position < total {
            let figures = try step()
            progress.advance(to: position, figures)
            if let reason = try context.stop.shouldStop(after: position) {
                stopped = reason
                break
            }
            if position / policy.every > saved / policy.every, position < total {
                try save(store)
                saved = position
            }
        }
        progress.finish()
        if saved != position { try save(store) }
        guard stopped == nil else { return stopped }
        try conclude()
        return nil
    }

    private func begin(_ store: CheckpointStore) throws {
        guard let found = try store.newestValid() else { return try start() }
        for rejected in found.rejected { context.log.warning("\(rejected)") }
        try store.read(found.path) { try restore(from: $0.root) }
        try context.metrics.truncate(afterStep: position)
        context.log.notice("continues after \(unit) \(position) from \(found.path)")
    }

    private func save(_ store: CheckpointStore) throws {
        try context.writeCheckpoint(store, step: position) { try write(to: $0.root) }
    }
}
