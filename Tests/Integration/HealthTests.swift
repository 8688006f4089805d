import TestSupport
import Testing

@Suite("flowtrain health: a line for each thing that must work on a new machine")
struct HealthTests {
    @Test("some sixty named checks of lattice field theory; each is one line, passed with a figure", arguments: [1, 2])
    func rooms(ranks: Int) throws {
        let names = try MPIRun.run(executable: "flowtrain", arguments: ["health", "--list"], ranks: nil).lines
        #expect((50...80).contains(names.count) && Set(names).count == names.count, "\(names.count)")
        // The other rooms are checked by their modules' own tests.
        let physics = ["exact-plaquettes", "detailed-balance", "reversibility", "force", "gradient-flow"].map { "GaugeFields.\($0)" }
        let chosen = ["GaugeFiles", "AbelianFields", "Flows"] + physics
        let result = try MPIRun.run(executable: "flowtrain", arguments: ["health"] + chosen, ranks: ranks, timeout: 180)
        let wanted = names.filter { name in chosen.contains { name == $0 || name.hasPrefix("\($0).") } }
        #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
        #expect(result.lines.map { $0.split(separator: " ").prefix(2).joined(separator: " ") } == wanted.map { "passed \($0)" }, "\(result.stdout)")
        #expect(result.lines.allSatisfy { $0.split(separator: " ").count > 2 })
    }

    @Test("a check that fails is a line FAILED and exit code 1; a word that is no room is refused with the rooms there are")
    func failures() throws {
        let full = try MPIRun.run(
            executable: "flowtrain", arguments: ["health", "GaugeFiles.ildg"], ranks: nil, environment: ["DIDYMOS_SELFCHECK_SCRATCH": "/nonexistent"])
        #expect(full.status == 1 && full.stdout.contains("FAILED GaugeFiles.ildg"), "\(full)")
        let unknown = try MPIRun.run(executable: "flowtrain", arguments: ["health", "GaugeFeilds"], ranks: nil)
        #expect(unknown.status == 64 && unknown.stderr.contains("GaugeFeilds") && unknown.stderr.contains("AbelianFields"), "\(unknown)")
    }
}
