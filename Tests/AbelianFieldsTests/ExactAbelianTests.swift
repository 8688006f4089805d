import AbelianFields
import Glibc
import Testing

@Suite("Closed forms of compact U(1) on a torus")
struct ExactAbelianTests {
    @Test(
        "plaquette and susceptibility at L = 8 and 16 are those of an independent program",
        arguments: [
            (8, 4.0, 0.863530042512, 0.00753150), (8, 7, 0.925700364351, 0.00339235), (16, 2, 0.697774657964, 0.01936404),
            (16, 4, 0.863522611025, 0.00755421), (16, 6, 0.912359304355, 0.00466680), (16, 7, 0.925532210854, 0.00393131),
        ])
    func reference(side: Int, beta: Double, plaquette: Double, susceptibility: Double) {
        let exact = ExactAbelian(beta: beta, volume: side * side)
        #expect(abs(exact.plaquette - plaquette) < 1e-11)
        #expect(abs(exact.topologicalSusceptibility - susceptibility) < 8e-9)
    }

    @Test("the plaquette is the derivative of log Z, and a loop of the whole torus is no loop")
    func derivative() {
        let step = 1e-4
        let up = ExactAbelian(beta: 3 + step, volume: 36), down = ExactAbelian(beta: 3 - step, volume: 36), exact = ExactAbelian(beta: 3, volume: 36)
        #expect(abs((up.logPartition - down.logPartition) / (2 * step) / 36 - exact.plaquette) < 1e-8)
        #expect(abs(exact.wilsonLoop(area: 36) - 1) < 1e-12)
        #expect(abs(exact.wilsonLoop(area: 5) - exact.wilsonLoop(area: 31)) < 1e-12)
    }

    @Test("without an action the charge of three plaquettes is ±1 for an eighth of all configurations each, by hand")
    func free() {
        // Two are uniform, and Q is ±1 where they add up to more than half a turn.
        #expect(abs(ExactAbelian(beta: 0, volume: 3).topologicalSusceptibility * 3 - 0.25) < 1e-9)
    }
}
