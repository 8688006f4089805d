import Foundation
import Glibc

/// What a finished process left behind.
public struct ProcessResult: Sendable {
    /// Exit status; 128 + signal if a signal ended it; -1 if it ran past its time and was killed.
    public let status: Int32
    public let stdout: String
    public let stderr: String

    /// Lines of standard output.
    public var lines: [String] { stdout.split(whereSeparator: \.isNewline).map(String.init) }
}

public struct ProcessError: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
}

/// A child process in a process group of its own, which can be ended with everything it started.
public final class ChildProcess: Sendable {
    public let identifier: pid_t
    private let directory: TemporaryDirectory

    /// Starts `command` (found on PATH), with `environment` added to this process's own.
    public init(_ command: [String], environment: [String: String] = [:], workingDirectory: String? = nil) throws {
        directory = try TemporaryDirectory()
        let command = (workingDirectory.map { ["env", "-C", $0] } ?? []) + command
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, directory.path("stdout"), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        posix_spawn_file_actions_addopen(&actions, 2, directory.path("stderr"), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The threads that run tests block signals; a child must not inherit that.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGMASK))
        posix_spawnattr_setpgroup(&attributes, 0)

        let merged = Self.startingEnvironment.merging(environment) { $1 }
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = merged.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        var child: pid_t = 0
        let code = posix_spawnp(&child, command[0], &actions, &attributes, &arguments, &variables)
        guard code == 0 else { throw ProcessError(description: "cannot start \(command[0]): \(String(cString: strerror(code)))") }
        identifier = child
    }

    /// The environment this process was started with. MPI in the test process adds variables that would make a child's launcher believe
    /// that it is inside a job already.
    private static let startingEnvironment: [String: String] = {
        let bytes = FileManager.default.contents(atPath: "/proc/self/environ") ?? Data()
        let entries = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return Dictionary(
            entries.compactMap { entry in
                entry.firstIndex(of: "=").map { (String(entry[..<$0]), String(entry[entry.index(after: $0)...])) }
            }, uniquingKeysWith: { first, _ in first })
    }()

    /// Waits at most `timeout` seconds, then ends the process and all that it started.
    public func wait(timeout: Double) -> ProcessResult {
        let end = Date().addingTimeInterval(timeout)
        var status: Int32 = 0
        var timedOut = false
        while waitpid(identifier, &status, WNOHANG) == 0 {
            if Date() > end {
                timedOut = true
                killTree()
                waitpid(identifier, &status, 0)
                break
            }
            usleep(10_000)
        }
        let signal = status & 0x7f
        let code = signal == 0 ? (status >> 8) & 0xff : 128 + signal
        return ProcessResult(status: timedOut ? -1 : code, stdout: output, stderr: errorOutput)
    }

    /// Standard output so far.
    public var output: String { text("stdout") }
    /// Standard error so far.
    public var errorOutput: String { text("stderr") }

    /// Processes started by this one, directly or not: for mpirun, the ranks in order of start.
    public var descendants: [pid_t] {
        var parents: [pid_t: [pid_t]] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let process = pid_t(name), let stat = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
                let close = stat.lastIndex(of: ")")
            else { continue }
            let fields = stat[close...].split(separator: " ")
            if fields.count > 2, let parent = pid_t(fields[2]) { parents[parent, default: []].append(process) }
        }
        var found: [pid_t] = []
        var open = [identifier]
        while let next = open.popLast() {
            let children = (parents[next] ?? []).sorted()
            found += children
            open += children
        }
        return found
    }

    /// Sends `signal` to the process itself.
    public func send(_ signal: Int32) { kill(identifier, signal) }

    private func killTree() {
        let children = descendants
        kill(-identifier, SIGKILL)
        for child in children { kill(child, SIGKILL) }
    }

    private func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: directory.path(name)) ?? Data(), as: UTF8.self)
    }
}
