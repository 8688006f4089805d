import Foundation
import TestSupport
import Testing

/// The cases of benchmarks/ under other people's harnesses, by their real command lines.
@Suite("benchmarks/reframe and benchmarks/jube")
struct HarnessTests {
    private static let reframe = Peers.program("reframe")
    private static let jube = Peers.program("jube")

    @Test("ReFrame runs a case on one rank and on two, finds the same bits, and reports its figures", .enabled(if: reframe != nil, "reframe is not installed (pip install ReFrame-HPC)"))
    func smallCase() throws {
        let directory = try TemporaryDirectory()
        let built = URL(fileURLWithPath: MPIRun.product("flowtrain")).deletingLastPathComponent().path
        let command = try [
            #require(Self.reframe), "-c", "\(SlurmCluster.repository)/benchmarks/reframe/didymos.py", "--prefix", directory.path, "-n",
            "DidymosManyRanks.*flow-training.*ranks=2", "-S", "settings=training.steps=6,training.batch=32,flow.integration_steps=4", "-r", "--performance-report",
        ]
        let environment = MPIRun.environment.merging(["DIDYMOS_BIN": built]) { $1 }
        let result = try ChildProcess(command, environment: environment, workingDirectory: directory.path).wait(timeout: 120)
        #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
        #expect(result.stdout.contains("Ran 2/2 test case(s)") && result.stdout.contains("steps_per_second"), "\(result.stdout)")
    }

    @Test("a wrong check value fails there: one rank's hash is not that of another seed", .enabled(if: reframe != nil, "reframe is not installed (pip install ReFrame-HPC)"))
    func wrongCase() throws {
        let directory = try TemporaryDirectory()
        let built = URL(fileURLWithPath: MPIRun.product("flowtrain")).deletingLastPathComponent().path
        let small = "training.steps=6,training.batch=32,flow.integration_steps=4"
        let command = try [
            #require(Self.reframe), "-c", "\(SlurmCluster.repository)/benchmarks/reframe/didymos.py", "--prefix", directory.path, "-n",
            "DidymosManyRanks.*flow-training.*ranks=2", "-S", "settings=\(small)", "-S", "DidymosManyRanks.settings=\(small),seed=8", "-r",
        ]
        let environment = MPIRun.environment.merging(["DIDYMOS_BIN": built]) { $1 }
        let result = try ChildProcess(command, environment: environment, workingDirectory: directory.path).wait(timeout: 120)
        #expect(result.status == 1 && result.stdout.contains("of one rank"), "\(result.stdout)\(result.stderr)")
    }

    @Test("JUBE runs a case on one, two and four ranks, and its table has one check value", .enabled(if: jube != nil, "jube is not installed (Debian: jube)"))
    func jubeCase() throws {
        let directory = try TemporaryDirectory()
        let built = URL(fileURLWithPath: MPIRun.product("flowtrain")).deletingLastPathComponent().path
        let environment = MPIRun.environment.merging([
            "DIDYMOS_BIN": built, "DIDYMOS_SETTINGS": "--set training.steps=6 --set training.batch=32 --set flow.integration_steps=4",
        ]) { $1 }
        let jube = try #require(Self.jube), runs = directory.path("runs")
        let run = try ChildProcess(
            [jube, "run", "\(SlurmCluster.repository)/benchmarks/jube/didymos.yaml", "--tag", "flow", "-o", runs], environment: environment,
            workingDirectory: directory.path
        ).wait(timeout: 120)
        #expect(run.status == 0, "\(run.stdout)\(run.stderr)")
        let result = try ChildProcess([jube, "result", "-a", runs], environment: environment, workingDirectory: directory.path).wait(timeout: 60)
        let rows = result.lines.filter { $0.contains("flowtrain train") }.map { $0.split(separator: "|").map { $0.filter { $0 != " " } } }
        try #require(rows.count == 3 && rows.allSatisfy { $0.count == 6 }, "\(result.stdout)\(result.stderr)")
        #expect(rows.map { $0[1] } == ["1", "2", "4"] && rows.map { $0[2] } == ["1", "2", "4"])
        #expect(Set(rows.map { $0[5] }).count == 1 && rows[0][5].count == 64)
    }
}
