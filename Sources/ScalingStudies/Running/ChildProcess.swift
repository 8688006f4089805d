import Batch
import Glibc

/// A started program whose output goes to a file.
struct ChildProcess {
    enum End: Equatable {
        /// Exit status; 128 + signal if a signal ended it.
        case exited(Int)
        case timedOut
    }

    let identifier: pid_t

    /// Starts `command`, found on PATH, with `environment` (`NAME=VALUE`) added to this process's own.
    init(_ command: [String], environment: [String] = [], output: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o666)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let names = Set(environment.map { $0.prefix { $0 != "=" } })
        var inherited: [String] = []
        var entry = environ
        while let text = entry.pointee {
            let variable = String(cString: text)
            if !names.contains(variable.prefix { $0 != "=" }) { inherited.append(variable) }
            entry += 1
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = (inherited + environment).map { strdup($0) } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        var child: pid_t = 0
        // Its own group is not wanted: an interrupt from the terminal has to reach the launcher, too.
        let code = posix_spawnp(&child, command[0], &actions, nil, &arguments, &variables)
        guard code == 0 else {
            throw ScalingError("cannot start \(command[0]): \(String(cString: strerror(code)))", code: .inputOutput)
        }
        identifier = child
    }

    /// How it ended, if it has.
    func poll() -> End? {
        var status: Int32 = 0
        guard waitpid(identifier, &status, WNOHANG) == identifier else { return nil }
        let signal = status & 0x7f
        return .exited(signal == 0 ? Int((status >> 8) & 0xff) : 128 + Int(signal))
    }

    /// Ends it: a launcher that is asked to terminate ends its ranks; one that does not listen is killed.
    func terminate() {
        kill(identifier, SIGTERM)
        for _ in 0..<500 {
            if poll() != nil { return }
            usleep(10_000)
        }
        kill(identifier, SIGKILL)
        var status: Int32 = 0
        waitpid(identifier, &status, 0)
    }

    /// Waits for all `processes`; those that still run after `limit` seconds are ended.
    static func wait(for processes: [ChildProcess], limit: Double) -> [End] {
        var ends = [End?](repeating: nil, count: processes.count)
        let deadline = Phases.now() + limit
        while ends.contains(where: { $0 == nil }) {
            for i in processes.indices where ends[i] == nil { ends[i] = processes[i].poll() }
            guard ends.contains(where: { $0 == nil }) else { break }
            if Phases.now() > deadline {
                for i in processes.indices where ends[i] == nil {
                    processes[i].terminate()
                    ends[i] = .timedOut
                }
            } else {
                usleep(2000)
            }
        }
        return ends.map { $0 ?? .timedOut }
    }
}
