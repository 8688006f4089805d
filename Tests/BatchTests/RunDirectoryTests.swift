import Batch
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct RunDirectoryTests {
    private let root: TemporaryDirectory
    init() throws { root = try TemporaryDirectory() }

    private func lockText(host: String = HostInformation.name, process: Int, ticks: Int, job: String = "", restarts: Int = 0) -> String {
        "host: \(host)\nprocess: \(process)\nticks: \(ticks)\njob: \(job)\nrestarts: \(restarts)\nstarted: 2026-11-24T11:00:00Z\n"
    }

    private func writeLock(_ text: String) throws {
        try Files.makeDirectories(root.path("run"))
        try text.write(toFile: root.path("run/lock"), atomically: true, encoding: .utf8)
    }

    @Test("the lock names its owner and goes when the run ends")
    func lock() throws {
        let directory = try RunDirectory(path: root.path("deep/run"))
        let text = try String(contentsOfFile: root.path("deep/run/lock"), encoding: .utf8)
        #expect(text.contains("process: \(getpid())\n") && text.contains("host: \(HostInformation.name)\n"))
        let error = #expect(throws: BatchError.self) { try RunDirectory(path: root.path("deep/run")) }
        #expect(error?.code == .inputOutput)
        #expect(error?.description.contains("is in use by process \(getpid()) on") == true)
        directory.close()
        #expect(try Files.list(root.path("deep/run")) == [])
    }

    @Test("the lock of a process that has ended, or whose number another has now, is taken over and told")
    func staleLock() throws {
        let child = try ChildProcess(["true"])
        _ = child.wait(timeout: 10)
        try writeLock(lockText(process: Int(child.identifier), ticks: 5))
        let first = try RunDirectory(path: root.path("run"))
        #expect(first.takenOver?.hasPrefix("process \(child.identifier) on") == true)
        first.close()
        try writeLock(lockText(process: 1, ticks: 123_456_789))
        let second = try RunDirectory(path: root.path("run"))
        #expect(second.takenOver != nil)
        second.close()
    }

    @Test("a lock from another host is kept unless its job has surely ended")
    func foreignLock() throws {
        try writeLock(lockText(host: "elsewhere", process: 1, ticks: 5))
        let error = #expect(throws: BatchError.self) { try RunDirectory(path: root.path("run")) }
        #expect(error?.description.contains("process 1 on elsewhere") == true)
        #expect(error?.description.contains("remove \(root.path("run/lock"))") == true)
        #expect(Files.exists(root.path("run/lock")))
    }

    @Test("a lock that cannot be read as one is kept")
    func strangeLock() throws {
        try writeLock("")
        #expect(throws: BatchError.self) { try RunDirectory(path: root.path("run")) }
    }

    @Test("of many threads that want a directory at once, one gets it", arguments: 0..<3)
    func race(round: Int) async throws {
        try Files.makeDirectories(root.path("run"))
        let child = try ChildProcess(["true"])
        _ = child.wait(timeout: 10)
        try writeLock(lockText(process: Int(child.identifier), ticks: 5))
        let path = root.path("run")
        let winners = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 { group.addTask { (try? RunLock(directory: path)) != nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(winners == 1)
    }

    @Test("an atomic write replaces the whole file and leaves no other")
    func atomicWrite() throws {
        let directory = try RunDirectory(path: root.path("run"))
        try directory.writeAtomically("a.txt", text: "long text of the first")
        try directory.writeAtomically("a.txt", text: "short")
        #expect(try Files.read(directory.path("a.txt")) == Array("short".utf8))
        #expect(try Files.list(directory.path) == ["a.txt", "lock"])
    }

    @Test("a write that fails leaves the old file and no half of the new one")
    func failedWrite() throws {
        try Files.makeDirectories(root.path("target/inside"))
        // A directory that is not empty cannot be replaced by a file.
        let error = #expect(throws: BatchError.self) { try Files.writeAtomically(root.path("target"), [1, 2, 3]) }
        #expect(error?.code == .inputOutput)
        #expect(try Files.list(root.path) == ["target"])
    }

    @Test("a full disk is an error with the file's name", .enabled(if: Files.exists("/dev/full")))
    func fullDisk() throws {
        let file = try OutputFile("/dev/full", mode: .append)
        let error = #expect(throws: BatchError.self) { try file.write("x") }
        #expect(error?.description.hasPrefix("cannot write /dev/full: No space left on device, ") == true)
        #expect(error?.exitCode == 74)
    }

    @Test("STOP is seen when it is there")
    func stop() throws {
        let directory = try RunDirectory(path: root.path("run"))
        #expect(directory.stopFile == nil)
        try Files.writeAtomically(directory.path("STOP"), [])
        #expect(directory.stopFile == directory.path("STOP"))
    }

    @Test("a place that is a file, or that cannot be made, is refused by name")
    func impossible() throws {
        try Files.writeAtomically(root.path("file"), [1])
        let error = #expect(throws: BatchError.self) { try RunDirectory(path: root.path("file")) }
        #expect(error?.description == "cannot make directory \(root.path("file")): Not a directory")
        #expect(throws: BatchError.self) { try RunDirectory(path: "/proc/nowhere") }
    }
}
