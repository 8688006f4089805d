import HealthChecks

/// What the command line asks for.
struct Arguments {
    var rooms: [String] = []
    var list = false
    var help = false
    /// Seconds that one check may take.
    var timeout = 60
    /// Exit code with which the last rank ends the job, to see that the launcher passes it on.
    var abortCode: Int32?

    static var usage: String {
        """
        usage: selfcheck [--list] [--timeout SECONDS] [--abort CODE] [ROOM[.CHECK] ...]

        Checks every room of the suite, or those named, on the ranks it is started with:

            selfcheck                        on one process
            mpirun -n 4 selfcheck            on four; srun works the same way
            mpirun -n 4 selfcheck Batch      one room

        The rooms are \(HealthChecks.rooms.joined(separator: ", ")).

        Rank 0 prints one line for each check, "passed NAME FIGURE" or "FAILED NAME WHY".
        Exit codes: 0 all passed, 1 a check failed, 64 wrong usage, 70 no answer within the time.

          --list             print the names of all checks
          --timeout SECONDS  longest time for one check (default 60)
          --abort CODE       the last rank ends the job with CODE: the launcher must report it
        """
    }

    init(_ words: [String]) throws {
        var words = words[...]
        while let word = words.popFirst() {
            switch word {
            case "--list": list = true
            case "--help", "-h": help = true
            case "--timeout": timeout = try Self.number(after: word, &words, in: 1...86_400)
            case "--abort": abortCode = Int32(try Self.number(after: word, &words, in: 1...255))
            case _ where word.hasPrefix("-"): throw UsageError("unknown option \(word)")
            default: rooms.append(word)
            }
        }
    }

    private static func number(after option: String, _ words: inout ArraySlice<String>, in range: ClosedRange<Int>) throws -> Int {
        guard let word = words.popFirst(), let value = Int(word), range.contains(value) else {
            throw UsageError("\(option) wants an integer in \(range.lowerBound)...\(range.upperBound)")
        }
        return value
    }
}

/// What is wrong with a command line.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
