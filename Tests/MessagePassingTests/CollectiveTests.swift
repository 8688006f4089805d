import TestSupport
import Testing

/// Communication on several ranks, each collective against its serial twin (Sources/HealthChecks/MessagePassingChecks.swift).
@Suite struct CollectiveTests {
    @Test("every check passes", arguments: [1, 2, 3, 4, 8])
    func everyCheckPasses(ranks: Int) throws {
        let result = try MPIRun.run(executable: "selfcheck", arguments: ["MessagePassing"], ranks: ranks)
        #expect(result.failures == [])
        #expect(result.passed.count == result.lines.count)
        #expect(result.passed.count >= 12)
    }

    @Test("exact sums have the same bits on any number of ranks")
    func exactSums() throws {
        let lines = try [1, 3, 8].map { ranks in
            try MPIRun.run(executable: "selfcheck", arguments: ["MessagePassing.exactSum"], ranks: ranks).stdout
        }
        #expect(lines[0].hasPrefix("passed MessagePassing.exactSum "))
        #expect(Set(lines).count == 1)
    }

    @Test("a program started without a launcher is a job of one rank")
    func singleton() throws {
        let result = try MPIRun.run(executable: "selfcheck", arguments: ["MessagePassing.broadcast"], ranks: nil)
        #expect(result.stdout == "passed MessagePassing.broadcast from each of 1 ranks\n")
        #expect(result.status == 0)
    }

    @Test("abort from one rank ends the whole job with the code it names", arguments: [65, 75])
    func abort(code: Int32) throws {
        let result = try MPIRun.run(executable: "selfcheck", arguments: ["--abort", "\(code)"], ranks: 3, timeout: 30)
        #expect(result.status == code)
    }

    @Test("wrong usage is refused by name")
    func usage() throws {
        let unknown = try MPIRun.run(executable: "selfcheck", arguments: ["Mesagepassing"], ranks: nil)
        #expect(unknown.status == 64)
        #expect(unknown.stderr.contains("no room or check is called Mesagepassing"))
        let option = try MPIRun.run(executable: "selfcheck", arguments: ["--timeout", "soon"], ranks: nil)
        #expect(option.status == 64)
        #expect(option.stderr.contains("--timeout wants an integer"))
    }
}
