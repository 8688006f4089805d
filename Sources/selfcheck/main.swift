// A health check of an installation: does every room do what it promises, on these ranks, on this machine?

import Glibc
import MessagePassing

/// Writes to standard error in one piece, so that lines of different ranks do not mix.
func printError(_ text: String) {
    let line = Array("selfcheck: \(text)\n".utf8)
    _ = write(2, line, line.count)
}

let arguments: Arguments
do {
    arguments = try Arguments(Array(CommandLine.arguments.dropFirst()))
} catch {
    printError("\(error)\n\(Arguments.usage)")
    exit(64)
}
if arguments.help {
    print(Arguments.usage)
    exit(0)
}

/// All checks with their full names, `room.check`.
let everyCheck = rooms.flatMap { room in
    room.checks().map { (room: room.name, name: "\(room.name).\($0.name)", run: $0.run) }
}
if arguments.list {
    for check in everyCheck { print(check.name) }
    exit(0)
}
for wanted in arguments.rooms where !everyCheck.contains(where: { $0.room == wanted || $0.name == wanted }) {
    printError("no room or check is called \(wanted); the rooms are \(rooms.map(\.name).joined(separator: ", "))")
    exit(64)
}
let chosen = everyCheck.filter { arguments.rooms.isEmpty || arguments.rooms.contains($0.room) || arguments.rooms.contains($0.name) }

// A rank that failed inside a check may leave the others in a collective for ever; the alarm ends that.
signal(SIGALRM) { _ in
    let text: StaticString = "selfcheck: no answer within the time: a rank waits for one that failed or hangs\n"
    _ = write(2, text.utf8Start, text.utf8CodeUnitCount)
    _exit(70)
}

do {
    let world = try MessagePassing.start()
    if let code = arguments.abortCode {
        if world.rank == world.size - 1 { MessagePassing.abort(code: code) }
        alarm(UInt32(arguments.timeout))
        try world.barrier()
    }
    var failed = 0
    for check in chosen {
        alarm(UInt32(arguments.timeout))
        do {
            let figure = try world.agree { () throws -> String in
                do {
                    return try check.run(world)
                } catch {
                    if !(error is AgreedError) { printError("rank \(world.rank): \(check.name): \(error)") }
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
    MessagePassing.finish()
    exit(failed == 0 ? 0 : 1)
} catch {
    printError("\(error)")
    MessagePassing.abort(code: 70)
}
