import Batch
import Foundation
import TestSupport
import Testing

@Suite struct ProgressTests {
    private let root: TemporaryDirectory
    init() throws {
        root = try TemporaryDirectory()
        try "steps: 400\nstep_milliseconds: 8\n".write(toFile: root.path("run.yaml"), atomically: true, encoding: .utf8)
    }

    private var command: [String] { [MPIRun.product("batchprobe"), root.path("run"), root.path("run.yaml")] }

    @Test("in a log: a few plain lines with count, rate, remaining time and figures")
    func plain() throws {
        let result = try ChildProcess(command).wait(timeout: 60)
        #expect(result.status == 0)
        let lines = result.stderr.split(separator: "\n").filter { $0.contains("counting: ") }
        #expect((2...6).contains(lines.count))
        #expect(try #require(lines.first).wholeMatch(of: /\S+Z info     counting: \d+\/400 steps \(\d+%\), \S+ steps\/s, \S+ m?s left, sum \S+/) != nil)
        #expect(try #require(lines.last).wholeMatch(of: /\S+Z info     counting: 400\/400 steps in \S+ s, \S+ steps\/s, sum 80200/) != nil)
        #expect(!result.stderr.contains("\u{1B}"))
    }

    private static let hasScript = (try? ChildProcess(["script", "--version"]).wait(timeout: 20).status) == 0

    @Test("on a terminal: one bar that is drawn again and removed at the end", .enabled(if: hasScript, "script (util-linux) not installed"))
    func terminal() throws {
        let line = command.map { "'\($0)'" }.joined(separator: " ")
        let result = try ChildProcess(["script", "-qec", line, "/dev/null"]).wait(timeout: 60)
        #expect(result.status == 0)
        #expect(result.stdout.contains("counting ████"))
        #expect(result.stdout.contains("\r\u{1B}[K"))
        #expect(result.stdout.contains("counting: 400/400 steps in"))
        let log = try String(contentsOfFile: root.path("run/log.txt"), encoding: .utf8)
        #expect(!log.contains("█"))
        #expect(log.contains("counting: "))
    }
}
