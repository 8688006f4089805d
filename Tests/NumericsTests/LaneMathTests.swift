import Glibc
import Numerics
import Testing

/// Every function within 2 ulp over all exponents and both signs, against the double-precision libm.
@Suite struct LaneMathTests {
    struct Function: Sendable, CustomTestStringConvertible {
        let name: String
        let lane: @Sendable (Lane) -> Lane
        let exact: @Sendable (Double) -> Double
        var largestArgument = Float.infinity
        var testDescription: String { name }
    }

    static let functions: [Function] = [
        Function(name: "exp", lane: { LaneMath.exp($0) }, exact: { exp($0) }),
        Function(name: "pow2", lane: { LaneMath.pow2($0) }, exact: { exp2($0) }),
        Function(name: "expm1", lane: { LaneMath.expm1($0) }, exact: { expm1($0) }),
        Function(name: "log", lane: { LaneMath.log($0) }, exact: { log($0) }),
        Function(name: "log1p", lane: { LaneMath.log1p($0) }, exact: { log1p($0) }),
        Function(name: "tanh", lane: { LaneMath.tanh($0) }, exact: { tanh($0) }),
        Function(name: "sigmoid", lane: { LaneMath.sigmoid($0) }, exact: { $0 < -700 ? 0 : 1 / (1 + exp(-$0)) }),
        Function(
            name: "softplus", lane: { LaneMath.softplus($0) },
            exact: { ($0 < 0 ? 0 : $0) + log1p(exp(-$0.magnitude)) }),
        Function(name: "sin", lane: { LaneMath.sin($0) }, exact: { sin($0) }, largestArgument: 100_000),
        Function(name: "cos", lane: { LaneMath.cos($0) }, exact: { cos($0) }, largestArgument: 100_000),
        Function(name: "erf", lane: { LaneMath.erf($0) }, exact: { erf($0) }),
        Function(name: "sqrt", lane: { LaneMath.sqrt($0) }, exact: { $0.squareRoot() }),
        Function(name: "reciprocal", lane: { LaneMath.reciprocal($0) }, exact: { 1 / $0 }),
    ]

    @Test(arguments: functions)
    func isWithinTwoUlps(_ function: Function) {
        var worst = 0.0
        var worstAt: Float = 0
        // A prime stride meets about 2000 mantissas of every exponent, subnormals included.
        for sign: UInt32 in [0, 0x8000_0000] {
            for start in stride(from: UInt32(0), through: 0x7F80_0000, by: 4093 * 16) {
                var x = Lane()
                for l in 0..<laneWidth {
                    x[l] = Float(bitPattern: min(start + UInt32(l) * 4093, 0x7F80_0000) | sign)
                }
                let y = function.lane(x)
                for l in 0..<laneWidth where x[l].magnitude <= function.largestArgument {
                    let error = ulps(y[l], function.exact(Double(x[l])))
                    if error > worst { (worst, worstAt) = (error, x[l]) }
                }
            }
        }
        print("LaneMath.\(function.name): at most \((worst * 100).rounded() / 100) ulp, at \(worstAt)")
        #expect(worst <= 2, "\(function.name) is \(worst) ulp off at \(worstAt)")
    }

    @Test(arguments: functions)
    func keepsNotANumber(_ function: Function) {
        #expect(function.lane(Lane(repeating: .nan))[3].isNaN)
    }

    @Test func givesTheLimitsAndKeepsSignedZeros() {
        let zero = Lane(repeating: -0.0)
        for f in [LaneMath.expm1, LaneMath.log1p, LaneMath.tanh, LaneMath.sin, LaneMath.erf] as [(Lane) -> Lane] {
            #expect(f(zero)[0].sign == .minus && f(zero)[0] == 0)
        }
        #expect(LaneMath.log(zero)[0] == -.infinity)
        #expect(LaneMath.log(Lane(repeating: -1))[0].isNaN)
        #expect(LaneMath.log1p(Lane(repeating: -1))[0] == -.infinity)
        #expect(LaneMath.sin(Lane(repeating: .infinity))[0].isNaN)
        #expect(LaneMath.exp(Lane(repeating: 88.8))[0] == .infinity)
        #expect(LaneMath.exp(Lane(repeating: -.infinity))[0] == 0)
    }

    @Test func treatsEveryLaneAlike() {
        let x = Lane((0..<16).map { Float($0) * 0.7 - 5 })
        for function in Self.functions {
            let y = function.lane(x)
            for l in 0..<laneWidth {
                let alone = function.lane(Lane(repeating: x[l]))[0]
                #expect(y[l].bitPattern == alone.bitPattern || (y[l].isNaN && alone.isNaN))
            }
        }
    }

    @Test func sincosIsSinAndCos() {
        let x = Lane((0..<16).map { Float($0) * 1.3 - 9 })
        let (s, c) = LaneMath.sincos(x)
        #expect(s == LaneMath.sin(x) && c == LaneMath.cos(x))
    }
}

#if arch(x86_64)
/// The double-precision functions within 2 ulp, against the 64-bit mantissa of long double.
@Suite struct DoubleLaneMathTests {
    struct Function: Sendable, CustomTestStringConvertible {
        let name: String
        let lane: @Sendable (DoubleLane) -> DoubleLane
        let exact: @Sendable (Float80) -> Float80
        let range: ClosedRange<Double>
        var testDescription: String { name }
    }

    static let functions: [Function] = [
        Function(name: "exp", lane: { LaneMath.exp($0) }, exact: { expl($0) }, range: -750...711),
        Function(name: "log", lane: { LaneMath.log($0) }, exact: { logl($0) }, range: 0...4),
        Function(name: "tanh", lane: { LaneMath.tanh($0) }, exact: { tanhl($0) }, range: -22...22),
        Function(name: "sin", lane: { LaneMath.sin($0) }, exact: { sinl($0) }, range: -1e9...1e9),
        Function(name: "cos", lane: { LaneMath.cos($0) }, exact: { cosl($0) }, range: -1e9...1e9),
        Function(name: "sqrt", lane: { LaneMath.sqrt($0) }, exact: { $0.squareRoot() }, range: 0...1e9),
    ]

    @Test(arguments: functions)
    func isWithinTwoUlps(_ function: Function) {
        let stream = RandomStream(seed: 7, purpose: .test)
        var worst = 0.0
        var worstAt = 0.0
        for block in 0..<UInt64(20_000) {
            var x = DoubleLane()
            for l in 0..<laneWidth {
                let u = stream.uniform(epoch: 0, index: block * 16 + UInt64(l), draw: 0)
                let inRange = function.range.lowerBound + u * (function.range.upperBound - function.range.lowerBound)
                // In turn: the whole range, near zero, and every exponent there is.
                switch block % 3 {
                case 0: x[l] = inRange
                case 1: x[l] = inRange / function.range.upperBound * 3
                default:
                    let w = stream.words(epoch: 1, index: block * 16 + UInt64(l), draw: 0)
                    x[l] = Double(bitPattern: UInt64(w[1]) << 32 | UInt64(w[0]))
                }
            }
            let y = function.lane(x)
            for l in 0..<laneWidth where function.range.contains(x[l]) || function.name == "log" {
                let error = ulps(y[l], function.exact(Float80(x[l])))
                if error > worst { (worst, worstAt) = (error, x[l]) }
            }
        }
        print("LaneMath.\(function.name): at most \((worst * 100).rounded() / 100) ulp, at \(worstAt)")
        #expect(worst <= 2, "\(function.name) is \(worst) ulp off at \(worstAt)")
    }

    @Test func givesTheLimits() {
        #expect(LaneMath.exp(DoubleLane(repeating: 710))[0] == .infinity)
        #expect(LaneMath.exp(DoubleLane(repeating: -.infinity))[0] == 0)
        #expect(LaneMath.log(DoubleLane(repeating: 0))[0] == -.infinity)
        #expect(LaneMath.log(DoubleLane(repeating: -1))[0].isNaN)
        #expect(LaneMath.log(DoubleLane(repeating: .infinity))[0] == .infinity)
        #expect(LaneMath.tanh(DoubleLane(repeating: -.infinity))[0] == -1)
        for f in Self.functions { #expect(f.lane(DoubleLane(repeating: .nan))[9].isNaN) }
    }
}
#endif
