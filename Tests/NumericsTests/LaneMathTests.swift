import Foundation
import Numerics
import Testing

@Suite("Elementary functions on lanes")
struct LaneMathTests {
    /// Largest error in units in the last place of the rounded result, over lanes of arguments.
    private func worst(
        from low: Float, to high: Float, count: Int = 400_000, _ f: (Lane) -> Lane, _ exact: (Double) -> Double
    ) -> Double {
        var worst = 0.0
        for block in 0..<count / 16 {
            var x = Lane.zero
            for lane in 0..<16 { x[lane] = low + (high - low) * Float(block * 16 + lane) / Float(count) }
            let y = f(x)
            for lane in 0..<16 {
                let truth = exact(Double(x[lane]))
                let unit = Double(max(Float(abs(truth)), Float.leastNormalMagnitude).ulp)
                worst = max(worst, abs(Double(y[lane]) - truth) / unit)
            }
        }
        return worst
    }

    @Test("are within 2 ulp of double precision over their ranges")
    func accuracy() {
        #expect(worst(from: -87, to: 88.5, LaneMath.exp, exp) < 2)
        #expect(worst(from: -0.5, to: 0.5, LaneMath.exp, exp) < 2)
        #expect(worst(from: -20, to: 80, LaneMath.expm1, expm1) < 2)
        #expect(worst(from: -0.9, to: 0.9, LaneMath.expm1, expm1) < 2)
        #expect(worst(from: 1e-6, to: 4, LaneMath.log, log) < 2)
        #expect(worst(from: 1, to: 1e30, LaneMath.log, log) < 2)
        #expect(worst(from: -0.99, to: 3, LaneMath.log1p, log1p) < 2)
        #expect(worst(from: -1e-3, to: 1e-3, LaneMath.log1p, log1p) < 2)
        #expect(worst(from: -12, to: 12, LaneMath.tanh, tanh) < 2)
        #expect(worst(from: -0.7, to: 0.7, LaneMath.tanh, tanh) < 2)
        #expect(worst(from: -80, to: 30, LaneMath.sigmoid) { 1 / (1 + exp(-$0)) } < 2.5)
        #expect(worst(from: -60, to: 60, LaneMath.softplus) { max($0, 0) + log1p(exp(-abs($0))) } < 2)
    }

    @Test("sine and cosine are within 2 ulp, or 2^-24 near their zeros, up to 8192")
    func sincos() {
        for (low, high) in [(Float(-10), Float(10)), (-8192, 8192)] {
            for block in 0..<20_000 {
                var x = Lane.zero
                for lane in 0..<16 { x[lane] = low + (high - low) * Float(block * 16 + lane) / 320_000 }
                let (s, c) = LaneMath.sincos(x)
                for lane in 0..<16 {
                    let a = Double(x[lane])
                    #expect(abs(Double(s[lane]) - sin(a)) < max(0x1p-24, 2 * Double(Float(abs(sin(a))).ulp)))
                    #expect(abs(Double(c[lane]) - cos(a)) < max(0x1p-24, 2 * Double(Float(abs(cos(a))).ulp)))
                }
            }
        }
    }

    @Test("treat infinities, NaN, zero and subnormal numbers as IEEE 754 asks")
    func specials() {
        let inf = Float.infinity
        #expect(LaneMath.exp(Lane(repeating: inf))[0] == inf)
        #expect(LaneMath.exp(Lane(repeating: -inf))[0] == 0)
        #expect(LaneMath.exp(Lane(repeating: .nan))[0].isNaN)
        #expect(LaneMath.exp(Lane(repeating: -100))[0] == Float(exp(-100.0)))
        #expect(LaneMath.log(Lane(repeating: 0))[0] == -inf)
        #expect(LaneMath.log(Lane(repeating: -1))[0].isNaN)
        #expect(LaneMath.log(Lane(repeating: inf))[0] == inf)
        #expect(LaneMath.log(Lane(repeating: .leastNonzeroMagnitude))[0] == Float(log(Double(Float.leastNonzeroMagnitude))))
        #expect(LaneMath.tanh(Lane(repeating: inf))[0] == 1)
        #expect(LaneMath.tanh(Lane(repeating: -inf))[0] == -1)
        #expect(LaneMath.tanh(Lane(repeating: .nan))[0].isNaN)
        #expect(LaneMath.expm1(Lane(repeating: -inf))[0] == -1)
        #expect(LaneMath.log1p(Lane(repeating: -1))[0] == -inf)
    }

    @Test("in double precision are within 2 ulp of the C library, itself within 1")
    func doubles() {
        for block in 0..<20_000 {
            var x = DoubleLane.zero
            for lane in 0..<16 { x[lane] = -700 + 1400 * (Double(block * 16 + lane) + 0.5) / 320_000 }
            let e = LaneMath.exp(x)
            let l = LaneMath.log(x * x)
            let (s, c) = LaneMath.sincos(x)
            let (ts, tc) = LaneMath.sincosOfTurns((x + 700) / 1400)
            for lane in 0..<16 {
                #expect(abs(e[lane] - exp(x[lane])) <= 3 * exp(x[lane]).ulp)
                #expect(abs(l[lane] - log(x[lane] * x[lane])) <= 3 * log(x[lane] * x[lane]).ulp)
                #expect(abs(s[lane] - sin(x[lane])) < 3 * 0x1p-53)
                #expect(abs(c[lane] - cos(x[lane])) < 3 * 0x1p-53)
                let turn = (x[lane] + 700) / 1400
                #expect(abs(ts[lane] - sin(2 * .pi * turn)) < 1e-15)
                #expect(abs(tc[lane] - cos(2 * .pi * turn)) < 1e-15)
            }
        }
    }
}
