import Foundation
import TestSupport
import Testing

/// The cases of benchmarks/ under another harness: ReFrame's real command line, its generic system.
@Suite("benchmarks/reframe")
struct ReframeTests {
    private static let reframe = Peers.program("reframe")

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
}
