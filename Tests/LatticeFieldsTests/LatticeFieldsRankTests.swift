import TestSupport
import Testing

/// Lattice fields on several ranks, each against its serial twin (Sources/HealthChecks/LatticeFieldsChecks.swift).
@Suite("Lattice fields on ranks")
struct LatticeFieldsRankTests {
    @Test("every process grid gives the bits of one rank; configurations pass between any ranks", arguments: [1, 2, 3, 4, 8])
    func sameBits(ranks: Int) throws {
        let result = try MPIRun.run(executable: "selfcheck", arguments: ["LatticeFields"], ranks: ranks)
        #expect(result.failures == [])
        #expect(result.passed.count == 7)
    }

    @Test(
        "h5py reads the configurations, their action and their checksums",
        .enabled(if: PythonPeer.has("h5py", "numpy"), "peer h5py not installed"))
    func readByH5py() throws {
        let scratch = try TemporaryDirectory()
        let written = try MPIRun.run(
            executable: "selfcheck", arguments: ["LatticeFields.configurations"], ranks: 2,
            environment: ["DIDYMOS_SELFCHECK_SCRATCH": scratch.path])
        #expect(written.failures == [])
        let output = try PythonPeer.run(
            """
            import sys, h5py, numpy
            numpy.seterr(over="ignore")
            U = numpy.uint64
            def mix(z):
                z = (z ^ (z >> U(30))) * U(0xBF58476D1CE4E5B9)
                z = (z ^ (z >> U(27))) * U(0x94D049BB133111EB)
                return z ^ (z >> U(31))
            with h5py.File(sys.argv[1], "r") as f:
                g = f["configurations"]
                b, c, d = g.attrs["action_b_c_d"]
                phi = g["field"][...]
                assert phi.shape == (3, 8, 9) and list(g.attrs["extents"]) == [8, 9]
                assert g.attrs["convention"] == "albergo" and g.attrs["software"] == "selfcheck"
                sites = numpy.arange(72, dtype=U)
                words = mix(phi.reshape(3, -1).view(U) ^ mix(sites + U(0x9E3779B97F4A7C15)))
                good = words.sum(axis=1, dtype=U) == g["checksum"][...]
                ahead = numpy.roll(phi, -1, 1) + numpy.roll(phi, -1, 2)
                density = (-b * phi * ahead + c * phi**2 + d * phi**4).mean(axis=(1, 2))
                assert abs(density - g["action_density"][...]).max() < 1e-10
                print(list(good), list(g["trajectory"][...]))
            """, arguments: [scratch.path("configurations.h5")])
        // The check flipped one bit of configuration 1.
        #expect(output.contains("True") && output.split(separator: ",")[1].contains("False"), "\(output)")
    }
}
