import Glibc
import HealthChecks
import MessagePassing

func printError(_ text: String) { HealthChecks.printError("selfcheck: \(text)") }

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
if arguments.list {
    for name in HealthChecks.names { print(name) }
    exit(0)
}
if let unknown = HealthChecks.unknown(arguments.rooms) {
    printError("no room or check is called \(unknown); the rooms are \(HealthChecks.rooms.joined(separator: ", "))")
    exit(64)
}
do {
    let world = try MessagePassing.start()
    if let code = arguments.abortCode {
        if world.rank == world.size - 1 { MessagePassing.abort(code: code) }
        HealthChecks.limit(arguments.timeout)
        try world.barrier()
    }
    let failed = try HealthChecks.run(arguments.rooms, timeout: arguments.timeout, program: "selfcheck", world: world)
    MessagePassing.finish()
    exit(failed == 0 ? 0 : 1)
} catch {
    printError("\(error)")
    MessagePassing.abort(code: 70)
}
