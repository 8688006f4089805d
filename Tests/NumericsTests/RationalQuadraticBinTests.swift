import Glibc
import Numerics
import Testing

@Suite("A bin of a rational-quadratic spline")
struct RationalQuadraticBinTests {
    private let bin = RationalQuadraticBin(x0: 0.4, x1: 1.1, y0: -0.2, y1: 0.9, d0: 0.7, d1: 2.4)
    /// The bin moved along the rates of its six numbers.
    private let rates = RationalQuadraticBin(x0: 0.3, x1: -0.2, y0: 0.5, y1: 0.1, d0: -0.6, d1: 0.8)
    private func moved(_ t: Double) -> RationalQuadraticBin {
        RationalQuadraticBin(
            x0: bin.x0 + t * rates.x0, x1: bin.x1 + t * rates.x1, y0: bin.y0 + t * rates.y0, y1: bin.y1 + t * rates.y1, d0: bin.d0 + t * rates.d0,
            d1: bin.d1 + t * rates.d1)
    }

    @Test("its ends are its knots with their slopes, and the inverse finds every x again")
    func ends() {
        for (x, y, slope) in [(bin.x0, bin.y0, bin.d0), (bin.x1, bin.y1, bin.d1)] {
            let found = bin.value(at: x)
            #expect(abs(found.value - y) < 1e-14 && abs(found.slope - slope) < 1e-13)
        }
        for k in 0...50 {
            let x = bin.x0 + (bin.x1 - bin.x0) * Double(k) / 50
            #expect(abs(bin.inverse(of: bin.value(at: x).value) - x) < 1e-13)
        }
    }

    @Test("slope, bend, and the rates at which value and slope follow its six numbers are those of differences", arguments: [0.45, 0.6, 0.75, 0.9, 1.05])
    func derivatives(x: Double) {
        let h = 1e-5
        func difference(_ f: (Double) -> Double) -> Double { (f(h) - f(-h)) / (2 * h) }
        #expect(abs(difference { bin.value(at: x + $0).value } - bin.value(at: x).slope) < 1e-8)
        #expect(abs(difference { log(bin.value(at: x + $0).slope) } - bin.bend(at: x)) < 1e-8)
        #expect(abs(difference { moved($0).value(at: x).value } - bin.valueGradient(at: x).dot(rates)) < 1e-8)
        #expect(abs(difference { log(moved($0).value(at: x).slope) } - bin.logSlopeRate(at: x, rates: rates)) < 1e-8)
    }
}
