import Batch
import Glibc
import Testing

@Suite struct PhasesTests {
    @Test("each second counts for the innermost phase, and all phases together are the whole time")
    func nesting() {
        let phases = Phases()
        phases.measure(.compute) {
            usleep(20_000)
            phases.measure(.halo) { _ = usleep(30_000) }
            usleep(20_000)
        }
        let compute = phases.seconds(.compute)
        let halo = phases.seconds(.halo)
        #expect(compute >= 0.04 && halo >= 0.03)
        #expect(phases.seconds(.halo) == halo, "a phase that is over does not grow")
        #expect(phases.seconds(.checkpoint) == 0)
    }

    @Test("an error inside a phase ends it")
    func error() {
        struct Failure: Error {}
        let phases = Phases()
        #expect(throws: Failure.self) { try phases.measure(.io) { throw Failure() } }
        let io = phases.seconds(.io)
        usleep(2000)
        #expect(phases.seconds(.io) == io)
    }

    @Test("the efficiencies are those of the POP model")
    func efficiency() throws {
        // Two ranks: 8 s and 6 s of work in a run of 10 s.
        let e = try #require(ParallelEfficiency(useful: [8, 6], communication: [2, 4]))
        #expect(e.loadBalance == 7.0 / 8)
        #expect(e.communicationEfficiency == 0.8)
        #expect(abs(e.parallelEfficiency - 0.7) < 1e-15)
        #expect(e.exposedCommunication == 3)
        #expect(ParallelEfficiency(useful: [0, 0], communication: [1, 1]) == nil)
        #expect(ParallelEfficiency(useful: [], communication: []) == nil)
    }
}
