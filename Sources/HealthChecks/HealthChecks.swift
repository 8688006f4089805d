import Glibc
import MessagePassing

/// A health check of an installation: does every room do what it promises, on these ranks, on this machine?
public enum HealthChecks {
    /// The rooms, from the ground floor up.
    public static var rooms: [String] { everyRoom.map(\.name) }
    /// All checks by their full names, `room.check`.
    public static var names: [String] { all.map(\.name) }

    private static var all: [(room: String, name: String, run: (Communicator) throws -> String)] {
        everyRoom.flatMap { room in room.checks().map { (room: room.name, name: "\(room.name).\($0.name)", run: $0.run) } }
    }

    /// The first of these words that is neither a room nor a check.
    public static func unknown(_ words: [String]) -> String? {
        let all = all
        return words.first { word in !all.contains { $0.room == word || $0.name == word } }
    }

    /// Runs the checks of these rooms, or of these names, and prints a line for each on rank 0: "passed NAME FIGURE" or "FAILED NAME WHY". *Collective.*
    /// - Parameters:
    ///   - chosen: rooms and names; all checks where there are none.
    ///   - timeout: seconds that one check may take; the process leaves with code 70 when it takes longer, since a rank may wait for one that failed.
    ///   - program: that speaks.
    /// - Returns: how many failed.
    public static func run(_ chosen: [String], timeout: Int, program: String, world: Communicator) throws -> Int {
        var failed = 0
        for check in all where chosen.isEmpty || chosen.contains(check.room) || chosen.contains(check.name) {
            limit(timeout)
            do {
                let figure = try world.agree { () throws -> String in
                    do {
                        return try check.run(world)
                    } catch {
                        if !(error is AgreedError) { printError("\(program): rank \(world.rank): \(check.name): \(error)") }
                        throw error
                    }
                }
                if world.isRoot { print("passed \(check.name) \(figure)") }
            } catch {
                failed += 1
                if world.isRoot { print("FAILED \(check.name) \(error)") }
            }
            fflush(nil)
        }
        alarm(0)
        return failed
    }

    /// Ends the process with code 70 so many seconds from now: a rank that failed may leave the others in a collective for ever.
    public static func limit(_ seconds: Int) {
        signal(SIGALRM) { _ in
            let text: StaticString = "no answer within the time: a rank waits for one that failed or hangs\n"
            _ = write(2, text.utf8Start, text.utf8CodeUnitCount)
            _exit(70)
        }
        alarm(UInt32(seconds))
    }

    /// Writes to standard error in one piece, so that lines of different ranks do not mix.
    public static func printError(_ text: String) {
        let line = Array("\(text)\n".utf8)
        _ = write(2, line, line.count)
    }
}
