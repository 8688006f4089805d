import CProcess
import Glibc
import MessagePassing
import ParallelHDF5

/// The life of a command under MPI: from the first rank's start to one exit code for the whole job.
public enum Job {
    /// Runs `body` on every rank and leaves with the exit code that says how it ended.
    ///
    /// `body` returns nil when everything is done (0), or why it stopped early with a good checkpoint (75). An error ends the
    /// job with the error's own code if it is `ExitCoded`, otherwise 70, and with one message from one rank: all ranks that fail
    /// together leave together; a rank that fails alone, where the others wait for it, ends them after two seconds.
    /// All files are complete before a barrier directly before MPI ends, because a launcher may kill the others as soon as
    /// one rank leaves.
    /// - Parameters:
    ///   - name: program and subcommand, `flowtrain train`.
    ///   - configuration: path of the YAML file; nil for none.
    ///   - overrides: `section.key=value`, each.
    ///   - runDirectory: where to write; nil takes `run.directory`, else `runs/` and the configuration's name.
    ///   - timeLimit: seconds this command may take, from its start.
    ///   - translate: makes YAML of the configuration's text, for files in another program's style; given the path and the text.
    public static func run(
        name: String, configuration: String?, overrides: [String] = [], runDirectory: String? = nil, timeLimit: Double? = nil,
        translate: (String, String) throws -> String = { $1 }, body: (JobContext) throws -> StopReason?
    ) -> Never {
        let started = process_monotonic_seconds()
        let phases = Phases()
        let (world, ending) = start(name)
        var context: JobContext?
        do {
            let job = try JobContext(
                name: name, communicator: world, configuration: configuration, overrides: overrides, runDirectory: runDirectory,
                timeLimit: timeLimit, phases: phases, started: started, translate: translate)
            context = job
            // Somebody who asked a job to stop does not want its successor to start.
            let halt = try world.broadcast(world.isRoot ? job.directory.stopFile ?? "" : "", root: 0)
            let halted = !halt.isEmpty
            if halted { job.log.warning("not started: remove \(halt) to go on") }
            let reason = halted ? .stopFile : try body(job)
            try job.conclude(reason)
            leave(name, ending, context, reason == nil ? .finished : .continueMe, failure: nil)
        } catch {
            leave(name, ending, context, .internalError, failure: error)
        }
    }

    /// Ends a command that cannot start, such as one with a wrong command line, with one message from rank 0. *Collective.*
    public static func refuse(name: String, message: String, code: ExitCode = .usage) -> Never {
        let (world, _) = start(name)
        if world.isRoot { Console.writeToError("\(name): \(message)\n") }
        try? world.barrier()
        MessagePassing.finish()
        exit(code.rawValue)
    }

    private static func start(_ name: String) -> (world: Communicator, ending: Communicator) {
        do {
            // From the start: a launcher that ends the ranks of a failing job must not change the code it ends with.
            _ = process_watch_signals()
            let world = try MessagePassing.start()
            // Of its own, so that ranks can meet here whatever they left unfinished on the other.
            return (world, try world.duplicate())
        } catch {
            Console.writeToError("\(name): \(error)\n")
            exit(ExitCode.internalError.rawValue)
        }
    }

    /// Seconds that a failed rank waits for the others to fail, too.
    private static let patience = 2.0

    private static func leave(
        _ name: String, _ ending: Communicator, _ context: JobContext?, _ success: ExitCode, failure: (any Error)?
    ) -> Never {
        let ownCode = failure.map { ($0 as? any ExitCoded)?.exitCode ?? ExitCode.internalError.rawValue }
        let message = failure.map { describe($0, rank: ending.rank, size: ending.size) } ?? ""
        do {
            let verdict = try meet(ending, ownCode.map { ending.rank << 8 | Int($0 & 0xff) })
            guard let verdict else {
                Console.writeToError("\(name): \(message)\n")
                MessagePassing.abort(code: ownCode ?? ExitCode.internalError.rawValue)
            }
            var code = success.rawValue
            if verdict != Int.max {
                code = Int32(verdict & 0xff)
                let told = try ending.broadcast(message, root: verdict >> 8)
                if ending.isRoot {
                    context?.concludeFailed(code: code, message: told)
                    Console.writeToError("\(name): \(told)\n")
                }
            }
            context?.directory.close()
            try ending.barrier()
            // MPI would have HDF5 close what it could not write, which hangs or crashes.
            if HDF5File.isAnyAbandoned { MessagePassing.abort(code: code) }
            MessagePassing.finish()
            exit(code)
        } catch {
            Console.writeToError("\(name): \(failure == nil ? "\(error)" : message)\n")
            MessagePassing.abort(code: ownCode ?? ExitCode.internalError.rawValue)
        }
    }

    /// The smallest verdict of all ranks, `Int.max` for success; nil if this rank failed and the others do not come.
    private static func meet(_ ending: Communicator, _ verdict: Int?) throws -> Int? {
        let buffer = UnsafeMutableBufferPointer<Int>.allocate(capacity: 1)
        buffer.initialize(repeating: verdict ?? Int.max)
        let request = try ending.startAllReduce(buffer, .min)
        if verdict == nil {
            try request.wait()
        } else {
            // Lower ranks lose patience first, so that one of several lonely ranks speaks.
            let end = process_monotonic_seconds() + patience + min(2, 0.3 * Double(ending.rank))
            while try !request.test() {
                // The buffer stays: MPI may still write to it.
                if process_monotonic_seconds() > end { return nil }
                usleep(1000)
            }
        }
        defer { buffer.deallocate() }
        return buffer[0]
    }

    private static func describe(_ error: any Error, rank: Int, size: Int) -> String {
        if let agreed = error as? AgreedError {
            return agreed.rank == 0 ? agreed.message : "rank \(agreed.rank): \(agreed.message)"
        }
        return rank == 0 ? "\(error)" : "rank \(rank) of \(size): \(error)"
    }
}
