import ArgumentParser
import Glibc
import HealthChecks
import MessagePassing

/// Checks a new machine.
struct Health: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that this machine computes what it should: a line passed or FAILED for each thing, on any number of ranks.",
        discussion: """
            Messages, files, checkpoints, network kernels, trainings, scalar and gauge fields, configurations in every format, flows: against their serial
            twins bit for bit, against closed forms within 4.5 errors, and with damage that must be refused. For a new machine, compiler or MPI.

              flowtrain health
              mpirun -n 4 flowtrain health
              srun -n 8 flowtrain health GaugeFields GaugeFiles.ildg

            Exit codes: 0 all passed, 1 a check failed, 64 command line, 70 no answer within the time.
            """)

    @Argument(help: ArgumentHelp("Rooms or checks; all unless given.", valueName: "room[.check]")) var chosen: [String] = []
    @Flag(help: "Print the names of all checks.") var list = false
    @Option(help: "Longest time for one check, s.") var timeout = 120

    func validate() throws {
        guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout: found \(timeout), wanted 1 to 86400 s") }
        if let unknown = HealthChecks.unknown(chosen) {
            throw ValidationError("no room or check is called \(unknown); the rooms are \(HealthChecks.rooms.joined(separator: ", "))")
        }
    }

    func run() throws {
        if list {
            for name in HealthChecks.names { print(name) }
            return
        }
        let world = try MessagePassing.start()
        let failed: Int
        do {
            failed = try HealthChecks.run(chosen, timeout: timeout, program: "flowtrain health", world: world)
        } catch {
            HealthChecks.printError("flowtrain health: \(error)")
            MessagePassing.abort(code: 70)
        }
        MessagePassing.finish()
        if failed > 0 { throw ArgumentParser.ExitCode(1) }
    }
}
