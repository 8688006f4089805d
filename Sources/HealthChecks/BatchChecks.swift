import Batch
import Glibc
import MessagePassing

/// What a batch job relies on, on these ranks.
func batchChecks() -> [SelfCheck] {
    [
        SelfCheck(name: "configuration", run: checkConfiguration),
        SelfCheck(name: "runDirectory", run: checkRunDirectory),
        SelfCheck(name: "stopBySignal", run: checkStopBySignal),
        SelfCheck(name: "stopByFile", run: checkStopByFile),
        SelfCheck(name: "stopByDeadline", run: checkStopByDeadline),
    ]
}

/// A directory of this check's own that all ranks see, removed afterwards.
private func withScratchDirectory<R>(_ world: Communicator, _ body: (String) throws -> R) throws -> R {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    let path = try world.broadcast("\(base)/didymos-selfcheck-\(getpid())", root: 0)
    defer {
        try? world.barrier()
        if world.isRoot { removeTree(path) }
    }
    if world.isRoot { try Files.makeDirectories(path) }
    try world.barrier()
    return try body(path)
}

private func removeTree(_ path: String) {
    for name in (try? Files.list(path)) ?? [] {
        let inner = "\(path)/\(name)"
        if unlink(inner) != 0 { removeTree(inner) }
    }
    rmdir(path)
}

private func checkConfiguration(_ world: Communicator) throws -> String {
    try withScratchDirectory(world) { path in
        let file = "\(path)/run.yaml"
        if world.isRoot { try Files.writeAtomically(file, Array("training:\n  steps: 100\n".utf8)) }
        let configuration = try Configuration.load(path: file, overrides: ["training.rate=1e-3"], communicator: world)
        let section = try configuration.section("training")
        try expectEqual(try section.int("steps", in: 1...1000), 100, "steps")
        try expectEqual(try section.double("rate"), 0.001, "rate")
        try configuration.finish()
        let hashes = try world.allGather(Array(configuration.hash.utf8))
        try expect(hashes.allSatisfy { $0 == hashes[0] }, "ranks read different configurations")
        do {
            _ = try Configuration.load(path: "\(path)/missing.yaml", communicator: world)
            throw CheckFailure("a missing file was accepted")
        } catch let error as AgreedError {
            try expectEqual(error.exitCode, ExitCode.badInput.rawValue, "exit code of a missing file")
        }
        return "hash \(configuration.hash.prefix(12))"
    }
}

private func checkRunDirectory(_ world: Communicator) throws -> String {
    try withScratchDirectory(world) { path in
        let directory = try RunDirectory(path: "\(path)/run", communicator: world)
        do {
            _ = try RunDirectory(path: "\(path)/run", communicator: world)
            throw CheckFailure("a locked directory was given away")
        } catch let error as AgreedError {
            try expectEqual(error.exitCode, ExitCode.inputOutput.rawValue, "exit code of a locked directory")
            try expect(error.message.contains("is in use by process"), "message: \(error.message)")
        }
        if world.isRoot { directory.close() }
        try world.barrier()
        let again = try RunDirectory(path: "\(path)/run", communicator: world)
        try expect(again.takenOver == nil, "the lock was left behind")
        again.close()
        return "locked, refused and released"
    }
}

private func checkStopBySignal(_ world: Communicator) throws -> String {
    let stop = StopController(communicator: world, directory: nil, timeLimit: nil)
    try expectEqual(try stop.shouldStop(after: 1), nil, "before any signal")
    // Launchers reach some ranks only: here the last.
    if world.rank == world.size - 1 { kill(getpid(), SIGUSR1) }
    try expectEqual(try stop.shouldStop(after: 2), .signal("USR1"), "after USR1 to rank \(world.size - 1)")
    StopController.forgetSignals()
    return "one rank's signal reached \(world.size)"
}

private func checkStopByFile(_ world: Communicator) throws -> String {
    try withScratchDirectory(world) { path in
        let directory = try RunDirectory(path: "\(path)/run", communicator: world)
        let stop = StopController(communicator: world, directory: directory, timeLimit: nil)
        if world.isRoot { try directory.writeAtomically("STOP", text: "") }
        try expectEqual(try stop.shouldStop(after: 1), .stopFile, "with a STOP file")
        directory.close()
        return "seen by \(world.size)"
    }
}

private func checkStopByDeadline(_ world: Communicator) throws -> String {
    let stop = StopController(communicator: world, directory: nil, timeLimit: 100, margin: 30)
    try expectEqual(try stop.shouldStop(after: 1), nil, "with 100 s left and nothing known")
    if world.isRoot { stop.observe(stepSeconds: 20) }
    try expectEqual(try stop.shouldStop(after: 2), nil, "100 s hold a step of 20 s and 30 s")
    if world.isRoot { stop.observe(checkpointSeconds: 40) }
    try expectEqual(try stop.shouldStop(after: 3), .deadline, "100 s do not hold 20 s + 1.5 x 40 s + 30 s")
    return "20 s + 1.5 x 40 s + 30 s > 100 s"
}
