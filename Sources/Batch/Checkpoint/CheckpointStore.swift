import Glibc
import MessagePassing
import ParallelHDF5

/// The checkpoints of one command in a run directory, `checkpoints/NAME/step-000000000123.h5`.
///
/// A checkpoint is written under a temporary name by all ranks, flushed, closed, checksummed, flushed to the disk and renamed: a file of a final
/// name is whole, or its checksum tells. The newest good one wins whatever the number of ranks; bad ones are named.
/// Retention keeps the newest few and every milestone.
public final class CheckpointStore {
    public let path: String
    private let communicator: Communicator
    private let configurationHash: String
    private let settings: [String]
    private let keep: Int
    private let milestoneEvery: Int?
    private static let formatVersion: Int64 = 1
    /// Bytes of settings that an attribute of HDF5 holds at ease; longer ones are compared by their hash alone.
    private static let settingsLimit = 32_000

    /// Opens the store, removing what a killed writer left under a temporary name. *Collective.*
    /// - Parameters:
    ///   - configurationHash: of the settings that the state depends on; a checkpoint of others is refused.
    ///   - settings: this run's, as `Configuration.settingLines`: kept with the state to name what differs where the hashes do.
    ///   - keep: newest checkpoints that stay, at least 1.
    ///   - milestoneEvery: checkpoints whose step is a multiple of this stay for ever.
    public init(
        directory: RunDirectory, communicator: Communicator, configurationHash: String, settings: [String] = [], keep: Int = 2,
        milestoneEvery: Int? = nil, name: String
    ) throws {
        path = directory.path("checkpoints/\(name)")
        self.communicator = communicator
        self.configurationHash = configurationHash
        self.settings = settings
        self.keep = max(1, keep)
        self.milestoneEvery = milestoneEvery
        let path = path
        try communicator.agree {
            guard communicator.isRoot else { return }
            try Files.makeDirectories(path)
            for name in try Files.list(path) where name.hasSuffix(".tmp") { try Files.remove("\(path)/\(name)") }
        }
    }

    /// Writes the state after `step` steps. *Collective.*
    ///
    /// Throws, the same on all ranks, when a file cannot be written; older checkpoints are then as they were.
    public func write(step: Int, _ body: (HDF5File) throws -> Void) throws {
        let final = "\(path)/\(Self.fileName(step))"
        let temporary = "\(final).tmp"
        do {
            try HDF5File.with(HDF5File.create(temporary, communicator: communicator)) { file in
                CheckpointFault.strike("after-create", rank: communicator.rank)
                try file.root.setAttribute("format", "didymos checkpoint")
                try file.root.setAttribute("format_version", Self.formatVersion)
                try file.root.setAttribute("configuration_hash", configurationHash)
                try file.root.setAttribute("step", Int64(step))
                if settings.reduce(0, { $0 + $1.utf8.count }) < Self.settingsLimit { try file.root.setAttribute("settings", settings) }
                try body(file)
                CheckpointFault.strike("mid-write", rank: communicator.rank)
            }
            try seal(temporary)
            CheckpointFault.strike("before-rename", rank: communicator.rank)
            try communicator.agree {
                guard communicator.isRoot else { return }
                guard rename(temporary, final) == 0 else { throw BatchError.system("rename to", final, number: errno) }
                Files.synchronizeDirectory(of: final)
                CheckpointFault.strike("after-rename", rank: 0)
                try Files.writeAtomically("\(path)/latest", Array("\(Self.fileName(step))\n".utf8))
                try retire(newest: step)
            }
        } catch {
            // Whichever rank comes here: the first may be waiting inside HDF5.
            unlink(temporary)
            throw error
        }
    }

    /// Appends the checksums and flushes the file to the disk. *Collective.*
    private func seal(_ temporary: String) throws {
        let payload = try communicator.broadcast(
            communicator.agree { () -> Int in
                guard communicator.isRoot else { return 0 }
                var status = stat()
                guard stat(temporary, &status) == 0 else { throw BatchError.system("read", temporary, number: errno) }
                return Int(status.st_size)
            }, root: 0)
        let sums = try CheckpointTrailer.blockSums(temporary, payload: payload, communicator: communicator)
        try communicator.agree {
            guard communicator.isRoot else { return }
            let file = try OutputFile(temporary, mode: .append)
            try file.write(CheckpointTrailer.encode(payload: payload, sums: sums))
            try file.synchronize()
            try file.close()
        }
    }

    /// Removes checkpoints beyond the newest `keep`, milestones apart. On rank 0.
    private func retire(newest: Int) throws {
        let steps = try Self.steps(in: path).filter { $0 <= newest }
        for step in steps.dropFirst(keep) where !(milestoneEvery.map { step % $0 == 0 } ?? false) {
            try Files.remove("\(path)/\(Self.fileName(step))")
        }
    }

    /// The newest checkpoint whose checksums hold, and a sentence for each newer one that was passed over. *Collective.*
    ///
    /// Throws, the same on all ranks, if that checkpoint belongs to other settings or another format.
    public func newestValid() throws -> (step: Int, path: String, rejected: [String])? {
        let path = path
        let found = try communicator.agree { communicator.isRoot ? try Self.steps(in: path) : [] }
        let count = try communicator.broadcast(found.count, root: 0)
        var rejected: [String] = []
        for index in 0..<count {
            let step = try communicator.broadcast(communicator.isRoot ? found[index] : 0, root: 0)
            let file = "\(path)/\(Self.fileName(step))"
            if let reason = try damage(file) {
                rejected.append("checkpoint \(file) is passed over: \(reason)")
            } else {
                try requireOurs(file)
                return (step, file, rejected)
            }
        }
        guard rejected.isEmpty else {
            throw BatchError(
                .badInput,
                rejected.joined(separator: "\n") + "\nno good checkpoint is left in \(path); remove its files to start from the beginning")
        }
        return nil
    }

    /// Reads a checkpoint that `newestValid` returned. *Collective.*
    public func read<R>(_ file: String, _ body: (HDF5File) throws -> R) throws -> R {
        try HDF5File.with(HDF5File.open(file, communicator: communicator), body)
    }

    /// Why a file is not whole; nil if it is. *Collective.*
    func damage(_ file: String) throws -> String? {
        let reading = try communicator.agree { communicator.isRoot ? try CheckpointTrailer.read(file) : .bad("") }
        var verdict = ""
        var payload = 0
        var expected: [UInt32] = []
        switch reading {
        case .good(let bytes, let sums):
            payload = bytes
            expected = sums
        case .bad(let reason):
            verdict = reason
        }
        verdict = try communicator.broadcast(verdict, root: 0)
        guard verdict.isEmpty else { return verdict }
        payload = try communicator.broadcast(payload, root: 0)
        let sums = try CheckpointTrailer.blockSums(file, payload: payload, communicator: communicator)
        if communicator.isRoot { verdict = CheckpointTrailer.mismatch(sums, expected, payload: payload) ?? "" }
        verdict = try communicator.broadcast(verdict, root: 0)
        return verdict.isEmpty ? nil : verdict
    }

    private func requireOurs(_ file: String) throws {
        let (version, hash, stored) = try read(file) { file in
            (
                try file.root.hasAttribute("format_version") ? try file.root.attribute("format_version", as: Int64.self) : 0,
                try file.root.hasAttribute("configuration_hash") ? try file.root.stringAttribute("configuration_hash") : "none",
                try file.root.hasAttribute("settings") ? try file.root.stringAttributes("settings") : []
            )
        }
        guard version == Self.formatVersion else {
            throw BatchError(.badInput, "checkpoint \(file) has format version \(version), wanted \(Self.formatVersion)")
        }
        guard hash == configurationHash else {
            let found = SettingDifferences.phrases(there: stored, here: settings).joined(separator: "; ")
            let what = stored.isEmpty || found.isEmpty ? "configuration hash \(hash.prefix(16)), this run's is \(configurationHash.prefix(16))" : found
            throw BatchError(
                .badInput,
                "checkpoint \(file) belongs to other settings: \(what); restore the settings (configuration.yaml beside summary.json has the last), or use another run directory")
        }
    }

    static func fileName(_ step: Int) -> String {
        let digits = String(step)
        return "step-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits + ".h5"
    }

    /// Steps of the files of a final name, newest first.
    private static func steps(in path: String) throws -> [Int] {
        try Files.list(path).compactMap { name in
            guard name.hasPrefix("step-"), name.hasSuffix(".h5") else { return nil }
            return Int(name.dropFirst(5).dropLast(3))
        }.sorted(by: >)
    }
}

/// Kills a rank at a chosen point of a checkpoint, for tests of what a real kill there leaves behind:
/// `DIDYMOS_FAULT=checkpoint-write:POINT[:RANK[:COUNT]]`, POINT one of after-create, mid-write, before-rename, after-rename; RANK 0 and the
/// first time unless given.
enum CheckpointFault {
    nonisolated(unsafe) private static var passed = 0

    static func strike(_ point: String, rank: Int) {
        guard let wish = HostInformation.environment("DIDYMOS_FAULT") else { return }
        let parts = wish.split(separator: ":").map(String.init)
        guard parts.count >= 2, parts[0] == "checkpoint-write", parts[1] == point else { return }
        guard rank == (parts.count > 2 ? Int(parts[2]) ?? 0 : 0) else { return }
        passed += 1
        if passed == (parts.count > 3 ? Int(parts[3]) ?? 1 : 1) { kill(getpid(), SIGKILL) }
    }
}

extension JobContext {
    /// Writes a checkpoint, counting its time for the summary and for the deadline. *Collective.*
    public func writeCheckpoint(_ store: CheckpointStore, step: Int, _ body: (HDF5File) throws -> Void) throws {
        let start = Phases.now()
        try phases.measure(.checkpoint) { try store.write(step: step, body) }
        stop.observe(checkpointSeconds: Phases.now() - start)
    }
}
