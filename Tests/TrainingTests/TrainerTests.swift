import TestSupport
import Testing

/// The trainer on several ranks (Sources/HealthChecks/TrainingChecks.swift).
@Suite struct TrainerTests {
    @Test("every check passes", arguments: [1, 2, 3, 4, 8])
    func everyCheckPasses(ranks: Int) throws {
        let result = try MPIRun.run(executable: "selfcheck", arguments: ["Training"], ranks: ranks)
        #expect(result.failures == [])
        #expect(result.passed.count == result.lines.count)
        #expect(result.passed.count >= 9)
    }

    @Test("weights, moving average and loss are the same bits on 1, 2, 3 and 4 ranks", arguments: ["bowl", "regression", "outgrownScale"])
    func sameBits(check: String) throws {
        let lines = try [1, 2, 3, 4].map { ranks in
            try MPIRun.run(executable: "selfcheck", arguments: ["Training.\(check)"], ranks: ranks).stdout
        }
        #expect(lines[0].hasPrefix("passed Training.\(check) "))
        #expect(Set(lines).count == 1)
    }
}
